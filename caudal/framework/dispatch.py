"""Applying an op to tensors: at once on arrays, or as a node of the function being traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.errors import FailedPreconditionError, InvalidArgumentError
from caudal.framework import context
from caudal.framework.convert import lift
from caudal.framework.eager import compute
from caudal.framework.tensor import SymbolicTensor, Tensor
from caudal.ir.dtypes import bool_
from caudal.ir.node import Node
from caudal.ops.record import make_node

Array = np.ndarray[Any, Any]

# Inside a trace these make large arrays out of small ones: as nodes they cost no memory.
_EXPANDING = frozenset(("broadcast_to", "iota", "pad"))
_LARGE = 1024


def apply(op: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """The value of ``op`` for inputs of which at least one is a tensor (or there are none)."""
    arrays = []
    for value in inputs:
        if type(value) is not Tensor:
            return _apply_mixed(op, inputs, params)
        arrays.append(value._value)
    if context.state.busy or op.name in _SPECIAL:
        return _apply_tensors(op, inputs, params)
    result = op.evaluate(*arrays, **params)
    return Tensor(result) if type(result) is not tuple else tuple(map(Tensor, result))


def _apply_mixed(op: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Variables, Python and NumPy values among the inputs become tensors."""
    for value in inputs:
        other = getattr(type(value), "__caudal_apply__", None)
        if other is not None and other is not apply and not isinstance(value, Node):
            return other(op, inputs, params)
    # A condition is bool and tells nothing about the dtype of the values beside it.
    kinds = [getattr(value, "dtype", None) for value in inputs if _is_ours(value)]
    dtype = next((kind for kind in kinds if kind is not bool_), kinds[0] if kinds else None)
    tensors = tuple(lift(value, dtype, op.name) for value in inputs)
    return _apply_tensors(op, tensors, params)


def _is_ours(value: Any) -> bool:
    return getattr(type(value), "__caudal_apply__", None) is not None


def _apply_tensors(op: Any, tensors: tuple[Any, ...], params: dict[str, Any]) -> Any:
    state = context.state
    trace = state.trace
    result: Any
    if any(type(tensor) is not Tensor for tensor in tensors) or _better_as_node(op, trace, params):
        if trace is None:
            raise leaked(next(t for t in tensors if type(t) is not Tensor))
        nodes = tuple(trace.node(tensor) for tensor in tensors)
        made = make_node(op, nodes, params)
        if isinstance(made, tuple):
            result = tuple(SymbolicTensor(node, trace) for node in made)
        else:
            result = SymbolicTensor(made, trace)
    else:
        arrays = [tensor._value for tensor in tensors]
        check = _CHECKS.get(op.name)
        if check is not None:
            check(op.name, *arrays, **params)
        value = compute(op, arrays, params)
        result = Tensor(value) if type(value) is not tuple else tuple(map(Tensor, value))
    for tape in state.tapes:
        tape.record(op, tensors, params, result)
    if state.checker is not None:
        state.checker(op, tensors, params, result)
    return result


def _better_as_node(op: Any, trace: Any, params: dict[str, Any]) -> bool:
    if trace is None or op.name not in _EXPANDING:
        return False
    return op.name == "pad" or int(np.prod(params["shape"], dtype=np.int64)) > _LARGE


def leaked(tensor: Any) -> FailedPreconditionError:
    """The error for a tensor that is used outside of the function that made it."""
    return FailedPreconditionError(
        "The tensor {name!r} was made inside the function {function!r} while it was traced and "
        "is used outside of it, where it has no value. Return it from the function, or keep the "
        "value in a tf.Variable, instead of storing the tensor in an attribute, list or global.",
        name=getattr(tensor, "name", "tensor"),
        function=getattr(getattr(tensor, "_trace", None), "name", "?"),
    )


# --- what compiled code cannot complain about --------------------------------------------------


def _check_index(op: str, x: Array, indices: Array, *rest: Array, axis: int = 0, **_: Any) -> None:
    limit = x.shape[axis]
    bad = (indices < 0) | (indices >= limit)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InvalidArgumentError(
            "{op}: indices{where} = {index} is not in [0, {limit}).",
            op=op,
            where=list(where) if where else "",
            index=int(indices[where]),
            limit=limit,
        )


def _check_index_nd(op: str, x: Array, indices: Array, *rest: Array, **_: Any) -> None:
    limits = np.asarray(x.shape[: indices.shape[-1]], np.int64)
    bad = ((indices < 0) | (indices >= limits)).any(axis=-1)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InvalidArgumentError(
            "{op}: indices{where} = {index} does not index into shape {shape}.",
            op=op,
            where=list(where) if where else "",
            index=indices[where].tolist(),
            shape=x.shape,
        )


_CHECKS: dict[str, Callable[..., None]] = {
    "gather": _check_index,
    "gather_nd": _check_index_nd,
}

_SPECIAL = frozenset((*_CHECKS, "conv", "conv_weight_grad"))

Tensor.__caudal_apply__ = staticmethod(apply)
