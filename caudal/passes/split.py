"""Long sums in a fixed number of parts, paddings as ops of their own, 16-bit products widened."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from caudal import ops
from caudal.codegen.kernels import GRAIN, on_host
from caudal.codegen.products import parts_of
from caudal.codegen.target import Target
from caudal.ir import dtypes
from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.ir.types import Type
from caudal.ops.convolution import conv_without_padding
from caudal.ops.record import NOT_DIFFERENTIABLE, Contraction, Op, Reduce, make_node
from caudal.passes.lower import rewrite
from caudal.passes.narrow import few_filters
from caudal.passes.phases import without_gaps
from caudal.passes.winograd import tiles, tiles_of_weight_grad

_HALF = (dtypes.float16, dtypes.bfloat16)
_PARTS = range(64, 1, -1)
_WAYS: dict[str, tuple[Callable[..., Any], ...]] = {
    "conv": (without_gaps, few_filters, tiles),
    "conv_weight_grad": (tiles_of_weight_grad,),
}
"""How to compute one of these without padding; each gives None where it does not apply."""


def _partial_type(*types: Type, of: Op, parts: int, params: Any) -> Type:
    whole: Type = of.infer(*types, **dict(params))
    return whole.with_shape((parts, *whole.shape))


def _partial_reference(xp: Any, *arrays: Any, of: Op, parts: int, params: Any) -> Any:
    whole = of.reference(xp, *arrays, **dict(params))
    zeros = xp.zeros((parts - 1, *whole.shape), whole.dtype)
    return xp.concatenate([whole[None], zeros])


partial_product = Op(
    "partial_product",
    infer=_partial_type,
    reference=_partial_reference,
    grad=NOT_DIFFERENTIABLE,
    emit=Contraction(lambda types, of, parts, params: of.emit.spec(types, **dict(params))),
    samples=lambda rng: (),
    dtypes=dtypes.ALL,
    internal=True,
)
"""A contraction whose sum is cut into parts, each an output of its own; compiler-internal."""


def explicit_padding(program: Program) -> Program:
    """Convolutions without padding or dilated data: a pad before them does that, or other ops."""

    def change(node: Node, inputs: tuple[Node, ...]) -> Any:
        if node.op not in (ops.conv, ops.conv_weight_grad) or on_host(node):
            return None
        for way in _WAYS[node.op.name]:
            without = way(*inputs, **node.params)
            if without is not None:
                return without
        before, plain = conv_without_padding(**node.params)
        if before is None:
            return None
        data = make_node(ops.pad, (inputs[0],), before)
        return make_node(node.op, (data, *inputs[1:]), plain)

    return rewrite(program, change)


def wide_products(program: Program) -> Program:
    """Products of 16-bit floats are summed in float32 and rounded once."""

    def change(node: Node, inputs: tuple[Node, ...]) -> Any:
        if not isinstance(node.op.emit, Contraction) or node.dtype not in _HALF:
            return None
        wide = tuple(make_node(ops.cast, (x,), {"dtype": dtypes.float32}) for x in inputs)
        product = make_node(node.op, wide, dict(node.params))
        return make_node(ops.cast, (product,), {"dtype": node.dtype})

    return rewrite(program, change)


def split_sums(program: Program, target: Target) -> Program:
    """Sums too long for one thread become sums of partial sums.

    The number of parts follows from the shapes, so results do not depend on the threads.
    """

    def change(node: Node, inputs: tuple[Node, ...]) -> Any:
        if on_host(node):
            return None
        if isinstance(node.op.emit, Contraction):
            same = Node.make(node.op, inputs, dict(node.params), node.type)
            parts = parts_of(same, target)
            if parts == 1:
                return None
            params = tuple(sorted(node.params.items()))
            cut = {"of": node.op, "parts": parts, "params": params}
            pieces = make_node(partial_product, inputs, cut)
            return make_node(ops.reduce_sum, (pieces,), {"axes": (0,)})
        if isinstance(node.op.emit, Reduce):
            return _split_reduction(node, inputs[0])
        return None

    return rewrite(program, change)


def _split_reduction(node: Node, x: Node) -> Node | None:
    axes = node.params["axes"]
    if x.type.size < 4 * GRAIN or node.type.size * 64 > x.type.size:
        return None
    axis = axes[0]
    extent = x.shape[axis]
    parts = next((n for n in _PARTS if extent % n == 0 and (extent > n or axes[1:])), 1)
    if parts == 1 or math.prod(x.shape[:axis]) >= 8:
        return None
    cut = (*x.shape[:axis], parts, extent // parts, *x.shape[axis + 1 :])
    inner = tuple(a + 1 for a in axes)
    x = make_node(ops.reshape, (x,), {"shape": cut})
    pieces = make_node(node.op, (x,), {"axes": inner})
    result: Node = make_node(node.op, (pieces,), {"axes": (axis,)})
    return result
