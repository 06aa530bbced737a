"""`tf.RaggedTensor`: flat values, and how they are divided into rows, level by level."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, static, static_int
from caudal.errors import DTypeError, InvalidArgumentError, OutOfRangeError
from caudal.framework import Tensor, TensorShape, is_symbolic
from caudal.ir.dtypes import DType
from caudal.ragged import conversion, text
from caudal.ragged.makers import RaggedMakers
from caudal.ragged.partition import Array, RowPartition, splits_dtype


class RaggedTensor(RaggedMakers):
    """A tensor of which axes may have rows of different lengths.

    Make one with `tf.ragged.constant` or the ``from_…`` class methods. The values are a tensor,
    through which gradients flow; the division into rows is known on the host. In a `tf.function`
    the values are traced, and a program is made for each division.

    >>> ragged = RaggedTensor.from_row_lengths([1, 2, 3], [2, 0, 1])
    >>> ragged
    <tf.RaggedTensor [[1, 2], [], [3]]>
    >>> ragged.row_splits.numpy().tolist()
    [0, 2, 2, 3]
    """

    __slots__ = ("__weakref__", "_keras_mask")
    _keras_mask: Any
    __caudal_apply__: Callable[..., Any]
    __caudal_function__: Callable[..., Any]

    def __init__(self, values: Any, row_partition: Any, internal: bool = False) -> None:
        if not internal:
            raise InvalidArgumentError(
                "RaggedTensor: use one of its methods, as RaggedTensor.from_row_splits(values, "
                "row_splits), or tf.ragged.constant."
            )
        self._values = values
        self._partition = row_partition

    # --- parts -------------------------------------------------------------------------------

    @property
    def values(self) -> Any:
        """The rows one after another: a tensor, or a ragged one of one level less."""
        return self._values

    @property
    def flat_values(self) -> Any:
        """The values without any division."""
        inner = self._values
        return inner.flat_values if isinstance(inner, RaggedTensor) else inner

    @property
    def partition(self) -> RowPartition:
        """The division of the outermost level."""
        return self._partition

    def partitions(self) -> list[RowPartition]:
        """The divisions of all levels, the outermost first."""
        inner = self._values
        return [self._partition, *(inner.partitions() if isinstance(inner, RaggedTensor) else ())]

    @property
    def row_splits(self) -> Tensor:
        """Where rows begin, and the end: ``[nrows + 1]``."""
        return self._partition.public(self._partition.splits)

    @property
    def nested_row_splits(self) -> tuple[Tensor, ...]:
        """The row_splits of all levels, the outermost first."""
        return tuple(one.public(one.splits) for one in self.partitions())

    @property
    def uniform_row_length(self) -> Tensor | None:
        """The length of all rows where the axis is not ragged, else None."""
        length = self._partition.uniform
        return None if length is None else self._partition.public(length)

    @property
    def ragged_rank(self) -> int:
        """The number of levels."""
        return len(self.partitions())

    @property
    def dtype(self) -> DType:
        """The values' dtype."""
        dtype: DType = self._values.dtype
        return dtype

    @property
    def shape(self) -> TensorShape:
        """The shape, with None for ragged axes."""
        return TensorShape([self._partition.rows, self._partition.uniform, *self._values.shape[1:]])

    def get_shape(self) -> TensorShape:
        """The shape."""
        return self.shape

    @property
    def is_symbolic(self) -> bool:
        """Whether its values are those of a function being traced."""
        return is_symbolic(self.flat_values)

    @property
    def _type_spec(self) -> Any:
        from caudal.ragged.spec import RaggedTensorSpec

        return RaggedTensorSpec.from_value(self)

    def value_rowids(self, name: str | None = None) -> Tensor:
        """The row of each of ``values``."""
        return self._partition.public(self._partition.row_ids)

    def nested_value_rowids(self, name: str | None = None) -> tuple[Tensor, ...]:
        """The value_rowids of all levels, the outermost first."""
        return tuple(one.public(one.row_ids) for one in self.partitions())

    def nrows(self, out_type: Any = None, name: str | None = None) -> Any:
        """The number of rows."""
        return _typed(self._partition, self._partition.rows, out_type)

    def row_starts(self, name: str | None = None) -> Tensor:
        """Where each row begins in ``values``."""
        return self._partition.public(self._partition.starts)

    def row_limits(self, name: str | None = None) -> Tensor:
        """Where each row ends in ``values``."""
        return self._partition.public(self._partition.splits[1:])

    def row_lengths(self, axis: int = 1, name: str | None = None) -> Any:
        """The lengths of the rows along ``axis``, divided as the axes before it are.

        >>> ragged = RaggedTensor.from_row_splits([5, 6, 7], [0, 1, 1, 3])
        >>> ragged.row_lengths().numpy().tolist()
        [1, 0, 2]
        """
        place = static_int(axis, "RaggedTensor.row_lengths: axis")
        place = place + len(self.shape) if place < 0 else place
        return conversion.row_lengths(self, place)

    def nested_row_lengths(self, name: str | None = None) -> tuple[Tensor, ...]:
        """The row lengths of all levels, each as one vector."""
        return tuple(one.public(one.lengths) for one in self.partitions())

    def bounding_shape(
        self, axis: Any = None, name: str | None = None, out_type: Any = None
    ) -> Any:
        """The shape of the smallest dense tensor that holds it; of some axes with ``axis``."""
        found = np.asarray(conversion.bounds(self), np.int64)
        if axis is not None:
            found = found[static(axis, "RaggedTensor.bounding_shape: axis")]
        return _typed(self._partition, found, out_type)

    # --- twins -------------------------------------------------------------------------------

    def with_values(self, new_values: Any) -> RaggedTensor:
        """Other values in the same rows."""
        inner = new_values if isinstance(new_values, RaggedTensor) else as_tensor(new_values)
        found: RaggedTensor = self._made("RaggedTensor.with_values", inner, self._partition, False)
        return found

    def with_flat_values(self, new_values: Any) -> RaggedTensor:
        """Other flat values in the same rows of all levels."""
        inner = self._values
        if isinstance(inner, RaggedTensor):
            return self.with_values(inner.with_flat_values(new_values))
        return self.with_values(new_values)

    def with_row_splits_dtype(self, dtype: Any) -> RaggedTensor:
        """The same with row_splits of int32 or int64."""
        kind = splits_dtype(dtype, "RaggedTensor.with_row_splits_dtype")
        inner = self._values
        if isinstance(inner, RaggedTensor):
            inner = inner.with_row_splits_dtype(kind)
        return RaggedTensor(inner, self._partition.as_dtype(kind), internal=True)

    def merge_dims(self, outer_axis: Any, inner_axis: Any) -> Any:
        """The axes from ``outer_axis`` to ``inner_axis`` as one.

        >>> nested = RaggedTensor.from_row_lengths(
        ...     RaggedTensor.from_row_lengths([1, 2, 3], [2, 1]), [2])
        >>> nested.merge_dims(1, 2)
        <tf.RaggedTensor [[1, 2, 3]]>
        """
        return conversion.merge_dims(self, outer_axis, inner_axis)

    # --- conversions -------------------------------------------------------------------------

    def to_tensor(
        self, default_value: Any = None, name: str | None = None, shape: Any = None
    ) -> Any:
        """A dense tensor, short rows filled up with ``default_value`` (0, "" or False).

        Args:
            default_value: of the values' dtype; broadcast to one row's inner shape.
            shape: extents, or None, to pad or cut to.

        >>> RaggedTensor.from_row_lengths([1, 2, 3], [1, 2]).to_tensor().numpy().tolist()
        [[1, 0], [2, 3]]
        """
        return conversion.to_tensor(self, default_value, shape)

    def to_sparse(self, name: str | None = None) -> Any:
        """A `tf.SparseTensor` with a place for every value."""
        return conversion.to_sparse(self)

    def to_list(self) -> list[Any]:
        """Nested Python lists."""
        return conversion.to_list(self)

    def numpy(self) -> Array:
        """An array; of objects, each a row, where rows have different lengths."""
        return conversion.to_numpy(self)

    # --- Python ------------------------------------------------------------------------------

    def consumers(self) -> list[Any]:
        """Nothing: consumers are a notion of graphs."""
        return []

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(self._partition.rows))

    def __getitem__(self, key: Any) -> Any:
        from caudal.ragged.indexing import getitem

        return getitem(self, key)

    def __bool__(self) -> NoReturn:
        raise DTypeError("A RaggedTensor may not be used as a boolean.")

    def __hash__(self) -> int:
        raise DTypeError("A RaggedTensor is unhashable.")

    def __repr__(self) -> str:
        return text.shown(self)

    def __copy__(self) -> RaggedTensor:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> RaggedTensor:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.flat_values, self.partitions())

    # --- as a composite ----------------------------------------------------------------------

    def traced_parts(self) -> list[Any]:
        """The flat values."""
        return [self.flat_values]

    def with_traced_parts(self, parts: Sequence[Any]) -> RaggedTensor:
        """Other flat values, whatever they are."""
        found: RaggedTensor = _rebuilt(parts[0], self.partitions())
        return found

    def fixed_key(self) -> Any:
        """The row partitions."""
        return ("ragged", *(one.key for one in self.partitions()))

    def components(self) -> list[Any]:
        """The flat values, then the row_splits of all levels."""
        return [self.flat_values, *self.nested_row_splits]

    def with_components(self, components: Sequence[Any]) -> Any:
        """From flat values and nested row_splits."""
        return RaggedTensor.from_nested_row_splits(components[0], list(components[1:]))

    def conversion_advice(self) -> str:
        """How to make a tensor of it."""
        return "use ragged.to_tensor(), which fills up short rows"


def _rebuilt(values: Any, partitions: Sequence[RowPartition]) -> Any:
    for partition in reversed(partitions):
        values = RaggedTensor(values, partition, internal=True)
    return values


rebuilt = _rebuilt


def _typed(partition: RowPartition, numbers: Any, out_type: Any) -> Tensor:
    found = partition.public(numbers)
    return found if out_type is None else ops.cast(found, dtype=splits_dtype(out_type, "out_type"))


def row_slice(ragged: RaggedTensor, row: int) -> Any:
    """One row, counted from the end if negative."""
    rows = ragged.partition.rows
    if not -rows <= row < rows:
        raise OutOfRangeError(
            "RaggedTensor: index {row} is out of bounds for {rows} rows.", row=row, rows=rows
        )
    begin, end = ragged.partition.splits[row % rows :][:2]
    return ragged.values[int(begin) : int(end)]
