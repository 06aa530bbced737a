"""GaussianDropout: multiplies by normal noise around 1 while training."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers.noise import NoiseLayer, check_rate
from caudal.random import bits


class GaussianDropout(NoiseLayer):
    """Multiplies by noise of mean 1 and standard deviation ``sqrt(rate / (1 - rate))``."""

    _config_names = ("rate", "seed")

    def __init__(self, rate: float, seed: Any = None, **kwargs: Any) -> None:
        rate = check_rate(rate, below_one=True)
        super().__init__(rate, seed, **kwargs)
        self.rate = rate

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The input, with noise while training."""
        if not training or self.rate == 0:
            return inputs
        stddev = (self.rate / (1.0 - self.rate)) ** 0.5
        noise = bits.normal_of(self.seed_generator.next(), tuple(inputs.shape), inputs.dtype)
        return inputs * (noise * stddev + 1.0)
