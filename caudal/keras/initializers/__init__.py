"""How weights begin.

``constant`` and ``spectral`` hold those without chance, ``random`` the plain distributions,
``scaling`` those scaled to a layer's size. ``get`` makes one from a name, a configuration or a
function.
"""

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.names import with_snake_case
from caudal.keras.engine.serialization import (
    deserialize_keras_object,
    lookup,
    serialize_keras_object,
)
from caudal.keras.initializers.constant import Constant, Identity, Ones, Zeros
from caudal.keras.initializers.initializer import Initializer, known_shape, to_tensor
from caudal.keras.initializers.random import (
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
)
from caudal.keras.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)
from caudal.keras.initializers.spectral import STFT
from caudal.namespaces import strict

IdentityInitializer = identity = Identity
OrthogonalInitializer = orthogonal = Orthogonal
STFTInitializer = stft = STFT
zeros, ones, constant = Zeros, Ones, Constant
random_normal, random_uniform = RandomNormal, RandomUniform
truncated_normal, variance_scaling = TruncatedNormal, VarianceScaling
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform

_TABLE: dict[str, Any] = with_snake_case(
    Constant,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    LecunNormal,
    LecunUniform,
    Ones,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    STFT,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
# Short names that Keras keeps, and its other name of the class.
_TABLE.update(
    uniform=RandomUniform,
    normal=RandomNormal,
    one=Ones,
    zero=Zeros,
    IdentityInitializer=Identity,
    OrthogonalInitializer=Orthogonal,
    STFTInitializer=STFT,
    stft=STFT,
)


class _Values(Initializer):
    """Gives the values of an array."""

    def __init__(self, values: Any) -> None:
        self._values = np.asarray(values)

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if known_shape(shape) != self._values.shape:
            raise InvalidArgumentError(
                "initializers.get: the array has shape {own}, the variable {shape}.",
                own=self._values.shape,
                shape=known_shape(shape),
            )
        return to_tensor(self._values, dtype or self._values.dtype.name)


def get(identifier: Any) -> Any:
    """An initializer from None, a name, a configuration, a class, a function, or an array.

    An array's initializer gives its values, for its own shape only.
    """
    if hasattr(identifier, "__array__") and not callable(identifier):
        return _Values(identifier)
    return lookup("initializer", identifier, _TABLE)


def serialize(initializer: Any) -> Any:
    """The configuration of an initializer."""
    return serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The initializer of a configuration."""
    return deserialize_keras_object(config, {**_TABLE, **(custom_objects or {})})


__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "deserialize",
    "get",
    "serialize",
]

__getattr__ = strict(__name__, label="keras.initializers")
