"""What is wrong with the data of a compiled step: remembered by the program, raised after the call.

A native call of the training loop runs many steps. The late checks of a step (labels and indices
that are outside) are therefore folded into three states of the program, which keep the first
thing that was wrong. The loop looks at them after every call.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal import ops
from caudal.framework import context
from caudal.framework.dispatch import apply
from caudal.framework.late_check import Fail
from caudal.ir.dtypes import int64
from caudal.keras import numeric as n
from caudal.keras.variables import Variable

_NONE = 1 << 61
_BITS = 40
"""A code is the number of a check and, in this many bits, the place in its flat tensor."""


def _state(start: int, name: str) -> Variable:
    value = np.asarray(start, np.int64)
    return Variable(value, trainable=False, dtype="int64", name=name)


class StepGuard:
    """The first wrong value that a program met; its step began at a row of the epoch."""

    def __init__(self) -> None:
        self._code, self._value = _state(_NONE, "wrong_code"), _state(0, "wrong_value")
        self._start = _state(0, "wrong_step")
        self._checks: list[tuple[Fail, tuple[int, ...]]] = []

    def settle(self, start: Any) -> None:
        """Folds the checks of the step that has just been traced, which began at a row."""
        trace = context.state.trace
        checks = trace.checks or []
        self._checks = [(check.fail, n.shape_of(check.wrong)) for check in checks]
        if not checks:
            return
        known = n.tensor(self._code)
        code, value = known, n.tensor(self._value)
        for number, check in enumerate(checks):
            found, number_there = _first(check.wrong, number)
            earlier = ops.less(found, code)
            code = ops.select(earlier, found, code)
            value = ops.select(earlier, number_there, value)
        trace.checks.clear()
        fresh = ops.equal(known, np.int64(_NONE))
        begun = n.cast(n.tensor(start), int64)
        for state, now in ((self._code, code), (self._value, value), (self._start, begun)):
            state.assign(ops.select(fresh, now, n.tensor(state)))

    def raise_found(self, row: Callable[[int], int]) -> None:
        """Raises for what was found, and forgets it.

        row: the row of the data that a row of the epoch is.
        """
        code = int(self._code.numpy()) if self._checks else _NONE
        if code == _NONE:
            return
        value, start = int(self._value.numpy()), int(self._start.numpy())
        self._code.assign(np.asarray(_NONE, np.int64))
        fail, shape = self._checks[code >> _BITS]
        place = [int(i) for i in np.unravel_index(code & ((1 << _BITS) - 1), shape)]
        if place:
            place[0] = row(start + place[0])
        fail(tuple(place), value)


def _first(wrong: Any, number: int) -> tuple[Any, Any]:
    """The code of the first element that is not 0, and the element; no code if all are."""
    size = math.prod(n.shape_of(wrong))
    flat = ops.reshape(wrong, shape=(size,))
    flat = flat if flat.dtype is int64 else ops.cast(flat, dtype=int64)
    # As a node: a large array of numbers would be kept in the program.
    places = apply(ops.iota, (), {"shape": (size,), "axis": 0, "dtype": int64})
    bad, none = ops.not_equal(flat, np.int64(0)), n.constant(_NONE, flat)
    first = ops.reduce_min(ops.select(bad, places, none), axes=(0,))
    inside = ops.minimum(first, np.int64(max(size - 1, 0)))
    code = ops.select(ops.equal(first, none), first, ops.add(first, np.int64(number << _BITS)))
    return code, ops.gather(flat, inside, axis=0)
