"""Dtypes of the array API standard: kinds, promotion, casts, limits.

Arrays promote within a kind, and from integers of either sign to signed ones; a Python number
takes the dtype of the array beside it. All else raises: the standard leaves it open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from caudal import ops
from caudal.array_api.array import Array, require_device
from caudal.errors import DTypeError
from caudal.framework import Tensor, convert_to_tensor
from caudal.ir.dtypes import (
    DType,
    as_dtype,
    bool_,
    complex64,
    complex128,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)

DEFAULT_FLOAT, DEFAULT_INT, DEFAULT_COMPLEX, INDEX = float32, int64, complex64, int64

_SIGNED, _UNSIGNED = (int8, int16, int32, int64), (uint8, uint16, uint32, uint64)
_REAL, _COMPLEX = (float32, float64), (complex64, complex128)
KINDS: dict[str, tuple[DType, ...]] = {
    "bool": (bool_,),
    "signed integer": _SIGNED,
    "unsigned integer": _UNSIGNED,
    "integral": _SIGNED + _UNSIGNED,
    "real floating": _REAL,
    "complex floating": _COMPLEX,
    "floating": _REAL + _COMPLEX,
    "real numeric": _SIGNED + _UNSIGNED + _REAL,
    "numeric": _SIGNED + _UNSIGNED + _REAL + _COMPLEX,
    "integral or bool": _SIGNED + _UNSIGNED + (bool_,),
    "any": (bool_, *_SIGNED, *_UNSIGNED, *_REAL, *_COMPLEX),
}
"""The dtypes of each kind; the last two are for messages here, not for `isdtype`."""

_OWN_KINDS = ("integral or bool", "any")
_SCALARS: dict[type, str] = {
    bool: "bool",
    int: "numeric",
    float: "floating",
    complex: "complex floating",
}


def kind_of(dtype: DType) -> str:
    """ "bool", "integral" or "floating": what promotes together."""
    for kind in ("bool", "integral", "floating"):
        if dtype in KINDS[kind]:
            return kind
    raise DTypeError(
        "caudal.array_api: the standard has no dtype {received}; cast it first.",
        received=dtype.name,
    )


def _promoted(first: DType, second: DType) -> DType:
    if first is second:
        return first
    mixed = {first, second}
    unsigned = mixed.intersection(_UNSIGNED)
    if kind_of(first) != kind_of(second) or (uint64 in mixed and len(unsigned) == 1):
        raise DTypeError(
            "caudal.array_api: {first} and {second} do not promote to one dtype; "
            "cast one of them with astype.",
            first=first.name,
            second=second.name,
        )
    return as_dtype(np.result_type(first.np_dtype, second.np_dtype))


def result_type(*arrays_and_dtypes: Any) -> DType:
    """The dtype of an operation on arrays, dtypes and Python numbers.

    Raises:
        DTypeError: they do not promote, or there is neither array nor dtype.

    >>> result_type(int8, uint8), result_type(float32, 1.5)
    (tf.int16, tf.float32)
    """
    numbers, found = [], None
    for value in arrays_and_dtypes:
        if type(value) in _SCALARS:
            numbers.append(value)
            continue
        dtype = value if isinstance(value, DType) else as_dtype(value.dtype)
        found = dtype if found is None else _promoted(found, dtype)
    if found is None:
        raise DTypeError("result_type: expected an array or a dtype, received {x}.", x=numbers)
    for number in numbers:
        found = _beside(number, found)
    return found


def _beside(number: Any, dtype: DType) -> DType:
    """The dtype of an array of ``dtype`` and a Python number."""
    if type(number) is complex and dtype in _REAL:
        return complex64 if dtype is float32 else complex128
    if dtype not in KINDS[_SCALARS[type(number)]]:
        raise DTypeError(
            "caudal.array_api: the Python number {number!r} cannot stand beside {dtype}.",
            number=number,
            dtype=dtype.name,
        )
    return dtype


def tensor_of(x: Any, what: str, kind: str = "any") -> Any:
    """The tensor of an array, whose dtype must be of a kind.

    Raises:
        DTypeError: it is no array, or of another kind.
    """
    if isinstance(x, Array):
        found = x.tensor
    elif isinstance(x, Tensor) or hasattr(type(x), "__caudal_read__"):
        found = convert_to_tensor(x)
    else:
        raise DTypeError(
            "{what}: expected an array, received {x!r} of type {type}.",
            what=what,
            x=x,
            type=type(x).__name__,
        )
    if found.dtype not in KINDS[kind]:
        raise DTypeError(
            "{what}: expected a dtype that is {kind}, received {dtype}.",
            what=what,
            kind=kind,
            dtype=found.dtype.name,
        )
    return found


def cast(x: Any, dtype: DType) -> Any:
    """A tensor in another dtype, or itself."""
    return x if x.dtype is dtype else ops.cast(x, dtype=dtype)


def together(what: str, kind: str, *values: Any) -> list[Any]:
    """Arrays and Python numbers as tensors of their common dtype, of a kind."""
    dtype = result_type(*values)
    found = [
        Tensor(np.asarray(value, dtype.np_dtype))
        if type(value) in _SCALARS
        else cast(tensor_of(value, what), dtype)
        for value in values
    ]
    return [tensor_of(value, what, kind) for value in found]


# --- the standard's functions -----------------------------------------------------------------


def astype(x: Any, dtype: DType, /, *, copy: bool = True, device: Any = None) -> Array:
    """The array in another dtype.

    Raises:
        DTypeError: a complex array cannot become real; take ``real`` or ``abs`` of it.
    """
    require_device(device)
    found = tensor_of(x, "astype")
    if found.dtype in _COMPLEX and dtype not in _COMPLEX:
        raise DTypeError(
            "astype: {received} cannot become {dtype}; use real, imag or abs.",
            received=found.dtype.name,
            dtype=dtype.name,
        )
    if found.dtype is dtype and not copy and isinstance(x, Array):
        return x
    return Array(cast(found, dtype))


def can_cast(from_: Any, to: DType, /) -> bool:
    """Whether promotion with ``to`` gives ``to``."""
    try:
        return result_type(from_, to) is to
    except DTypeError:
        return False


def isdtype(dtype: DType, kind: Any) -> bool:
    """Whether a dtype is one, or of a kind, or of one of several.

    >>> isdtype(float32, "real floating"), isdtype(int8, (uint8, "bool"))
    (True, False)
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, part) for part in kind)
    if isinstance(kind, str):
        if kind not in KINDS or kind in _OWN_KINDS:
            raise DTypeError(
                "isdtype: expected one of the kinds {kinds}, received {kind!r}.",
                kinds=", ".join(name for name in KINDS if name not in _OWN_KINDS),
                kind=kind,
            )
        return dtype in KINDS[kind]
    return dtype is as_dtype(kind)


