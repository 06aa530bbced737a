"""Two branches of a traced function, both computed: their assignments are selected like results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.framework import context, nest
from caudal.framework.backprop import zeros_like
from caudal.framework.convert import as_tensor
from caudal.framework.effects import only_if
from caudal.framework.late_check import LateCheck
from caudal.framework.tensor import SymbolicTensor
from caudal.ops.convert import bit_not
from caudal.ops.select import select


def _result(fn: Callable[[], Any]) -> Any:
    """A branch's result; a variable means its value at the end of this branch."""

    def read(leaf: Any) -> Any:
        tensor = as_tensor(leaf)
        return leaf if tensor is None else tensor

    return nest.map_structure(read, fn())


def both_ways(
    choice: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]
) -> tuple[Any, Any]:
    """The results of both functions, inside a trace where ``choice`` (a bool scalar) is unknown.

    Each function sees the variables as they were before. Afterwards a variable that either one
    assigned has the value of the chosen one.
    """
    trace = context.state.trace
    before = {key: state.pending for key, state in trace.states.items()}

    def run(fn: Callable[[], Any], taken: Any) -> tuple[Any, dict[int, Any]]:
        known = len(trace.checks or ())
        for key, state in trace.states.items():
            state.pending = before.get(key)
        with only_if(taken):
            result = _result(fn)
        for place in range(known, len(trace.checks or ())):
            # What the other branch makes of its values is no mistake.
            wrong, fail = trace.checks[place]
            trace.checks[place] = LateCheck(select(taken, wrong, zeros_like(wrong)), fail)
        return result, {key: state.pending for key, state in trace.states.items()}

    first, after_first = run(true_fn, choice)
    second, after_second = run(false_fn, bit_not(choice))
    for key, state in trace.states.items():
        a, b = after_first.get(key), after_second.get(key)
        if a is b:
            state.pending = a
            continue
        unchanged = SymbolicTensor(state.node, trace, state.variable.name)
        state.pending = select(choice, unchanged if a is None else a, unchanged if b is None else b)
    return first, second
