"""What ``tf.*`` functions and Python's operators mean for sparse tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, dims, unify
from caudal.array.indexing import gather_nd
from caudal.errors import DTypeError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype, int32
from caudal.sparse.functions import known
from caudal.sparse.math import bincount
from caudal.sparse.tensor import SparseTensor

# Functions of one element at a time that leave 0 at 0.
_OF_VALUES = frozenset("abs cast erf negative sign sqrt square tanh stop_gradient".split())


def call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A ``tf.*`` function with a sparse tensor among its arguments."""
    name = function.__name__
    if args and isinstance(args[0], SparseTensor):
        sparse, *rest = args
        if name in _OF_VALUES:
            return sparse.with_values(function(sparse.values, *rest, **kwargs))
        own = _OWN.get(name)
        if own is not None:
            return own(sparse, *rest, **kwargs)
    raise DTypeError(
        "{name}: not defined for a tf.SparseTensor. Use a function of tf.sparse, or "
        "tf.sparse.to_dense(x) first.",
        name=name,
    )


def _identity(input: Any, name: str | None = None) -> Any:
    return input


def _number(value: Any, out_type: Any) -> Any:
    return convert_to_tensor(np.asarray(value, as_dtype(out_type).np_dtype))


def _size(input: Any, out_type: Any = int32, name: str | None = None) -> Any:
    return _number(np.prod(input.dense_shape.numpy()), out_type)


def _rank(input: Any, name: str | None = None) -> Any:
    return _number(dims(input.dense_shape)[0], int32)


def _shape(input: Any, out_type: Any = int32, name: str | None = None) -> Any:
    return _number(input.dense_shape.numpy(), out_type)


def _bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = int32,
    name: str | None = None,
    axis: int | None = None,
    binary_output: bool = False,
) -> Any:
    from caudal.sparse.tensor import to_dense

    return to_dense(bincount(arr, weights, axis, minlength, maxlength, binary_output))


_OWN: dict[str, Callable[..., Any]] = {
    "bincount": _bincount,
    "identity": _identity,
    "rank": _rank,
    "shape": _shape,
    "size": _size,
}


def _apply(op: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> NoReturn:
    raise DTypeError("{op}: not defined for a tf.SparseTensor.", op=op.name)


def _scaled(function: Callable[..., Any], sparse: Any, other: Any) -> Any:
    """``function`` of the values and a dense tensor that is broadcast to the sparse shape."""
    one = known("SparseTensor", sparse)
    values, dense = unify("SparseTensor", one.values, as_tensor(other, sparse.dtype))
    missing = len(one.shape) - len(dense.shape)
    fits = missing >= 0 and all(
        n in (1, m) for n, m in zip(dims(dense), one.shape[missing:], strict=True)
    )
    if not fits:
        raise ShapeError(
            "SparseTensor: a dense tensor of shape {dense} does not broadcast to {shape}.",
            dense=dims(dense),
            shape=one.shape,
        )
    if dims(dense):
        places = one.places[:, missing:] % np.asarray(dims(dense), np.int64)
        dense = gather_nd(dense, convert_to_tensor(places))
    return sparse.with_values(function(values, dense))


def _install() -> None:
    kind: Any = SparseTensor
    kind.__caudal_apply__ = staticmethod(_apply)
    kind.__caudal_function__ = staticmethod(call)
    kind.__mul__ = lambda self, other: _scaled(ops.mul, self, other)
    kind.__truediv__ = lambda self, other: _scaled(lambda x, y: x / y, self, other)


_install()
