"""Whole models in ``.h5`` and ``.hdf5`` files: Keras 2's format, which Keras 3 still writes."""

from __future__ import annotations

import os
from typing import Any

import h5py

from caudal.errors import InvalidArgumentError
from caudal.io.durable import replacing
from caudal.keras.engine.serialization import serialize_keras_object
from caudal.keras.losses import lookup as losses
from caudal.keras.saving.compile_config import compile_config
from caudal.keras.saving.hdf5 import Group, to_json
from caudal.keras.saving.legacy_weights import write_layers, write_optimizer

_MODEL_KEYS = ("class_name", "config", "name", "inbound_nodes")


def write_h5(path: str | os.PathLike[str], model: Any, include_optimizer: bool = True) -> None:
    """Saves a whole model in the old format; the file appears when it is complete."""
    from caudal import keras

    configuration = _old_form(serialize_keras_object(model))
    with replacing(path) as target, h5py.File(target, "w") as file:
        file.attrs["keras_version"] = keras.version()
        file.attrs["backend"] = "tensorflow"
        file.attrs["model_config"] = to_json(configuration)
        write_layers(file.create_group("model_weights"), model)
        if include_optimizer and model.compiled:
            training = compile_config(model)
            training["loss"] = _whole_names(training["loss"])
            training["optimizer_config"] = _old_form(training.pop("optimizer"))
            file.attrs["training_config"] = to_json(training)
            if model.optimizer is not None:
                write_optimizer(file, model.optimizer)


def _old_form(entry: Any) -> Any:
    """Layers and models with class name and arguments only, as the old loader reads them."""
    if not isinstance(entry, dict) or "class_name" not in entry:
        return entry
    found = {key: entry[key] for key in _MODEL_KEYS if key in entry}
    name = entry.get("registered_name") or entry["class_name"]
    # Here Keras writes the class's own name.
    found["class_name"] = "GroupedQueryAttention" if name == "GroupQueryAttention" else name
    config = entry.get("config")
    if isinstance(config, dict) and isinstance(config.get("layers"), list):
        found["config"] = {**config, "layers": [_old_form(layer) for layer in config["layers"]]}
    return found


def _whole_names(loss: Any) -> Any:
    """Losses by their whole names: Keras 3 does not know ``"mse"`` when it reads this format."""
    if isinstance(loss, dict) and "class_name" not in loss:
        return {key: _whole_names(item) for key, item in loss.items()}
    if isinstance(loss, list):
        return [_whole_names(item) for item in loss]
    return (
        losses.FUNCTIONS[loss].__name__
        if isinstance(loss, str) and loss in losses.FUNCTIONS
        else loss
    )


def write_weights_h5(path: str | os.PathLike[str], model: Any) -> None:
    """Saves weights in the old format."""
    with replacing(path) as target, h5py.File(target, "w") as file:
        write_layers(file, model)


def model_config(root: Group) -> Any:
    """The architecture in a whole-model file.

    Raises:
        InvalidArgumentError: the file holds weights only.
    """
    config = root.json("model_config")
    if config is None:
        raise InvalidArgumentError(
            "{file}: there is no model in this file (no attribute model_config), only weights. "
            "Build the model in Python and call model.load_weights({file!r}).",
            file=root.file,
        )
    return config
