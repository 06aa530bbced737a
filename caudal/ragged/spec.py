"""`tf.RaggedTensorSpec`: what is known of a ragged tensor without its values."""

from __future__ import annotations

from typing import Any

from caudal.array.arguments import as_tensor
from caudal.errors import InvalidArgumentError
from caudal.framework import TensorShape, TensorSpec
from caudal.framework.composite import CompositeSpec
from caudal.ir.dtypes import DType, as_dtype, float32, int64
from caudal.ragged.partition import splits_dtype
from caudal.ragged.tensor import RaggedTensor


class RaggedTensorSpec(CompositeSpec):
    """A dtype, a shape with None for ragged and unknown axes, and the number of ragged ones.

    Args:
        shape: the shape, or None.
        dtype: the values' dtype.
        ragged_rank: the number of ragged axes: the shape's rank - 1 by default. 0 means a tensor.
        row_splits_dtype: int32 or int64.
        flat_values_spec: is not supported; flat values are tensors.

    >>> RaggedTensorSpec([None, None], "int32", ragged_rank=1)
    RaggedTensorSpec(TensorShape([None, None]), tf.int32, 1, tf.int64)
    """

    __slots__ = ("_dtype", "_kind", "_rank", "_shape")

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = float32,
        ragged_rank: int | None = None,
        row_splits_dtype: Any = int64,
        flat_values_spec: Any = None,
    ) -> None:
        if flat_values_spec is not None:
            raise InvalidArgumentError(
                "RaggedTensorSpec: flat_values_spec is not supported, received {got!r}.",
                got=flat_values_spec,
            )
        self._shape = TensorShape(shape)
        self._dtype = as_dtype(dtype)
        self._kind = splits_dtype(row_splits_dtype, "RaggedTensorSpec")
        rank = self._shape.rank
        if ragged_rank is None:
            if rank is None:
                raise InvalidArgumentError(
                    "RaggedTensorSpec: must specify ragged_rank or a shape with known rank."
                )
            ragged_rank = rank - 1
        if rank is not None and ragged_rank >= rank:
            raise InvalidArgumentError(
                "RaggedTensorSpec: expected a ragged_rank below the rank {rank}, received {got}.",
                rank=rank,
                got=ragged_rank,
            )
        self._rank = int(ragged_rank)

    @property
    def shape(self) -> TensorShape:
        """The shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The values' dtype."""
        return self._dtype

    @property
    def ragged_rank(self) -> int:
        """The number of ragged axes."""
        return self._rank

    @property
    def row_splits_dtype(self) -> DType:
        """The dtype of row splits."""
        return self._kind

    @property
    def flat_values_spec(self) -> None:
        """None: flat values are tensors."""
        return None

    @property
    def value_type(self) -> type:
        """RaggedTensor, or a Tensor where ragged_rank is 0."""
        from caudal.framework import Tensor

        return RaggedTensor if self._rank > 0 else Tensor

    @classmethod
    def from_value(cls, value: Any) -> RaggedTensorSpec:
        """The spec of a ragged tensor."""
        if isinstance(value, RaggedTensor):
            return cls(value.shape, value.dtype, value.ragged_rank, value.partition.dtype)
        tensor = as_tensor(value)
        return cls(tensor.shape, tensor.dtype, 0)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether a ragged tensor (or spec) has this dtype, these levels and a fitting shape."""
        other = spec_or_value
        if isinstance(other, RaggedTensor):
            other = RaggedTensorSpec.from_value(other)
        elif isinstance(other, TensorSpec):
            other = RaggedTensorSpec(other.shape, other.dtype, 0, self._kind)
        elif not isinstance(other, RaggedTensorSpec):
            if self._rank or not hasattr(other, "shape"):
                return False
            other = RaggedTensorSpec(other.shape, other.dtype, 0, self._kind)
        return (
            self._dtype is other._dtype
            and self._rank == other._rank
            and (not self._rank or self._kind is other._kind)
            and self._shape.is_compatible_with(other._shape)
        )

    def most_specific_compatible_type(self, other: Any) -> RaggedTensorSpec:
        """The narrowest spec that holds for both."""
        if not isinstance(other, RaggedTensorSpec) or (self._dtype, self._rank, self._kind) != (
            other._dtype,
            other._rank,
            other._kind,
        ):
            raise InvalidArgumentError(
                "RaggedTensorSpec: no type is compatible with both {a} and {b}.", a=self, b=other
            )
        if len(self._shape) != len(other._shape):
            return RaggedTensorSpec(None, self._dtype, self._rank, self._kind)
        pairs = zip(self._shape, other._shape, strict=True)
        shape = [a if a == b else None for a, b in pairs]
        return RaggedTensorSpec(shape, self._dtype, self._rank, self._kind)

    def _parts(self) -> tuple[Any, ...]:
        return (self._shape, self._dtype, self._rank, self._kind)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RaggedTensorSpec):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        shape, dtype, rank, kind = self._parts()
        return f"RaggedTensorSpec({shape!r}, {dtype!r}, {rank}, {kind!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return RaggedTensorSpec, self._parts()
