"""RandomShear: slanted images."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras import random
from caudal.keras.layers.geometric_layer import WarpLayer, matrix
from caudal.keras.layers.image_layer import Extents
from caudal.keras.layers.image_values import Range, factor_range
from caudal.keras.ops.promotion import cast, floating
from caudal.keras.utils.bounding_boxes import convert_format


class RandomShear(WarpLayer):
    """Slants each image along x and y, to either side, while training.

    x_factor, y_factor: a number a, for -a to a, or a pair, within [0, 1]; the rows of an image move
    by that part of their distance from the upper edge, the columns likewise.
    """

    _gives_boxes_alone = False
    _config_names = (
        "data_format",
        "x_factor",
        "y_factor",
        "fill_mode",
        "interpolation",
        "seed",
        "fill_value",
    )

    def __init__(
        self,
        x_factor: Any = 0.0,
        y_factor: Any = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.x_factor = _factor(x_factor, "x_factor")
        self.y_factor = _factor(y_factor, "y_factor")
        self._warping(fill_mode, interpolation, fill_value)

    def _draw(self, extents: Extents, seed: Any) -> Any:
        shape = (extents.batch, 1)
        side = random.uniform(shape, seed=seed)
        both = [
            random.uniform(shape, *bounds, seed=seed) for bounds in (self.x_factor, self.y_factor)
        ]
        shear = ops.concat(*both, axis=1)
        shear = ops.select(side > 0.5, -shear, shear)
        return {"shear_factor": shear, "input_shape": extents.shape}

    def _moved(self, x: Any, transformation: Any, interpolation: str) -> Any:
        shear = floating(transformation["shear_factor"])
        across, down = shear[:, :1], shear[:, 1:]
        return self._warped(x, matrix(across, (1.0, across, 0.0, down, 1.0, 0.0)), interpolation)

    def _moved_boxes(self, boxes: Any, transformation: Any, size: tuple[int, int]) -> Any:
        """The boxes around the slanted ones, in parts of the image as in Keras."""
        shear = cast(floating(transformation["shear_factor"]), boxes.dtype)[:, None, :]
        across, down = shear[..., :1], shear[..., 1:]
        places = convert_format(boxes, "xyxy", "rel_xyxy", *size, dtype=boxes.dtype)
        x1, y1, x2, y2 = (places[..., at : at + 1] for at in range(4))
        left = across < 0.0
        x1 = x1 - across * ops.select(left, y1, y2)
        x2 = x2 - across * ops.select(left, y2, y1)
        up = down > 0.0
        y1 = y1 - down * ops.select(up, x2, x1)
        y2 = y2 - down * ops.select(up, x1, x2)
        places = ops.concat(x1, y1, x2, y2, axis=2)
        return convert_format(places, "rel_xyxy", "xyxy", *size, dtype=boxes.dtype)


def _factor(value: Any, name: str) -> Range:
    """The range of a slant: of a number to either side, of a pair as given."""
    if isinstance(value, list | tuple) and len(value) == 2 and value[0] == -value[1]:
        # What a number became, in a configuration.
        value = abs(value[0])
    low, high = factor_range(value, name, "RandomShear", 0, 1)
    return (low, high) if isinstance(value, list | tuple) else (-high, high)
