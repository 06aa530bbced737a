"""RandomGaussianBlur: blurred images."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array import movement
from caudal.errors import InvalidArgumentError
from caudal.keras import random
from caudal.keras.layers import image_values
from caudal.keras.layers.colour_layer import chosen
from caudal.keras.layers.image_layer import Extents, RandomImageLayer
from caudal.keras.layers.image_values import factor_range, within
from caudal.keras.ops.pictures import gaussian_blur
from caudal.keras.ops.promotion import boolean


class RandomGaussianBlur(RandomImageLayer):
    """Smooths images with a Gauss kernel, while training; one kernel for a batch.

    factor: the probability, a number a, for 0 to a, or a pair, within [0, 1]. kernel_size: an odd
    number, or two. sigma: the deviation, like ``factor``, drawn for each of the two axes.
    """

    _config_names = ("data_format", "factor", "kernel_size", "sigma", "value_range", "seed")

    def __init__(
        self,
        factor: Any = 1.0,
        kernel_size: Any = 3,
        sigma: Any = 1.0,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.factor = factor_range(factor, "factor", "RandomGaussianBlur", 0, 1)
        self.kernel_size = _odd(kernel_size)
        self.sigma = factor_range(sigma, "sigma", "RandomGaussianBlur", 0, 1)
        image_values.value_range(value_range, "RandomGaussianBlur")
        self.value_range = value_range

    def _draw(self, extents: Extents, seed: Any) -> Any:
        return {
            "should_apply_blur": chosen(extents.batch, self.factor, seed),
            "blur_factor": random.uniform((2,), *self.sigma, seed=seed) + 1e-6,
        }

    def _change(self, x: Any, transformation: Any) -> Any:
        if transformation is None:
            return x
        sigma = transformation["blur_factor"]
        blurred = gaussian_blur(x, self.kernel_size, sigma, data_format="channels_last")
        which = movement.reshape(boolean(transformation["should_apply_blur"]), (-1, 1, 1, 1))
        y = ops.select(which, blurred, x)
        return within(y, self.value_range)


def _odd(size: Any) -> tuple[int, int]:
    pair = tuple(size) if isinstance(size, list | tuple) else (size, size)
    whole = all(hasattr(one, "__index__") for one in pair)
    if len(pair) != 2 or not whole or any(one < 1 or one % 2 == 0 for one in pair):
        raise InvalidArgumentError(
            "RandomGaussianBlur: `kernel_size` must be an odd number or two, received {size!r}.",
            size=size,
        )
    return pair
