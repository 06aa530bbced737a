"""What a program does besides computing: a Python function is called with values at each run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from caudal.framework import context
from caudal.framework.convert import convert_to_tensor
from caudal.framework.journal import repeated
from caudal.framework.source_lines import located
from caudal.framework.tensor import SymbolicTensor, Tensor, is_symbolic
from caudal.ir.dtypes import bool_
from caudal.ir.types import Type
from caudal.ops.bitwise import bit_and
from caudal.ops.effect import Callback, effect, receive
from caudal.ops.record import make_node


def perform(call: Callable[..., None], *tensors: Any) -> None:
    """Call ``call`` with the tensors' values as arrays: now, or when the traced program runs.

    In a program the calls happen in the order in which they were traced, once each run; those in
    the branch of a condition only where it is taken. An exception that ``call`` raises comes out
    of the program's call and names the line that asked for it; variables have their new values
    nevertheless.

    >>> perform(lambda x: print("value", x), convert_to_tensor(2))
    value 2
    """
    trace = context.state.trace
    values = [convert_to_tensor(tensor) for tensor in tensors]
    if trace is None:
        if repeated.results:
            repeated.results.popleft()
        else:
            call(*(np.asarray(value.numpy()) for value in values))
        return
    callback = Callback(trace.journal.noted(located(call)))
    node = make_node(effect, _inputs(trace, values), {"callback": callback})
    trace.token = SymbolicTensor(node, trace, "effect")


def obtain(call: Callable[..., Sequence[Any]], kinds: Sequence[Type], *tensors: Any) -> list[Any]:
    """`perform` with results: the arrays that ``call`` returns, of the types ``kinds``.

    They have no gradients.

    >>> from caudal.ir.dtypes import int32
    >>> int(obtain(lambda x: [x + 1], [Type(int32, ())], convert_to_tensor(2))[0])
    3
    """
    trace = context.state.trace
    values = [convert_to_tensor(tensor) for tensor in tensors]
    if trace is None:
        known = repeated.results.popleft() if repeated.results else None
        found = known or call(*(np.asarray(value.numpy()) for value in values))
        return [Tensor(np.asarray(array)) for array in found]
    params = {"callback": Callback(trace.journal.noted(located(call))), "kinds": tuple(kinds)}
    token, *nodes = make_node(receive, _inputs(trace, values), params)
    trace.token = SymbolicTensor(token, trace, "effect")
    return [SymbolicTensor(node, trace) for node in nodes]


def _inputs(trace: Any, values: Sequence[Any]) -> tuple[Any, ...]:
    """The nodes of an effect's inputs: the token before it, whether it is reached, the values."""
    taken: Any = Tensor(np.ones((), np.bool_))
    for guard in trace.guards:
        taken = bit_and(taken, guard)
    token = Tensor(np.zeros((), np.bool_)) if trace.token is None else trace.token
    return tuple(trace.node(value) for value in (token, taken, *values))


def check(call: Callable[..., None], *tensors: Any) -> None:
    """`perform` for a function that only raises: at once if all values are known already.

    >>> check(lambda x: None, convert_to_tensor(2))
    """
    trace = context.state.trace
    values = [convert_to_tensor(tensor) for tensor in tensors]
    if trace is not None and (trace.guards or any(map(is_symbolic, values))):
        perform(call, *values)
    else:
        call(*(np.asarray(value.numpy()) for value in values))


@contextmanager
def only_if(condition: Any) -> Iterator[None]:
    """Effects traced inside the block happen where ``condition``, a bool scalar, holds."""
    trace = context.state.trace
    assert condition.dtype is bool_
    trace.guards.append(condition)
    try:
        yield
    finally:
        trace.guards.pop()
