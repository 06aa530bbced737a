"""What a checkpoint can hold: objects with children by name, and what of them is saved.

`children` and `aliases` are generic functions: a class that has something to save registers how its
parts are called (``children.register``). Variables are the leaves.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import Variable
from caudal.ir.dtypes import DType, string
from caudal.random.generator import Generator

Array = np.ndarray[Any, Any]


@functools.singledispatch
def children(value: Any) -> dict[str, Any]:
    """The parts of an object by name; those that cannot be saved are left out by `parts`."""
    return {}


@functools.singledispatch
def aliases(value: Any) -> Callable[[str], Any]:
    """A function that finds a part by a name that older programs gave it, or gives None."""
    return lambda name: None


@functools.singledispatch
def as_stored(value: Any, node: Any, nodes: list[Any]) -> Any:
    """An object in the shape that a node of a checkpoint describes: older programs had others."""
    return value


@functools.singledispatch
def slot_of(optimizer: Any, variable: Variable, name: str) -> Variable | None:
    """An optimizer's variable for another one, under the name of Keras before 2.11."""
    return None


@functools.singledispatch
def hidden(value: Any) -> dict[str, Variable]:
    """Variables that are saved beside the graph of objects: TensorFlow does not know of them.

    Seeds of layers are such: Keras leaves them out, and its programs assert that every object of
    a checkpoint is theirs.
    """
    return {}


@children.register(list)
@children.register(tuple)
def _(value: Any) -> dict[str, Any]:
    return {str(i): item for i, item in enumerate(value)}


@children.register(dict)
def _(value: Any) -> dict[str, Any]:
    return {str(key): item for key, item in value.items()}


@children.register(Generator)
def _(value: Any) -> dict[str, Any]:
    return {"_state_var": value.state}


@dataclass
class Leaf:
    """Something that is saved under one key: how to read it now, and how to set it."""

    attribute: str
    full_name: str
    dtype: DType
    read: Callable[[], Array]
    write: Callable[[Array], None]
    shape: Any = None

    def check(self, key: str, dtype: DType, shape: list[int]) -> None:
        """Raises where a stored tensor does not fit."""
        if self.shape is not None and not self.shape.is_compatible_with(shape):
            raise ShapeError(
                "Received incompatible tensor with shape {received} when attempting to restore "
                "variable with shape {expected} and name {name} (tensor {key!r}).",
                received=tuple(shape),
                expected=tuple(self.shape),
                name=self.full_name,
                key=key,
            )
        if dtype is not self.dtype:
            raise InvalidArgumentError(
                "tensor_name = {key}; expected dtype {expected} does not equal original dtype "
                "{received}.",
                key=key,
                expected=self.dtype.name,
                received=dtype.name,
            )


class PythonState:
    """A part of a checkpoint that is not tensors; subclass it.

    ``serialize()`` gives bytes or text when a checkpoint is written; ``deserialize(bytes)`` gets
    them back when it is read.
    """

    def serialize(self) -> Any:
        """The state, as bytes or text."""
        raise NotImplementedError

    def deserialize(self, string_value: Any) -> None:
        """Takes a state on."""
        raise NotImplementedError


def leaf(value: Any) -> Leaf | None:
    """What is saved of the object itself."""
    if isinstance(value, Variable):
        name = getattr(value, "path", None) or value.name.removesuffix(":0")
        return Leaf("VARIABLE_VALUE", name, value.dtype, value.array, _assigner(value), value.shape)
    if isinstance(value, PythonState):
        return Leaf("py_state", "py_state", string, lambda: _text(value), _taker(value))
    return None


def _assigner(variable: Variable) -> Callable[[Array], None]:
    def assign(array: Array) -> None:
        variable.assign(array)

    return assign


def _text(state: PythonState) -> Array:
    found = np.empty((), object)
    text = state.serialize()
    found[()] = text.encode() if isinstance(text, str) else text
    return found


def _taker(state: PythonState) -> Callable[[Array], None]:
    return lambda array: state.deserialize(array[()])


def is_trackable(value: Any) -> bool:
    """Whether a checkpoint can hold it.

    >>> is_trackable([Variable(1.0)]), is_trackable(3), is_trackable([3])
    (True, False, False)
    """
    return _is_trackable(value, set())


def _is_trackable(value: Any, seen: set[int]) -> bool:
    if isinstance(value, Variable | PythonState):
        return True
    if isinstance(value, list | tuple | dict):
        if id(value) in seen:
            return False
        seen.add(id(value))
        return any(_is_trackable(item, seen) for item in children(value).values())
    return children.dispatch(type(value)) is not children.dispatch(object)


def parts(value: Any) -> dict[str, Any]:
    """The children that a checkpoint can hold, by name."""
    return {name: item for name, item in children(value).items() if is_trackable(item)}


def find(value: Any, name: str) -> Any:
    """The child of that name, or of what that name means today; None if there is none."""
    found = children(value).get(name)
    if found is None:
        found = aliases(value)(name)
    return found if found is not None and is_trackable(found) else None
