"""Statistics of 16-bit floats are found in float32, in whose range their squares fit."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype


def widen(x: Any) -> Any:
    """A float16 or bfloat16 tensor as float32; others as they are."""
    x = convert_to_tensor(x)
    narrow = x.dtype.is_floating and x.dtype.size < 4
    return ops.cast(x, dtype=as_dtype("float32")) if narrow else x


def narrow(x: Any, like: Any) -> Any:
    """``x`` in the dtype of ``like``."""
    return x if x.dtype is like.dtype else ops.cast(x, dtype=like.dtype)
