"""Rewrites that are exact: no-ops vanish, constants fold, chains of movements become one."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.ops.leaf import new_constant
from caudal.ops.record import Contraction, Elementwise, Host, Leaf, Reduce, Window, make_node
from caudal.ops.window_argmax import nowhere
from caudal.passes.lower import rewrite

_FOLD_SIZE = 64


def simplify(program: Program) -> Program:
    """The program with every node replaced by its simplest equal."""
    return rewrite(program, _simpler)


def _simpler(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    if not isinstance(node.op.emit, Leaf) and not isinstance(node.type, tuple):
        empty = _of_nothing(node, inputs)
        if empty is not None:
            return empty
    rule = _RULES.get(node.op.name)
    if rule is not None:
        found: Node | None = rule(node, inputs)
        if found is not None:
            return found
    return _folded(node, inputs) or _narrowed(node, inputs)


def _of_nothing(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    """Kernels never see empty tensors: what is empty, or a fold over nothing, is a constant."""
    if node.type.size == 0:
        return new_constant(np.empty(node.shape, node.dtype.np_dtype))
    if not any(x.type.size == 0 for x in inputs if not isinstance(x.type, tuple)):
        return None
    if isinstance(node.op.emit, Contraction | Reduce | Window):
        zeros = [np.zeros(x.shape, x.dtype.np_dtype) for x in inputs]
        return new_constant(node.op.evaluate(*zeros, **node.params))
    if node.op is ops.concat:
        return _made(ops.concat, tuple(x for x in inputs if x.type.size), **node.params)
    return None


def _folded(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    """A small node of constants is a constant."""
    if isinstance(node.op.emit, Leaf | Host) or isinstance(node.type, tuple):
        return None
    if node.type.size > _FOLD_SIZE or not inputs:
        return None
    if not all(x.op.name == "constant" and x.type.size <= _FOLD_SIZE for x in inputs):
        return None
    arrays = [x.params["value"].array for x in inputs]
    value = np.asarray(node.op.evaluate(*arrays, **node.params))
    return _uniform(value) or new_constant(value)


def _uniform(value: np.ndarray[Any, Any]) -> Node | None:
    """An array of equal elements is one of them, spread out."""
    first = value.reshape(-1)[:1]
    if value.size < 2 or value.tobytes() != first.tobytes() * value.size:
        return None
    return _made(ops.broadcast_to, (new_constant(first.reshape(())),), shape=value.shape)


def _constant(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    return None if node.type.size < 2 else _uniform(node.params["value"].array)


def _narrowed(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    """Elementwise ops broadcast by themselves: a scalar is not spread out before them."""
    if not isinstance(node.op.emit, Elementwise):
        return None
    spread = [_spread_scalar(x) for x in inputs]
    if all(scalar is None for scalar in spread):
        return None
    narrow = tuple(x if s is None else s for x, s in zip(inputs, spread, strict=True))
    if np.broadcast_shapes(*(x.shape for x in narrow)) == node.shape:
        return _made(node.op, narrow, **node.params)
    if all(not x.shape for x in narrow):
        one = _simpler(_made(node.op, narrow, **node.params), narrow)
        one = one or _made(node.op, narrow, **node.params)
        return _made(ops.broadcast_to, (one,), shape=node.shape)
    return None


def _spread_scalar(x: Node) -> Node | None:
    """The scalar that a broadcast spreads, if it does."""
    if x.op is ops.broadcast_to and not x.inputs[0].shape:
        return x.inputs[0]
    return None


def _same_type(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    return inputs[0] if node.type == inputs[0].type else None


def _broadcast(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    (x,) = inputs
    if node.type == x.type:
        return x
    scalar = _spread_scalar(x)
    return None if scalar is None else _made(ops.broadcast_to, (scalar,), shape=node.shape)


def _reshape(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    (x,) = inputs
    if node.type == x.type:
        return x
    scalar = _spread_scalar(x)
    if scalar is not None:
        return _made(ops.broadcast_to, (scalar,), shape=node.shape)
    if x.op is ops.reshape:
        return _reshape(node, x.inputs) or _made(ops.reshape, x.inputs, shape=node.shape)
    return None


def _made(op: Any, inputs: tuple[Node, ...], **params: Any) -> Node:
    result: Node = make_node(op, inputs, params)
    return result


def _transpose(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    (x,) = inputs
    perm = node.params["perm"]
    if x.op is ops.transpose:
        perm = tuple(x.params["perm"][axis] for axis in perm)
        x = x.inputs[0]
    if perm == tuple(range(len(perm))):
        return x
    if x.op is ops.dot_general:
        swapped = _swapped(x, perm)
        if swapped is not None:
            return swapped
    moved = [axis for axis in perm if x.shape[axis] != 1]
    if moved == sorted(moved):
        # Only axes of extent 1 move: the elements keep their order.
        return _made(ops.reshape, (x,), shape=node.shape)
    return None if x is inputs[0] else _made(ops.transpose, (x,), perm=perm)


def _swapped(product: Node, perm: tuple[int, ...]) -> Node | None:
    """A product whose operands' free axes change places is the product the other way round."""
    left, right = product.inputs
    contract, batch = product.params["contract"], product.params["batch"]
    shared = len(batch[0])
    first = len(left.shape) - shared - len(contract[0])
    last = len(right.shape) - shared - len(contract[1])
    axes = list(range(shared + first + last))
    turned = (*axes[:shared], *axes[shared + first :], *axes[shared : shared + first])
    if perm != turned:
        return None
    return _made(ops.dot_general, (right, left), contract=contract[::-1], batch=batch[::-1])


