"""From one dtype to another: casts, bit patterns, complex numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, scalar, unify
from caudal.errors import DTypeError
from caudal.ir.dtypes import as_dtype


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """The tensor in another dtype; floats lose their fraction on the way to integers.

    >>> cast([1.8, -1.8], "int32").numpy().tolist()
    [1, -1]
    """
    kind = as_dtype(dtype)
    x = as_tensor(x)
    if (x.dtype.kind == "string") != (kind.kind == "string"):
        raise DTypeError(
            "cast: expected numbers, received {received}; use tf.strings.to_number or "
            "tf.strings.as_string.",
            received=f"{x.dtype.name} to {kind.name}",
        )
    return cast_to(x, kind)


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:
    """`cast`, with values beyond the new dtype's range set to its limits."""
    kind = as_dtype(dtype)
    x = as_tensor(value)
    low, high = kind.min, kind.max
    mine = x.dtype
    if float(mine.min) < float(low) or float(mine.max) > float(high):
        top = np.asarray(high).astype(mine.np_dtype)
        if mine.is_floating and float(top) > float(high):
            top = np.nextafter(top, np.zeros_like(top))
        low = max(float(low), float(mine.min)) if mine.is_floating else max(low, mine.min)
        x = ops.minimum(ops.maximum(x, scalar(low, x)), scalar(top, x))
    return cast_to(x, kind)


def bitcast(input: Any, type: Any, name: str | None = None) -> Any:
    """The same bits read as another dtype; a dtype of another size changes the last axis."""
    x = as_tensor(input)
    kind = as_dtype(type)
    return ops.bitcast(x, dtype=kind) if kind.size == x.dtype.size else _bitcast_width(x, kind)


def _bitcast_width(x: Any, kind: Any) -> Any:
    return ops.bitcast_width(x, dtype=kind)


def complex(real: Any, imag: Any, name: str | None = None) -> Any:
    """The complex numbers of a real and an imaginary part, float32 or float64."""
    a, b = unify("complex", real, imag)
    if a.dtype.name not in ("float32", "float64"):
        raise DTypeError(
            "complex: expected float32 or float64 parts, received {received}.",
            received=a.dtype.name,
        )
    return ops.complex(a, b)
