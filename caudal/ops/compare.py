"""Comparisons: two inputs of one dtype, a bool result. NaN compares as IEEE says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal.ir.dtypes import DType, string
from caudal.ops.infer import NOT_STRING, REALS, elementwise, guarded, to_bool
from caudal.ops.record import NOT_DIFFERENTIABLE, Elementwise, Op
from caudal.ops.samples import bools, both, floats, integers


def _compare(
    name: str,
    reference: Callable[..., Any],
    emit: Callable[..., Any],
    dtypes: Sequence[DType],
) -> Op:
    def to_bools(xp: Any, x: Any, y: Any) -> Any:
        return xp.asarray(reference(xp, x, y), dtype=np.bool_)

    sampler = both(floats((-2, 2), (-2, 2), differentiable=False), integers((0, 3), (0, 3)))
    return Op(
        name,
        infer=elementwise(name, 2, dtypes, to_bool),
        # Strings come under several NumPy dtypes.
        reference=to_bools if string in dtypes else guarded(to_bools, dtypes),
        grad=NOT_DIFFERENTIABLE,
        emit=Elementwise(emit),
        samples=sampler if dtypes is REALS else both(sampler, bools(2)),
        dtypes=tuple(dtypes),
    )


equal = _compare(
    "equal", lambda xp, x, y: x == y, lambda b, x, y: b.eq(x, y), NOT_STRING + (string,)
)
not_equal = _compare(
    "not_equal", lambda xp, x, y: x != y, lambda b, x, y: b.ne(x, y), NOT_STRING + (string,)
)
less = _compare("less", lambda xp, x, y: x < y, lambda b, x, y: b.lt(x, y), REALS)
less_equal = _compare("less_equal", lambda xp, x, y: x <= y, lambda b, x, y: b.le(x, y), REALS)
greater = _compare("greater", lambda xp, x, y: x > y, lambda b, x, y: b.gt(x, y), REALS)
greater_equal = _compare(
    "greater_equal", lambda xp, x, y: x >= y, lambda b, x, y: b.ge(x, y), REALS
)
