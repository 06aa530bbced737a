"""Bitwise logic (logical on bool) and shifts.

A shift amount outside [0, bits) is clamped into that range, as TensorFlow's CPU kernels do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.ops.infer import BOOL, INTEGERS, elementwise, guarded
from caudal.ops.record import NOT_DIFFERENTIABLE, Elementwise, Op
from caudal.ops.samples import bools, both, integers


def _logic(name: str, reference: Callable[..., Any], emit: Callable[..., Any]) -> Op:
    dtypes = INTEGERS + BOOL
    return Op(
        name,
        infer=elementwise(name, 2, dtypes),
        reference=guarded(reference, dtypes),
        grad=NOT_DIFFERENTIABLE,
        emit=Elementwise(emit),
        samples=both(integers((-100, 100), (-100, 100)), bools(2)),
        dtypes=dtypes,
    )


bit_and = _logic("bit_and", lambda xp, x, y: xp.bitwise_and(x, y), lambda b, x, y: b.and_(x, y))
bit_or = _logic("bit_or", lambda xp, x, y: xp.bitwise_or(x, y), lambda b, x, y: b.or_(x, y))
bit_xor = _logic("bit_xor", lambda xp, x, y: xp.bitwise_xor(x, y), lambda b, x, y: b.xor(x, y))


def _clamped(xp: Any, y: Any) -> Any:
    top = y.dtype.type(y.dtype.itemsize * 8 - 1)
    # A signed shift by a negative amount counts as a shift by 0.
    return xp.where(y < 0, y.dtype.type(0), xp.minimum(y, top))


def _clamped_lanes(b: Any, y: Any) -> Any:
    top = b.const(y.dtype.size * 8 - 1, y)
    y = b.select(b.gt(y, top), top, y)
    if y.dtype.kind == "int":
        zero = b.const(0, y)
        y = b.select(b.lt(y, zero), zero, y)
    return y


def _shift_right_lanes(b: Any, x: Any, y: Any) -> Any:
    y = _clamped_lanes(b, y)
    return b.ashr(x, y) if x.dtype.kind == "int" else b.lshr(x, y)


def _shift(name: str, reference: Callable[..., Any], emit: Callable[..., Any]) -> Op:
    return Op(
        name,
        infer=elementwise(name, 2, INTEGERS),
        reference=guarded(reference, INTEGERS),
        grad=NOT_DIFFERENTIABLE,
        emit=Elementwise(emit, cost=3),
        samples=integers((-100, 100), (-2, 70)),
        dtypes=INTEGERS,
    )


shift_left = _shift(
    "shift_left",
    lambda xp, x, y: xp.left_shift(x, _clamped(np, y)),
    lambda b, x, y: b.shl(x, _clamped_lanes(b, y)),
)
shift_right = _shift(
    "shift_right", lambda xp, x, y: xp.right_shift(x, _clamped(np, y)), _shift_right_lanes
)
