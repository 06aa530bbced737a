"""What the type rules and references of the structured ops share: checks, dtypes, rounding."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.errors import CaudalError, DTypeError, ShapeError
from caudal.ir.dtypes import ALL, DType, bfloat16, float16
from caudal.ir.types import Type
from caudal.ops.record import Sample

ANY = tuple(dtype for dtype in ALL if dtype.is_numeric)
FLOATS = tuple(dtype for dtype in ALL if dtype.is_floating)
INTEGERS = tuple(dtype for dtype in ALL if dtype.is_integer)
REALS = FLOATS + INTEGERS
NUMBERS = tuple(dtype for dtype in ANY if not dtype.is_bool)
BOOL = tuple(dtype for dtype in ALL if dtype.is_bool)

_HALVES = (float16.np_dtype, bfloat16.np_dtype)


def require(
    condition: bool, template: str, error: type[CaudalError] = ShapeError, **fields: Any
) -> None:
    """Raises ``error`` with the message unless the condition holds."""
    if not condition:
        raise error(template, **fields)


def require_dtype(op: str, kind: Type, allowed: tuple[DType, ...]) -> None:
    """Raises DTypeError unless the operand's dtype is among ``allowed``."""
    if kind.dtype not in allowed:
        raise DTypeError(
            "{op}: expected a tensor of dtype {expected}, received {received}.",
            op=op,
            expected=", ".join(dtype.name for dtype in allowed),
            received=kind,
        )


def require_same_dtype(op: str, *kinds: Type) -> None:
    """Raises DTypeError unless all operands have one dtype."""
    if any(kind.dtype is not kinds[0].dtype for kind in kinds):
        raise DTypeError(
            "{op}: expected operands of one dtype, received {received}. Cast one of them first.",
            op=op,
            received=", ".join(map(repr, kinds)),
        )


def require_integers(op: str, what: str, kind: Type) -> None:
    """Raises DTypeError unless an index operand holds integers."""
    if not kind.dtype.is_integer:
        raise DTypeError(
            "{op}: expected integer {what}, received {received}.",
            op=op,
            what=what,
            received=kind,
        )


def require_axis(op: str, kind: Type, axis: int) -> None:
    """Raises ShapeError unless ``axis`` is a non-negative axis of the operand."""
    require(
        0 <= axis < kind.rank,
        "{op}: expected an axis in [0, {rank}), received axis={axis} for {received}.",
        op=op,
        rank=kind.rank,
        axis=axis,
        received=kind,
    )


def require_axes(op: str, kind: Type, axes: tuple[int, ...]) -> None:
    """Raises ShapeError unless ``axes`` is a sorted tuple of distinct axes of the operand."""
    require(
        tuple(sorted(set(axes))) == tuple(axes) and all(0 <= axis < kind.rank for axis in axes),
        "{op}: expected sorted distinct axes in [0, {rank}), received axes={axes} for {received}.",
        op=op,
        rank=kind.rank,
        axes=axes,
        received=kind,
    )


def require_per_axis(op: str, rank: int, **values: tuple[Any, ...]) -> None:
    """Raises ShapeError unless every named tuple has one entry an axis."""
    for name, value in values.items():
        require(
            len(value) == rank,
            "{op}: expected {rank} entries in {name} (one an axis), received {value}.",
            op=op,
            rank=rank,
            name=name,
            value=value,
        )


def rounded(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A reference that computes float16 and bfloat16 in float32 and rounds the result once."""

    @functools.wraps(fn)
    def reference(xp: Any, *arrays: Any, **params: Any) -> Any:
        dtype = arrays[0].dtype
        if dtype not in _HALVES:
            return fn(xp, *arrays, **params)
        wide = (a.astype(np.float32) if a.dtype == dtype else a for a in arrays)
        return np.asarray(fn(xp, *wide, **params)).astype(dtype)

    return reference


def lowest(dtype: np.dtype[Any]) -> Any:
    """The neutral element of max: -inf, the least integer, or False."""
    return _extreme(dtype, -1)


def highest(dtype: np.dtype[Any]) -> Any:
    """The neutral element of min: inf, the greatest integer, or True."""
    return _extreme(dtype, 1)


def _extreme(dtype: np.dtype[Any], sign: int) -> Any:
    if dtype == np.bool_:
        return np.bool_(sign > 0)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return dtype.type(info.max if sign > 0 else info.min)
    return dtype.type(sign * np.inf)


def with_integers(samples: Callable[..., Any]) -> Callable[..., list[Sample]]:
    """A sampler that repeats its float64 samples as int64: tests cast those to every integer."""

    @functools.wraps(samples)
    def both(rng: np.random.Generator) -> list[Sample]:
        made = list(samples(rng))
        return made + [_cast_sample(sample, np.int64) for sample in made]

    return both


def with_all(samples: Callable[..., Any]) -> Callable[..., list[Sample]]:
    """A sampler that repeats its float64 samples as int64 and as bool."""

    @functools.wraps(samples)
    def three(rng: np.random.Generator) -> list[Sample]:
        made = list(samples(rng))
        more = (_cast_sample(sample, kind) for kind in (np.int64, np.bool_) for sample in made)
        return made + list(more)

    return three


def _cast_sample(sample: Sample, kind: type) -> Sample:
    def cast(array: Any) -> Any:
        if array.dtype != np.float64:
            return array
        if kind is np.bool_:
            return array > 0
        # Small and not negative, so that any integer dtype can hold it.
        return np.rint(np.abs(np.nan_to_num(array, posinf=9, neginf=5)) * 3).astype(kind)

    return Sample(tuple(map(cast, sample.inputs)), sample.params, differentiable=False)
