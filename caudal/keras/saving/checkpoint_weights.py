"""Weights in TensorFlow's checkpoints: what ``save_weights`` makes of a path without suffix."""

from __future__ import annotations

import os
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.train.checkpoint import Checkpoint, open_checkpoint
from caudal.train.object_graph import GRAPH_KEY, decode
from caudal.train.restoring import Restoration
from caudal.train.state_file import CheckpointState, exists, latest_checkpoint, write_state
from caudal.train.status import LoadStatus

_IN_SAVED_MODEL = os.path.join("variables", "variables")


def find_checkpoint(path: str) -> str | None:
    """The checkpoint that a path means: itself, a SavedModel's, or the latest of a folder."""
    if exists(path):
        return path
    if not os.path.isdir(path):
        return None
    inside = os.path.join(path, _IN_SAVED_MODEL)
    return inside if exists(inside) else latest_checkpoint(path)


def write_checkpoint(path: str, model: Any) -> None:
    """Weights and optimizer state as ``PATH.index`` and ``PATH.data-...``.

    The file ``checkpoint`` beside them names the latest, for `tf.train.latest_checkpoint`.
    """
    Checkpoint(model).write(path)
    write_state(os.path.dirname(path) or ".", CheckpointState(path, [path]))


def read_checkpoint(path: str, model: Any, skip_mismatch: bool = False) -> LoadStatus:
    """Sets a model's weights, and its optimizer's state, from a checkpoint.

    A model that is not built yet gets its weights when it is. Nothing is changed where a built
    model has weights that the checkpoint lacks.

    Raises:
        InvalidArgumentError, ShapeError: the checkpoint is of another model.
        DataLossError: its files are damaged.
    """
    if skip_mismatch:
        raise InvalidArgumentError(
            "load_weights: skip_mismatch=True is not possible with the checkpoint {path!r}; "
            "save the weights as .weights.h5.",
            path=path,
        )
    reader = open_checkpoint(path)
    if GRAPH_KEY not in reader:
        raise InvalidArgumentError(
            "load_weights: {path!r} is a checkpoint of TensorFlow 1; read it with "
            "tf.train.Checkpoint.",
            path=path,
        )
    nodes = decode(reader.read(GRAPH_KEY).item(), reader.file)
    restoration = Restoration(reader, nodes, model, {})
    restoration.run(model.weights if model.built else None)
    return LoadStatus(restoration)
