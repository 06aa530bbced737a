"""Dropout: zeros at random while training."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.keras.layers.noise import NoiseLayer, check_rate
from caudal.random import bits


def _checked_shape(shape: Any) -> tuple[int | None, ...] | None:
    if shape is None:
        return None
    good = isinstance(shape, list | tuple) and all(
        n is None or (isinstance(n, int) and n > 0) for n in shape
    )
    if not good:
        raise InvalidArgumentError(
            "Dropout: `noise_shape` must be a tuple of positive integers and Nones, received "
            "{shape!r}.",
            shape=shape,
        )
    return tuple(shape)


class Dropout(NoiseLayer):
    """Sets inputs to 0 with probability ``rate`` while training; the others grow by ``1/(1-rate)``.

    noise_shape: the shape of the mask, with None for the input's extent and 1 to drop a whole
    axis together. Srivastava and others, "Dropout", 2014.
    """

    _config_names: tuple[str, ...] = ("rate", "seed", "noise_shape")

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: Any = None, **kwargs: Any
    ) -> None:
        self_rate = check_rate(rate)
        super().__init__(rate, seed, **kwargs)
        self.rate = self_rate
        self.noise_shape = _checked_shape(noise_shape)

    def _mask_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if self.noise_shape is None:
            return shape
        return tuple(
            extent if wanted is None else wanted
            for extent, wanted in zip(shape, self.noise_shape, strict=True)
        )

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The input, thinned out while training."""
        if not training or self.rate == 0:
            return inputs
        if self.rate == 1:
            return inputs * 0.0
        shape = self._mask_shape(tuple(inputs.shape))
        kept = bits.below(self.seed_generator.next(), shape, 1.0 - self.rate)
        return ops.select(kept, inputs / (1.0 - self.rate), 0.0)
