"""Values of kernels: SSA names with a dtype and lanes, and their LLVM types."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from caudal.errors import InternalError
from caudal.ir import dtypes
from caudal.ir.dtypes import DType

_REGISTER = {
    "bool": "i1",
    "int8": "i8",
    "uint8": "i8",
    "int16": "i16",
    "uint16": "i16",
    "int32": "i32",
    "uint32": "i32",
    "int64": "i64",
    "uint64": "i64",
    "float16": "float",
    "bfloat16": "float",
    "float32": "float",
    "float64": "double",
}
BITS = {"i1": 1, "i8": 8, "i16": 16, "i32": 32, "i64": 64, "float": 32, "double": 64}
COMPILED = tuple(dtype for dtype in dtypes.ALL if dtype.name in _REGISTER)
"""The dtypes that kernels handle; complex and string stay with the reference."""


@dataclass(frozen=True)
class Value:
    """An SSA value: its text (a name or a literal), dtype and lanes."""

    text: str
    dtype: DType
    lanes: int = 1


def element_type(dtype: DType) -> str:
    """The LLVM type of one lane in a register."""
    try:
        return _REGISTER[dtype.name]
    except KeyError:
        raise InternalError("{dtype} has no machine form", dtype=dtype.name) from None


def llvm_type(dtype: DType, lanes: int) -> str:
    """The LLVM type of a value."""
    element = element_type(dtype)
    return element if lanes == 1 else f"<{lanes} x {element}>"


def literal(dtype: DType, value: Any) -> str:
    """A constant as LLVM writes it."""
    element = element_type(dtype)
    if element == "i1":
        return "true" if value else "false"
    if element in ("float", "double"):
        number = np.float32(value) if element == "float" else np.float64(value)
        bits = struct.unpack("<Q", struct.pack("<d", float(number)))[0]
        if element == "float" and np.isnan(number):
            bits = 0x7FF8000000000000
        return f"0x{bits:016X}"
    return str(int(value))


def is_half(dtype: DType) -> bool:
    """Whether a dtype is held in float32 registers."""
    return dtype is dtypes.float16 or dtype is dtypes.bfloat16


def memory_type(dtype: DType, lanes: int) -> str:
    """The LLVM type of elements in memory."""
    element = "i8" if dtype.is_bool else "i16" if is_half(dtype) else element_type(dtype)
    return element if lanes == 1 else f"<{lanes} x {element}>"
