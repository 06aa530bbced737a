"""TensorFlow Hub: pretrained models by URL or folder, as `tensorflow_hub` gives them.

`resolver` says where a module lies, `cache` gets it there once, `loading` loads it as
`tf.saved_model.load` does, `call` calls it, `keras_layer` makes a layer of it.
"""

from caudal.hub.keras_layer import KerasLayer
from caudal.hub.loading import load
from caudal.hub.resolver import resolve
from caudal.namespaces import lazy

__version__ = "0.16.1"

_ABOVE = {
    "Module": "caudal.compat.hub_module:Module",
    "get_expected_image_size": "caudal.compat.hub_module:get_expected_image_size",
}
"""What graphs of TensorFlow 1 call; it went with TensorFlow Hub 0.16."""

__all__ = ["KerasLayer", "load", "resolve", *_ABOVE]

__getattr__ = lazy(__name__, _ABOVE, label="hub")[0]
