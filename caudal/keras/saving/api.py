"""Saving and loading: which format a path means, and what happens around reading it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from caudal.errors import (
    AlreadyExistsError,
    InvalidArgumentError,
    NotFoundError,
)
from caudal.io.durable import replacing
from caudal.keras.engine.budget import allocation_budget
from caudal.keras.engine.serialization import CustomObjectScope, deserialize_keras_object
from caudal.keras.saving import (
    archive,
    assets,
    checkpoint_weights,
    legacy_h5,
    legacy_weights,
    open_folder,
    safetensors_file,
    saved_model_folder,
    sharded,
)
from caudal.keras.saving.blaming import blaming
from caudal.keras.saving.compile_config import compile_from
from caudal.keras.saving.hdf5 import Group, damaged, reading
from caudal.keras.saving.legacy_config import modernize, modernize_training
from caudal.keras.saving.weights_file import read_tree, write_weights
from caudal.saved_model.folder import contains_saved_model
from caudal.train.state_file import exists

FOLDER_MODEL, FOLDER_WEIGHTS = "model.keras", "model.weights.h5"
"""What a path without suffix becomes: a folder with one of these files."""
_H5 = (".h5", ".hdf5")
_SAFETENSORS = ".safetensors"
# Beyond the file's own weights: slots of an optimizer that was not saved, seeds, metrics.
_SPARE = 64 << 20


class MissingFileError(NotFoundError, ValueError):
    """No such file; Keras raises a ValueError."""


def save_model(
    model: Any, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
) -> None:
    """Saves a whole model: architecture, weights, compile arguments, optimizer state.

    The suffix decides: ``.keras``; ``.h5`` and ``.hdf5`` for the old format; with any other or
    none a folder is made that holds a ``model.keras``, which `load_model` and ``load_weights``
    read, and a SavedModel of the model's inference for TensorFlow and its servers. A file appears
    only when it is complete; an older one stays until then. zipped: False makes a folder of the
    members of a ``.keras`` file.

    Raises:
        AlreadyExistsError: there is such a file, and ``overwrite`` is false.
    """
    include_optimizer = bool(kwargs.pop("include_optimizer", True))
    form = kwargs.pop("save_format", None)
    if kwargs or form not in (None, "h5", "keras", "tf"):
        raise InvalidArgumentError(
            "save: unknown or unsupported arguments {names}; known are overwrite, zipped, "
            "include_optimizer and save_format ('keras', 'h5' or 'tf').",
            names=sorted(kwargs) or f"save_format={form!r}",
        )
    path = os.fspath(filepath)
    _may_write(path, overwrite)
    if zipped is False:
        _check_folder(path)
        open_folder.write_folder(path, model, assets.written_assets(model))
    elif path.endswith(_H5) or form == "h5":
        legacy_h5.write_h5(path, model, include_optimizer)
    elif path.endswith(".keras") or form == "keras":
        archive.write_archive(path, model, assets.written_assets(model))
    else:
        _check_folder(path)
        archive.write_archive(os.path.join(path, FOLDER_MODEL), model, assets.written_assets(model))
        weights = os.path.join(path, FOLDER_WEIGHTS)
        if os.path.exists(weights):
            # It would be read in place of what was just saved.
            os.unlink(weights)
        saved_model_folder.write_graph(model, path)


def _may_write(path: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise AlreadyExistsError(
            "{path!r} exists already, and overwrite=False was given.", path=path
        )


def _check_folder(path: str) -> None:
    if os.path.isfile(path):
        raise AlreadyExistsError(
            "{path!r} is a file; a path without .keras or .h5 is saved as a folder.", path=path
        )


def save_weights(
    model: Any,
    filepath: Any,
    overwrite: bool = True,
    max_shard_size: float | None = None,
    objects_to_skip: Any = None,
) -> None:
    """Saves weights and optimizer state.

    ``.weights.h5``: Keras 3's format. ``.h5`` and ``.hdf5``: the old one. ``.safetensors``:
    the weights alone. ``.weights.json``: as ``.weights.h5``, in several files of at most
    ``max_shard_size`` GiB (10 by default). Any other suffix or none: a checkpoint of TensorFlow,
    ``PATH.index`` and ``PATH.data-00000-of-00001``. objects_to_skip: layers to leave out, in the
    formats of Keras 3.
    """
    path = os.fspath(filepath)
    if max_shard_size is not None and path.endswith(".weights.h5"):
        path = path.removesuffix(".weights.h5") + sharded.SUFFIX
    if max_shard_size is not None and not path.endswith(sharded.SUFFIX):
        raise InvalidArgumentError(
            "save_weights: `max_shard_size` is for names that end in .weights.json, received "
            "{path!r}.",
            path=path,
        )
    skip = _skipped(path, objects_to_skip, "save_weights")
    if path.endswith(".keras"):
        raise InvalidArgumentError(
            "save_weights: {path!r} is the name of a whole model; use a name ending in "
            ".weights.h5, or model.save(...).",
            path=path,
        )
    _may_write(path, overwrite)
    if not model.built:
        raise InvalidArgumentError(
            "save_weights: model {model!r} has no weights yet; call it on data or build() it.",
            model=model.name,
        )
    if path.endswith(_H5) and not path.endswith(".weights.h5"):
        legacy_h5.write_weights_h5(path, model)
        return
    if path.endswith(_SAFETENSORS):
        safetensors_file.write_safetensors(path, model)
        return
    if path.endswith(sharded.SUFFIX):
        sharded.write_shards(path, model, 10 if max_shard_size is None else max_shard_size, skip)
        return
    if not path.endswith(".weights.h5"):
        checkpoint_weights.write_checkpoint(path, model)
        return
    with replacing(path) as target:
        write_weights(target, model, skip)


def _skipped(path: str, objects: Any, what: str) -> list[Any]:
    """The objects to leave out; only Keras 3's tree of weights can do without some."""
    found: list[Any] = list(objects or ())
    if found and not path.endswith((".weights.h5", ".keras", sharded.SUFFIX)):
        raise InvalidArgumentError(
            "{what}: `objects_to_skip` is for files that end in .weights.h5, .weights.json or "
            ".keras, received {path!r}.",
            what=what,
            path=path,
        )
    return found


