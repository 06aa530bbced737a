"""AWQ: four bits, after each input's weights were multiplied by a power of that input's size.

Lin and others, 2023. The power is the one of a grid whose error, weighted by the inputs' squares,
is least; the layer divides by the factors again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.keras.quantizers.zero_points import Array, Grid, grid

_BITS = 4


class Sizes:
    """The greatest absolute value of each input."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.greatest = np.zeros((rows,), np.float32)

    def see(self, inputs: Array) -> None:
        """Takes in inputs (many, rows)."""
        self.greatest = np.maximum(self.greatest, np.abs(inputs.astype(np.float32)).max(axis=0))


def _factors(sizes: Array, power: float) -> Array:
    """The inputs' sizes to a power, about 1."""
    found = np.maximum(sizes ** np.float32(power), np.float32(1e-4))
    middle = np.sqrt(found.max() * found.min())
    return np.asarray(found / np.maximum(middle, np.float32(1e-8)))


def _rounded(matrix: Array, groups: Array, size: int) -> tuple[Array, Grid, Grid]:
    """Levels, the grids of groups and of columns."""
    grids = grid(matrix, _BITS, group_size=size)
    spread = grids.spread(groups)
    return spread.round(matrix), grids, spread


def quantized(weight: Array, sizes: Sizes, config: Any) -> dict[str, Array]:
    """Levels (outputs, inputs), scales, zero points, factors and groups, by variable.

    weight: (inputs, outputs).
    """
    matrix = np.ascontiguousarray(weight.T, np.float32)
    size = config.group_size
    groups = np.arange(matrix.shape[1]) // size if size != -1 else np.zeros(matrix.shape[1], int)
    seen = np.where(sizes.greatest < 1e-8, np.float32(1), sizes.greatest)
    best, least = np.ones_like(seen), np.inf
    for step in range(config.num_grid_points + 1):
        factors = _factors(seen, step / config.num_grid_points)
        levels, _, spread = _rounded(matrix * factors, groups, size)
        error = np.square(matrix - spread.floats(levels) / factors) * np.square(seen)
        if (mean := error.mean(dtype=np.float32)) < least:
            best, least = factors, mean
    levels, grids, _ = _rounded(matrix * best, groups, size)
    return {
        "quantized_kernel": levels.astype(np.uint8),
        "kernel_scale": grids.scale,
        "kernel_zero": grids.zero,
        "awq_scales": best,
        "g_idx": groups.astype(np.float32),
    }
