"""Matrices that many rows are multiplied by the other way round: transposed once.

The gradient of a dense layer's data is such a product. Its columns lie apart in the weights, so
that every chunk of rows would bring them together anew (codegen/contract_pack.py).
"""

from __future__ import annotations

import math

from caudal import ops
from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.ops.record import make_node
from caudal.passes.lower import rewrite

MOST_BYTES = 1 << 19
"""A matrix that stays in the second cache while all rows go by."""
LEAST_ROWS = 256


def turn_matrices(program: Program) -> Program:
    """The program with small matrices from outside transposed before long products with them."""

    def change(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        if not is_other_way_round(node) or inputs[1].op.name not in ("state", "input"):
            return None
        left, _ = node.params["contract"]
        kept = [n for axis, n in enumerate(inputs[0].shape) if axis not in left]
        if inputs[1].type.nbytes > MOST_BYTES or math.prod(kept) < LEAST_ROWS:
            return None
        turned = make_node(ops.transpose, (inputs[1],), {"perm": turn_of(node)})
        return turned_round(node, inputs[0], turned)

    return rewrite(program, change)


def is_other_way_round(node: Node) -> bool:
    """Whether a product's right side, without batch axes, is summed over its last axis."""
    if node.op is not ops.dot_general or node.params["batch"] != ((), ()):
        return False
    rank, (_, right) = len(node.inputs[1].shape), node.params["contract"]
    return rank - 1 in right and len(right) < rank


def turn_of(node: Node) -> tuple[int, ...]:
    """The permutation that brings the summed axes of the right side to the front."""
    _, right = node.params["contract"]
    return (*right, *(axis for axis in range(len(node.inputs[1].shape)) if axis not in right))


def turned_round(node: Node, rows: Node, turned: Node) -> Node:
    """The same product with its right side permuted by `turn_of`."""
    left, right = node.params["contract"]
    params = {**node.params, "contract": (left, tuple(range(len(right))))}
    result: Node = make_node(ops.dot_general, (rows, turned), params)
    return result
