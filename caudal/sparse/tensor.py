"""Sparse tensors: the places and values of the elements that are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, dims, static
from caudal.array.indexing import scatter_nd
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import TensorShape, convert_to_tensor, is_symbolic
from caudal.framework.composite import Composite
from caudal.ir.dtypes import int64


class SparseTensor(Composite):
    """``values`` at ``indices`` of a tensor of ``dense_shape``; zero elsewhere.

    Gradients flow through the values. In a `tf.function` the values are traced, and a program is
    made for each set of indices.

    Args:
        indices: int64 `[count, rank]`.
        values: `[count]`.
        dense_shape: int64 `[rank]`.
    """

    __caudal_apply__: Callable[..., Any]
    __caudal_function__: Callable[..., Any]

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        places = convert_to_tensor(
            indices if hasattr(indices, "dtype") else np.asarray(indices, np.int64)
        )
        self._indices = ops.cast(places, dtype=int64) if places.dtype is not int64 else places
        self._values = as_tensor(values)
        self._dense_shape = convert_to_tensor(
            np.asarray(static(dense_shape, "SparseTensor: dense_shape"), np.int64)
        )
        shape, rank = dims(self._indices), dims(self._dense_shape)[0]
        if len(shape) != 2 and not np.prod(shape):
            self._indices = ops.reshape(self._indices, shape=(0, rank))
            shape = (0, rank)
        if len(shape) != 2 or shape[1] != rank or dims(self._values) != shape[:1]:
            raise InvalidArgumentError(
                "SparseTensor: expected indices [count, {rank}] and values [count], received "
                "shapes {indices} and {values}.",
                rank=rank,
                indices=shape,
                values=dims(self._values),
            )

    @property
    def indices(self) -> Any:
        """The places, int64 `[count, rank]`."""
        return self._indices

    @property
    def values(self) -> Any:
        """The values, `[count]`."""
        return self._values

    @property
    def dense_shape(self) -> Any:
        """The shape as an int64 tensor."""
        return self._dense_shape

    @property
    def dtype(self) -> Any:
        """The values' dtype."""
        return self._values.dtype

    @property
    def shape(self) -> TensorShape:
        """The shape."""
        return TensorShape([int(n) for n in self._dense_shape.numpy()])

    def get_shape(self) -> TensorShape:
        """The shape."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Checks that the shape fits."""
        self.shape.assert_is_compatible_with(shape)

    @classmethod
    def from_value(cls, sparse_tensor_value: Any) -> SparseTensor:
        """Of anything with ``indices``, ``values`` and ``dense_shape``."""
        value = sparse_tensor_value
        if isinstance(value, SparseTensor):
            return value
        if not all(hasattr(value, name) for name in ("indices", "values", "dense_shape")):
            raise DTypeError(
                "SparseTensor.from_value: expected a SparseTensor, received {got}.",
                got=type(value).__name__,
            )
        return cls(value.indices, value.values, value.dense_shape)

    def with_values(self, new_values: Any) -> SparseTensor:
        """Other values in the same places."""
        return SparseTensor(self._indices, new_values, self._dense_shape)

    def consumers(self) -> list[Any]:
        """Nothing: consumers are a notion of graphs."""
        return []

    @property
    def _type_spec(self) -> Any:
        from caudal.sparse.spec import SparseTensorSpec

        return SparseTensorSpec.from_value(self)

    def traced_parts(self) -> list[Any]:
        """The values; the indices too, where they are those of a function being traced."""
        known = not is_symbolic(self._indices)
        return [self._values] if known else [self._values, self._indices]

    def with_traced_parts(self, parts: Sequence[Any]) -> SparseTensor:
        """Other values (and indices), whatever they are."""
        found = SparseTensor.__new__(SparseTensor)
        found._values = parts[0]
        found._indices = parts[1] if len(parts) > 1 else self._indices
        found._dense_shape = self._dense_shape
        return found

    def fixed_key(self) -> Any:
        """The indices and the shape."""
        places = b"" if is_symbolic(self._indices) else self._indices.numpy().tobytes()
        return ("sparse", places, tuple(self._dense_shape.numpy().tolist()))

    def components(self) -> list[Any]:
        """Indices, values, dense_shape."""
        return [self._indices, self._values, self._dense_shape]

    def with_components(self, components: Sequence[Any]) -> SparseTensor:
        """From indices, values and dense_shape."""
        return SparseTensor(*components)

    def conversion_advice(self) -> str:
        """How to make a tensor of it."""
        return "use tf.sparse.to_dense(x)"

    def __reduce__(self) -> tuple[Any, ...]:
        return SparseTensor, (self._indices, self._values, self._dense_shape)

    def __repr__(self) -> str:
        return (
            f"SparseTensor(indices={self._indices!s}, values={self._values!s}, "
            f"dense_shape={self._dense_shape!s})"
        )


