"""Python's operators on tensors and variables: promotion, quick paths, TensorFlow's errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import context, indexing
from caudal.framework.convert import align, as_tensor, convert_to_tensor, is_tensor_like, mismatch
from caudal.framework.dispatch import apply
from caudal.framework.matmul import matmul
from caudal.framework.tensor import Tensor
from caudal.ir.dtypes import DType, float32, float64
from caudal.ir.node import Node
from caudal.ops import binary, bitwise, compare, convert, unary
from caudal.ops.record import Op

_ARITHMETIC: dict[str, Op] = {
    "add": binary.add,
    "sub": binary.sub,
    "mul": binary.mul,
    "floordiv": binary.floor_div,
    "mod": binary.floor_mod,
    "pow": binary.pow,
    "and": bitwise.bit_and,
    "or": bitwise.bit_or,
    "xor": bitwise.bit_xor,
}
_ORDER: dict[str, Op] = {
    "lt": compare.less,
    "le": compare.less_equal,
    "gt": compare.greater,
    "ge": compare.greater_equal,
}
_LOGICAL = frozenset(("bit_and", "bit_or", "bit_xor"))
_state = context.state


def _foreign(value: Any) -> bool:
    """Whether the other operand has an operator of its own that must decide (Keras's)."""
    own = getattr(type(value), "__caudal_apply__", None)
    return own is not None and own is not apply and not isinstance(value, Node)


def _operands(op: Op, left: Any, right: Any) -> tuple[Tensor, Tensor]:
    if isinstance(left, Tensor) and isinstance(right, Tensor) and left.dtype is right.dtype:
        a, b = left, right
    else:
        a, b = align((left, right), op.name)
    dtype = a.dtype
    if op.name in _LOGICAL:
        if not (dtype.is_integer or dtype.is_bool):
            raise _unsupported(op, dtype)
    elif dtype.is_bool:
        raise _unsupported(op, dtype)
    return a, b


def _unsupported(op: Op, dtype: DType) -> InvalidArgumentError:
    return InvalidArgumentError(
        "{op}: the dtype {dtype} is not allowed here; convert it first with tf.cast.",
        op=op.name,
        dtype=dtype.name,
    )


def _check_integers(op: Op, a: Tensor, b: Tensor) -> None:
    """What integer arithmetic forbids and compiled code could not report."""
    if type(b) is not Tensor or not a.dtype.is_integer:
        return
    if op.name in ("floor_div", "floor_mod") and not b._value.all():
        raise InvalidArgumentError("{op}: Integer division by zero.", op=op.name)
    if op.name == "pow" and b._value.size and b._value.min() < 0:
        raise InvalidArgumentError("Integers to negative integer powers are not allowed.")


def arithmetic(op: Op, left: Any, right: Any) -> Any:
    """A binary operator in full: conversion, dtype rules, checks; broadcasting is the op's."""
    if _foreign(left) or _foreign(right):
        return NotImplemented
    a, b = _operands(op, left, right)
    if a.dtype.name == "string":
        return _concatenate(op, a, b)
    _check_integers(op, a, b)
    _check_shapes(op, a, b)
    return apply(op, (a, b), {})


def _concatenate(op: Op, a: Tensor, b: Tensor) -> Tensor:
    if op.name != "add":
        raise _unsupported(op, a.dtype)
    return Tensor(np.asarray(a._value + b._value, object))


def _check_shapes(op: Op, a: Tensor, b: Tensor) -> None:
    x, y = a._value.shape, b._value.shape
    if x != y and not _broadcastable(x, y):
        raise InvalidArgumentError(
            "{op}: Incompatible shapes: {a} vs. {b}.",
            op=op.name,
            a=list(a.shape),
            b=list(b.shape),
        )


def _broadcastable(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    pairs = zip(reversed(a), reversed(b), strict=False)
    return all(x == y or x == 1 or y == 1 for x, y in pairs)


# The kinds of NumPy dtypes for which an op has nothing to check.
_FAST_KINDS = {
    "add": "fiuc",
    "sub": "fiuc",
    "mul": "fiuc",
    "div": "fc",
    "floor_div": "f",
    "floor_mod": "f",
    "pow": "fc",
    "bit_and": "biu",
    "bit_or": "biu",
    "bit_xor": "biu",
}


def _array_of(value: Any, like: Any) -> Any:
    """The array of an eager operand in a quick operation, None where the long way is needed."""
    kind = type(value)
    if kind is Tensor:
        return value._value
    if kind is float:
        return np.asarray(value, like) if like is not None and like.kind in "fc" else None
    if kind is int:
        small = like is not None and (like.kind in "fc" or (like.kind in "iu" and 0 <= value < 128))
        return np.asarray(value, like) if small else None
    read = getattr(kind, "__caudal_read__", None)
    return None if read is None else read(value)._value


def _fast(op: Op, kinds: str) -> Callable[[Any, Any], Any]:
    """The op on eager operands of equal dtypes and shapes (or a scalar), else None."""
    evaluate = op.evaluate

    def fast(left: Any, right: Any) -> Any:
        x = _array_of(left, None)
        if x is None or x.dtype.kind not in kinds:
            return None
        y = _array_of(right, x.dtype)
        if y is None or x.dtype is not y.dtype:
            return None
        if x.shape == y.shape or not x.shape or not y.shape:
            return Tensor(evaluate(x, y))
        return None

    return fast


def _binary_methods(op: Op, full: Callable[..., Any]) -> tuple[Callable[..., Any], ...]:
    fast = _fast(op, _FAST_KINDS[op.name])

    def method(self: Any, other: Any) -> Any:
        if not _state.busy:
            result = fast(self, other)
            if result is not None:
                return result
        return full(op, self, other)

    def reflected(self: Any, other: Any) -> Any:
        return full(op, other, self)

    return method, reflected


# --- division ---------------------------------------------------------------------------------


def divide(op: Op, left: Any, right: Any) -> Any:
    """``left / right``: integers become float32 (8 and 16 bits) or float64 first, as in TF."""
    if _foreign(left) or _foreign(right):
        return NotImplemented
    a, b = _operands(op, left, right)
    _check_shapes(op, a, b)
    if a.dtype.is_integer:
        wide = float32 if a.dtype.size <= 2 else float64
        a, b = convert.cast(a, dtype=wide), convert.cast(b, dtype=wide)
    return apply(op, (a, b), {})


# --- comparison -------------------------------------------------------------------------------


def _compared(op: Op, left: Any, right: Any) -> tuple[Tensor, Tensor]:
    """Both operands; here a value that does not fit the tensor's dtype is TF's TypeError."""
    a = as_tensor(left)
    if a is None or is_tensor_like(right):
        a, b = align((left, right), op.name)
    else:
        b = convert_to_tensor(right, a.dtype)
    if a.dtype is not b.dtype:
        raise mismatch(op.name, 1, a.dtype, b.dtype)
    return a, b


def _order_method(op: Op) -> Callable[..., Any]:
    fast = _fast(op, "fiu")

    def method(self: Any, other: Any) -> Any:
        if not _state.busy:
            result = fast(self, other)
            if result is not None:
                return result
        if _foreign(other):
            return NotImplemented
        a, b = _compared(op, self, other)
        _check_shapes(op, a, b)
        return apply(op, (a, b), {})

    return method


def _equality(op: Op, unequal: bool) -> Callable[..., Any]:
    fast = _fast(op, "fiubc")

    def method(self: Any, other: Any) -> Any:
        if not _state.busy:
            result = fast(self, other)
            if result is not None:
                return result
        if other is None:
            return unequal
        if _foreign(other):
            return NotImplemented
        a, b = _compared(op, self, other)
        if not _broadcastable(tuple(a.shape), tuple(b.shape)):
            # TensorFlow's answer to tensors that cannot even be compared.
            return Tensor(np.asarray(unequal))
        return apply(op, (a, b), {})

    return method


# --- the rest ---------------------------------------------------------------------------------


def _negative(self: Any) -> Any:
    return apply(unary.neg, (self,), {})


def _positive(self: Any) -> Any:
    return as_tensor(self)


def _absolute(self: Any) -> Any:
    return apply(unary.abs, (self,), {})


def _inverted(self: Any) -> Any:
    if not (self.dtype.is_integer or self.dtype.is_bool):
        raise _unsupported(convert.bit_not, self.dtype)
    return apply(convert.bit_not, (self,), {})


def _matmul(self: Any, other: Any) -> Any:
    return NotImplemented if _foreign(other) else matmul(self, other)


def _rmatmul(self: Any, other: Any) -> Any:
    return NotImplemented if _foreign(other) else matmul(other, self)


def install(cls: Any) -> None:
    """Gives a class (Tensor, Variable) all operators and indexing."""
    for name, op in _ARITHMETIC.items():
        method, reflected = _binary_methods(op, arithmetic)
        setattr(cls, f"__{name}__", method)
        setattr(cls, f"__r{name}__", reflected)
    for name, op in _ORDER.items():
        setattr(cls, f"__{name}__", _order_method(op))
    cls.__truediv__, cls.__rtruediv__ = _binary_methods(binary.div, divide)
    cls.__eq__ = _equality(compare.equal, False)
    cls.__ne__ = _equality(compare.not_equal, True)
    cls.__neg__, cls.__pos__, cls.__abs__ = _negative, _positive, _absolute
    cls.__invert__ = _inverted
    cls.__matmul__, cls.__rmatmul__ = _matmul, _rmatmul
    cls.__getitem__ = indexing.getitem
    # An array on the left must leave the operation to us, not loop over its elements.
    cls.__array_priority__ = 100


install(Tensor)
