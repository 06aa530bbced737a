"""How tensors and variables print: the same text as TensorFlow's."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.framework.shape import TensorShape
from caudal.ir.dtypes import from_numpy

Array = np.ndarray[Any, Any]


def array_text(array: Array, as_repr: bool) -> str:
    """The elements: the Python number of a scalar, NumPy's ``repr`` or ``str`` otherwise."""
    if array.ndim == 0:
        text = repr(_number(array)) if as_repr else str(array[()])
    else:
        text = repr(array) if as_repr else str(array)
    return "\n" + text if "\n" in text else text


def _number(array: Array) -> Any:
    """A scalar array's value as Python's own number (or bytes)."""
    # To NumPy bfloat16 is a void type, which item() does not know.
    return float(array[()]) if array.dtype.kind == "V" else array.item()


def tensor_repr(array: Array) -> str:
    """``repr`` of an eager tensor."""
    dtype = from_numpy(array.dtype).name
    text = array_text(array, as_repr=True)
    return f"<tf.Tensor: shape={array.shape}, dtype={dtype}, numpy={text}>"


def tensor_str(array: Array) -> str:
    """``str`` of an eager tensor."""
    dtype = from_numpy(array.dtype).name
    text = array_text(array, as_repr=False)
    return f"tf.Tensor({text}, shape={array.shape}, dtype={dtype})"


def symbolic_repr(name: str, shape: tuple[int, ...], dtype: str) -> str:
    """``repr`` of a tensor inside a traced function."""
    return f"<tf.Tensor {name!r} shape={shape} dtype={dtype}>"


def symbolic_str(name: str, shape: tuple[int, ...], dtype: str) -> str:
    """``str`` of a tensor inside a traced function."""
    return f'Tensor("{name}", shape={shape}, dtype={dtype})'


def variable_repr(name: str, shape: TensorShape, array: Array) -> str:
    """``repr`` of a variable."""
    dtype = from_numpy(array.dtype).name
    text = array_text(array, as_repr=True)
    return f"<tf.Variable {name!r} shape={shape} dtype={dtype}, numpy={text}>"


def formatted(array: Array, spec: str) -> str:
    """``format(tensor, spec)``: a scalar formats as the number it is."""
    return format(_number(array) if array.ndim == 0 else array, spec)
