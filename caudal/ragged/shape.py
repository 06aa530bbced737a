"""`tf.experimental.DynamicRaggedShape`: the shape of a ragged tensor, row by row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, static
from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor, TensorShape
from caudal.ir.dtypes import DType, int64
from caudal.ragged.elementwise import broadcast
from caudal.ragged.partition import RowPartition, splits_dtype
from caudal.ragged.tensor import RaggedTensor, rebuilt


class DynamicRaggedShape:
    """The row lengths of ragged axes, then the extents of the inner ones.

    What ``tf.shape(ragged)`` gives, and what `tf.broadcast_to` takes.

    >>> DynamicRaggedShape.from_lengths([2, (1, 2), 3])
    <DynamicRaggedShape lengths=[2, (1, 2), 3] num_row_partitions=1>
    """

    def __init__(
        self, partitions: Sequence[RowPartition], inner: tuple[int, ...], dtype: DType = int64
    ) -> None:
        self._partitions = list(partitions)
        self._inner = inner
        self._dtype = dtype

    @classmethod
    def from_lengths(
        cls, lengths: Sequence[Any], num_row_partitions: int | None = None, dtype: Any = int64
    ) -> DynamicRaggedShape:
        """From numbers for uniform axes and sequences of row lengths for ragged ones."""
        kind = splits_dtype(dtype, "DynamicRaggedShape")
        if not lengths:
            return cls([], (), kind)
        ragged = [place for place, one in enumerate(lengths) if isinstance(one, list | tuple)]
        levels = max(ragged, default=0)
        if num_row_partitions is not None:
            levels = max(levels, int(num_row_partitions))
        if 0 in ragged or levels >= len(lengths):
            raise InvalidArgumentError(
                "DynamicRaggedShape.from_lengths: expected a number first, and at most {most} "
                "row partitions, received {lengths}.",
                most=len(lengths) - 1,
                lengths=list(lengths),
            )
        count, parts = int(lengths[0]), []
        for one in lengths[1 : levels + 1]:
            if isinstance(one, list | tuple):
                if len(one) != count:
                    raise InvalidArgumentError(
                        "DynamicRaggedShape.from_lengths: expected {count} row lengths, received "
                        "{one}.",
                        count=count,
                        one=one,
                    )
                part = RowPartition.of_lengths(np.asarray(one, np.int64), kind)
            else:
                part = RowPartition.regular(count, int(one), kind)
            parts.append(part)
            count = part.count
        inner = (count, *map(int, lengths[levels + 1 :]))
        return cls(parts, inner, kind)

    @classmethod
    def from_tensor(cls, t: Any, dtype: Any = None) -> DynamicRaggedShape:
        """The shape of a ragged or dense tensor."""
        if isinstance(t, RaggedTensor):
            kind = t.partition.dtype if dtype is None else splits_dtype(dtype, "tf.shape")
            parts = [part.as_dtype(kind) for part in t.partitions()]
            return cls(parts, tuple(int(n) for n in t.flat_values.shape), kind)
        shape = as_tensor(t).shape
        kind = int64 if dtype is None else splits_dtype(dtype, "tf.shape")
        return cls([], tuple(int(n) for n in shape), kind)

    @property
    def dtype(self) -> DType:
        """The dtype of its numbers."""
        return self._dtype

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self._partitions) + len(self._inner)

    @property
    def inner_rank(self) -> int:
        """The number of axes of the flat values."""
        return len(self._inner)

    @property
    def num_row_partitions(self) -> int:
        """The number of levels."""
        return len(self._partitions)

    @property
    def row_partitions(self) -> tuple[RowPartition, ...]:
        """The levels' partitions, the outermost first."""
        return tuple(self._partitions)

    @property
    def inner_shape(self) -> Tensor:
        """The shape of the flat values."""
        return Tensor(np.asarray(self._inner, self._dtype.np_dtype))

    def static_lengths(self, ragged_lengths: bool = True) -> list[Any]:
        """Its extents: a number for uniform axes, for ragged ones a tuple of lengths (or None)."""
        if not self._partitions:
            return list(self._inner)
        found: list[Any] = [self._partitions[0].rows]
        for part in self._partitions:
            if part.uniform is not None:
                found.append(part.uniform)
            else:
                found.append(tuple(part.lengths.tolist()) if ragged_lengths else None)
        return found + list(self._inner[1:])

    def is_uniform(self, axis: int) -> bool:
        """Whether all rows of an axis have one length."""
        return not isinstance(self.static_lengths()[axis], tuple)

    def with_dtype(self, dtype: Any) -> DynamicRaggedShape:
        """The same with another dtype."""
        kind = splits_dtype(dtype, "DynamicRaggedShape.with_dtype")
        return DynamicRaggedShape([p.as_dtype(kind) for p in self._partitions], self._inner, kind)

    @property
    def static_shape(self) -> TensorShape:
        """As a TensorShape, None for ragged axes."""
        return TensorShape(self.static_lengths(ragged_lengths=False))

    @staticmethod
    def __caudal_function__(
        function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """``tf.broadcast_to`` takes ragged shapes; nothing else does."""
        if function.__name__ == "broadcast_to":
            return broadcast_to(*args, **kwargs)
        raise InvalidArgumentError(
            "{name}: expected a shape without ragged axes, received a DynamicRaggedShape.",
            name=function.__name__,
        )

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            if index.indices(self.rank) == (0, self.rank, 1):
                return self
            if any(isinstance(one, tuple) for one in self.static_lengths()[index]):
                raise InvalidArgumentError(
                    "DynamicRaggedShape: a part with a ragged axis has no shape of its own."
                )
            return Tensor(np.asarray(self.static_lengths()[index], self._dtype.np_dtype))
        place = int(static(index, "DynamicRaggedShape"))
        found = self.static_lengths()[place]
        if isinstance(found, tuple):
            raise InvalidArgumentError(
                "DynamicRaggedShape: Index {place} is not uniform.", place=place
            )
        return Tensor(np.asarray(found, self._dtype.np_dtype))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DynamicRaggedShape):
            return NotImplemented
        mine = [part.key for part in self._partitions]
        return (mine, self._inner, self._dtype) == (
            [part.key for part in other._partitions],
            other._inner,
            other._dtype,
        )

    def __hash__(self) -> int:
        return hash((tuple(part.key for part in self._partitions), self._inner))

    def __repr__(self) -> str:
        shown = ", ".join(str(one) for one in self.static_lengths())
        return (
            f"<DynamicRaggedShape lengths=[{shown}] num_row_partitions={self.num_row_partitions}>"
        )


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Any:
    """A tensor spread to a ragged shape."""
    if not isinstance(shape, DynamicRaggedShape):
        raise InvalidArgumentError(
            "broadcast_to: a RaggedTensor needs the DynamicRaggedShape of another one, received "
            "{shape!r}.",
            shape=shape,
        )
    tensor = input if isinstance(input, RaggedTensor) else as_tensor(input)
    inner = tuple(int(n) for n in static(shape.inner_shape, "broadcast_to"))
    if not shape.row_partitions:
        return ops.broadcast_to(tensor, shape=inner)
    mould = ops.broadcast_to(as_tensor(False), shape=inner)
    like = rebuilt(mould, list(shape.row_partitions))
    if not isinstance(tensor, RaggedTensor) and not len(tensor.shape):
        return rebuilt(ops.broadcast_to(tensor, shape=inner), list(shape.row_partitions))
    (found, spread), parts = broadcast("broadcast_to", [tensor, like])
    full = (math.prod(inner[:1]), *inner[1:])
    if tuple(spread.shape) != full:
        raise InvalidArgumentError(
            "broadcast_to: {given} does not fit {shape}.", given=tensor.shape, shape=shape
        )
    return rebuilt(ops.broadcast_to(found, shape=full), parts)
