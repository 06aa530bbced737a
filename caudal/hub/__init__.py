"""TensorFlow Hub: pretrained models by URL or folder, as `tensorflow_hub` gives them.

`resolver` says where a module lies, `cache` gets it there once, `loading` loads it as
`tf.saved_model.load` does, `keras_layer` makes a layer of it.
"""

from caudal.hub.keras_layer import KerasLayer
from caudal.hub.loading import load
from caudal.hub.resolver import resolve
from caudal.namespaces import lazy

__version__ = "0.16.1"

__all__ = ["KerasLayer", "load", "resolve"]

_OLD = "It went with TensorFlow Hub 0.16: use hub.KerasLayer or hub.load(handle).signatures."

__getattr__ = lazy(
    __name__, {}, label="hub", gone={"Module": _OLD, "get_expected_image_size": _OLD}
)[0]
