"""Python's operators on values that ops apply to: graph nodes and the framework's tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.ir.dtypes import DType, float32, float64
from caudal.ir.node import Node
from caudal.ops import binary, bitwise, compare, convert, unary
from caudal.ops.record import Op


def true_divide(x: Any, y: Any) -> Any:
    """``x / y``; integers are cast first, 8 and 16 bits to float32, wider ones to float64."""
    dtypes = [v.dtype for v in (x, y) if isinstance(getattr(v, "dtype", None), DType)]
    if dtypes and all(dtype.is_integer for dtype in dtypes):
        target = float32 if dtypes[0].size <= 2 else float64
        x, y = (
            convert.cast(v, dtype=target) if isinstance(getattr(v, "dtype", None), DType) else v
            for v in (x, y)
        )
    return binary.div(x, y)


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": binary.add,
    "sub": binary.sub,
    "mul": binary.mul,
    "truediv": true_divide,
    "floordiv": binary.floor_div,
    "mod": binary.floor_mod,
    "pow": binary.pow,
    "and": bitwise.bit_and,
    "or": bitwise.bit_or,
    "xor": bitwise.bit_xor,
}
_COMPARE: dict[str, Op] = {
    "lt": compare.less,
    "le": compare.less_equal,
    "gt": compare.greater,
    "ge": compare.greater_equal,
}
_UNARY: dict[str, Op] = {"neg": unary.neg, "abs": unary.abs, "invert": convert.bit_not}


def _methods(apply: Callable[[Any, Any], Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def method(self: Any, other: Any) -> Any:
        return apply(self, other)

    def reflected(self: Any, other: Any) -> Any:
        return apply(other, self)

    return method, reflected


def _unary_method(op: Op) -> Callable[[Any], Any]:
    return lambda self: op(self)


def install(cls: type) -> type:
    """Give ``cls`` the operators ``+ - * / // % ** & | ^ ~ < <= > >=``, ``-x`` and ``abs``.

    Each builds the op of that name; the other operand may be anything that the class's
    ``__caudal_apply__`` can lift (a Python scalar, an array). ``==`` stays identity on nodes:
    use ``ops.equal``.
    """
    for name, op in _BINARY.items():
        method, reflected = _methods(op)
        setattr(cls, f"__{name}__", method)
        setattr(cls, f"__r{name}__", reflected)
    for name, op in _COMPARE.items():
        setattr(cls, f"__{name}__", _methods(op)[0])
    for name, op in _UNARY.items():
        setattr(cls, f"__{name}__", _unary_method(op))
    # An array on the left must leave the operation to us, not loop over its elements.
    cls.__array_priority__ = 100  # type: ignore[attr-defined]
    return cls


install(Node)
