"""Initializers without chance: Zeros, Ones, Constant, Identity."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import ShapeError
from caudal.keras.engine.serialization import deserialize_keras_object, serialize_keras_object
from caudal.keras.initializers.initializer import Initializer, known_shape, to_tensor


class Zeros(Initializer):
    """All zeros."""

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """A tensor of that shape."""
        return to_tensor(np.zeros(known_shape(shape)), dtype)


class Ones(Initializer):
    """All ones."""

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """A tensor of that shape."""
        return to_tensor(np.ones(known_shape(shape)), dtype)


class Constant(Initializer):
    """One value, or an array that broadcasts to the shape.

    >>> Constant(3.0)((2,)).numpy().tolist()
    [3.0, 3.0]
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """A tensor of that shape."""
        extents = known_shape(shape)
        value = np.asarray(self.value)
        try:
            return to_tensor(np.broadcast_to(value, extents), dtype)
        except ValueError as error:
            raise ShapeError(
                "Constant: a value of shape {received} does not fit a weight of shape {expected}.",
                received=value.shape,
                expected=extents,
            ) from error

    def get_config(self) -> dict[str, Any]:
        """The value."""
        return {"value": serialize_keras_object(self.value)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The initializer of a configuration."""
        return cls(deserialize_keras_object(config["value"]))


class Identity(Initializer):
    """``gain`` times the unit matrix; only for matrices."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """A tensor of that shape."""
        extents = known_shape(shape)
        if len(extents) != 2:
            raise ShapeError(
                "Identity matrix initializer can only be used for 2D matrices. "
                "Received: shape={shape} of rank {rank}.",
                shape=extents,
                rank=len(extents),
            )
        return to_tensor(self.gain * np.eye(*extents), dtype)

    def get_config(self) -> dict[str, Any]:
        """The gain."""
        return {"gain": self.gain}
