"""The functions behind a KerasTensor's operators: Python's operators on Tensors."""

from __future__ import annotations

import operator
from typing import Any

from caudal import math, ops
from caudal.framework import convert_to_tensor
from caudal.keras.engine.operation import apply_function

add_, sub_, mul_, truediv_ = operator.add, operator.sub, operator.mul, operator.truediv
floordiv_, mod_, pow_, matmul_ = operator.floordiv, operator.mod, operator.pow, operator.matmul
lt_, le_, gt_, ge_ = operator.lt, operator.le, operator.gt, operator.ge
neg_, abs_ = operator.neg, operator.abs
getitem_ = operator.getitem


def ne_(x: Any, y: Any) -> Any:
    """Elementwise ``x != y``; Tensor's own ``!=`` may compare identities."""
    return math.not_equal(x, y)


def and_(x: Any, y: Any) -> Any:
    """Elementwise logical and."""
    return ops.bit_and(*_both(x, y))


def or_(x: Any, y: Any) -> Any:
    """Elementwise logical or."""
    return ops.bit_or(*_both(x, y))


def xor_(x: Any, y: Any) -> Any:
    """Elementwise logical exclusive or."""
    return ops.bit_xor(*_both(x, y))


def _both(x: Any, y: Any) -> tuple[Any, Any]:
    return convert_to_tensor(x), convert_to_tensor(y)


def invert_(x: Any) -> Any:
    """Elementwise logical not."""
    return ops.bit_not(convert_to_tensor(x))


def reshape(x: Any, newshape: Any) -> Any:
    """The symbolic tensor in another shape, batch axis included."""
    from caudal.keras.ops import shapes

    return apply_function(shapes.reshape, (x, newshape), {}, name="Reshape")


def squeeze(x: Any, axis: Any = None) -> Any:
    """The symbolic tensor without axes of extent 1."""
    from caudal.keras.ops import shapes

    return apply_function(shapes.squeeze, (x, axis), {}, name="Squeeze")
