"""``keras.saving``: models on disk, custom objects and configurations.

``api`` chooses a format by the path; ``archive`` is ``.keras``, ``open_folder`` the same, not
packed; ``weights_file`` is ``.weights.h5``, ``sharded`` the same in several files, ``file_editor``
changes them; ``legacy_h5`` and ``legacy_weights`` are the old ``.h5``; ``safetensors_file`` and
``checkpoint_weights`` are weights for other programs; ``hdf5`` reads with suspicion. Files are
written by ``caudal.io.durable``: whole or not at all.
"""

from caudal.keras.engine.serialization import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from caudal.keras.saving.api import load_model, load_weights, save_model, save_weights
from caudal.keras.saving.file_editor import KerasFileEditor
from caudal.namespaces import strict

__all__ = [
    "CustomObjectScope",
    "KerasFileEditor",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]

__getattr__ = strict(__name__, label="keras.saving")