def sparse_of(what: str, value: Any) -> SparseTensor:
    """``value``, which must be a SparseTensor."""
    if not isinstance(value, SparseTensor):
        raise InvalidArgumentError(
            "{what}: expected a tf.SparseTensor, received {kind}.",
            what=what,
            kind=type(value).__name__,
        )
    return value


def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """The elements that are not zero."""
    x = as_tensor(tensor)
    array = static(x, "sparse.from_dense")
    zero = b"" if x.dtype.name == "string" else 0
    places = np.argwhere(array != zero).astype(np.int64)
    return SparseTensor(places, convert_to_tensor(array[tuple(places.T)]), array.shape)


def to_dense(
    sp_input: Any,
    default_value: Any = None,
    validate_indices: bool = True,
    name: str | None = None,
) -> Any:
    """The whole tensor, with ``default_value`` (0, or "") where there is no element.

    Raises:
        InvalidArgumentError: the indices are not in order, repeat, or lie outside the shape.

    >>> to_dense(SparseTensor([[0, 1]], [5], [2, 2])).numpy().tolist()
    [[0, 5], [0, 0]]
    """
    sparse = sparse_of("sparse.to_dense", sp_input)
    shape = tuple(int(n) for n in sparse.dense_shape.numpy())
    if not is_symbolic(sparse.indices):
        _checked(sparse.indices.numpy(), shape, validate_indices)
    if is_symbolic(sparse.values) or sparse.dtype.is_floating or sparse.dtype.is_complex:
        dense = scatter_nd(sparse.indices, sparse.values, shape)
        if default_value is None:
            return dense
        ones = ops.broadcast_to(as_tensor(True), shape=dims(sparse.values))
        hits = ops.cast(ones, dtype=int64)
        there = ops.greater(scatter_nd(sparse.indices, hits, shape), as_tensor(np.int64(0)))
        return ops.select(there, dense, as_tensor(default_value, sparse.dtype))
    if default_value is None:
        default_value = b"" if sparse.dtype.name == "string" else sparse.dtype.np_dtype.type(0)
    default = static(as_tensor(default_value, sparse.dtype), "sparse.to_dense: default_value")
    dense = np.full(shape, default[()], sparse.dtype.np_dtype)
    dense[tuple(sparse.indices.numpy().T)] = sparse.values.numpy()
    return convert_to_tensor(dense)


def _checked(places: np.ndarray[Any, Any], shape: tuple[int, ...], ordered: bool) -> None:
    bad = (places < 0) | (places >= np.asarray(shape, np.int64))
    if bad.any():
        where = int(np.argwhere(bad)[0][0])
        raise InvalidArgumentError(
            "sparse.to_dense: indices[{where}] = {place} is out of bounds of shape {shape}.",
            where=where,
            place=places[where].tolist(),
            shape=shape,
        )
    if not ordered or len(places) < 2 or not shape:
        return
    flat = np.ravel_multi_index(tuple(places.T), shape)
    late = np.flatnonzero(np.diff(flat) <= 0)
    if late.size:
        where = int(late[0]) + 1
        raise InvalidArgumentError(
            "sparse.to_dense: indices[{where}] = {place} is {problem}. Many sparse functions need "
            "sorted indices: use tf.sparse.reorder.",
            where=where,
            place=places[where].tolist(),
            problem="repeated" if flat[where] == flat[where - 1] else "out of order",
        )


def reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The same elements in the order of rows."""
    sparse = sparse_of("sparse.reorder", sp_input)
    places = static(sparse.indices, "sparse.reorder")
    order = convert_to_tensor(np.lexsort(places.T[::-1]).astype(np.int64))
    return SparseTensor(
        ops.gather(sparse.indices, order, axis=0),
        ops.gather(sparse.values, order, axis=0),
        sparse.dense_shape,
    )
