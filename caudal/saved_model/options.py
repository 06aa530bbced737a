"""Options of `save` and `load`, and the names that TensorFlow gives to parts of a SavedModel."""

from __future__ import annotations

from typing import Any

from caudal.errors import UnimplementedError

ASSETS_DIRECTORY = "assets"
ASSETS_KEY = "saved_model_assets"
CLASSIFY_INPUTS = "inputs"
CLASSIFY_METHOD_NAME = "tensorflow/serving/classify"
CLASSIFY_OUTPUT_CLASSES = "classes"
CLASSIFY_OUTPUT_SCORES = "scores"
DEBUG_DIRECTORY = "debug"
DEBUG_INFO_FILENAME_PB = "saved_model_debug_info.pb"
DEFAULT_SERVING_SIGNATURE_DEF_KEY = "serving_default"
GPU = "gpu"
PREDICT_INPUTS = "inputs"
PREDICT_METHOD_NAME = "tensorflow/serving/predict"
PREDICT_OUTPUTS = "outputs"
REGRESS_INPUTS = "inputs"
REGRESS_METHOD_NAME = "tensorflow/serving/regress"
REGRESS_OUTPUTS = "outputs"
SAVED_MODEL_FILENAME_PB = "saved_model.pb"
SAVED_MODEL_FILENAME_PBTXT = "saved_model.pbtxt"
SAVED_MODEL_SCHEMA_VERSION = 1
SERVING = "serve"
TPU = "tpu"
TRAINING = "train"
VARIABLES_DIRECTORY = "variables"
VARIABLES_FILENAME = "variables"


class SaveOptions:
    """How `save` writes. There is one way; an option that asks for another raises.

    Those that concern devices, and the gradients of functions, change nothing.

    Raises:
        UnimplementedError: an option asks for other files.
    """

    def __init__(
        self,
        namespace_whitelist: Any = None,
        save_debug_info: bool = False,
        function_aliases: Any = None,
        experimental_debug_stripper: bool = False,
        experimental_io_device: Any = None,
        experimental_variable_policy: Any = None,
        experimental_custom_gradients: bool = True,
        experimental_image_format: bool = False,
        experimental_skip_saver: bool = False,
        experimental_sharding_callback: Any = None,
        extra_tags: Any = None,
    ) -> None:
        refused = {
            "namespace_whitelist": namespace_whitelist,
            "save_debug_info": save_debug_info,
            "function_aliases": function_aliases,
            "experimental_image_format": experimental_image_format,
            "experimental_sharding_callback": experimental_sharding_callback,
            "extra_tags": extra_tags,
        }
        for name, value in refused.items():
            if value:
                raise UnimplementedError(
                    "SaveOptions: {name}={value!r} is not supported.", name=name, value=value
                )
        self.save_debug_info = False
        self.experimental_io_device = experimental_io_device
        self.experimental_variable_policy = experimental_variable_policy
        self.experimental_custom_gradients = experimental_custom_gradients
        self.experimental_skip_saver = experimental_skip_saver


class LoadOptions:
    """How `load` reads; its settings concern devices that Caudal does not have."""

    def __init__(
        self,
        allow_partial_checkpoint: bool = False,
        experimental_io_device: Any = None,
        experimental_skip_checkpoint: bool = False,
        experimental_variable_policy: Any = None,
        experimental_load_function_aliases: bool = False,
    ) -> None:
        if allow_partial_checkpoint or experimental_skip_checkpoint:
            raise UnimplementedError("LoadOptions: the variables' values are always read.")
        self.experimental_io_device = experimental_io_device
        self.experimental_variable_policy = experimental_variable_policy
