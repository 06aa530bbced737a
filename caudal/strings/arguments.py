"""Reading string tensors: arrays of bytes, known now (strings have no compiled form)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, dims
from caudal.errors import DTypeError, InvalidArgumentError, UnimplementedError
from caudal.framework import Tensor, convert_to_tensor, is_symbolic

Array = np.ndarray[Any, Any]


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


def each(what: str, value: Any, function: Callable[[bytes], Any]) -> Tensor:
    """A string tensor of ``function`` of every string."""
    array = strings_of(what, value)
    return objects([function(text) for text in array.reshape(-1)], array.shape)