def load_weights(
    model: Any,
    filepath: Any,
    skip_mismatch: bool = False,
    by_name: bool = False,
    objects_to_skip: Any = None,
) -> Any:
    """Sets a model's weights from a file of any format that `save_weights` or `save_model` makes.

    by_name: for the old ``.h5`` files, find layers by name. skip_mismatch: leave layers that do
    not fit as they are, with a warning. objects_to_skip: layers to leave as they are, of Keras 3's
    formats. For a checkpoint of TensorFlow (also one of Keras 2, or in
    a SavedModel) a status is given back, as `tf.train.Checkpoint.restore` does.

    Raises:
        NotFoundError: no such file.
        InvalidArgumentError, ShapeError: the file belongs to another model.
        DataLossError: the file is damaged.
    """
    path = os.fspath(filepath)
    skip = _skipped(path, objects_to_skip, "load_weights")
    if path.endswith(sharded.SUFFIX) and os.path.isfile(path) and not by_name:
        with sharded.reading_shards(path) as root:
            read_tree(root, model, skip_mismatch, skip)
        return None
    if path.endswith(_SAFETENSORS) and os.path.isfile(path) and not by_name:
        safetensors_file.read_safetensors(path, model, skip_mismatch)
        return None
    checkpoint = _checkpoint_at(path)
    kind = "checkpoint"
    if checkpoint is None:
        path = _inside_folder(path, (FOLDER_WEIGHTS, FOLDER_MODEL))
        kind = _kind(path)
    if by_name and kind != "hdf5":
        raise InvalidArgumentError(
            "load_weights: by_name=True is only possible with old .h5 files, received {path!r}.",
            path=path,
        )
    if checkpoint is not None:
        return checkpoint_weights.read_checkpoint(checkpoint, model, skip_mismatch)
    if kind == "zip":
        with archive.reading_archive(path) as opened, opened.weights(first=True) as root:
            read_tree(root, model, skip_mismatch, skip)
            with blaming(path, assets.FOLDER):
                assets.read_assets(opened, model)
        return None
    with reading(path) as root:
        old = root.group("model_weights") if "model_weights" in root else root
        assert old is not None
        if old.names("layer_names"):
            legacy_weights.read_layers(old, model, by_name, skip_mismatch)
        elif by_name:
            raise InvalidArgumentError(
                "load_weights: by_name=True needs an old .h5 file; {path!r} is of Keras 3's "
                "format.",
                path=path,
            )
        else:
            read_tree(root, model, skip_mismatch, skip)
    return None


def _checkpoint_at(path: str) -> str | None:
    """The checkpoint of TensorFlow that a path means; it goes before a folder of that name."""
    if os.path.isfile(path) and os.path.splitext(path)[1] in (*_H5, ".keras"):
        return None
    if exists(path):
        return path
    inside = (os.path.join(path, name) for name in (FOLDER_WEIGHTS, FOLDER_MODEL))
    if any(map(os.path.isfile, inside)):
        return None
    return checkpoint_weights.find_checkpoint(path)


