"""GPTQ: a matrix rounded column by column, with what follows made up for each error.

Frantar and others, 2022. In the notation of the paper, W is (outputs, inputs) and H the Hessian of
the squared error of the outputs, twice the mean of ``x x^T`` over the layer's inputs x.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.keras.quantizers.zero_points import Array, Grid, grid

BLOCK = 128


class Hessian:
    """H, over all inputs that came by."""

    def __init__(self, rows: int) -> None:
        self.rows, self.count = rows, 0
        self.matrix = np.zeros((rows, rows), np.float32)

    def see(self, inputs: Array) -> None:
        """Takes in inputs (many, rows)."""
        x = inputs.astype(np.float32)
        total = self.count + len(x)
        product = x.T @ x
        product = (product + product.T) / np.float32(2)
        self.matrix = self.matrix * np.float32(self.count / total)
        self.matrix = self.matrix + product * np.float32(2.0 / total)
        self.count = total

    def damped(self, damping: float) -> Array:
        """H with more on its diagonal: 1 for inputs that never came, and a share of the mean."""
        diagonal = np.diagonal(self.matrix)
        diagonal = np.where(diagonal == 0, np.float32(1), diagonal)
        found: Array = self.matrix.copy()
        np.fill_diagonal(found, diagonal + np.float32(damping) * diagonal.mean(dtype=np.float32))
        return found


def quantized(weight: Array, hessian: Hessian, config: Any) -> dict[str, Array]:
    """Levels (outputs, inputs), scales, zero points and each input's group, by variable.

    weight: (inputs, outputs). The group of an input is its integer part, as in Keras's files.
    """
    damped = hessian.damped(config.hessian_damping)
    inverse = np.linalg.inv(damped)
    matrix = np.ascontiguousarray(weight.T, np.float32)
    count = matrix.shape[1]
    order = np.arange(count)
    if config.activation_order:
        order = np.argsort(-np.diagonal(damped), kind="stable")
    back = np.argsort(order)
    levels, grids = _rounded(matrix[:, order], inverse[np.ix_(order, order)], config)
    size = count if config.group_size == -1 else config.group_size
    return {
        "quantized_kernel": levels[:, back].astype(np.uint8),
        "kernel_scale": np.concatenate([one.scale for one in grids], axis=1),
        "kernel_zero": np.concatenate([one.zero for one in grids], axis=1),
        "g_idx": (np.arange(count) / size).astype(np.float32)[back],
    }


def _rounded(matrix: Array, inverse: Array, config: Any) -> tuple[Array, list[Grid]]:
    """The levels, and the grid of every group, in the order of the columns."""
    count = matrix.shape[1]
    size = count if config.group_size == -1 else config.group_size
    rest, levels, grids = matrix.copy(), np.zeros_like(matrix), []
    for start in range(0, count, BLOCK):
        stop = min(start + BLOCK, count)
        # Inside a block only the columns still to come are touched; grids see the block as it was.
        block, errors = rest[:, start:stop].copy(), np.zeros_like(rest[:, start:stop])
        near = inverse[start:stop, start:stop]
        for column in range(stop - start):
            place = start + column
            if place % size == 0:
                part = rest[:, place : place + size]
                grids.append(grid(part, config.weight_bits, config.symmetric, config.per_channel))
            values = block[:, column : column + 1]
            found = grids[-1].round(values)
            levels[:, place : place + 1] = found
            error = (values - grids[-1].floats(found)) / near[column, column]
            errors[:, column : column + 1] = error
            block[:, column + 1 :] -= error @ near[column : column + 1, column + 1 :]
        rest[:, stop:] -= errors @ inverse[start:stop, stop:]
    return levels, grids
