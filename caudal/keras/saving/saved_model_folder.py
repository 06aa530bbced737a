"""Folders that are SavedModels: Keras 2's models read back, and ours written for TensorFlow."""

from __future__ import annotations

import logging
import os
from typing import Any

from caudal import saved_model
from caudal.errors import CaudalError
from caudal.io.durable import remove
from caudal.keras.engine.budget import allocation_budget
from caudal.keras.engine.serialization import deserialize_keras_object
from caudal.keras.saving import checkpoint_weights
from caudal.keras.saving.blaming import blaming
from caudal.keras.saving.compile_config import compile_from
from caudal.keras.saving.hdf5 import damaged, parse_json
from caudal.keras.saving.legacy_config import modernize, modernize_training
from caudal.saved_model.folder import MODEL, VARIABLES, read_keras_metadata, read_model

_ROOT = "root"
_METADATA = "keras metadata"


def read_folder(path: str, compile: bool, safe_mode: bool, spare: int) -> Any:
    """The Keras model of a SavedModel that Keras 2 wrote; what `tf.saved_model.load` gives else.

    The configuration is looked up in the closed registry of classes, as for any other file;
    the graph is not run for it. A model without one (a subclassed model) comes as an object with
    its functions.

    Raises:
        DataLossError: it is damaged.
    """
    metadata = keras_description(path)
    config = metadata.get("config") if isinstance(metadata, dict) else None
    if not isinstance(config, dict) or "layers" not in config:
        return saved_model.load(path)
    from caudal.keras.models.model import Model

    prefix = os.path.join(path, VARIABLES, VARIABLES)
    with allocation_budget(4 * _size(path) + spare, path), blaming(path, _METADATA):
        described = {"class_name": metadata.get("class_name", "Functional"), "config": config}
        model = deserialize_keras_object(modernize(described), safe_mode=safe_mode)
        if not isinstance(model, Model):
            raise damaged(path, _METADATA, "it does not describe a model")
        training = metadata.get("training_config") if compile else None
        if training:
            compile_from(model, modernize_training(training))
        checkpoint_weights.read_checkpoint(prefix, model).expect_partial()
    return model


def _size(path: str) -> int:
    folder = os.path.join(path, VARIABLES)
    return sum(entry.stat().st_size for entry in os.scandir(folder) if entry.is_file())


def keras_description(path: str) -> Any:
    """What Keras 2 noted about the model: in a file of its own, or in the object graph."""
    noted = read_keras_metadata(path)
    text = ""
    if noted is not None:
        text = next((node.metadata for node in noted.nodes if node.node_path == _ROOT), "")
    else:
        nodes = read_model(path).meta_graphs[0].object_graph_def.nodes
        if nodes:
            text = nodes[0].user_object.metadata
    return _unwrapped(parse_json(text.encode(), path, _METADATA)) if text else None


def _unwrapped(value: Any) -> Any:
    """JSON with the tuples and shapes that Keras 2 wraps as plain lists."""
    if isinstance(value, list):
        return [_unwrapped(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") in ("__tuple__", "TensorShape") and "items" in value:
        return _unwrapped(value["items"])
    return {key: _unwrapped(item) for key, item in value.items()}


def write_graph(model: Any, path: str) -> None:
    """The model's inference beside its Keras file, for TensorFlow and its servers.

    Where it cannot be written a note says why; Caudal reads the folder all the same.
    """
    from caudal.keras.export.archive import export_saved_model

    try:
        export_saved_model(model, path, verbose=False)
    except CaudalError as error:
        if isinstance(error, OSError):
            raise
        logging.getLogger("caudal").warning(
            "%s: the model is saved for Keras, not for TensorFlow's servers: %s", path, error
        )
        # An older graph would be another model's.
        remove(os.path.join(path, MODEL))
