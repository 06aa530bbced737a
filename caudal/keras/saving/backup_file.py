"""A training's backup: weights as in a ``.weights.h5``, and beside them all else that it needs."""

from __future__ import annotations

import json
import os
from typing import Any

import h5py
import numpy as np

from caudal.errors import CaudalError
from caudal.io.durable import replacing
from caudal.keras.saving.hdf5 import Group, damaged, parse_json, reading
from caudal.keras.saving.weights_file import read_tree, write_tree
from caudal.keras.training import plain_data

_STATE, _TEXT = "training_state", "text"


def write_backup(path: str | os.PathLike[str], model: Any, state: dict[str, Any]) -> None:
    """Writes the model's weights, its optimizer's state, and plain data; the file appears whole."""
    arrays: list[np.ndarray[Any, Any]] = []
    text = json.dumps(plain_data.encode(state, arrays))
    with replacing(path) as target, h5py.File(target, "w") as file:
        write_tree(file, model)
        group = file.create_group(_STATE)
        group.create_dataset(_TEXT, data=np.frombuffer(text.encode(), np.uint8))
        for number, array in enumerate(arrays):
            group.create_dataset(str(number), data=array)


def read_backup(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The plain data of a backup.

    Raises:
        DataLossError: the file is damaged, or no backup.
    """
    with reading(path) as root:
        group = root.group(_STATE)
        if group is None:
            raise damaged(root.file, _STATE, "it is absent")
        root.total()
        tree = parse_json(group.read(_TEXT).tobytes(), root.file, f"{_STATE}/{_TEXT}")
        try:
            found = plain_data.decode(tree, _Arrays(group))
        except (CaudalError, RecursionError):
            raise
        except (LookupError, TypeError, ValueError) as error:
            raise damaged(root.file, _STATE, error) from error
        if not isinstance(found, dict):
            raise damaged(root.file, _STATE, "it is no backup")
        return found


class _Arrays(list[Any]):
    """The arrays of a backup, read when they are asked for."""

    def __init__(self, group: Group) -> None:
        super().__init__()
        self._group = group

    def __getitem__(self, number: Any) -> Any:
        return self._group.read(str(int(number)))


def read_backup_weights(path: str | os.PathLike[str], model: Any) -> None:
    """Sets the weights and the optimizer's state of a model that is built.

    Raises:
        InvalidArgumentError, ShapeError: the backup is of another model.
    """
    with reading(path) as root:
        read_tree(root, model)
