"""Sums of products over affine indices: dot_general, and the loops that describe the family.

`Loops` says what a contraction computes without naming an op: matrix products, convolutions and
their weight gradients all become one, and codegen has one generator for them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from caudal import ops
from caudal.ir.types import Type
from caudal.ops.checks import (
    NUMBERS,
    require,
    require_dtype,
    require_same_dtype,
    rounded,
    with_integers,
)
from caudal.ops.movement import inverse
from caudal.ops.numeric import conjugated
from caudal.ops.record import Contraction, Op, Sample

Ints = tuple[int, ...]
Pairs = tuple[Ints, Ints]


@dataclass(frozen=True)
class Axis:
    """One loop of a contraction, with the step it makes in each dense row-major operand.

    kind: "batch" is in lhs, rhs and out; "row" in lhs and out; "col" in rhs and out; "sum" in
        lhs and rhs only.
    lhs, rhs, out: elements; 0 where the operand lacks the axis.
    """

    name: str
    extent: int
    kind: str
    lhs: int
    rhs: int
    out: int


@dataclass(frozen=True)
class Loops:
    """``out[…] = sum of lhs[lhs_offset + …] * rhs[rhs_offset + …]`` over axes.

    The axes of the output come first, in the order of its layout, then the sums.
    """

    axes: tuple[Axis, ...]
    lhs_offset: int = 0
    rhs_offset: int = 0

    @property
    def multiplications(self) -> int:
        """How many there are."""
        return math.prod(axis.extent for axis in self.axes)


def strides_of(shape: Sequence[int]) -> Ints:
    """Steps, in elements, of a dense row-major array.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def _free(rank: int, *used: Ints) -> Ints:
    taken = {axis for axes in used for axis in axes}
    return tuple(axis for axis in range(rank) if axis not in taken)


def _check_axes(x: Type, y: Type, what: str, pair: Pairs) -> None:
    left, right = pair
    require(
        len(left) == len(right)
        and all(0 <= axis < x.rank for axis in left)
        and all(0 <= axis < y.rank for axis in right),
        "dot_general: expected as many {what} axes of {x} as of {y}, received {pair}.",
        what=what,
        x=x,
        y=y,
        pair=pair,
    )
    require(
        all(x.shape[i] == y.shape[j] for i, j in zip(left, right, strict=True)),
        "dot_general: expected equal extents on the {what} axes {pair}, received {x} and {y}.",
        what=what,
        pair=pair,
        x=x,
        y=y,
    )


def _infer(x: Type, y: Type, contract: Pairs, batch: Pairs) -> Type:
    require_dtype("dot_general", x, NUMBERS)
    require_same_dtype("dot_general", x, y)
    _check_axes(x, y, "contracted", contract)
    _check_axes(x, y, "batch", batch)
    require(
        all(len({*c, *b}) == len(c) + len(b) for c, b in zip(contract, batch, strict=True)),
        "dot_general: expected every axis once, received contract={contract}, batch={batch}.",
        contract=contract,
        batch=batch,
    )
    shape = (
        *(x.shape[axis] for axis in batch[0]),
        *(x.shape[axis] for axis in _free(x.rank, contract[0], batch[0])),
        *(y.shape[axis] for axis in _free(y.rank, contract[1], batch[1])),
    )
    return x.with_shape(shape)


@rounded
def _reference(xp: Any, x: Any, y: Any, contract: Pairs, batch: Pairs) -> Any:
    if x.dtype != y.dtype:
        raise TypeError
    if contract == ((1,), (0,)) and x.ndim == y.ndim == 2:
        # The common case, without the bookkeeping of axes.
        return xp.matmul(x, y)
    left = _free(x.ndim, contract[0], batch[0])
    right = _free(y.ndim, contract[1], batch[1])
    if any(x.shape[i] != y.shape[j] for i, j in zip(batch[0], batch[1], strict=True)):
        raise ValueError
    shared = tuple(x.shape[axis] for axis in batch[0])
    rows = tuple(x.shape[axis] for axis in left)
    cols = tuple(y.shape[axis] for axis in right)
    depth = math.prod(x.shape[axis] for axis in contract[0])
    a = xp.transpose(x, batch[0] + left + contract[0])
    b = xp.transpose(y, batch[1] + contract[1] + right)
    product = xp.matmul(
        a.reshape((*shared, math.prod(rows), depth)),
        b.reshape((*shared, depth, math.prod(cols))),
    )
    return product.reshape(shared + rows + cols)


