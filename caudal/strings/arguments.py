"""Reading string tensors: arrays of bytes, known now (strings have no compiled form)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, dims
from caudal.errors import DTypeError, InvalidArgumentError, UnimplementedError
from caudal.framework import Tensor, convert_to_tensor, is_symbolic
from caudal.framework.context import state
from caudal.ir.dtypes import string
from caudal.ops.words import Rule, words

Array = np.ndarray[Any, Any]
Graph = tuple[str, tuple[tuple[str, Any], ...]]
_rules: dict[Graph, Rule] = {}


def _rule(graph: Graph, function: Callable[[bytes], Any]) -> Rule:
    """One rule for each op and its attributes, which say all that the function does."""
    if graph not in _rules:

        def every(array: Array) -> Array:
            found = np.empty(array.shape, object)
            found.reshape(-1)[:] = [function(text) for text in array.reshape(-1)]
            return found

        _rules[graph] = Rule("op", every, graph=graph)
    return _rules[graph]


def known(what: str, value: Any) -> Tensor:
    """``value`` as a Tensor that has a value now."""
    tensor: Tensor = as_tensor(value)
    if is_symbolic(tensor):
        raise UnimplementedError(
            "{what}: runs outside compiled functions only. Call it before, or in Dataset.map.",
            what=what,
        )
    return tensor


def strings_of(what: str, value: Any) -> Array:
    """The bytes objects of a string tensor, in an array of its shape."""
    tensor = known(what, value)
    if tensor.dtype.name != "string":
        raise DTypeError(
            "{what}: expected strings, received {received}. Convert them: tf.strings.as_string(x).",
            what=what,
            received=tensor.dtype.name,
        )
    array = np.empty(dims(tensor), object)
    array[...] = tensor.numpy()
    return array


def string_of(what: str, value: Any) -> bytes:
    """The bytes of a single string."""
    array = strings_of(what, value)
    if array.ndim:
        raise InvalidArgumentError(
            "{what}: expected a single string, received shape {shape}.",
            what=what,
            shape=array.shape,
        )
    return bytes(array[()])


def objects(values: list[Any], shape: tuple[int, ...]) -> Tensor:
    """A string tensor of bytes objects."""
    array = np.empty(len(values), object)
    array[:] = values
    return convert_to_tensor(array.reshape(shape))


def each(
    what: str, value: Any, function: Callable[[bytes], Any], graph: Graph | None = None
) -> Tensor:
    """A string tensor of ``function`` of every string.

    graph: TensorFlow's op that does the same, with its attributes: a program that is traced to be
    written into a file holds that.
    """
    tensor = as_tensor(value)
    if graph is not None and state.writes_texts and is_symbolic(tensor):
        found: Tensor = words(tensor, rule=_rule(graph, function), shape=dims(tensor), dtype=string)
        return found
    array = strings_of(what, value)
    return objects([function(text) for text in array.reshape(-1)], array.shape)
