"""keras.utils: labels, padding, seeds, the progress bar, files."""

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
from caudal.keras.training.data import pack_x_y_sample_weight, unpack_x_y_sample_weight
from caudal.keras.utils.get_file import get_file
from caudal.keras.utils.numerical import normalize, pad_sequences, to_categorical
from caudal.keras.utils.progbar import Progbar
from caudal.keras.utils.py_dataset import PyDataset, Sequence
from caudal.keras.utils.random import set_random_seed
from caudal.namespaces import lazy, table

__all__ = [
    "Config",
    "CustomObjectScope",
    "FeatureSpace",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "audio_dataset_from_directory",
    "bounding_boxes",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "legacy",
    "load_img",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]

# Pillow and tf.data take a while to load.
_LATER = table(
    {
        "caudal.keras.utils.image_dataset": "image_dataset_from_directory",
        "caudal.keras.utils.image_utils": "array_to_img img_to_array load_img save_img",
        "caudal.keras.utils.model_drawing": "model_to_dot plot_model",
        "caudal.keras.backend": "clear_session is_keras_tensor standardize_dtype",
        "caudal.keras.engine.switches": (
            "disable_interactive_logging enable_interactive_logging is_interactive_logging_enabled"
        ),
        "caudal.keras.utils.bounding_boxes": "*",
        "caudal.keras.utils.config": "Config",
        "caudal.keras.utils.feature_space": "FeatureSpace",
        "caudal.keras.utils.legacy": "*",
        "caudal.keras.utils.symbols": "get_source_inputs",
        "caudal.keras.utils.audio_dataset": "audio_dataset_from_directory",
        "caudal.keras.utils.split_dataset": "split_dataset",
        "caudal.keras.utils.text_dataset": "text_dataset_from_directory",
        "caudal.keras.utils.timeseries_dataset": "timeseries_dataset_from_array",
    }
)

__getattr__, __dir__ = lazy(__name__, _LATER, label="keras.utils")