def _side(g: Any, other: Any, mine: Any, swap: bool, contract: Pairs, batch: Pairs) -> Any:
    """The gradient of one operand: ``g`` contracted with the other one over its free axes."""
    me, it = (1, 0) if swap else (0, 1)
    free_me = _free(len(mine.shape), contract[me], batch[me])
    free_it = _free(len(other.shape), contract[it], batch[it])
    count = len(batch[0])
    at = count if swap else count + len(free_me)
    over = tuple(range(at, at + len(free_it)))
    partial = ops.dot_general(
        g,
        conjugated(other),
        contract=(over, free_it),
        batch=(tuple(range(count)), tuple(batch[it])),
    )
    # What is left of the other operand are its contracted axes, in its own order.
    order = sorted(range(len(contract[it])), key=lambda k: contract[it][k])
    axes = tuple(batch[me]) + free_me + tuple(contract[me][k] for k in order)
    return ops.transpose(partial, perm=inverse(axes))


def _grad(g: Any, z: Any, x: Any, y: Any, contract: Pairs, batch: Pairs) -> list[Any]:
    return [_side(g, y, x, False, contract, batch), _side(g, x, y, True, contract, batch)]


def _spec(types: Sequence[Type], contract: Pairs, batch: Pairs) -> Loops:
    x, y = types
    left, right = strides_of(x.shape), strides_of(y.shape)
    free_left = _free(x.rank, contract[0], batch[0])
    free_right = _free(y.rank, contract[1], batch[1])
    out = iter(strides_of(_infer(x, y, contract, batch).shape))
    axes = [
        Axis(f"batch{k}", x.shape[i], "batch", left[i], right[j], next(out))
        for k, (i, j) in enumerate(zip(*batch, strict=True))
    ]
    axes += [Axis(f"row{i}", x.shape[i], "row", left[i], 0, next(out)) for i in free_left]
    axes += [Axis(f"col{j}", y.shape[j], "col", 0, right[j], next(out)) for j in free_right]
    axes += [
        Axis(f"sum{k}", x.shape[i], "sum", left[i], right[j], 0)
        for k, (i, j) in enumerate(zip(*contract, strict=True))
    ]
    return Loops(tuple(axes))


@with_integers
def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    def sample(left: Ints, right: Ints, contract: Pairs, batch: Pairs = ((), ())) -> Sample:
        arrays = (rng.normal(size=left), rng.normal(size=right))
        return Sample(arrays, {"contract": contract, "batch": batch})

    yield sample((3, 5), (5, 2), ((1,), (0,)))
    yield sample((5, 17), (9, 5), ((0,), (1,)))
    yield sample((2, 3, 4), (2, 4, 5), ((2,), (1,)), ((0,), (0,)))
    yield sample((4, 3, 2), (3, 5, 4, 2), ((0, 2), (2, 3)), ((1,), (0,)))
    yield sample((3,), (3,), ((0,), (0,)))
    yield sample((2,), (3,), ((), ()))
    yield sample((2, 0), (0, 3), ((1,), (0,)))
    yield sample((0, 3), (3, 2), ((1,), (0,)))
    yield sample((1, 1), (1, 1), ((1,), (0,)))


dot_general = Op(
    "dot_general",
    infer=_infer,
    reference=_reference,
    grad=_grad,
    emit=Contraction(_spec),
    samples=_samples,
    dtypes=NUMBERS,
)
