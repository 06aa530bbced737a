"""``tf.TensorArray``."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims, static_int, static_ints
from caudal.array.indexing import gather
from caudal.array.movement import concat, reshape, split, stack, unstack
from caudal.errors import FailedPreconditionError, InvalidArgumentError, ShapeError
from caudal.framework import TensorShape, convert_to_tensor, is_symbolic
from caudal.framework.late_check import check_later
from caudal.ir.dtypes import as_dtype, int32, int64


class TensorArray:
    """A list of tensors with TensorFlow's interface; write returns the array to go on with.

    Inside a compiled function an index may be a tensor that the program computes. The elements
    are then the rows of one tensor, whose length is the ``size`` given here.

    >>> array = TensorArray("int32", size=0, dynamic_size=True)
    >>> array = array.write(0, 5).write(1, 6)
    >>> array.stack().numpy().tolist()
    [5, 6]
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        count = 0 if size is None else static_int(size, "TensorArray: size")
        self.dtype = as_dtype(dtype)
        self.dynamic_size = bool(dynamic_size)
        self._shape = None if element_shape is None else TensorShape(element_shape)
        self._items: list[Any] = [None] * count
        # All elements as one tensor, once an index was a tensor; then there are no items.
        self._rows: Any = None

    @property
    def element_shape(self) -> TensorShape:
        """The shape of an element, as far as it is known."""
        if self._rows is not None:
            return TensorShape(dims(self._rows)[1:])
        like = next((item for item in self._items if item is not None), None)
        if like is not None:
            return TensorShape(dims(like))
        return TensorShape(None) if self._shape is None else self._shape

    # --- as a value of a loop or branch --------------------------------------------------------

    @property
    def is_settled(self) -> bool:
        """Whether the shape of its elements is known, so that it can be one tensor."""
        return self.element_shape.is_fully_defined()

    @property
    def can_grow(self) -> bool:
        """Whether a write may still make it longer."""
        return self.dynamic_size and self._rows is None

    def traced_parts(self) -> list[Any]:
        """The tensors that it consists of: all rows, or nothing while their shape is open."""
        if not self.is_settled or (self._rows is None and not self._items):
            return []
        return [self._as_rows()]

    def with_traced_parts(self, parts: list[Any]) -> TensorArray:
        """An array like this one of other tensors."""
        twin = TensorArray(self.dtype, 0, self.dynamic_size, element_shape=self._shape)
        twin._items = [] if parts else list(self._items)
        twin._rows = parts[0] if parts else None
        return twin

    def fixed_key(self) -> Any:
        """Everything but those tensors, as a hashable value."""
        return (self.dtype, len(self._items), self._rows is None, self.dynamic_size)

    def _as_rows(self) -> Any:
        return stack(self._filled()) if self._rows is None else self._rows

    def _become_rows(self, like: Any) -> None:
        """Gives up the items for one tensor, whose rows have the shape of ``like``."""
        if self._rows is not None:
            return
        if not self._items:
            raise InvalidArgumentError(
                "TensorArray.write: the index is computed by the compiled function, so the array "
                "cannot grow: make it with the size that it needs, TensorArray({dtype}, size=n).",
                dtype=self.dtype.name,
            )
        if self._shape is None and not self.is_settled:
            self._shape = TensorShape(dims(like))
        self._rows, self._items = stack(self._filled()), []

    # --- elements ------------------------------------------------------------------------------

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with an element replaced."""
        tensor = as_tensor(value, self.dtype)
        if is_symbolic(index) or self._rows is not None:
            self._become_rows(tensor)
            self._write_row(index, tensor)
            return self
        place = static_int(index, "TensorArray.write: index")
        if place >= len(self._items) and not self.dynamic_size:
            raise InvalidArgumentError(
                "TensorArray.write: expected an index below {size}, received {index}. Make it "
                "with dynamic_size=True to let it grow.",
                size=len(self._items),
                index=place,
            )
        self._items.extend([None] * (place + 1 - len(self._items)))
        self._items[place] = tensor
        return self

    def _write_row(self, index: Any, tensor: Any) -> None:
        shape = dims(self._rows)
        if dims(tensor) != shape[1:]:
            raise ShapeError(
                "TensorArray.write: expected an element of shape {expected}, received {received}.",
                expected=shape[1:],
                received=dims(tensor),
            )
        if self.dynamic_size and not is_symbolic(index):
            missing = static_int(index, "TensorArray.write: index") + 1 - shape[0]
            if missing > 0:
                more = convert_to_tensor(np.zeros((missing, *shape[1:]), self.dtype.np_dtype))
                self._rows = concat([self._rows, more], 0)
        row = reshape(tensor, (1, *shape[1:]))
        self._rows = ops.dynamic_update_slice(self._rows, row, self._start(index, "write"))

    def _start(self, index: Any, what: str) -> Any:
        """Where a row begins; an index outside is an error, now or when the program runs."""
        shape = dims(self._rows)
        place = cast_to(as_tensor(index), int64)

        def fail(where: tuple[int, ...], wrong: Any) -> None:
            raise InvalidArgumentError(
                "TensorArray.{what}: the index is not in [0, {size}).", what=what, size=shape[0]
            )

        outside = ops.bit_or(ops.less(place, 0), ops.greater_equal(place, shape[0]))
        if not is_symbolic(outside):
            if bool(outside):
                fail((), True)
        else:
            check_later(outside, fail)
        zeros = convert_to_tensor(np.zeros(len(shape) - 1, np.int64))
        return concat([reshape(place, (1,)), zeros], 0)

    def read(self, index: Any, name: str | None = None) -> Any:
        """One element."""
        if is_symbolic(index) or self._rows is not None:
            self._rows, self._items = self._as_rows(), []
            shape = dims(self._rows)
            start = self._start(index, "read")
            row = ops.dynamic_slice(self._rows, start, sizes=(1, *shape[1:]))
            return reshape(row, shape[1:])
        place = static_int(index, "TensorArray.read: index")
        if not 0 <= place < len(self._items) or self._items[place] is None:
            raise FailedPreconditionError(
                "TensorArray.read: nothing was written at {index}.", index=place
            )
        return self._items[place]

    def _filled(self) -> list[Any]:
        shape = self.element_shape
        extents = tuple(shape) if shape.is_fully_defined() else ()
        zero = convert_to_tensor(np.zeros(extents, self.dtype.np_dtype), dtype=self.dtype)
        return [zero if item is None else item for item in self._items]

    def stack(self, name: str | None = None) -> Any:
        """All elements along a new first axis; what was not written is 0."""
        return self._as_rows()

    def concat(self, name: str | None = None) -> Any:
        """All elements joined along their first axis."""
        return concat(self._filled() if self._rows is None else unstack(self._rows), 0)

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Some elements along a new first axis."""
        if is_symbolic(indices) or self._rows is not None:
            return gather(self._as_rows(), indices)
        items = self._filled()
        return stack([items[i] for i in static_ints(indices, "TensorArray.gather")])

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """The array with the rows of a tensor as elements."""
        self._items, self._rows = unstack(as_tensor(value, self.dtype)), None
        return self

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The array with parts of a tensor as elements."""
        self._items, self._rows = split(as_tensor(value, self.dtype), lengths), None
        return self

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with the rows of a tensor at some indices."""
        for place, row in zip(static_ints(indices, "scatter"), unstack(value), strict=True):
            self.write(place, row)
        return self

    def identity(self) -> TensorArray:
        """Itself."""
        return self

    def size(self, name: str | None = None) -> Any:
        """The number of elements."""
        count = len(self._items) if self._rows is None else dims(self._rows)[0]
        return convert_to_tensor(np.int32(count), dtype=int32)
