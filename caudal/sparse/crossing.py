"""Crosses of categorical features: every combination of one feature of each input, row by row."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, static
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.strings.fingerprint import fingerprint64

_MASK = (1 << 64) - 1
_MULTIPLIER = 0xC6A4A7935BD1E995
# TensorFlow's default key.
HASH_KEY = 0xDECAFCAFFE
_LARGEST = (1 << 63) - 1


def _mixed(x: int) -> int:
    return x ^ (x >> 47)


def joined_fingerprint(a: int, b: int) -> int:
    """Two fingerprints as one: FarmHash's way to put 64-bit hashes together."""
    found = a ^ _MULTIPLIER
    found ^= (_mixed((b * _MULTIPLIER) & _MASK) * _MULTIPLIER) & _MASK
    found = (found * _MULTIPLIER) & _MASK
    found = (_mixed(found) * _MULTIPLIER) & _MASK
    return _mixed(found)


def dense_rows(what: str, value: Any) -> list[list[Any]]:
    """The rows of a dense matrix of features."""
    tensor = as_tensor(value)
    array = static(tensor, what)
    if array.ndim != 2:
        raise ShapeError(
            "{what}: expected tensors of rank 2, received shape {shape}.",
            what=what,
            shape=array.shape,
        )
    return checked(what, array.tolist(), tensor.dtype)


def checked(what: str, rows: list[list[Any]], dtype: Any) -> list[list[Any]]:
    """The rows, if they hold strings or integers."""
    if not (dtype.is_integer or dtype.name == "string"):
        raise DTypeError(
            "{what}: expected strings or integers, received {received}.",
            what=what,
            received=dtype.name,
        )
    return rows


def sparse_rows(what: str, sparse: Any) -> list[list[Any]]:
    """The rows of a sparse matrix of features."""
    shape = [int(n) for n in sparse.dense_shape.numpy()]
    if len(shape) != 2:
        raise ShapeError("{what}: expected rank 2, received {shape}.", what=what, shape=shape)
    rows: list[list[Any]] = [[] for _ in range(shape[0])]
    values = static(sparse.values, what).tolist()
    for place, value in zip(static(sparse.indices, what), values, strict=True):
        rows[int(place[0])].append(value)
    return checked(what, rows, sparse.dtype)


def combinations(
    what: str, inputs: list[list[list[Any]]], combine: Callable[[tuple[Any, ...]], Any]
) -> list[list[Any]]:
    """For each row every combination, the last input's features changing first."""
    if not inputs:
        raise InvalidArgumentError("{what}: expected at least one input.", what=what)
    counts = {len(rows) for rows in inputs}
    if len(counts) > 1:
        raise InvalidArgumentError(
            "{what}: expected inputs of as many rows, received {counts}.",
            what=what,
            counts=sorted(counts),
        )
    return [
        [combine(parts) for parts in itertools.product(*features)]
        for features in zip(*inputs, strict=True)
    ]


def texts(separator: bytes) -> Callable[[tuple[Any, ...]], bytes]:
    """Features as one string."""

    def combine(parts: tuple[Any, ...]) -> bytes:
        return separator.join(
            part if isinstance(part, bytes) else str(part).encode() for part in parts
        )

    return combine


def hashes(what: str, num_buckets: Any, hash_key: Any) -> Callable[[tuple[Any, ...]], int]:
    """Features as one number: a bucket, or a hash of 63 bits without ``num_buckets``."""
    buckets = int(num_buckets)
    if buckets < 0:
        raise InvalidArgumentError(
            "{what}: expected num_buckets of 0 or more, received {got}.", what=what, got=buckets
        )
    key = HASH_KEY if hash_key is None else int(hash_key) & _MASK

    def combine(parts: tuple[Any, ...]) -> int:
        found = key
        for part in parts:
            own = fingerprint64(part) if isinstance(part, bytes) else int(part) & _MASK
            found = joined_fingerprint(found, own)
        return found % (buckets or _LARGEST)

    return combine


def lengths_of(rows: list[list[Any]]) -> np.ndarray[Any, Any]:
    """How many features each row has."""
    return np.asarray([len(row) for row in rows], np.int64)
