"""Values from outside a program: inputs, states, constants; and the parts of a tuple."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from caudal.errors import InternalError
from caudal.ir.dtypes import ALL
from caudal.ir.node import Literal, Node
from caudal.ir.types import Type
from caudal.ops.record import NOT_DIFFERENTIABLE, Leaf, Op, type_of

_serial = itertools.count()


def _never(*args: Any, **params: Any) -> Any:
    raise InternalError("a leaf is supplied by the executor, not computed")


def _no_samples(rng: np.random.Generator) -> tuple[()]:
    return ()


def _leaf(name: str) -> Op:
    return Op(
        name,
        infer=_never,
        reference=_never,
        grad=NOT_DIFFERENTIABLE,
        emit=Leaf(),
        samples=_no_samples,
        dtypes=ALL,
    )


input_ = _leaf("input")
state = _leaf("state")
constant = Op(
    "constant",
    infer=lambda value: type_of(value.array),
    reference=lambda xp, value: value.array,
    grad=NOT_DIFFERENTIABLE,
    emit=Leaf(),
    samples=_no_samples,
    dtypes=ALL,
)
item = Op(
    "item",
    infer=lambda types, index: types[index],
    reference=lambda xp, values, index: values[index],
    grad=NOT_DIFFERENTIABLE,
    emit=Leaf(),
    samples=_no_samples,
    dtypes=ALL,
)


def new_input(kind: Type, name: str = "") -> Node:
    """A fresh program input; two calls never give the same node."""
    return Node.make(input_, (), {"name": name, "serial": next(_serial)}, kind)


def new_state(kind: Type, name: str = "") -> Node:
    """A fresh program state."""
    return Node.make(state, (), {"name": name, "serial": next(_serial)}, kind)


def new_constant(value: Any) -> Node:
    """A constant node of a NumPy array."""
    array = np.asarray(value)
    return Node.make(constant, (), {"value": Literal(array)}, type_of(array))
