"""Looking into checkpoints: `tf.train.load_checkpoint`, `list_variables`, `load_variable`."""

from __future__ import annotations

import os
from typing import Any

from caudal.errors import NotFoundError
from caudal.ir.dtypes import DType
from caudal.train.bundle import BundleReader
from caudal.train.state_file import latest_checkpoint


class CheckpointReader:
    """The tensors of a checkpoint, by key.

    filepattern: the checkpoint's path, as `tf.train.latest_checkpoint` gives it.
    """

    def __init__(self, filepattern: Any) -> None:
        self._bundle = BundleReader(os.fsdecode(filepattern))

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """Every key's shape."""
        return {key: self._bundle.shape(key) for key in self._bundle.entries}

    def get_variable_to_dtype_map(self) -> dict[str, DType]:
        """Every key's dtype."""
        return {key: self._bundle.dtype(key) for key in self._bundle.entries}

    def has_tensor(self, tensor_str: str) -> bool:
        """Whether there is such a key."""
        return tensor_str in self._bundle

    def get_tensor(self, tensor_str: str) -> Any:
        """A tensor as a NumPy array, a scalar of strings as bytes.

        Raises:
            NotFoundError: there is no such key.
        """
        value = self._bundle.read(tensor_str)
        return value[()] if value.ndim == 0 else value

    def debug_string(self) -> bytes:
        """A line a tensor: key, dtype, shape."""
        lines = []
        for key in self._bundle.entries:
            shape = ",".join(map(str, self._bundle.shape(key)))
            name = _NAMES.get(self._bundle.dtype(key).name) or self._bundle.dtype(key).name.upper()
            lines.append(f"{key} (DT_{name}) [{shape}]\n")
        return "".join(lines).encode()


_NAMES = {"float32": "FLOAT", "float64": "DOUBLE", "float16": "HALF"}


def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """A reader for a checkpoint, or for the latest one of a folder.

    Raises:
        NotFoundError: there is none.
    """
    return CheckpointReader(_file_of(ckpt_dir_or_file))


def _file_of(path: Any) -> str:
    folder: str = os.fsdecode(path)
    if os.path.isdir(folder) and not os.path.isfile(f"{folder}.index"):
        found = latest_checkpoint(folder)
        if found is None:
            raise NotFoundError(
                "Couldn't find 'checkpoint' file or checkpoints in given directory {path}",
                path=folder,
            )
        return found
    return folder


def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """The keys of a checkpoint with their shapes, sorted."""
    shapes = load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map()
    return sorted(shapes.items())


def load_variable(ckpt_dir_or_file: Any, name: str) -> Any:
    """One tensor of a checkpoint; ``:0`` at the end of the key is left out."""
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))
