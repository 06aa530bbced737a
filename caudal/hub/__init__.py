"""TensorFlow Hub: pretrained models by URL or folder, as `tensorflow_hub` gives them.

`resolver` says where a module lies, `cache` gets it there once, `loading` loads it as
`tf.saved_model.load` does, `keras_layer` makes a layer of it.
"""

from caudal.hub.keras_layer import KerasLayer
from caudal.hub.loading import load
from caudal.hub.resolver import resolve
from caudal.namespaces import strict

__version__ = "0.16.1"

__all__ = ["KerasLayer", "load", "resolve"]

__getattr__ = strict(__name__)
