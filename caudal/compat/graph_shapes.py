"""Shapes and dtypes of a graph's tensors, found by trying two sizes for each open extent."""

from __future__ import annotations

from typing import Any

from caudal.compat.graph import GraphTensor, Placeholder
from caudal.compat.session import Run, reachable
from caudal.errors import CaudalError, FailedPreconditionError, InvalidArgumentError
from caudal.framework import TensorShape, abstract_eval, init_scope
from caudal.ir.types import Type

_PAIRS = ((2, 3), (48, 96))


def describe(tensor: GraphTensor) -> tuple[Any, TensorShape]:
    """(dtype, shape) of a tensor; open extents of placeholders leave extents open.

    Raises:
        FailedPreconditionError: a placeholder's number of axes is not known.
    """
    first, second = _both(tensor)
    if isinstance(first, list | tuple | dict):
        raise InvalidArgumentError(
            "{name}: it is a structure of several tensors; take one of them.", name=tensor.name
        )
    if len(first.shape) != len(second.shape):
        return first.dtype, TensorShape(None)
    pairs = zip(first.shape, second.shape, strict=True)
    return first.dtype, TensorShape([a if a == b else None for a, b in pairs])


def count(tensor: GraphTensor) -> int:
    """How many parts a tensor has: results of a function, or rows.

    Raises:
        InvalidArgumentError: that depends on what is fed, or it is a scalar.
    """
    first, second = _both(tensor)
    sizes = [len(x) if isinstance(x, list | tuple) else (*x.shape, -1)[0] for x in (first, second)]
    if sizes[0] != sizes[1] or sizes[0] < 0:
        raise InvalidArgumentError(
            "{name}: it cannot be iterated over, because its number of rows is not known.",
            name=tensor.name,
        )
    return int(sizes[0])


def _both(tensor: GraphTensor) -> tuple[Any, Any]:
    """What the tensor would be for two sizes of the open extents of placeholders."""
    places = [item for item in reachable(tensor) if isinstance(item, Placeholder)]
    if any(place.shape.rank is None for place in places):
        raise FailedPreconditionError(
            "{name}: its shape is not known, for a placeholder was made without one.",
            name=tensor.name,
        )
    failure: CaudalError | None = None
    for sizes in _PAIRS:
        try:
            first, second = (_tried(tensor, places, size) for size in sizes)
        except CaudalError as error:
            failure = failure or error
        else:
            return first, second
    assert failure is not None
    raise failure


def _tried(tensor: GraphTensor, places: list[Placeholder], size: int) -> Any:
    kinds = [
        Type(place._described()[0], tuple(size if n is None else n for n in place.shape))
        for place in places
    ]

    def compute(*values: Any) -> Any:
        fed = {id(place): value for place, value in zip(places, values, strict=True)}
        return Run(fed).value(tensor)

    with init_scope():
        return abstract_eval(compute, *kinds)
