"""`tf.SparseTensorSpec`: what is known of a sparse tensor without its values."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.framework import TensorShape
from caudal.framework.composite import CompositeSpec
from caudal.ir.dtypes import DType, as_dtype, float32
from caudal.sparse.tensor import SparseTensor


class SparseTensorSpec(CompositeSpec):
    """A dtype and a shape that may have unknown extents.

    >>> SparseTensorSpec([None, 3], "float32")
    SparseTensorSpec(TensorShape([None, 3]), tf.float32)
    """

    __slots__ = ("_dtype", "_shape")

    def __init__(self, shape: Any = None, dtype: Any = float32) -> None:
        self._shape = TensorShape(shape)
        self._dtype = as_dtype(dtype)

    @property
    def shape(self) -> TensorShape:
        """The shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The values' dtype."""
        return self._dtype

    @property
    def value_type(self) -> type:
        """SparseTensor."""
        return SparseTensor

    @classmethod
    def from_value(cls, value: Any) -> SparseTensorSpec:
        """The spec of a sparse tensor."""
        return cls(value.shape, value.dtype)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a sparse tensor (or spec) has this dtype and a fitting shape."""
        other = spec_or_value
        return (
            isinstance(other, SparseTensor | SparseTensorSpec)
            and other.dtype is self._dtype
            and self._shape.is_compatible_with(other.shape)
        )

    def most_specific_compatible_type(self, other: Any) -> SparseTensorSpec:
        """The narrowest spec that holds for both."""
        if not isinstance(other, SparseTensorSpec) or other._dtype is not self._dtype:
            raise InvalidArgumentError(
                "SparseTensorSpec: no type is compatible with both {a} and {b}.", a=self, b=other
            )
        if len(self._shape) != len(other._shape):
            return SparseTensorSpec(None, self._dtype)
        pairs = zip(self._shape, other._shape, strict=True)
        return SparseTensorSpec([a if a == b else None for a, b in pairs], self._dtype)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SparseTensorSpec):
            return NotImplemented
        return (self._shape, self._dtype) == (other._shape, other._dtype)

    def __hash__(self) -> int:
        return hash((self._shape, self._dtype))

    def __repr__(self) -> str:
        return f"SparseTensorSpec({self._shape!r}, {self._dtype!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return SparseTensorSpec, (self._shape, self._dtype)
