"""Calling Python back while a program runs: printing, asserting, writing summaries.

The result is a token, a false scalar. Each effect takes the token of the one before it, so that
effects happen in the order in which they were written, and each once a run.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.ir.dtypes import ALL, bool_
from caudal.ir.types import Type
from caudal.ops.record import NOT_DIFFERENTIABLE, Host, Op

_serial = itertools.count()


class Callback:
    """A Python function as a parameter of an op: equal to itself alone."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._number = next(_serial)

    def __lt__(self, other: Callback) -> bool:
        return self._number < other._number

    def __repr__(self) -> str:
        return f"<callback {getattr(self.function, '__name__', '')} {self._number}>"


def _perform(xp: Any, token: Any, taken: Any, *values: Any, callback: Callback) -> Any:
    if taken:
        # The program's memory is used again: what is kept must be a copy.
        callback.function(*(np.array(value) for value in values))
    return np.zeros((), np.bool_)


effect = Op(
    "effect",
    infer=lambda *types, callback: Type(bool_, ()),
    reference=_perform,
    grad=NOT_DIFFERENTIABLE,
    emit=Host(),
    samples=lambda rng: (),
    dtypes=ALL,
    internal=True,
)
"""``effect(token, taken, *values)`` calls ``callback`` with the values where ``taken`` holds."""


def _receive(
    xp: Any, token: Any, taken: Any, *values: Any, callback: Callback, kinds: tuple[Type, ...]
) -> Any:
    empty = [np.zeros(kind.shape, kind.dtype.np_dtype) for kind in kinds]
    found = callback.function(*(np.array(value) for value in values)) if taken else empty
    return (np.zeros((), np.bool_), *found)


receive = Op(
    "receive",
    infer=lambda *types, callback, kinds: (Type(bool_, ()), *kinds),
    reference=_receive,
    grad=NOT_DIFFERENTIABLE,
    emit=Host(),
    samples=lambda rng: (),
    dtypes=ALL,
    internal=True,
)
"""`effect` with results: the arrays of the types ``kinds`` that ``callback`` returns, after the
token. They are zeros where ``taken`` does not hold."""
