"""Elements of a dataset: structures of arrays inside a pipeline, of tensors outside.

As in TensorFlow, tuples, named tuples and dicts are structure; a list is a tensor to be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from caudal.data import composites
from caudal.errors import CaudalError, InvalidArgumentError
from caudal.framework import Tensor, TensorSpec, convert_to_tensor
from caudal.framework.composite import Composite, CompositeSpec
from caudal.ragged.tensor import RaggedTensor

Array = np.ndarray[Any, Any]


class Held:
    """A value, such as a shape, that must not be taken for structure."""

    def __init__(self, value: Any) -> None:
        self.value = value


def mapped(function: Callable[..., Any], structure: Any, *others: Any) -> Any:
    """``function`` on the leaves of structures of equal form.

    >>> mapped(lambda a, b: a + b, {"x": 1, "y": (2, 3)}, {"x": 10, "y": (20, 30)})
    {'x': 11, 'y': (22, 33)}
    """
    if isinstance(structure, Mapping):
        items = {
            key: mapped(function, value, *(other[key] for other in others))
            for key, value in structure.items()
        }
        return items if type(structure) is dict else type(structure)(items)  # type: ignore[call-arg]
    if isinstance(structure, tuple):
        children = [mapped(function, *parts) for parts in zip(structure, *others, strict=True)]
        return type(structure)(*children) if hasattr(structure, "_fields") else tuple(children)
    return function(structure, *others)


def leaves(structure: Any) -> list[Any]:
    """The leaves in order."""
    found: list[Any] = []
    mapped(found.append, structure)
    return found


def to_arrays(structure: Any, doing: str) -> Any:
    """Whatever the user gave as a structure of arrays; a Python float becomes float32.

    Raises:
        InvalidArgumentError: a leaf is no tensor.
    """

    def convert(leaf: Any) -> Any:
        if hasattr(leaf, "as_numpy_iterator") or isinstance(leaf, Composite):
            return leaf  # a dataset inside an element (window), a ragged or sparse tensor
        try:
            return np.asarray(convert_to_tensor(leaf))
        except CaudalError:
            raise
        except (TypeError, ValueError) as error:
            raise InvalidArgumentError(
                "{doing}: expected numbers, strings or arrays of them, received {kind}: {reason}",
                doing=doing,
                kind=type(leaf).__name__,
                reason=str(error),
            ) from error

    return mapped(convert, structure)


def to_tensors(element: Any) -> Any:
    """A structure of tensors. They share the arrays' memory: nobody writes to them."""
    return mapped(_to_tensor, element)


def _to_tensor(leaf: Any) -> Any:
    return Tensor(np.asarray(leaf)) if isinstance(leaf, np.ndarray | np.generic) else leaf


def to_numpy(element: Any) -> Any:
    """A structure of arrays; values without axes become NumPy scalars."""
    return mapped(_to_numpy, element)


def _to_numpy(leaf: Any) -> Any:
    if isinstance(leaf, RaggedTensor):
        return leaf.numpy()
    if isinstance(leaf, composites.RaggedRow):
        return np.asarray(leaf)
    if not isinstance(leaf, np.ndarray):
        return leaf
    # A string is Python's bytes, as in TensorFlow.
    return leaf.item() if leaf.ndim == 0 and leaf.dtype.kind == "S" else leaf[()]


def spec_of(element: Any) -> Any:
    """The TensorSpecs of an element."""
    return mapped(_leaf_spec, element)


def _leaf_spec(leaf: Any) -> Any:
    if isinstance(leaf, TensorSpec):
        return leaf
    if isinstance(leaf, Composite):
        return composites.spec_of(leaf)
    if isinstance(leaf, np.ndarray | np.generic):
        from caudal.ir.dtypes import from_numpy, string

        # An array of objects is how strings are held.
        return TensorSpec(leaf.shape, string if leaf.dtype.hasobject else from_numpy(leaf.dtype))
    if isinstance(leaf, Tensor):
        return TensorSpec(leaf.shape, leaf.dtype)
    return leaf


def row_spec(spec: Any) -> Any:
    """The specs without their first axis."""

    def row(leaf: Any) -> Any:
        if isinstance(leaf, CompositeSpec):
            return composites.row_spec(leaf)
        return TensorSpec(leaf.shape[1:], leaf.dtype)

    return mapped(row, spec)


def batch_spec(spec: Any, size: int | None) -> Any:
    """The specs with one more axis in front."""

    def batch(leaf: Any) -> Any:
        if isinstance(leaf, CompositeSpec):
            return composites.batch_spec(leaf, size)
        return TensorSpec([size, *leaf.shape], leaf.dtype)

    return mapped(batch, spec)


def gather(arrays: Any, rows: Any) -> Any:
    """The rows of every array: one row for an int, a batch for an array of ints."""
    if isinstance(rows, np.ndarray):
        return mapped(lambda array: array.take(rows, axis=0), arrays)
    return mapped(lambda array: _row(array, rows), arrays)


def _row(array: Any, place: int) -> Any:
    if isinstance(array, Composite):
        return composites.row(array, place)
    return np.asarray(array[place])


def has_composites(structure: Any) -> bool:
    """Whether a leaf is a ragged or sparse tensor."""
    return any(isinstance(leaf, Composite) for leaf in leaves(structure))


def length(leaf: Any) -> int:
    """The number of rows of an array, or of a ragged or sparse tensor."""
    return composites.count(leaf) if isinstance(leaf, Composite) else len(leaf)


def stack(elements: list[Any]) -> Any:
    """Elements of equal shapes as one batch.

    Raises:
        InvalidArgumentError: their shapes differ.
    """

    def join(*parts: Any) -> Any:
        if isinstance(parts[0], Composite | composites.RaggedRow):
            return composites.joined(list(parts))
        shapes = {np.shape(part) for part in parts}
        if len(shapes) > 1:
            raise InvalidArgumentError(
                "Dataset.batch: expected elements of one shape, received {shapes}. Give them one "
                "shape with map, or use padded_batch.",
                shapes=sorted(shapes, key=str)[:4],
            )
        return np.stack(parts)

    return mapped(join, elements[0], *elements[1:])