@dataclass(frozen=True)
class FloatLimits:
    """What `finfo` returns; of a complex dtype, the limits of its parts."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


@dataclass(frozen=True)
class IntegerLimits:
    """What `iinfo` returns."""

    bits: int
    max: int
    min: int
    dtype: DType


def _dtype_of(value: Any, what: str, kind: str) -> DType:
    dtype = value if isinstance(value, DType) else as_dtype(getattr(value, "dtype", value))
    if dtype not in KINDS[kind]:
        raise DTypeError(
            "{what}: expected a dtype that is {kind}, received {dtype}.",
            what=what,
            kind=kind,
            dtype=dtype.name,
        )
    return dtype


def finfo(type: Any, /) -> FloatLimits:
    """The limits of a floating-point dtype, or of an array's.

    >>> finfo(float32).eps
    1.1920928955078125e-07
    """
    dtype = _dtype_of(type, "finfo", "floating").real_dtype
    info: Any = np.finfo(dtype.np_dtype)
    return FloatLimits(
        int(info.bits),
        float(info.eps),
        float(info.max),
        float(info.min),
        float(info.smallest_normal),
        dtype,
    )


def iinfo(type: Any, /) -> IntegerLimits:
    """The limits of an integer dtype, or of an array's.

    >>> iinfo(int8).max
    127
    """
    dtype = _dtype_of(type, "iinfo", "integral")
    info = np.iinfo(dtype.np_dtype)
    return IntegerLimits(int(info.bits), int(info.max), int(info.min), dtype)
