"""RandomFlip: mirrored images."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array import movement
from caudal.errors import InvalidArgumentError
from caudal.keras import random
from caudal.keras.layers.geometric_layer import GeometricLayer
from caudal.keras.layers.image_layer import Extents, RandomImageLayer
from caudal.keras.ops.promotion import boolean

# The axes of a batch, and the columns of a box that change places.
_AXES = {"horizontal": (2,), "vertical": (1,), "horizontal_and_vertical": (1, 2)}


class RandomFlip(RandomImageLayer, GeometricLayer):
    """Mirrors each image with probability 1/2 along the axes of ``mode``, while training.

    mode: "horizontal" (left and right), "vertical" or "horizontal_and_vertical", both at once.

    >>> import numpy as np
    >>> flip = RandomFlip("horizontal", seed=1)
    >>> drawn = {"flips": np.array([[[[True]]]]), "input_shape": (1, 1, 3, 1)}
    >>> flip.transform_images([[[[1.0], [2.0], [3.0]]]], drawn).numpy().ravel().tolist()
    [3.0, 2.0, 1.0]
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

    def _draw(self, extents: Extents, seed: Any) -> Any:
        drawn = random.uniform((extents.batch, 1, 1, 1), seed=seed)
        return {"flips": drawn <= 0.5, "input_shape": extents.shape}

    def _moved(self, x: Any, transformation: Any, interpolation: str) -> Any:
        flipped = ops.reverse(x, axes=_AXES[self.mode])
        return ops.select(_chosen(transformation, 4), flipped, x)

    def _moved_boxes(self, boxes: Any, transformation: Any, size: tuple[int, int]) -> Any:
        x1, y1, x2, y2 = (boxes[..., at : at + 1] for at in range(4))
        height, width = size
        if self.mode != "vertical":
            x1, x2 = width - x2, width - x1
        if self.mode != "horizontal":
            y1, y2 = height - y2, height - y1
        return ops.select(_chosen(transformation, 3), ops.concat(x1, y1, x2, y2, axis=2), boxes)


def _chosen(transformation: Any, rank: int) -> Any:
    """Which of the batch are mirrored, with as many axes as what is to be chosen."""
    return movement.reshape(boolean(transformation["flips"]), (-1, *[1] * (rank - 1)))
