"""IndexedSlices: a tensor of which only some rows are given; the gradient of looking rows up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework.convert import convert_to_tensor
from caudal.framework.dispatch import apply
from caudal.framework.operators import install
from caudal.framework.shape import TensorShape
from caudal.framework.tensor import DEVICE, Tensor
from caudal.ir.dtypes import DType, int64
from caudal.ops.binary import add
from caudal.ops.convert import cast
from caudal.ops.gather import gather
from caudal.ops.movement import concat, reshape
from caudal.ops.unary import neg

Part = tuple[Any, Any]


class IndexedSlices:
    """The rows ``values`` at the ``indices`` of a tensor that is 0 elsewhere.

    An index may occur several times; its rows add up. Wherever a tensor is expected it becomes
    one, of shape ``dense_shape``.

    >>> slices = IndexedSlices([[1.0], [2.0]], [2, 0], [3, 1])
    >>> convert_to_tensor(slices).numpy().tolist()
    [[2.0], [0.0], [1.0]]
    """

    __caudal_apply__ = staticmethod(apply)
    __array_priority__ = 100

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self._parts: list[Part] = [(convert_to_tensor(values), convert_to_tensor(indices))]
        self._dense_shape = None if dense_shape is None else convert_to_tensor(dense_shape)
        self._whole = True

    @classmethod
    def of_gathers(cls, parts: Sequence[Part], shape: tuple[int, ...]) -> IndexedSlices:
        """The gradient of a tensor of that shape from (gradient, indices) of its gathers.

        Both come in the shapes that they have: rows behind the indices' axes.
        """
        found = cls.__new__(cls)
        found._parts = list(parts)
        found._dense_shape = Tensor(np.asarray(shape, np.int32))
        found._whole = False
        return found

    def joined(self, other: IndexedSlices) -> IndexedSlices:
        """The sum with that of an earlier gather, of one shape."""
        return self.of_gathers([*other._parts, *self._parts], tuple(self.shape))

    # --- its parts ---------------------------------------------------------------------------

    def _join(self) -> Part:
        """One pair of rows [count, ...] and indices [count]; made when it is asked for."""
        if not self._whole:
            kinds = {indices.dtype for _, indices in self._parts}
            rows, places = [], []
            for values, indices in self._parts:
                count, rank = math.prod(tuple(indices.shape)), len(indices.shape)
                rows.append(reshape(values, shape=(count, *tuple(values.shape)[rank:])))
                flat = reshape(indices, shape=(count,))
                places.append(flat if len(kinds) == 1 else cast(flat, dtype=int64))
            one = len(rows) == 1
            part = (rows[0], places[0]) if one else (concat(*rows, axis=0), concat(*places, axis=0))
            self._parts, self._whole = [part], True
        return self._parts[0]

    @property
    def values(self) -> Any:
        """The rows, [count, ...]."""
        return self._join()[0]

    @property
    def indices(self) -> Any:
        """Where the rows belong, [count]."""
        return self._join()[1]

    @property
    def dense_shape(self) -> Any:
        """The shape of the whole tensor, as a tensor; None if it is not known."""
        return self._dense_shape

    @property
    def dtype(self) -> DType:
        """The element type."""
        dtype: DType = self._parts[0][0].dtype
        return dtype

    @property
    def shape(self) -> TensorShape:
        """The shape of the whole tensor."""
        if self._dense_shape is None:
            return TensorShape([None, *tuple(self.values.shape)[1:]])
        return TensorShape(self._dense_shape.numpy().tolist())

    def get_shape(self) -> TensorShape:
        """The shape of the whole tensor."""
        return self.shape

    @property
    def device(self) -> str:
        """Where it lives: always the CPU."""
        return DEVICE

    def with_values(self, values: Any) -> IndexedSlices:
        """Other rows at the same places."""
        return IndexedSlices(values, self.indices, self._dense_shape)

    def __caudal_read__(self) -> Any:
        """The whole tensor."""
        if self._dense_shape is None:
            raise InvalidArgumentError(
                "IndexedSlices: a tensor of it needs dense_shape, which is not known."
            )
        shape = tuple(self.shape)
        total: Any = None
        # Gradients are added from the last to the first, as all others are.
        for values, indices in reversed(self._parts):
            like = _Shaped(shape)
            part = gather.grad(values, None, like, indices, axis=0)[0]  # type: ignore[operator]
            total = part if total is None else add(total, part)
        return total

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return convert_to_tensor(self).__array__(dtype, copy)

    def __neg__(self) -> IndexedSlices:
        return self.with_values(neg(self.values))

    def __repr__(self) -> str:
        whole = "" if self._dense_shape is None else f", dense_shape={self._dense_shape}"
        return f"IndexedSlices(indices={self.indices}, values={self.values}{whole})"


class _Shaped:
    """What a gradient rule asks of an input whose values do not matter."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


_negation = IndexedSlices.__neg__
install(IndexedSlices)
IndexedSlices.__neg__ = _negation  # type: ignore[method-assign]
