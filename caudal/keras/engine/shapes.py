"""Shapes with unknown extents, found by probing.

Inside a program every extent is known. What a function does to unknown ones is found by trying
it (shapes only, nothing computed) with two different sizes for each None: extents that differ
between the two results are unknown in the result.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.framework import abstract_eval
from caudal.framework.nest import map_structure
from caudal.ir.types import Type
from caudal.keras.engine.history import map_arguments
from caudal.keras.engine.keras_tensor import KerasTensor, Shape

# Batch sizes and other unknown extents of the two tries. Larger extents are tried when small
# ones do not fit (a window longer than the signal, a stack of poolings). Last comes 1, which
# broadcasts against a known extent; extents of 1 in such a result are not taken as known.
_PROBES = (
    ((2, 3), (2, 3)),
    ((2, 3), (48, 96)),
    ((2, 3), (480, 960)),
    ((2, 3), (1, 1)),
    ((1, 1), (1, 1)),
)


class _Probing(threading.local):
    """The run of `probe` under way, for layers inside that note their output shapes."""

    def __init__(self) -> None:
        self.run: object | None = None


probing = _Probing()


def merge_shapes(first: Shape, second: Shape) -> Shape:
    """The shape with None where the two differ."""
    if len(first) != len(second):
        return second
    return tuple(a if a == b else None for a, b in zip(first, second, strict=True))


def concrete(shape: Shape, batch: int, extent: int) -> tuple[int, ...]:
    """The shape with its unknown extents filled in."""
    return tuple(
        (batch if axis == 0 else extent) if size is None else size
        for axis, size in enumerate(shape)
    )


def probe(function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """The result of a function on KerasTensors, as KerasTensors without history.

    ``args`` and ``kwargs`` may hold KerasTensors anywhere; the function sees symbolic Tensors in
    their place. Leaves of the result that are not tensors are handed through.
    """
    outer, probing.run = probing.run, probing.run or object()
    try:
        return _probe(function, args, kwargs)
    finally:
        probing.run = outer


def _probe(function: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    known = True

    def note(leaf: Any) -> Any:
        nonlocal known
        if isinstance(leaf, KerasTensor) and None in leaf.shape:
            known = False
        return leaf

    map_arguments(note, (args, kwargs))
    if known:
        only = _evaluate(function, args, kwargs, 1, 1)
        return map_structure(_single, only)
    failure: Exception | None = None
    for (batch_a, batch_b), (extent_a, extent_b) in _PROBES:
        try:
            first = _evaluate(function, args, kwargs, batch_a, extent_a)
            second = _evaluate(function, args, kwargs, batch_b, extent_b)
        except InvalidArgumentError as error:
            failure = failure or error
            continue
        merged = map_structure(_merge, first, second)
        return map_structure(_forget_ones, merged) if extent_a == extent_b else merged
    assert failure is not None
    # An unknown extent may have to equal a known one of another tensor.
    for extent in _known_extents(args, kwargs):
        try:
            return map_structure(_single, _evaluate(function, args, kwargs, extent, extent))
        except InvalidArgumentError:
            continue
    raise failure


def _known_extents(args: Any, kwargs: Any) -> list[int]:
    found: set[int] = set()

    def note(leaf: Any) -> Any:
        if isinstance(leaf, KerasTensor):
            found.update(size for size in leaf.shape if size is not None)
        return leaf

    map_arguments(note, (args, kwargs))
    return sorted(found)


def _evaluate(
    function: Callable[..., Any], args: Any, kwargs: dict[str, Any], batch: int, extent: int
) -> Any:
    """`abstract_eval` with the KerasTensors as arguments and everything else closed over."""
    tensors: list[Type] = []
    positions: dict[int, int] = {}

    def collect(leaf: Any) -> Any:
        if isinstance(leaf, KerasTensor) and id(leaf) not in positions:
            positions[id(leaf)] = len(tensors)
            tensors.append(Type(leaf._dtype, concrete(leaf.shape, batch, extent)))
        return leaf

    map_arguments(collect, (args, kwargs))

    def run(*values: Any) -> Any:
        def replace(leaf: Any) -> Any:
            return values[positions[id(leaf)]] if isinstance(leaf, KerasTensor) else leaf

        return function(*map_arguments(replace, args), **map_arguments(replace, kwargs))

    return abstract_eval(run, *tensors)


def _single(kind: Any) -> Any:
    return KerasTensor(kind.shape, kind.dtype) if isinstance(kind, Type) else kind


def _forget_ones(tensor: Any) -> Any:
    if not isinstance(tensor, KerasTensor):
        return tensor
    return KerasTensor((None if n == 1 else n for n in tensor.shape), tensor.dtype)


def _merge(first: Any, second: Any) -> Any:
    if not isinstance(first, Type):
        return first
    if len(first.shape) != len(second.shape):
        raise InvalidArgumentError(
            "The number of axes of a symbolic result depends on an unknown extent: "
            "{first} for one size, {second} for another.",
            first=first.shape,
            second=second.shape,
        )
    return KerasTensor(merge_shapes(first.shape, second.shape), first.dtype)
