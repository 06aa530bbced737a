"""The scatter methods of variables: some rows or elements are changed, the rest stays."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import DTypeError, ShapeError
from caudal.framework import context
from caudal.framework.convert import convert_to_tensor, is_tensor_like
from caudal.framework.indexed_slices import IndexedSlices
from caudal.framework.tensor import Tensor
from caudal.ops.fold_at import fold_at, in_place
from caudal.ops.gather import gather, gather_nd, scatter_nd_add
from caudal.ops.movement import concat, reshape
from caudal.ops.unary import neg


def _slices(what: str, variable: Any, delta: Any) -> tuple[Any, Any]:
    """The indices and the values of IndexedSlices, the latter in the variable's dtype."""
    if not isinstance(delta, IndexedSlices):
        raise DTypeError(
            "{what}: expected tf.IndexedSlices, received {received!r}.", what=what, received=delta
        )
    return delta.indices, convert_to_tensor(delta.values, variable.dtype)


def _fold(variable: Any, indices: Any, updates: Any, fold: str) -> Any:
    """Changes a variable at ``indices`` [..., depth]; gives it back."""
    shape = tuple(variable.read_value().shape)
    depth = int(indices.shape[-1])
    expected = (*tuple(indices.shape)[:-1], *shape[depth:])
    if tuple(updates.shape) != expected:
        raise ShapeError(
            "scatter to {name!r}: expected updates of shape {expected}, received {received}.",
            name=variable.name,
            expected=expected,
            received=tuple(updates.shape),
        )
    if context.state.trace is None:
        at, values = np.asarray(indices.numpy()), np.asarray(updates.numpy())
        in_place(variable.exclusive_array(), at, values, fold)
        return variable
    with context.stop_recording():
        old = variable.read_value()
        if fold in ("add", "sub"):
            variable.assign(
                scatter_nd_add(old, indices, neg(updates) if fold == "sub" else updates)
            )
        else:
            variable.assign(fold_at(old, indices, updates, fold=fold))
    return variable


def rows(variable: Any, what: str, delta: Any, fold: str) -> Any:
    """``scatter_add`` and its kin: IndexedSlices change rows."""
    indices, values = _slices(what, variable, delta)
    return _fold(variable, reshape(indices, shape=(*indices.shape, 1)), values, fold)


def elements(variable: Any, indices: Any, updates: Any, fold: str) -> Any:
    """``scatter_nd_add`` and its kin: ``indices`` [..., depth] name elements or slices."""
    values = updates if is_tensor_like(updates) else convert_to_tensor(updates, variable.dtype)
    return _fold(
        variable, convert_to_tensor(indices), convert_to_tensor(values, variable.dtype), fold
    )


def batches(variable: Any, delta: Any) -> Any:
    """``batch_scatter_update``: ``indices`` [batch..., count] name rows of each batch."""
    indices, values = _slices("batch_scatter_update", variable, delta)
    shape = tuple(indices.shape)
    grid = np.indices(shape)[:-1]
    kind = indices.dtype.np_dtype
    parts = [Tensor(np.ascontiguousarray(axis[..., None]).astype(kind)) for axis in grid]
    whole = [*parts, reshape(indices, shape=(*shape, 1))]
    at = whole[0] if len(whole) == 1 else concat(*whole, axis=len(shape))
    return _fold(variable, at, values, "update")


def sparse_read(variable: Any, indices: Any) -> Any:
    """The rows that the indices name."""
    return gather(variable.read_value(), convert_to_tensor(indices), axis=0)


def read_elements(variable: Any, indices: Any) -> Any:
    """The elements or slices that ``indices`` [..., depth] name."""
    return gather_nd(variable.read_value(), convert_to_tensor(indices))


def install(cls: Any) -> None:
    """Gives the class of variables these methods."""
    for fold in ("add", "sub", "update", "max", "min", "mul", "div"):
        setattr(cls, f"scatter_{fold}", _row_method(fold))
    for fold in ("add", "sub", "update", "max", "min"):
        setattr(cls, f"scatter_nd_{fold}", _element_method(fold))

    def batch_scatter_update(
        self: Any, sparse_delta: Any, use_locking: bool = False, name: Any = None
    ) -> Any:
        """Replaces rows within each batch."""
        return batches(self, sparse_delta)

    def read_rows(self: Any, indices: Any, name: Any = None) -> Any:
        """The rows that the indices name."""
        return sparse_read(self, indices)

    def read_nd(self: Any, indices: Any, name: Any = None) -> Any:
        """The elements or slices that ``indices`` [..., depth] name."""
        return read_elements(self, indices)

    cls.batch_scatter_update = batch_scatter_update
    cls.sparse_read, cls.gather_nd = read_rows, read_nd


def _row_method(fold: str) -> Any:
    what = f"scatter_{fold}"

    def method(self: Any, sparse_delta: Any, use_locking: bool = False, name: Any = None) -> Any:
        return rows(self, what, sparse_delta, fold)

    method.__name__, method.__doc__ = what, f"Changes rows ({fold}) by tf.IndexedSlices."
    return method


def _element_method(fold: str) -> Any:
    def method(self: Any, indices: Any, updates: Any, name: Any = None) -> Any:
        return elements(self, indices, updates, fold)

    method.__name__ = f"scatter_nd_{fold}"
    method.__doc__ = f"Changes elements or slices ({fold}) at indices [..., depth]."
    return method
