"""``tf.TensorArray``."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, dims, static_int, static_ints
from caudal.array.movement import concat, split, stack, unstack
from caudal.errors import FailedPreconditionError, InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype, int32


class TensorArray:
    """A list of tensors with TensorFlow's interface; write returns the array to go on with.

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
        self._element_shape = element_shape
        self._items: list[Any] = [None] * count

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The array with an element replaced."""
        place = static_int(index, "TensorArray.write: index")
        if place >= len(self._items) and not self.dynamic_size:
            raise InvalidArgumentError(
                "TensorArray.write: expected an index below {size}, received {index}. Make it "
                "with dynamic_size=True to let it grow.",
                size=len(self._items),
                index=place,
            )
        self._items.extend([None] * (place + 1 - len(self._items)))
        self._items[place] = as_tensor(value, self.dtype)
        return self

    def read(self, index: Any, name: str | None = None) -> Any:
        """One element."""
        place = static_int(index, "TensorArray.read: index")
        if not 0 <= place < len(self._items) or self._items[place] is None:
            raise FailedPreconditionError(
                "TensorArray.read: nothing was written at {index}.", index=place
            )
        return self._items[place]

    def _filled(self) -> list[Any]:
        like = next((item for item in self._items if item is not None), None)
        if like is None:
            shape = () if self._element_shape is None else tuple(self._element_shape)
            like = convert_to_tensor(np.zeros(shape, self.dtype.np_dtype))
        zero = convert_to_tensor(np.zeros(dims(like), self.dtype.np_dtype), dtype=self.dtype)
        return [zero if item is None else item for item in self._items]

    def stack(self, name: str | None = None) -> Any:
        """All elements along a new first axis; what was not written is 0."""
        return stack(self._filled())

    def concat(self, name: str | None = None) -> Any:
        """All elements joined along their first axis."""
        return concat(self._filled(), 0)

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """Some elements along a new first axis."""
        items = self._filled()
        return stack([items[i] for i in static_ints(indices, "TensorArray.gather")])

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """The array with the rows of a tensor as elements."""
        self._items = unstack(as_tensor(value, self.dtype))
        return self

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The array with parts of a tensor as elements."""
        self._items = split(as_tensor(value, self.dtype), lengths)
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
        return convert_to_tensor(np.int32(len(self._items)), dtype=int32)
