"""Arrays of whatever users pass as data: tensors, tables, lists, sparse and ragged rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor, Variable, nest
from caudal.framework.composite import Composite
from caudal.keras.training import texts
from caudal.keras.training.rows import Padded, RaggedRows, Rows, rows_of

Array = np.ndarray[Any, Any]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | bool | np.generic)


def _is_plain(value: Any) -> bool:
    """Whether it is a number, or a list or tuple of numbers all the way down."""
    if isinstance(value, list | tuple):
        return bool(value) and all(_is_plain(part) for part in value[:8])
    return _is_number(value) or isinstance(value, str | bytes)


def as_array(what: str, value: Any) -> Any:
    """One array of a value, C-contiguous: numbers, or for x texts as bytes.

    Sparse and ragged rows stay such.
    """
    if isinstance(value, Rows | Padded):
        return value
    rows = rows_of(what, value)
    if rows is not None:
        if rows.dtype.kind in "OSU":
            raise texts.no_numbers(what, rows.values)
        return rows
    if isinstance(value, Tensor | Variable):
        value = value.numpy()
    elif hasattr(value, "to_numpy"):
        value = _from_table(value.to_numpy())
    elif hasattr(value, "toarray"):
        value = value.toarray()
    try:
        array = np.asarray(value)
    except ValueError:
        raise InvalidArgumentError(
            "{what}: expected an array of numbers, received rows of different lengths. Pad them "
            "to one length, for instance with keras.utils.pad_sequences",
            what=what,
        ) from None
    if array.dtype.kind in "OSUMm":
        found = texts.as_texts(array) if what.startswith("x") else None
        if found is None:
            raise texts.no_numbers(what, array)
        return found
    if array.dtype == np.float16 or array.dtype == np.longdouble:
        array = array.astype(np.float32)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return np.ascontiguousarray(array) if array.ndim else array


def _from_table(array: Array) -> Array:
    """A data frame of numbers and bools comes as objects."""
    if array.dtype != object:
        return array
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError):
        return array


def as_arrays(what: str, value: Any) -> Any:
    """A structure of arrays: a list of arrays is several inputs, a list of numbers is one array."""
    if isinstance(value, dict):
        # An optional input may be given as None.
        return {
            key: as_arrays(f"{what}[{key!r}]", part)
            for key, part in value.items()
            if part is not None
        }
    if isinstance(value, list | tuple) and not isinstance(value, Padded) and not _is_plain(value):
        if not value:
            raise InvalidArgumentError(
                "{what}: expected an array, received an empty list", what=what
            )
        return [as_arrays(f"{what}[{i}]", part) for i, part in enumerate(value)]
    if isinstance(value, list | tuple) and not value:
        raise InvalidArgumentError("{what}: expected an array, received an empty list", what=what)
    return as_array(what, value)


def as_labels(what: str, value: Any) -> Any:
    """As `as_arrays`, of labels or weights, which may be None.

    Raises:
        InvalidArgumentError: they are ragged.
    """
    found = None if value is None else as_arrays(what, value)
    if any(isinstance(leaf, RaggedRows) for leaf in nest.flatten(found)):
        raise InvalidArgumentError(
            "{what}: it must not be ragged: pass {what}.to_tensor(), with weights of 0 for what "
            "fills up the rows.",
            what=what,
        )
    return found


def is_stream(x: Any) -> bool:
    """Whether ``x`` yields batches: a dataset, a PyDataset, a generator or iterator."""
    if isinstance(x, np.ndarray | Tensor | Variable | list | tuple | dict | str | bytes):
        return False
    if isinstance(x, Composite):
        return False
    if hasattr(x, "to_numpy") or hasattr(x, "__array__") or hasattr(x, "toarray"):
        return False
    return hasattr(x, "__next__") or hasattr(x, "__iter__") or is_py_dataset(x)


def is_py_dataset(x: Any) -> bool:
    """Whether it gives batches by number."""
    return hasattr(x, "__getitem__") and hasattr(x, "__len__")
