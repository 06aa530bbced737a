"""Elementwise ops, comparisons, conversions and reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.ir.dtypes import bool_, int32, int64
from caudal.onnx.registry import writes

for _ours, _theirs in (
    line.split("=")
    for line in (
        "abs=Abs neg=Neg sign=Sign floor=Floor ceil=Ceil round=Round exp=Exp log=Log sqrt=Sqrt "
        "sigmoid=Sigmoid sin=Sin cos=Cos tan=Tan asin=Asin acos=Acos atan=Atan sinh=Sinh "
        "cosh=Cosh tanh=Tanh asinh=Asinh acosh=Acosh atanh=Atanh erf=Erf add=Add sub=Sub "
        "mul=Mul pow=Pow maximum=Max minimum=Min"
    ).split()
):
    writes(_ours)(lambda w, node, *inputs, op=_theirs: w.node(op, *inputs))

for _ours, _theirs in (
    line.split("=")
    for line in (
        "less=Less less_equal=LessOrEqual greater=Greater greater_equal=GreaterOrEqual "
        "equal=Equal is_nan=IsNaN is_inf=IsInf"
    ).split()
):
    writes(_ours)(lambda w, node, *inputs, op=_theirs: w.node(op, *inputs, dtype=bool_))


@writes("not_equal")
def _write_not_equal(w: Any, node: Any, x: Any, y: Any) -> Any:
    return w.node("Not", w.node("Equal", x, y, dtype=bool_))


@writes("is_finite")
def _write_is_finite(w: Any, node: Any, x: Any) -> Any:
    strange = (w.node(op, x, dtype=bool_) for op in ("IsNaN", "IsInf"))
    return w.node("Not", w.node("Or", *strange))


@writes("rsqrt")
def _write_rsqrt(w: Any, node: Any, x: Any) -> Any:
    return w.node("Reciprocal", w.node("Sqrt", x))


@writes("expm1")
def _write_expm1(w: Any, node: Any, x: Any) -> Any:
    """tanh(x / 2) * (exp(x) + 1): no difference of numbers near 1."""
    half = w.node("Tanh", w.node("Mul", x, w.like(x, 0.5)))
    return w.node("Mul", half, w.node("Add", w.node("Exp", x), w.like(x, 1)))


@writes("log1p")
def _write_log1p(w: Any, node: Any, x: Any) -> Any:
    return w.node("Log", w.node("Add", x, w.like(x, 1)))


@writes("erfc")
def _write_erfc(w: Any, node: Any, x: Any) -> Any:
    return w.node("Sub", w.like(x, 1), w.node("Erf", x))


@writes("trunc")
def _write_trunc(w: Any, node: Any, x: Any) -> Any:
    return w.node("Mul", w.node("Sign", x), w.node("Floor", w.node("Abs", x)))


@writes("div")
def _write_div(w: Any, node: Any, x: Any, y: Any) -> Any:
    return w.node("Div", x, y)


@writes("floor_div")
def _write_floor_div(w: Any, node: Any, x: Any, y: Any) -> Any:
    if node.dtype.is_floating:
        return w.node("Floor", w.node("Div", x, y))
    # Div cuts towards zero; without the rest nothing is cut.
    return w.node("Div", w.node("Sub", x, w.node("Mod", x, y)), y)


@writes("floor_mod")
def _write_floor_mod(w: Any, node: Any, x: Any, y: Any) -> Any:
    if not node.dtype.is_floating:
        return w.node("Mod", x, y)
    rest = w.node("Mod", x, y, fmod=1)
    return w.node("Mod", w.node("Add", rest, y), y, fmod=1)


@writes("trunc_mod")
def _write_trunc_mod(w: Any, node: Any, x: Any, y: Any) -> Any:
    return w.node("Mod", x, y, fmod=1)


@writes("bit_and", "bit_or", "bit_xor", "bit_not")
def _write_bits(w: Any, node: Any, *inputs: Any) -> Any:
    op = node.op.removeprefix("bit_").capitalize()
    return w.node(op if node.dtype is bool_ else f"Bitwise{op}", *inputs)


@writes("select")
def _write_select(w: Any, node: Any, condition: Any, x: Any, y: Any) -> Any:
    return w.node("Where", condition, x, y, dtype=node.dtype)


@writes("cast")
def _write_cast(w: Any, node: Any, x: Any) -> Any:
    return w.cast(x, node.dtype)


@writes("real", "conj")
def _write_real(w: Any, node: Any, x: Any) -> Any:
    if x.dtype.is_complex:
        raise w.unwritable(node, "of complex numbers")
    return x


@writes("effect")
def _write_effect(w: Any, node: Any, *inputs: Any) -> Any:
    """Prints and assertions of Python stay behind."""
    return w.const(np.zeros((), np.bool_))


# --- reductions -------------------------------------------------------------------------------


def _reduction(ours: str, theirs: str, through: Any = None) -> None:
    @writes(ours)
    def write(w: Any, node: Any, x: Any) -> Any:
        if not node.params["axes"]:
            return x
        axes = w.ints(*node.params["axes"])
        given = x if through is None else w.cast(x, through)
        return w.cast(w.node(theirs, given, axes, keepdims=0), node.dtype)


for _ours, _theirs in dict(sum="Sum", prod="Prod", max="Max", min="Min").items():
    _reduction(f"reduce_{_ours}", f"Reduce{_theirs}")
_reduction("reduce_and", "ReduceMin", int32)
_reduction("reduce_or", "ReduceMax", int32)


@writes("argmax", "argmin")
def _write_arg(w: Any, node: Any, x: Any) -> Any:
    op = "ArgMax" if node.op == "argmax" else "ArgMin"
    found = w.node(op, x, dtype=int64, axis=node.params["axis"], keepdims=0)
    return w.cast(found, node.dtype)


@writes("cumsum")
def _write_cumsum(w: Any, node: Any, x: Any) -> Any:
    flags = {key: int(node.params[key]) for key in ("exclusive", "reverse")}
    return w.node("CumSum", x, w.const(np.int64(node.params["axis"])), **flags)


def _folded(op: str, neutral: Callable[[Any], Any]) -> Callable[..., Any]:
    """A running fold: each element of a triangle of copies, the rest neutral, folded at once."""

    def write(w: Any, node: Any, x: Any) -> Any:
        params, rank = node.params, len(node.shape)
        axis, extent = params["axis"], node.shape[params["axis"]]
        last = (*(i for i in range(rank) if i != axis), axis)
        back = tuple(last.index(i) for i in range(rank))
        line = w.line(extent)
        column = w.node("Unsqueeze", line, w.ints(1))
        op_of = {(False, False): "LessOrEqual", (False, True): "GreaterOrEqual",
                 (True, False): "Less", (True, True): "Greater"}  # fmt: skip
        way = (bool(params.get("exclusive")), bool(params.get("reverse")))
        kept = w.node(op_of[way], line, column, dtype=bool_)
        copies = w.node("Unsqueeze", w.transpose(x, last), w.ints(rank - 1))
        rest = w.const(np.asarray(neutral(node.dtype), node.dtype.np_dtype))
        masked = w.node("Where", kept, copies, rest, dtype=node.dtype)
        return w.transpose(w.node(op, masked, w.ints(rank), keepdims=0), back)

    return write


writes("cumprod")(_folded("ReduceProd", lambda dtype: 1))
writes("cummax")(_folded("ReduceMax", lambda dtype: -np.inf if dtype.is_floating else dtype.min))