def load_model(
    filepath: Any,
    custom_objects: dict[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """The model in a file: ``.keras``, ``.h5``, ``.hdf5`` or a folder of `save_model`.

    A SavedModel of Keras 2 gives the Keras model that it was; any other SavedModel what
    `tf.saved_model.load` gives.

    custom_objects: the program's own classes and functions by name. compile: compile it as it
    was. safe_mode: False lets marshalled Python lambdas in the file run; do that only with files
    whose author you trust.

    Raises:
        NotFoundError: no such file.
        DTypeError: the file names a class that is neither Caudal's nor given.
        DataLossError: the file is damaged, or made to do harm.
        ResourceExhaustedError: the architecture asks for more memory than the file explains.
    """
    path = os.fspath(filepath)
    if contains_saved_model(path) and not os.path.isfile(os.path.join(path, FOLDER_MODEL)):
        with CustomObjectScope(custom_objects):
            return saved_model_folder.read_folder(path, compile, safe_mode, _SPARE)
    if open_folder.is_open_folder(path) and not os.path.isfile(os.path.join(path, FOLDER_MODEL)):
        read = _from_folder
    else:
        path = _inside_folder(path, (FOLDER_MODEL,))
        read = _from_archive if _kind(path) == "zip" else _from_h5
    with CustomObjectScope(custom_objects):
        return read(path, compile, safe_mode)


def _from_folder(path: str, compile: bool, safe_mode: bool) -> Any:
    return _from_members(open_folder.OpenFolder(path), path, compile, safe_mode)


def _from_archive(path: str, compile: bool, safe_mode: bool) -> Any:
    with archive.reading_archive(path) as opened:
        return _from_members(opened, path, compile, safe_mode)


def _from_members(opened: Any, path: str, compile: bool, safe_mode: bool) -> Any:
    with opened.weights() as root:
        opened.json(archive.METADATA)
        config = opened.json(archive.CONFIG)

        def fill(model: Any) -> None:
            read_tree(root, model)
            with blaming(path, assets.FOLDER):
                assets.read_assets(opened, model)

        training = config.get("compile_config") if isinstance(config, dict) else None
        return _build(config, training if compile else None, fill, root, safe_mode, archive.CONFIG)


def _from_h5(path: str, compile: bool, safe_mode: bool) -> Any:
    with reading(path) as root:
        config = legacy_h5.model_config(root)
        training = root.json("training_config") if compile else None
        weights = root.group("model_weights")

        def fill(model: Any) -> None:
            if weights is not None:
                legacy_weights.read_layers(weights, model)
            if training and model.optimizer is not None:
                legacy_weights.read_optimizer_weights(root, model.optimizer)

        if training:
            with blaming(path, "training_config"):
                training = modernize_training(training)
        return _build(config, training, fill, root, safe_mode, "model_config")


def _build(
    config: Any,
    training: Any,
    fill: Callable[[Any], None],
    root: Group,
    safe_mode: bool,
    member: str,
) -> Any:
    from caudal.keras.models.model import Model
    from caudal.keras.utils.feature_space import FeatureSpace

    size = root.total()
    with allocation_budget(4 * size + _SPARE, root.file, filled=size > 0):
        with blaming(root.file, member):
            if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
                raise damaged(root.file, member, "it does not describe a model")
            model = deserialize_keras_object(modernize(config), safe_mode=safe_mode)
            if not isinstance(model, Model | FeatureSpace):
                raise damaged(root.file, member, "it does not describe a model")
            if training:
                compile_from(model, training)
        fill(model)
    return model


def _inside_folder(path: str, names: tuple[str, ...]) -> str:
    """The file that a path means."""
    if os.path.isfile(path):
        return path
    if os.path.isdir(path):
        for name in names:
            if os.path.isfile(os.path.join(path, name)):
                return os.path.join(path, name)
        raise MissingFileError(
            "{path!r} is a folder without {names}.", path=path, names=" or ".join(names)
        )
    raise MissingFileError(
        "File not found: filepath={path}. Please ensure the file is an accessible `.keras` or "
        "`.h5` file, or a folder that model.save made.",
        path=path,
    )


def _kind(path: str) -> str:
    """ "zip" or "hdf5", by the first bytes."""
    with open(path, "rb") as file:
        start = file.read(8)
    if start.startswith(b"PK"):
        return "zip"
    if start == b"\x89HDF\r\n\x1a\n":
        return "hdf5"
    raise damaged(path, "/", "it is neither a .keras archive nor an HDF5 file")


__all__ = [
    "FOLDER_MODEL",
    "FOLDER_WEIGHTS",
    "MissingFileError",
    "load_model",
    "load_weights",
    "save_model",
    "save_weights",
]
