"""Rounding to the levels 0 to 2**bits - 1 with a scale and a zero point, as NumPy arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Grid(NamedTuple):
    """The levels of a matrix (outputs, inputs): scales and zero points (outputs, groups)."""

    scale: Array
    zero: Array
    most: np.float32

    def round(self, x: Array) -> Array:
        """The levels, still as floats, of values that one group's columns hold."""
        levels = np.round(x / self.scale + self.zero.astype(x.dtype))
        return np.asarray(np.clip(levels, 0, self.most))

    def floats(self, levels: Array) -> Array:
        """What the levels stand for."""
        return np.asarray(self.scale * (levels - self.zero.astype(levels.dtype)))

    def spread(self, groups: Array) -> Grid:
        """The grid of each column, whose group ``groups`` says."""
        return Grid(self.scale[:, groups], self.zero[:, groups], self.most)


def grid(
    x: Array, bits: int, symmetric: bool = False, per_channel: bool = True, group_size: int = -1
) -> Grid:
    """The levels that reach from the least to the greatest value of each group of columns.

    per_channel: False gives all outputs one scale, over all columns. symmetric: as far below zero
    as above it. Where a group has no value below (or above) zero, the levels reach to zero all
    the same: a zero point has to be one of them. (Keras's wraps round in its byte there.)
    """
    rows, columns = x.shape
    if per_channel and 0 < group_size < columns:
        count = -(-columns // group_size)
        filled = np.zeros((rows, count * group_size), x.dtype)
        filled[:, :columns] = x
        parts = filled.reshape(rows, count, group_size)
    else:
        parts = x.reshape((rows, 1, -1) if per_channel else (1, 1, -1))
    least, greatest = parts.min(axis=2), parts.max(axis=2)
    if symmetric:
        greatest = np.maximum(np.abs(least), greatest)
        least = np.where(least < 0, -greatest, least)
    flat = least == greatest
    least, greatest = np.where(flat, least - 1, least), np.where(flat, greatest + 1, greatest)
    if not symmetric:
        least, greatest = np.minimum(least, 0), np.maximum(greatest, 0)
    most = np.float32(2**bits - 1)
    scale = ((greatest - least) / most).astype(np.float32)
    scale = np.where(scale <= 0, np.float32(1e-8), scale)
    zero = np.full_like(scale, (most + 1) / 2) if symmetric else np.round(-least / scale)
    if not per_channel:
        scale, zero = np.tile(scale, (rows, 1)), np.tile(zero, (rows, 1))
    return Grid(scale, zero.astype(np.uint8), most)