def _pad(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    nothing = not any((*node.params["low"], *node.params["high"], *node.params["interior"]))
    return inputs[0] if nothing else None


def _scalar(node: Node) -> Any:
    """The value of a one-element constant, else None."""
    if node.op.name == "constant" and node.type.size == 1:
        return node.params["value"].array.reshape(-1)[0]
    return None


def _neutral(value: float, *, left: bool) -> Any:
    """x op value = x (and value op x = x where ``left``), if broadcasting adds nothing."""

    def rule(node: Node, inputs: tuple[Node, ...]) -> Node | None:
        x, y = inputs
        if _scalar(y) == value and x.type == node.type:
            return x
        if left and _scalar(x) == value and y.type == node.type:
            return y
        return None

    return rule


def _div(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    x, y = inputs
    divisor = _scalar(y)
    if divisor is None or not node.dtype.is_floating or x.type != node.type:
        return None
    if divisor == 1:
        return x
    mantissa, _ = np.frexp(abs(divisor))
    inverse = node.dtype.np_dtype.type(1 / divisor) if divisor else divisor
    if mantissa == 0.5 and np.isfinite(inverse) and 1e-30 < abs(inverse) < 1e30:
        # Dividing by a power of two is exactly multiplying by its inverse.
        return _made(ops.mul, (x, new_constant(np.asarray(inverse))))
    return None


def _pow(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    x, y = inputs
    exponent = _scalar(y)
    if x.type != node.type:
        return None
    if exponent == 2:
        return _made(ops.mul, (x, x))
    return x if exponent == 1 else None


def _reduce_sum(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    """What windows put is summed before it is put: each window puts all that it has, in one place.

    A window may put its value nowhere: where it was told so, or where it lies on padding only.
    """
    (x,) = inputs
    axes = node.params["axes"]
    if x.op is not ops.window_put or not _all_put(x, axes):
        return _reduce(node, inputs)
    place, g = x.inputs
    if place.op is ops.select:
        none, zero = place.inputs[1], new_constant(np.zeros((), g.dtype.np_dtype))
        g = _made(ops.select, (_made(ops.equal, (place, none)), zero, g))
    return _made(ops.reduce_sum, (g,), axes=axes)


def _all_put(put: Node, axes: tuple[int, ...]) -> bool:
    """Whether each value is put within its own sum over ``axes``, or nowhere by its place."""
    place = put.inputs[0]
    if place.op is ops.select and _scalar(place.inputs[1]) == nowhere(place.dtype):
        place = place.inputs[2]
    windows = ("window", "strides", "padding")
    if place.op is not ops.window_argmax or place.inputs[0].shape != put.shape:
        return False
    if any(place.params[name] != put.params[name] for name in windows):
        return False
    geometry = zip(put.shape, place.shape, *(put.params[name] for name in windows), strict=True)
    return all(
        (low < k and (count - 1) * stride - low < n)
        if axis in axes
        else (k, stride, low, high) == (1, 1, 0, 0)
        for axis, (n, count, k, stride, (low, high)) in enumerate(geometry)
    )


def _reduce(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    (x,) = inputs
    if all(x.shape[axis] == 1 for axis in node.params["axes"]):
        return _made(ops.reshape, (x,), shape=node.shape)
    return None


def _select(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    """What a ReLU holds back of a max pooling's gradient is put nowhere.

    The element that won a window is positive where the window's maximum is. So the gradient needs
    neither what was pooled nor the ReLU's mask of it: the place says it all.
    """
    negative, zero, spread = inputs
    if spread.op is not ops.window_put or spread.inputs[0].op is not ops.window_argmax:
        return None
    place, g = spread.inputs
    (rectified,) = place.inputs
    if rectified.op is not ops.select or rectified.inputs[:2] != (negative, zero):
        return None
    if _scalar(zero) != 0 or negative.op is not ops.less_equal:
        return None
    if negative.inputs != (rectified.inputs[2], zero):
        return None
    best = _made(ops.window_max, (rectified,), **place.params)
    none = new_constant(np.asarray(nowhere(place.dtype), place.dtype.np_dtype))
    place = _made(ops.select, (_made(ops.less_equal, (best, zero)), none, place))
    return _made(ops.window_put, (place, g), **spread.params)


def _dot_general(node: Node, inputs: tuple[Node, ...]) -> Node | None:
    """A product steps through a transposed operand itself, where the innermost axis stays."""
    operands, contract, batch = (
        list(inputs),
        list(node.params["contract"]),
        list(node.params["batch"]),
    )
    for side, x in enumerate(inputs):
        perm = x.params["perm"] if x.op is ops.transpose else ()
        if not perm or perm[-1] != len(perm) - 1:
            continue
        used = {*contract[side], *batch[side]}
        free = [axis for at, axis in enumerate(perm) if at not in used]
        if free == sorted(free):
            operands[side] = x.inputs[0]
            contract[side] = tuple(perm[at] for at in contract[side])
            batch[side] = tuple(perm[at] for at in batch[side])
    if tuple(operands) == inputs:
        return None
    return _made(ops.dot_general, tuple(operands), contract=tuple(contract), batch=tuple(batch))


_RULES: dict[str, Any] = {
    "dot_general": _dot_general,
    "select": _select,
    "constant": _constant,
    "cast": _same_type,
    "broadcast_to": _broadcast,
    "reshape": _reshape,
    "transpose": _transpose,
    "pad": _pad,
    "slice": _same_type,
    "mul": _neutral(1, left=True),
    "sub": _neutral(0, left=False),
    "div": _div,
    "pow": _pow,
    "reduce_sum": _reduce_sum,
    "reduce_max": _reduce,
    "reduce_min": _reduce,
    "reduce_prod": _reduce,
}
