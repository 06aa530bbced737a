"""GaussianNoise: adds normal noise while training."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.layers.noise import NoiseLayer
from caudal.random import bits


class GaussianNoise(NoiseLayer):
    """Adds noise of mean 0 and standard deviation ``stddev`` while training."""

    _config_names = ("stddev", "seed")

    def __init__(self, stddev: float, seed: Any = None, **kwargs: Any) -> None:
        if not isinstance(stddev, int | float) or not 0 <= stddev <= 1:
            raise InvalidArgumentError(
                "Invalid value received for argument `stddev`. Expected a float value between 0 "
                "and 1. Received: stddev={stddev!r}",
                stddev=stddev,
            )
        super().__init__(stddev, seed, **kwargs)
        self.stddev = stddev

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The input, with noise while training."""
        if not training or self.stddev == 0:
            return inputs
        key = self.seed_generator.next()
        return inputs + bits.normal_of(key, tuple(inputs.shape), inputs.dtype) * self.stddev
