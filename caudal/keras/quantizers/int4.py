"""Two integers of four bits in a byte."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.keras import ops as k

_BYTES = ("int8", "uint8")


def _check_dtype(dtype: str) -> None:
    if dtype not in _BYTES:
        raise InvalidArgumentError(
            "Expected `dtype` to be 'int8' or 'uint8', but got {dtype!r}.", dtype=dtype
        )


def pack_int4(arr: Any, axis: int = 0, dtype: str = "int8") -> tuple[Any, tuple[int, ...], int]:
    """(packed, its shape, extent of ``axis`` before): neighbours along ``axis`` share a byte.

    The first of two is in the low half. arr: of ``dtype``, values from -8 to 7 (0 to 15).

    >>> packed, shape, length = pack_int4(np.asarray([[-3, 7], [2, -8], [1, 0]], "int8"))
    >>> packed.numpy().tolist(), shape, length
    ([[45, -121], [1, 0]], (2, 2), 3)

    Raises:
        DTypeError: ``arr`` has another dtype.
    """
    _check_dtype(dtype)
    x = convert_to_tensor(arr)
    if x.dtype.name != dtype:
        raise DTypeError(
            "Expected {dtype} tensor for packing, got {found}.", dtype=dtype, found=x.dtype.name
        )
    array = np.moveaxis(x.numpy(), axis, 0)
    length = array.shape[0]
    if length % 2:
        array = np.concatenate([array, np.zeros((1, *array.shape[1:]), array.dtype)])
    halves = array.astype(np.uint8) & 15
    packed = np.moveaxis((halves[::2] | halves[1::2] << 4).view(array.dtype), 0, axis)
    return convert_to_tensor(np.ascontiguousarray(packed)), tuple(packed.shape), length


def unpack_int4(packed: Any, orig_len: int, axis: int = 0, dtype: str = "int8") -> Any:
    """The integers that `pack_int4` packed: -8 to 7, or 0 to 15 for "uint8".

    orig_len: the extent of ``axis`` before.

    >>> unpack_int4(np.asarray([[45, -121], [1, 0]], "int8"), 3).numpy().tolist()
    [[-3, 7], [2, -8], [1, 0]]

    Raises:
        DTypeError: ``packed`` is not made of bytes.
    """
    _check_dtype(dtype)
    x = convert_to_tensor(packed)
    if x.dtype.name not in _BYTES:
        raise DTypeError(
            "Expected int8 or uint8 tensor for unpacking, got {found}.", found=x.dtype.name
        )
    rank = len(x.shape)
    axis = axis % rank
    wide = k.cast(x, "int32")
    if dtype == "int8":
        # Up and down again: the sign comes along.
        low = k.right_shift(k.left_shift(wide, 28), 28)
        high = k.right_shift(k.left_shift(wide, 24), 28)
    else:
        low, high = k.bitwise_and(wide, 15), k.bitwise_and(k.right_shift(wide, 4), 15)
    shape = [int(extent) for extent in x.shape]
    shape[axis] *= 2
    pairs = k.reshape(k.stack([low, high], axis=axis + 1), shape)
    return k.cast(k.take(pairs, np.arange(orig_len), axis=axis), dtype)
