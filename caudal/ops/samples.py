"""Sample inputs for the generated tests (tests/ops/test_table.py).

A sampler is ``sampler(rng) -> list of Sample``. Arrays are float64, int64 or bool; the tests cast
every array of the first one's dtype to each dtype that the op takes (float64 samples stand for
all floats and complex numbers, int64 samples for all integers).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.ops.record import Sample

Sampler = Callable[[np.random.Generator], list[Sample]]

_SHAPES: dict[int, tuple[tuple[tuple[int, ...], ...], ...]] = {
    1: (((3, 5),), ((),), ((0,),), ((1,),)),
    2: (((3, 5), (3, 5)), ((2, 1), (3,)), ((), (4,)), ((0, 2), (1, 2)), ((1,), (1,))),
}
_SPECIAL = np.array(
    [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-40, -1e-40, 3e38, 1e-310, -7.5]
)


def _special(inputs: int) -> Sample:
    grids = np.meshgrid(*[_SPECIAL] * inputs, indexing="ij")
    return Sample(tuple(grid.reshape(-1) for grid in grids), differentiable=False)


def floats(
    *bounds: tuple[float, float],
    params: dict[str, Any] | None = None,
    differentiable: bool = True,
    special: bool = True,
) -> Sampler:
    """Uniform float64 samples, one ``(low, high)`` per input, and the special values.

    >>> [x.shape for s in floats((0, 1))(np.random.default_rng(0)) for x in s.inputs]
    [(3, 5), (), (0,), (1,), (14,)]
    """

    def make(rng: np.random.Generator) -> list[Sample]:
        samples = [
            Sample(
                tuple(
                    np.asarray(rng.uniform(low, high, shape))
                    for (low, high), shape in zip(bounds, shapes, strict=True)
                ),
                dict(params or {}),
                differentiable,
            )
            for shapes in _SHAPES[len(bounds)]
        ]
        if special:
            extra = _special(len(bounds))
            samples.append(Sample(extra.inputs, dict(params or {}), differentiable=False))
        return samples

    return make


def integers(*bounds: tuple[int, int], params: dict[str, Any] | None = None) -> Sampler:
    """Uniform int64 samples from ``[low, high]``, one pair of bounds per input."""

    def make(rng: np.random.Generator) -> list[Sample]:
        return [
            Sample(
                tuple(
                    np.asarray(rng.integers(low, high, shape, endpoint=True))
                    for (low, high), shape in zip(bounds, shapes, strict=True)
                ),
                dict(params or {}),
                differentiable=False,
            )
            for shapes in _SHAPES[len(bounds)]
        ]

    return make


def bools(inputs: int) -> Sampler:
    """Random bool samples."""

    def make(rng: np.random.Generator) -> list[Sample]:
        return [
            Sample(
                tuple(np.asarray(rng.uniform(size=shape) < 0.5) for shape in shapes),
                differentiable=False,
            )
            for shapes in _SHAPES[inputs]
        ]

    return make


def both(*samplers: Sampler) -> Sampler:
    """The samples of several samplers, one after another."""
    return lambda rng: [sample for sampler in samplers for sample in sampler(rng)]
