"""RandomFlip: mirrored images."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.keras.layers.image_layer import RandomImageLayer
from caudal.random import bits

_AXES = {"horizontal": (2,), "vertical": (1,), "horizontal_and_vertical": (2, 1)}


class RandomFlip(RandomImageLayer):
    """Mirrors each image with probability 1/2 along each axis of ``mode``, while training.

    mode: "horizontal" (left and right), "vertical" or "horizontal_and_vertical".
    """

    _config_names = ("data_format", "seed", "mode")

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        if mode not in _AXES:
            raise InvalidArgumentError(
                "RandomFlip: `mode` must be one of {known}, received {mode!r}.",
                known=list(_AXES),
                mode=mode,
            )
        self.mode = mode

    def _change(self, x: Any) -> Any:
        for axis in _AXES[self.mode]:
            chosen = bits.below(self.seed_generator.next(), (int(x.shape[0]), 1, 1, 1), 0.5)
            x = ops.select(convert_to_tensor(chosen), ops.reverse(x, axes=(axis,)), x)
        return x
