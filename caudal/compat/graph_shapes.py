"""Shapes and dtypes of a graph's tensors, found by trying two sizes for each open extent."""

from __future__ import annotations

from typing import Any

from caudal.compat.graph import GraphTensor, Placeholder, _Run
from caudal.errors import CaudalError, FailedPreconditionError
from caudal.framework import TensorShape, abstract_eval, init_scope
from caudal.ir.types import Type

_PAIRS = ((2, 3), (48, 96))


def _placeholders(item: Any, found: dict[int, Placeholder], seen: set[int]) -> None:
    if isinstance(item, list | tuple):
        for part in item:
            _placeholders(part, found, seen)
    elif isinstance(item, dict):
        _placeholders(list(item.values()), found, seen)
    elif isinstance(item, Placeholder):
        found[id(item)] = item
    elif isinstance(item, GraphTensor) and id(item) not in seen:
        seen.add(id(item))
        _placeholders((item.args, item.kwargs), found, seen)


def describe(tensor: GraphTensor) -> tuple[Any, TensorShape]:
    """(dtype, shape) of a tensor; open extents of placeholders leave extents open.

    Raises:
        FailedPreconditionError: a placeholder's number of axes is not known.
    """
    found: dict[int, Placeholder] = {}
    _placeholders(tensor, found, set())
    places = list(found.values())
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
            continue
        if len(first.shape) != len(second.shape):
            return first.dtype, TensorShape(None)
        pairs = zip(first.shape, second.shape, strict=True)
        return first.dtype, TensorShape([a if a == b else None for a, b in pairs])
    assert failure is not None
    raise failure


def _tried(tensor: GraphTensor, places: list[Placeholder], size: int) -> Any:
    kinds = [
        Type(place._described()[0], tuple(size if n is None else n for n in place.shape))
        for place in places
    ]

    def compute(*values: Any) -> Any:
        fed = {id(place): value for place, value in zip(places, values, strict=True)}
        return _Run(fed).value(tensor)

    with init_scope():
        return abstract_eval(compute, *kinds)
