"""Elementwise ops, comparisons, conversions and reductions."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math, nn, ops
from caudal.array.arguments import as_tensor, cast_to, dims, scalar, static_ints
from caudal.framework import convert_to_tensor, stop_gradient
from caudal.ir.dtypes import bool_, int32, int64, string, uint8
from caudal.math import conversion
from caudal.saved_model.registry import pair, plain, reads, writes

for _theirs, _ours in (
    line.split("=")
    for line in (
        "Abs=abs Neg=neg Sign=sign Floor=floor Ceil=ceil Exp=exp Expm1=expm1 Log=log Log1p=log1p "
        "Sqrt=sqrt Rsqrt=rsqrt Sigmoid=sigmoid Sin=sin Cos=cos Tan=tan Asin=asin Acos=acos "
        "Atan=atan Sinh=sinh Cosh=cosh Tanh=tanh Asinh=asinh Acosh=acosh Atanh=atanh Erf=erf "
        "Erfc=erfc Erfinv=erfinv Lgamma=lgamma Digamma=digamma IsNan=is_nan IsInf=is_inf "
        "IsFinite=is_finite Rint=round AddV2=add Sub=sub Mul=mul FloorDiv=floor_div "
        "FloorMod=floor_mod TruncateMod=trunc_mod Pow=pow Maximum=maximum Minimum=minimum "
        "Atan2=atan2 NextAfter=nextafter Igamma=igamma IgammaGradA=igamma_grad_a "
        "Igammac=igammac Zeta=zeta Polygamma=polygamma Less=less LessEqual=less_equal "
        "Greater=greater GreaterEqual=greater_equal SelectV2=select LeftShift=shift_left "
        "RightShift=shift_right"
    ).split()
):
    pair(_theirs, getattr(ops, _ours))

_PLAIN: dict[str, Any] = {
    "Add": ops.add,
    "RealDiv": math.truediv,
    "DivNoNan": math.divide_no_nan,
    "MulNoNan": math.multiply_no_nan,
    "TruncateDiv": math.truncatediv,
    "Mod": ops.trunc_mod,
    "SquaredDifference": math.squared_difference,
    "Xdivy": math.xdivy,
    "Xlogy": math.xlogy,
    "Xlog1py": math.xlog1py,
    "Round": ops.round,
    "Reciprocal": math.reciprocal,
    "Inv": math.reciprocal,
    "Square": math.square,
    "Ndtri": math.ndtri,
    "ComplexAbs": math.abs,
    "Real": math.real,
    "Imag": math.imag,
    "Angle": math.angle,
    "LogicalAnd": ops.bit_and,
    "LogicalOr": ops.bit_or,
    "LogicalNot": ops.bit_not,
    "BitwiseAnd": ops.bit_and,
    "BitwiseOr": ops.bit_or,
    "BitwiseXor": ops.bit_xor,
    "Invert": ops.bit_not,
    "Relu": nn.relu,
    "Relu6": nn.relu6,
    "Elu": nn.elu,
    "Selu": nn.selu,
    "Softplus": math.softplus,
    "Softsign": math.softsign,
    "L2Loss": nn.l2_loss,
    "StopGradient": stop_gradient,
    "ClipByValue": lambda x, low, high: ops.minimum(ops.maximum(x, low), high),
}
for _theirs, _function in _PLAIN.items():
    plain(_theirs, _function)

plain("Equal", lambda x, y: _compared(x, y, False))
plain("NotEqual", lambda x, y: _compared(x, y, True))


def _compared(x: Any, y: Any, unequal: bool) -> Any:
    if as_tensor(x).dtype is string:
        same = np.asarray(as_tensor(x).numpy(), object) == np.asarray(as_tensor(y).numpy(), object)
        found = np.asarray(same, np.bool_)
        return convert_to_tensor(~found if unequal else found)
    return ops.not_equal(x, y) if unequal else ops.equal(x, y)


@writes("equal", "not_equal")
def _write_compared(w: Any, node: Any, x: Any, y: Any) -> Any:
    return w.node("Equal" if node.op == "equal" else "NotEqual", x, y, dtype=bool_)


@reads("Div")
def _div(call: Any, x: Any, y: Any) -> Any:
    return math.truncatediv(x, y) if x.dtype.is_integer else ops.div(x, y)


@writes("div")
def _write_div(w: Any, node: Any, x: Any, y: Any) -> Any:
    return w.node("RealDiv", x, y)


@writes("bit_and", "bit_or", "bit_xor", "bit_not")
def _write_bits(w: Any, node: Any, *inputs: Any) -> Any:
    if node.op == "bit_xor" and node.dtype is bool_:
        return w.node("NotEqual", *inputs, dtype=bool_)
    logical = {"bit_and": "LogicalAnd", "bit_or": "LogicalOr", "bit_not": "LogicalNot"}
    plain_bits = {
        "bit_and": "BitwiseAnd",
        "bit_or": "BitwiseOr",
        "bit_xor": "BitwiseXor",
        "bit_not": "Invert",
    }
    return w.node((logical if node.dtype is bool_ else plain_bits)[node.op], *inputs)


@writes("effect")
def _write_effect(w: Any, node: Any, *inputs: Any) -> Any:
    """Prints and assertions of Python stay behind: only their order is kept."""
    return w.const(np.zeros((), np.bool_))


@writes("trunc")
def _write_trunc(w: Any, node: Any, x: Any) -> Any:
    size = w.node("Floor", w.node("Abs", x))
    negative = w.node("Less", x, w.const(np.zeros((), node.dtype.np_dtype)), dtype=bool_)
    return w.node("SelectV2", negative, w.node("Neg", size), size, dtype=node.dtype)


@writes("real", "imag", "angle")
def _write_part(w: Any, node: Any, z: Any) -> Any:
    if not z.dtype.is_complex:
        raise w.unwritable(node, "of real numbers")
    return w.node(node.op.capitalize(), z, dtype=node.dtype)


plain("Conj", ops.conj)


@writes("conj")
def _write_conj(w: Any, node: Any, z: Any) -> Any:
    return w.node("Conj", z) if z.dtype.is_complex else z


@reads("Complex")
def _complex(call: Any, real: Any, imag: Any) -> Any:
    return ops.complex(real, imag)


@writes("complex")
def _write_complex(w: Any, node: Any, real: Any, imag: Any) -> Any:
    return w.node("Complex", real, imag, dtype=node.dtype)


@reads("PopulationCount")
def _population_count(call: Any, x: Any) -> Any:
    return cast_to(ops.popcount(x), uint8)


@writes("popcount")
def _write_popcount(w: Any, node: Any, x: Any) -> Any:
    return w.cast(w.node("PopulationCount", x, dtype=uint8), node.dtype)


# --- conversions ------------------------------------------------------------------------------


@reads("Cast")
def _cast(call: Any, x: Any) -> Any:
    return conversion.cast(x, call["DstT"])


@writes("cast")
def _write_cast(w: Any, node: Any, x: Any) -> Any:
    return w.cast(x, node.dtype)


@reads("Bitcast")
def _bitcast(call: Any, x: Any) -> Any:
    return conversion.bitcast(x, call["type"])


@writes("bitcast", "bitcast_width")
def _write_bitcast(w: Any, node: Any, x: Any) -> Any:
    return w.node("Bitcast", x, dtype=node.dtype)


# --- activations ------------------------------------------------------------------------------


@reads("LeakyRelu")
def _leaky_relu(call: Any, x: Any) -> Any:
    return nn.leaky_relu(x, call.get("alpha", 0.2))


@reads("Softmax")
def _softmax(call: Any, x: Any) -> Any:
    return math.softmax(x)


@reads("LogSoftmax")
def _log_softmax(call: Any, x: Any) -> Any:
    return math.log_softmax(x)


@reads("BiasAdd", "BiasAddV1")
def _bias_add(call: Any, x: Any, bias: Any) -> Any:
    return nn.bias_add(x, bias, call.text("data_format", "NHWC"))


@reads("AddN")
def _add_n(call: Any, *inputs: Any) -> Any:
    return math.add_n(list(inputs))


@reads("CheckNumerics", "CheckNumericsV2", "Snapshot", "PreventGradient")
def _as_it_is(call: Any, x: Any) -> Any:
    return x


@reads("ApproximateEqual")
def _approximate_equal(call: Any, x: Any, y: Any) -> Any:
    return ops.less(ops.abs(ops.sub(x, y)), scalar(call.get("tolerance", 1e-5), x))


# --- reductions -------------------------------------------------------------------------------

_REDUCTIONS = {
    "Sum": (math.reduce_sum, "reduce_sum"),
    "Prod": (math.reduce_prod, "reduce_prod"),
    "Max": (math.reduce_max, "reduce_max"),
    "Min": (math.reduce_min, "reduce_min"),
    "All": (math.reduce_all, "reduce_and"),
    "Any": (math.reduce_any, "reduce_or"),
    "Mean": (math.reduce_mean, ""),
    "EuclideanNorm": (math.reduce_euclidean_norm, ""),
}


def _reduction(theirs: str, function: Any, ours: str) -> None:
    @reads(theirs)
    def read(call: Any, x: Any, axes: Any) -> Any:
        axis = [entry % max(1, len(x.shape)) for entry in static_ints(axes, theirs)]
        return function(x, axis=axis, keepdims=bool(call.get("keep_dims", False)))

    if ours:

        @writes(ours)
        def write(w: Any, node: Any, x: Any) -> Any:
            axes = w.const(np.asarray(node.params["axes"], np.int32))
            return w.node(theirs, x, axes, dtype=node.dtype, keep_dims=False)


for _theirs, (_function, _ours) in _REDUCTIONS.items():
    _reduction(_theirs, _function, _ours)


@reads("ArgMax", "ArgMin")
def _arg(call: Any, x: Any, axis: Any) -> Any:
    function = math.argmax if call.op == "ArgMax" else math.argmin
    return function(x, axis=axis, output_type=call.get("output_type", int64))


@writes("argmax", "argmin")
def _write_arg(w: Any, node: Any, x: Any) -> Any:
    theirs = "ArgMax" if node.op == "argmax" else "ArgMin"
    axis = w.const(np.asarray(node.params["axis"], np.int32))
    wanted = node.dtype if node.dtype in (int32, int64) else int64
    return w.cast(w.node(theirs, x, axis, dtype=wanted), node.dtype)


@reads("Cumsum", "Cumprod")
def _cumulative(call: Any, x: Any, axis: Any) -> Any:
    function = math.cumsum if call.op == "Cumsum" else math.cumprod
    axis = static_ints(axis, call.op)[0]
    return function(
        x,
        axis=axis,
        exclusive=bool(call.get("exclusive", False)),
        reverse=bool(call.get("reverse", False)),
    )


@writes("cumsum", "cumprod")
def _write_cumulative(w: Any, node: Any, x: Any) -> Any:
    axis = w.const(np.asarray(node.params["axis"], np.int32))
    flags = {key: node.params[key] for key in ("exclusive", "reverse")}
    return w.node(node.op.capitalize(), x, axis, **flags)


@reads("CumulativeLogsumexp")
def _cumulative_logsumexp(call: Any, x: Any, axis: Any) -> Any:
    flags: dict[str, Any] = {key: bool(call.get(key, False)) for key in ("exclusive", "reverse")}
    return math.cumulative_logsumexp(x, axis=static_ints(axis, call.op)[0], **flags)


@reads("Bucketize")
def _bucketize(call: Any, x: Any) -> Any:
    edges = convert_to_tensor(np.asarray(call["boundaries"], np.float32))
    apart = ops.reshape(cast_to(x, edges.dtype), shape=(*dims(x), 1))
    above = ops.greater_equal(apart, edges)
    return ops.reduce_sum(ops.cast(above, dtype=int32), axes=(len(dims(x)),))
