"""What the elementwise records share: half precision through float32, constants in gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.ir.dtypes import as_dtype, bfloat16, float16

_HALF = (float16, bfloat16)
_HALF_NUMPY = tuple(dtype.np_dtype for dtype in _HALF)


def scalar(value: Any, like: Any) -> np.ndarray[Any, Any]:
    """A rank-0 array of the dtype of ``like``, for constants in gradient rules."""
    return np.asarray(value, as_dtype(like.dtype).np_dtype)


def is_complex(value: Any) -> bool:
    """Whether an array, node or tensor holds complex numbers."""
    return as_dtype(value.dtype).is_complex


def conjugated(value: Any) -> Any:
    """The complex conjugate, where there is one: gradients multiply by it."""
    if not is_complex(value):
        return value
    from caudal.ops.unary import conj

    return conj(value)


def in_float32(reference: Callable[..., Any]) -> Callable[..., Any]:
    """A reference that meets float16 and bfloat16 as float32 and rounds its result once."""

    def wrapped(xp: Any, *arrays: Any, **params: Any) -> Any:
        dtype = arrays[0].dtype
        if dtype not in _HALF_NUMPY:
            return reference(xp, *arrays, **params)
        result = reference(xp, *(array.astype(np.float32) for array in arrays), **params)
        result = xp.asarray(result)
        return result.astype(dtype) if result.dtype == np.float32 else result

    return wrapped


def lanes_in_float32(emit: Callable[..., Any]) -> Callable[..., Any]:
    """An emit function that meets float16 and bfloat16 lanes as float32 and rounds once.

    The builder rounds after each of its methods; a formula of several must not.
    """

    def wrapped(b: Any, *values: Any, **params: Any) -> Any:
        dtype = values[0].dtype
        if dtype not in _HALF:
            return emit(b, *values, **params)
        result = emit(b, *map(b.widen, values), **params)
        return b.narrow(result, dtype) if result.dtype.is_floating else result

    return wrapped


def in_float64(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reference ``(xp, *arrays)`` from a float64 function: the result is rounded once."""

    def wrapped(xp: Any, *arrays: Any) -> Any:
        dtype = arrays[0].dtype
        return np.asarray(function(*(array.astype(np.float64) for array in arrays))).astype(dtype)

    return wrapped
