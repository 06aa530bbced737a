"""ContrastLimitedAdaptiveHistogramEqualization: CLAHE, contrast that is even everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math, ops
from caudal.array import movement
from caudal.keras.layers import arguments, image_values
from caudal.keras.layers.image_layer import ImageLayer
from caudal.keras.layers.image_values import rescaled
from caudal.keras.layers.shape_preserving import number
from caudal.keras.ops.promotion import cast, cast_value, tensor
from caudal.keras.ops.segments import segment_sum

_SHADES = 256


class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Equalizes the shades of each tile of an image, and blends between tiles (Zuiderveld, 1994).

    clip_limit: how often a shade may occur, in parts of the mean; what is more goes to all shades
    alike. 0 sets no limit. tile_grid_size: rows and columns of tiles. In training and outside of
    it; the dtype stays.
    """

    _config_names = ("value_range", "clip_limit", "tile_grid_size", "data_format")
    _always = True

    def __init__(
        self,
        value_range: Any = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: Any = (8, 8),
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        layer = type(self).__name__
        image_values.value_range(value_range, layer)
        self.value_range = value_range
        self.clip_limit = number(clip_limit, "clip_limit", layer)
        self.tile_grid_size = arguments.integers(tile_grid_size, 2, "tile_grid_size")

    def transform_images(
        self, images: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The images, equalized."""
        x = tensor(images)
        return cast(super().transform_images(x, transformation, training), x.dtype)

    def _change(self, x: Any, transformation: Any) -> Any:
        y = rescaled(cast(x, "float32"), self.value_range, (0, 255))
        height, width = int(y.shape[1]), int(y.shape[2])
        rows, columns = self.tile_grid_size
        tall, wide = -(-height // rows), -(-width // columns)
        # Mirrored beyond the lower and the right edge, until the tiles are full.
        for axis, extent, whole in ((1, height, tall * rows), (2, width, wide * columns)):
            y = ops.gather(y, _mirrored(extent, whole), axis=axis)
        last = cast_value(_SHADES - 1, "int32")
        shades = math.clip_by_value(cast(y, "int32"), cast_value(0, "int32"), last)
        blended = self._blended(shades, self._tables(shades, tall, wide), tall, wide)
        return rescaled(blended[:, :height, :width], (0, 255), self.value_range)

    def _tables(self, shades: Any, tall: int, wide: int) -> Any:
        """What each shade becomes: (batch, rows, columns, channels, 256)."""
        batch, channels = int(shades.shape[0]), int(shades.shape[-1])
        rows, columns = self.tile_grid_size
        shape = (batch, rows, columns, channels)
        tiles = np.arange(int(np.prod(shape)), dtype="int32").reshape(shape) * _SHADES
        each = np.repeat(np.repeat(tiles, tall, axis=1), wide, axis=2)
        flat = movement.reshape(shades + each, (-1,))
        counts = segment_sum(cast(flat * 0 + 1, "float32"), flat, tiles.size * _SHADES)
        counts = movement.reshape(counts, (*shape, _SHADES))
        if self.clip_limit > 0:
            limit = float(self.clip_limit) * (tall * wide) / _SHADES
            kept = math.minimum(counts, cast_value(limit, "float32"))
            more = math.reduce_sum(counts - kept, axis=-1, keepdims=True)
            counts = kept + more / float(_SHADES)
        total = math.cumsum(counts, axis=-1)
        least = math.reduce_min(total, axis=-1, keepdims=True)
        rest = float(tall * wide) - least
        rest = ops.select(ops.equal(rest, rest * 0.0), rest + 1.0, rest)
        return math.clip_by_value((total - least) * 255.0 / rest, 0.0, 255.0)

    def _blended(self, shades: Any, tables: Any, tall: int, wide: int) -> Any:
        """Each pixel by the tables of the four tiles around it."""
        batch, channels = int(shades.shape[0]), int(shades.shape[-1])
        rows, columns = self.tile_grid_size
        flat = movement.reshape(tables, (-1,))
        (up, down, low), (left, right, far) = _neighbours(rows, tall), _neighbours(columns, wide)
        image = np.arange(batch).reshape(-1, 1, 1, 1) * rows
        channel = np.arange(channels).reshape(1, 1, 1, -1)
        low, far = low.reshape(1, -1, 1, 1), far.reshape(1, 1, -1, 1)

        def by(row: Any, column: Any) -> Any:
            tile = (image + row.reshape(1, -1, 1, 1)) * columns + column.reshape(1, 1, -1, 1)
            start = ((tile * channels + channel) * _SHADES).astype("int32")
            return movement.reshape(
                ops.gather(flat, movement.reshape(shades + start, (-1,)), axis=0), shades.shape
            )

        above = by(up, left) * (1.0 - far) + by(up, right) * far
        below = by(down, left) * (1.0 - far) + by(down, right) * far
        return above * (1.0 - low) + below * low


def _mirrored(extent: int, whole: int) -> Any:
    places = np.arange(whole)
    places = np.where(places < extent, places, 2 * extent - 1 - places)
    return cast_value(np.maximum(places, 0).astype("int32"), "int32")


def _neighbours(count: int, extent: int) -> tuple[Any, Any, Any]:
    """For each place along an axis: the tile before, the tile after, and how near the latter is."""
    place = (np.arange(count * extent, dtype="float32") - extent / 2.0) / extent
    before = np.floor(place)
    tiles = (np.clip(before + step, 0, count - 1).astype(int) for step in (0, 1))
    return (*tiles, (place - before).astype("float32"))
