"""Initializers that draw from one distribution: RandomNormal, RandomUniform and so on."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import ShapeError
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.policy import floatx
from caudal.keras.initializers.initializer import RandomInitializer, known_shape, to_tensor


def truncated_normal(
    generator: np.random.Generator, shape: tuple[int, ...]
) -> np.ndarray[Any, Any]:
    """Standard normal numbers, those beyond two drawn again until none is."""
    values = generator.standard_normal(shape)
    while True:
        outside = np.abs(values) > 2
        count = int(outside.sum())
        if not count:
            return values
        values[outside] = generator.standard_normal(count)


class RandomNormal(RandomInitializer):
    """Normally distributed."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        self.mean, self.stddev = mean, stddev
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """A tensor of that shape."""
        values = self.generator().standard_normal(known_shape(shape))
        return to_tensor(values * self.stddev + self.mean, dtype)

    def get_config(self) -> dict[str, Any]:
        """Mean, standard deviation and seed."""
        return {"mean": self.mean, "stddev": self.stddev, **super().get_config()}


class TruncatedNormal(RandomNormal):
    """Normally distributed within two standard deviations of the mean."""

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """A tensor of that shape."""
        values = truncated_normal(self.generator(), known_shape(shape))
        return to_tensor(values * self.stddev + self.mean, dtype)


class RandomUniform(RandomInitializer):
    """Uniform between ``minval`` and ``maxval`` (integers: ``maxval`` excluded)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        self.minval, self.maxval = minval, maxval
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """A tensor of that shape."""
        generator, extents = self.generator(), known_shape(shape)
        if as_dtype(dtype or floatx()).is_integer:
            return to_tensor(generator.integers(int(self.minval), int(self.maxval), extents), dtype)
        return to_tensor(generator.uniform(self.minval, self.maxval, extents), dtype)

    def get_config(self) -> dict[str, Any]:
        """Both bounds and the seed."""
        return {"minval": self.minval, "maxval": self.maxval, **super().get_config()}


class Orthogonal(RandomInitializer):
    """A random orthogonal matrix, from the QR decomposition of a normal one.

    For more than two axes all but the last are taken as rows.
    Saxe and others, "Exact solutions to the nonlinear dynamics of learning", 2013.
    """

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        self.gain = gain
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """A tensor of that shape."""
        extents = known_shape(shape)
        if len(extents) < 2:
            raise ShapeError(
                "The tensor to initialize must be at least two-dimensional. "
                "Received: shape={shape} of rank {rank}.",
                shape=extents,
                rank=len(extents),
            )
        rows, columns = int(np.prod(extents[:-1])), extents[-1]
        drawn = self.generator().standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(drawn)
        # The signs of R's diagonal make the decomposition, and so the distribution, unique.
        q = q * np.sign(np.diag(r))
        if rows < columns:
            q = q.T
        return to_tensor(self.gain * q.reshape(extents), dtype)

    def get_config(self) -> dict[str, Any]:
        """Gain and seed."""
        return {"gain": self.gain, **super().get_config()}
