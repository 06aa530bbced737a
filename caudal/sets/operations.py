"""Unions, intersections and differences of the sets in the last axes of two tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from caudal.array.arguments import as_tensor, dims, static
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import Tensor, convert_to_tensor
from caudal.ir.dtypes import DType
from caudal.sparse.functions import Known, known
from caudal.sparse.tensor import SparseTensor

_KINDS = frozenset("int8 int16 int32 int64 uint8 uint16 string".split())


class _Sets(NamedTuple):
    """A set for every place of the axes before the last one."""

    members: list[set[Any]]
    lead: tuple[int, ...]
    dtype: DType


def _sets(what: str, value: Any, ordered: bool) -> _Sets:
    if isinstance(value, SparseTensor):
        one = known(what, value)
        if ordered and (np.diff(one.flat()) <= 0).any():
            raise InvalidArgumentError(
                "{what}: the indices of the SparseTensor are out of order: use tf.sparse.reorder.",
                what=what,
            )
        shape, dtype = one.shape, one.values.dtype
    else:
        tensor = as_tensor(value)
        shape, dtype = dims(tensor), tensor.dtype
    if dtype.name not in _KINDS:
        raise DTypeError(
            "{what}: expected integers or strings, received {received}.",
            what=what,
            received=dtype.name,
        )
    if len(shape) < 2:
        raise ShapeError(
            "{what}: expected rank 2 or more, received shape {shape}.", what=what, shape=shape
        )
    lead = shape[:-1]
    members: list[set[Any]] = [set() for _ in range(math.prod(lead))]
    if isinstance(value, SparseTensor):
        owners = Known(one.places[:, :-1], one.values, lead).flat().tolist()
        for owner, member in zip(owners, static(one.values, what).tolist(), strict=True):
            members[owner].add(member)
    else:
        rows = static(tensor, what).reshape(len(members), -1).tolist()
        for found, row in zip(members, rows, strict=True):
            found.update(row)
    return _Sets(members, lead, dtype)


def _joined(
    what: str, a: Any, b: Any, join: Callable[[set[Any], set[Any]], set[Any]], ordered: bool
) -> SparseTensor:
    if not isinstance(a, SparseTensor) and isinstance(b, Tensor | SparseTensor):
        a = as_tensor(a, None if hasattr(a, "dtype") else b.dtype)
    one = _sets(what, a, ordered)
    if not hasattr(b, "dtype"):
        b = as_tensor(b, one.dtype)
    two = _sets(what, b, ordered)
    if one.dtype is not two.dtype:
        raise DTypeError(
            "{what}: expected sets of one dtype, received {a} and {b}.",
            what=what,
            a=one.dtype.name,
            b=two.dtype.name,
        )
    if one.lead != two.lead:
        raise ShapeError(
            "{what}: expected the same axes before the last one, received {a} and {b}.",
            what=what,
            a=one.lead,
            b=two.lead,
        )
    pairs = zip(one.members, two.members, strict=True)
    return _sparse([sorted(join(x, y)) for x, y in pairs], one.lead, one.dtype)


def _sparse(rows: list[list[Any]], lead: tuple[int, ...], dtype: DType) -> SparseTensor:
    lengths = [len(row) for row in rows]
    owners = np.repeat(np.arange(len(rows)), lengths)
    columns = np.concatenate([np.arange(n) for n in lengths]) if rows else np.zeros(0)
    places = np.stack([*np.unravel_index(owners, lead), columns], 1).astype(np.int64)
    values = np.empty(len(owners), dtype.np_dtype)
    values[:] = [member for row in rows for member in row]
    return SparseTensor(places, convert_to_tensor(values), [*lead, max(lengths, default=0)])


def difference(a: Any, b: Any, aminusb: bool = True, validate_indices: bool = True) -> SparseTensor:
    """What is in the sets of ``a`` but not in those of ``b``; the reverse if not ``aminusb``.

    >>> difference([[1, 2, 3]], [[2, 9, 9]]).values.numpy().tolist()
    [1, 3]
    """
    first, second = (a, b) if aminusb else (b, a)
    return _joined("sets.difference", first, second, set.difference, validate_indices)


def intersection(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """What is in the sets of both.

    Args:
        a, b: dense or sparse tensors of integers or strings, with the same axes but the last.
        validate_indices: whether sparse indices must be in order.

    Returns:
        A sparse tensor with the members of each set, in order, along the last axis.
    """
    return _joined("sets.intersection", a, b, set.intersection, validate_indices)


def union(a: Any, b: Any, validate_indices: bool = True) -> SparseTensor:
    """What is in the sets of either."""
    return _joined("sets.union", a, b, set.union, validate_indices)


def size(a: Any, validate_indices: bool = True) -> Tensor:
    """The number of different members of each set of a SparseTensor, int32."""
    if not isinstance(a, SparseTensor):
        raise DTypeError(
            "sets.size: expected a SparseTensor, received {got}.", got=type(a).__name__
        )
    found = _sets("sets.size", a, validate_indices)
    counts = np.asarray([len(one) for one in found.members], np.int32)
    return convert_to_tensor(counts.reshape(found.lead))
