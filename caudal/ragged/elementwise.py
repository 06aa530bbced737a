"""Functions of one element at a time on ragged tensors, with broadcasting."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, dims
from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor, Variable, convert_to_tensor
from caudal.ragged.conversion import deepened, opened, pick
from caudal.ragged.partition import Array, RowPartition, common_dtype
from caudal.ragged.tensor import RaggedTensor, rebuilt

# Parameters that are tensors of elements, under the names that the functions have for them.
_ELEMENTS = frozenset(
    "x y t clip_value_min clip_value_max min max condition a b pos len inputs input "
    "labels logits".split()
)


def map_flat(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """``function`` of the flat values of all ragged arguments, which are divided alike.

    Raises:
        InvalidArgumentError: they are divided in different ways.
    """
    found: list[RaggedTensor] = []

    def flat(value: Any) -> Any:
        if isinstance(value, RaggedTensor):
            found.append(value)
            return value.flat_values
        if isinstance(value, list | tuple) and any(isinstance(v, RaggedTensor) for v in value):
            return type(value)(map(flat, value))
        return value

    args = [flat(arg) for arg in args]
    kwargs = {name: flat(arg) for name, arg in kwargs.items()}
    if not found:
        return function(*args, **kwargs)
    first, *others = found
    for other in others:
        require_same(getattr(function, "__name__", "op"), first, other)
    result = function(*args, **kwargs)
    inner = as_tensor(result) if not isinstance(result, RaggedTensor) else result
    return first.with_flat_values(inner)


def require_same(what: str, a: RaggedTensor, b: RaggedTensor) -> None:
    """Raise unless both are divided into rows alike."""
    one, other = a.partitions(), b.partitions()
    common_dtype(what, [one[0].dtype, other[0].dtype])
    if not _alike(one, other):
        raise InvalidArgumentError(
            "{what}: expected ragged tensors with the same rows, received shapes {a} and {b} with "
            "row lengths {first} and {second}.",
            what=what,
            a=a.shape,
            b=b.shape,
            first=one[0].lengths.tolist()[:10],
            second=other[0].lengths.tolist()[:10],
        )


def _alike(one: list[RowPartition], other: list[RowPartition]) -> bool:
    return len(one) == len(other) and all(a.same(b) for a, b in zip(one, other, strict=True))


def elementwise(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """``function`` of ragged and dense arguments, broadcast against one another."""
    bound = _signature(function).bind(*args, **kwargs)
    given = bound.arguments
    names = [name for name in given if name in _ELEMENTS or isinstance(given[name], RaggedTensor)]
    flat: list[Any] = []
    for name in names:
        value = given[name]
        flat.extend(value if isinstance(value, list | tuple) and name == "inputs" else [value])
    same = _same_rows(flat)
    if same is None:
        values, parts = broadcast(getattr(function, "__name__", "op"), flat)
    else:
        parts = same
        values = [v.flat_values if isinstance(v, RaggedTensor) else v for v in flat]
    rest = iter(values)
    for name in names:
        if isinstance(given[name], list | tuple) and name == "inputs":
            given[name] = [next(rest) for _ in given[name]]
        else:
            given[name] = next(rest)
    return rebuilt(function(*bound.args, **bound.kwargs), parts)


@cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


def _same_rows(values: list[Any]) -> list[RowPartition] | None:
    """The rows that all ragged values share, where the others are scalars."""
    parts: list[RowPartition] | None = None
    rank = -1
    for value in values:
        if isinstance(value, RaggedTensor):
            own = value.partitions()
            if parts is None:
                parts, rank = own, len(value.shape)
            elif own[0].dtype is not parts[0].dtype:
                common_dtype("ragged", [parts[0].dtype, own[0].dtype])
            elif len(value.shape) != rank or not _alike(parts, own):
                return None
        elif not _is_scalar(value):
            return None
    return parts


def _is_scalar(value: Any) -> bool:
    if isinstance(value, RaggedTensor):
        return False
    if isinstance(value, Tensor | Variable | np.ndarray | np.generic):
        return not len(value.shape)
    return not isinstance(value, list | tuple)


def broadcast(what: str, values: list[Any]) -> tuple[list[Any], list[RowPartition]]:
    """Flat values of one division into rows, and that division; scalars stay as they are.

    As in TensorFlow an axis of extent 1 is repeated where it is uniform, and where it is ragged
    the rows must have equal lengths.
    """
    ragged = [one for one in values if isinstance(one, RaggedTensor)]
    tensors = [
        one
        if isinstance(one, RaggedTensor) or _is_scalar(one)
        else convert_to_tensor(one, dtype_hint=ragged[0].dtype)
        for one in values
    ]
    kind = common_dtype(what, [one.partition.dtype for one in ragged])
    rank = max(len(one.shape) for one in tensors if not _is_scalar(one))
    levels = max(rank - len(one.shape) + one.ragged_rank for one in ragged)
    ready = [one if _is_scalar(one) else _leveled(one, rank, levels, kind) for one in tensors]
    whole = [one for one in ready if isinstance(one, RaggedTensor)]
    counts = np.asarray([[one.partition.rows] for one in whole])
    extent = int(_joint(what, counts, [one.partition.rows == 1 for one in whole])[0])
    at: list[Array] = [
        np.arange(extent) if one.partition.rows == extent else np.zeros(extent, np.int64)
        for one in whole
    ]
    parts = []
    for level in range(levels):
        layer = [one.partitions()[level] for one in whole]
        lengths = np.stack([part.lengths[rows] for part, rows in zip(layer, at, strict=True)])
        single = [part.uniform == 1 for part in layer]
        joint = _joint(what, lengths, single)
        part = RowPartition.of_lengths(joint, kind, _uniform(layer))
        parts.append(part)
        at = [
            np.repeat(one.starts[rows], joint) + (0 if alone else part.places)
            for one, rows, alone in zip(layer, at, single, strict=True)
        ]
    picked = iter([_picked(one.flat_values, at) for one, at in zip(whole, at, strict=True)])
    return [next(picked) if isinstance(one, RaggedTensor) else one for one in ready], parts


def _picked(values: Any, places: Array) -> Any:
    """The entries at places, without any work where these are all in order."""
    if len(places) == int(values.shape[0]) and (places == np.arange(len(places))).all():
        return values
    return pick(values, places)


def _leveled(value: Any, rank: int, levels: int, kind: Any) -> RaggedTensor:
    """A tensor of that rank and number of levels, with axes of 1 in front."""
    missing = rank - len(value.shape)
    if not isinstance(value, RaggedTensor):
        shape = (1,) * missing + dims(value)
        found: RaggedTensor = opened(ops.reshape(value, shape=shape), levels, kind)
        return found
    for _ in range(missing):
        rows = value.partition.rows
        value = rebuilt(value, [RowPartition.regular(1, rows, kind)])
    deep: RaggedTensor = deepened(value, levels)
    return deep


def _joint(what: str, lengths: Array, single: list[bool]) -> Array:
    """The lengths that rows of these lengths broadcast to, or the error."""
    fixed = lengths[[not alone for alone in single]]
    if not len(fixed):
        return np.asarray(lengths[0])
    bad = (fixed != fixed[0]).any(axis=0)
    if bad.any():
        where = int(np.flatnonzero(bad)[0])
        raise InvalidArgumentError(
            "{what}: Incompatible shapes: unable to broadcast rows of lengths {lengths}.",
            what=what,
            lengths=lengths[:, where].tolist(),
        )
    return np.asarray(fixed[0])


def _uniform(layer: list[RowPartition]) -> int | None:
    lengths = [part.uniform for part in layer]
    if None in lengths:
        return None
    return max((n for n in lengths if n != 1 and n is not None), default=1)


def size_of(ragged: RaggedTensor) -> int:
    """The number of elements."""
    return math.prod(dims(ragged.flat_values))
