"""Steps that join elements or take them apart: batch, padded_batch, unbatch, window, enumerate."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from caudal.data import composites
from caudal.data.elements import (
    Array,
    batch_spec,
    gather,
    leaves,
    length,
    mapped,
    row_spec,
    stack,
)
from caudal.data.nodes import UNKNOWN_CARDINALITY, Node, Step
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import TensorSpec
from caudal.ir.dtypes import DType, int64


class Batch(Step):
    """Elements stacked along a new first axis."""

    name = "BatchDataset"

    def __init__(self, source: Node, size: int, drop_remainder: bool) -> None:
        super().__init__(source)
        self.size, self.drop_remainder = size, drop_remainder

    @property
    def spec(self) -> Any:
        """One more axis; its extent is known if no batch can be smaller."""
        return batch_spec(self.source.spec, self.size if self.drop_remainder else None)

    def cardinality(self) -> int:
        """Whole batches, and the last one unless it is dropped."""
        size = self.source.cardinality()
        rounding = 0 if self.drop_remainder else self.size - 1
        return size if size < 0 else (size + rounding) // self.size

    def _full_enough(self, count: int) -> bool:
        return count == self.size or (count > 0 and not self.drop_remainder)

    def rows(self) -> Iterator[Any]:
        """The batches; rows of arrays are picked by one indexing operation."""
        if self.source.arrays is not None:
            for rows in self._row_batches():
                yield gather(self.source.arrays, rows)
            return
        elements = self.source.rows()
        while batch := list(itertools.islice(elements, self.size)):
            if self._full_enough(len(batch)):
                yield self.join(batch)

    def join(self, elements: list[Any]) -> Any:
        """One batch."""
        return stack(elements)

    def _row_batches(self) -> Iterator[Array]:
        rest = np.zeros(0, np.int64)
        for piece in self.source.numbers():
            rest = np.concatenate([rest, piece]) if len(rest) else piece
            whole = len(rest) // self.size * self.size
            for start in range(0, whole, self.size):
                yield rest[start : start + self.size]
            rest = rest[whole:]
        if self._full_enough(len(rest)):
            yield rest


class RaggedBatch(Batch):
    """Elements of different lengths as ragged tensors."""

    name = "RaggedBatchDataset"

    def __init__(self, source: Node, size: int, drop_remainder: bool, kind: DType) -> None:
        super().__init__(source, size, drop_remainder)
        self.kind = kind

    def _element(self) -> Any:
        """The spec of an element, with extents that only the first one shows taken as unknown."""
        spec = self.source.spec
        node: Any = self.source
        while node is not None and not getattr(node, "guessed", False):
            node = getattr(node, "source", None)
        return spec if node is None else mapped(composites.without_extents, spec)

    @property
    def spec(self) -> Any:
        """One more axis, and ragged where extents are not known."""
        size = self.size if self.drop_remainder else None
        return mapped(lambda leaf: composites.ragged_spec(leaf, size, self.kind), self._element())

    def join(self, elements: list[Any]) -> Any:
        """One batch."""
        return mapped(
            lambda leaf, *parts: composites.ragged_join(list(parts), leaf, self.kind),
            self._element(),
            *elements,
        )

    def rows(self) -> Iterator[Any]:
        """The batches, element by element."""
        elements = self.source.rows()
        while batch := list(itertools.islice(elements, self.size)):
            if self._full_enough(len(batch)):
                yield self.join(batch)


class PaddedBatch(Batch):
    """Elements of different lengths, filled up to the longest or to a given shape."""

    name = "PaddedBatchDataset"

    def __init__(
        self, source: Node, size: int, shapes: Any, values: Any, drop_remainder: bool
    ) -> None:
        super().__init__(source, size, drop_remainder)
        self.shapes, self.values = shapes, values

    @property
    def spec(self) -> Any:
        """The padded shapes behind the batch axis."""
        size = self.size if self.drop_remainder else None
        return mapped(
            lambda leaf, shape: _padded_spec(size, _target(leaf, shape.value), leaf.dtype),
            self.source.spec,
            self.shapes,
        )

    def rows(self) -> Iterator[Any]:
        """The batches, element by element: each may need padding."""
        elements = self.source.rows()
        while batch := list(itertools.islice(elements, self.size)):
            if self._full_enough(len(batch)):
                yield self.join(batch)

    def join(self, elements: list[Any]) -> Any:
        """One batch."""
        columns = [leaves(element) for element in elements]
        shapes, values = leaves(self.shapes), leaves(self.values)
        specs = leaves(self.source.spec)
        padded = iter(
            [
                _pad(
                    [column[k] for column in columns],
                    _target(spec, shapes[k].value),
                    values[k].value,
                )
                for k, spec in enumerate(specs)
            ]
        )
        return mapped(lambda _: next(padded), elements[0])


def _padded_spec(size: int | None, shape: list[int | None] | None, dtype: Any) -> TensorSpec:
    return TensorSpec(None if shape is None else [size, *shape], dtype)


def _target(spec: Any, shape: Any) -> list[int | None] | None:
    """The shape to pad to; -1 and None mean the longest of the batch."""
    if shape is None and spec.shape.rank is None:
        return None
    extents = spec.shape.as_list() if shape is None else list(shape)
    return [None if n is None or int(n) < 0 else int(n) for n in extents]


def _pad(arrays: list[Array], shape: list[int | None] | None, value: Any) -> Array:
    longest = [max(extents) for extents in zip(*(a.shape for a in arrays), strict=True)]
    shape = [None] * len(longest) if shape is None else shape
    if len(shape) != len(longest):
        raise ShapeError(
            "Dataset.padded_batch: expected padded_shapes of rank {expected}, received {received}.",
            expected=len(longest),
            received=shape,
        )
    target = [have if want is None else want for want, have in zip(shape, longest, strict=True)]
    if any(have > want for have, want in zip(longest, target, strict=True)):
        raise ShapeError(
            "Dataset.padded_batch: an element of shape {received} does not fit into {target}.",
            received=tuple(longest),
            target=tuple(target),
        )
    if value is None:
        value = b"" if arrays[0].dtype.hasobject else 0
    result = np.full((len(arrays), *target), value, arrays[0].dtype)
    for row, array in enumerate(arrays):
        place: Any = (row, *(slice(n) for n in array.shape))
        result[place] = array
    return result


class Unbatch(Step):
    """The rows of every element."""

    name = "UnbatchDataset"

    @property
    def spec(self) -> Any:
        """One axis fewer."""
        if any(leaf.shape.rank == 0 for leaf in leaves(self.source.spec)):
            raise InvalidArgumentError(
                "Dataset.unbatch: expected elements with at least one axis, received {spec}.",
                spec=self.source.spec,
            )
        return row_spec(self.source.spec)

    def cardinality(self) -> int:
        """Known only where every element has as many rows."""
        size = self.source.cardinality()
        extents = {leaf.shape[0] for leaf in leaves(self.source.spec) if leaf.shape.rank}
        if size < 0 or len(extents) != 1 or None in extents:
            return size if size == -1 else UNKNOWN_CARDINALITY
        return int(size * extents.pop())

    def rows(self) -> Iterator[Any]:
        """Row by row."""
        for batch in self.source.rows():
            for row in range(min(length(array) for array in leaves(batch))):
                yield gather(batch, row)


class Enumerate(Step):
    """Elements with their place, counted from ``start``."""

    name = "EnumerateDataset"

    def __init__(self, source: Node, start: int) -> None:
        super().__init__(source)
        self.start = start

    @property
    def spec(self) -> Any:
        """A pair of an int64 and the element."""
        return TensorSpec((), int64), self.source.spec

    def rows(self) -> Iterator[Any]:
        """The pairs."""
        for place, element in enumerate(self.source.rows(), self.start):
            yield np.asarray(place, np.int64), element


class Items(Node):
    """Elements that are already there: one window."""

    name = "VariantDataset"

    def __init__(self, elements: list[Any], spec: Any) -> None:
        self.elements, self._spec = elements, spec

    @property
    def spec(self) -> Any:
        """As given."""
        return self._spec

    def cardinality(self) -> int:
        """Their number."""
        return len(self.elements)

    def rows(self) -> Iterator[Any]:
        """Each of them."""
        return iter(self.elements)


class Window(Step):
    """Overlapping runs of elements, each a dataset (one per component of an element)."""

    name = "WindowDataset"

    def __init__(
        self,
        source: Node,
        sizes: tuple[int, int, int],
        drop_remainder: bool,
        wrap: Callable[[Node], Any],
    ) -> None:
        super().__init__(source)
        self.size, self.shift, self.stride = sizes
        self.drop_remainder, self.wrap = drop_remainder, wrap

    @property
    def spec(self) -> Any:
        """Datasets of the source's components, shown as empty ones."""
        return mapped(lambda leaf: self.wrap(Items([], leaf)), self.source.spec)

    def cardinality(self) -> int:
        """The number of windows."""
        size = self.source.cardinality()
        if size < 0:
            return size
        reach = (self.size - 1) * self.stride + 1
        if self.drop_remainder:
            return max(0, (size - reach) // self.shift + 1)
        return -(-size // self.shift)

    def rows(self) -> Iterator[Any]:
        """Window after window."""
        reach = (self.size - 1) * self.stride + 1
        elements = self.source.rows()
        held: list[Any] = list(itertools.islice(elements, reach))
        while held and (len(held) == reach or not self.drop_remainder):
            yield self._window(held[:: self.stride])
            gap = self.shift - len(held)
            held = held[self.shift :]
            if gap > 0:
                next(itertools.islice(elements, gap - 1, gap), None)
            held += itertools.islice(elements, reach - len(held))

    def _window(self, elements: list[Any]) -> Any:
        columns = iter(zip(*map(leaves, elements), strict=True))
        return mapped(lambda leaf: self.wrap(Items(list(next(columns)), leaf)), self.source.spec)
