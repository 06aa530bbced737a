"""``keras.utils.legacy``: configurations in the form of Keras 2."""

from caudal.keras.legacy.saving import deserialize_keras_object, serialize_keras_object
from caudal.namespaces import strict

__all__ = ["deserialize_keras_object", "serialize_keras_object"]

__getattr__ = strict(__name__, label="keras.utils.legacy")
