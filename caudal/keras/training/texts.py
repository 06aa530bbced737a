"""Texts as inputs of a model: they have no place in machine code, so such steps run op by op."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import nest
from caudal.framework.convert import byte_strings

Array = np.ndarray[Any, Any]


def is_text(array: Any) -> bool:
    """Whether an array holds texts, as a string tensor does."""
    return bool(array is not None and array.dtype == object)


def has_texts(structure: Any) -> bool:
    """Whether one of the arrays does."""
    return any(map(is_text, nest.flatten(structure)))


def as_texts(array: Array) -> Array | None:
    """Texts as bytes, in an array of objects; None if it holds anything else.

    >>> as_texts(np.asarray(["a", "é"])).tolist()
    [b'a', b'\\xc3\\xa9']
    """
    if array.dtype.kind not in "OSU" or not array.size:
        return None
    try:
        return byte_strings(array)
    except InvalidArgumentError:
        return None


def no_numbers(what: str, array: Array) -> InvalidArgumentError:
    """The error for what is no array of numbers where one is due."""
    return InvalidArgumentError(
        "{what}: expected an array of numbers, received dtype {dtype} (first element "
        "{first!r}). Convert it, for instance with array.astype('float32')",
        what=what,
        dtype=array.dtype,
        first=array.reshape(-1)[0] if array.size else None,
    )


def check_inputs(model: Any, x: Any) -> None:
    """Raises for texts that go to a model of numbers.

    Raises:
        InvalidArgumentError: so it is.
    """
    for array in nest.flatten(x):
        if is_text(array) and not _takes_texts(model):
            raise no_numbers("x", array)


def _takes_texts(model: Any) -> bool:
    """By what a model's inputs say, or its layers; a model of one's own may take anything."""
    if model is None:
        return True
    inputs = getattr(model, "inputs", None)
    if inputs:
        return any(tensor.dtype == "string" for tensor in nest.flatten(inputs))
    layers = model._flatten_layers(include_self=False)
    known = type(model).__name__ == "Sequential"
    return not known or any(
        getattr(layer, "_expected_input_dtype", None) == "string" for layer in layers
    )
