"""Where pipelines begin: arrays, ranges, generators, other pipelines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from caudal.data.elements import (
    Array,
    gather,
    has_composites,
    leaves,
    length,
    mapped,
    row_spec,
    spec_of,
)
from caudal.data.nodes import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY, Node
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.extension.types import ExtensionType
from caudal.framework import TensorSpec, convert_to_tensor
from caudal.framework.composite import CompositeSpec


class Slices(Node):
    """The rows of arrays of equal length."""

    name = "TensorSliceDataset"

    def __init__(self, arrays: Any) -> None:
        lengths = []
        for array in leaves(arrays):
            if not isinstance(array, ExtensionType) and len(array.shape) == 0:
                raise ShapeError(
                    "Dataset.from_tensor_slices: expected at least one axis to cut along, "
                    "received a scalar. Use from_tensors for a single element."
                )
            lengths.append(length(array))
        if len(set(lengths)) != 1:
            raise ShapeError(
                "Dataset.from_tensor_slices: expected tensors of one length, received the lengths "
                "{lengths}.",
                lengths=lengths,
            )
        # Rows of ragged and sparse tensors are not picked by one indexing operation.
        self.arrays = None if has_composites(arrays) else arrays
        self._given = arrays
        self.length = lengths[0]

    @property
    def spec(self) -> Any:
        """That of a row."""
        return row_spec(spec_of(self._given))

    def rows(self) -> Iterator[Any]:
        """Row by row."""
        if self.arrays is not None:
            yield from super().rows()
            return
        for place in range(self.length):
            yield gather(self._given, place)

    def cardinality(self) -> int:
        """The number of rows."""
        return self.length

    def numbers(self) -> Iterator[Array]:
        """All, in order."""
        if self.length:
            yield np.arange(self.length)


class Single(Node):
    """One element."""

    name = "TensorDataset"

    def __init__(self, element: Any) -> None:
        self.element = element

    @property
    def spec(self) -> Any:
        """That of the element."""
        return spec_of(self.element)

    def cardinality(self) -> int:
        """One."""
        return 1

    def rows(self) -> Iterator[Any]:
        """The element."""
        yield self.element


class Range(Node):
    """Whole numbers."""

    name = "RangeDataset"

    def __init__(self, numbers: range, dtype: Any) -> None:
        self.range = numbers
        self.dtype = dtype

    @property
    def spec(self) -> Any:
        """A scalar."""
        return TensorSpec((), self.dtype)

    def cardinality(self) -> int:
        """How many."""
        return len(self.range)

    def rows(self) -> Iterator[Any]:
        """Each as an array without axes."""
        for number in self.range:
            yield np.asarray(number, self.dtype.np_dtype)


class Generator(Node):
    """What a Python generator function yields, checked against a signature."""

    name = "FlatMapDataset"

    def __init__(self, function: Callable[..., Any], signature: Any, args: Sequence[Any]) -> None:
        self.function, self.signature, self.args = function, signature, args

    @property
    def spec(self) -> Any:
        """The signature."""
        return self.signature

    def rows(self) -> Iterator[Any]:
        """Each value as a structure of arrays of the signature's dtypes."""
        for value in self.function(*self.args):
            try:
                yield mapped(_fitted, self.signature, value)
            except (KeyError, TypeError) as error:
                raise InvalidArgumentError(
                    "Dataset.from_generator: expected values like {signature}, received "
                    "{received!r}.",
                    signature=self.signature,
                    received=value,
                ) from error


def _fitted(spec: Any, value: Any) -> Any:
    if isinstance(spec, CompositeSpec):
        if spec.is_compatible_with(value):
            return value
        raise ShapeError(
            "Dataset.from_generator: expected {expected}, received {received!r}.",
            expected=spec,
            received=value,
        )
    try:
        array = np.asarray(convert_to_tensor(value, spec.dtype))
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(
            "Dataset.from_generator: expected a value of {dtype}, received {received!r}.",
            dtype=spec.dtype.name,
            received=value,
        ) from error
    if not spec.shape.is_compatible_with(array.shape):
        raise ShapeError(
            "Dataset.from_generator: expected a value of shape {expected}, received {received}.",
            expected=spec.shape,
            received=array.shape,
        )
    return array


class Zip(Node):
    """The elements of several pipelines side by side; the shortest one ends it."""

    name = "ZipDataset"

    def __init__(self, sources: Any) -> None:
        self.sources = sources
        whole = [type(source) is Slices for source in leaves(sources)]
        if all(whole) and len({source.length for source in leaves(sources)}) == 1:
            # Slices of equal length: the same rows of all arrays.
            self.arrays = mapped(lambda source: source.arrays, sources)

    @property
    def spec(self) -> Any:
        """The structure of the sources' specs."""
        return mapped(lambda source: source.spec, self.sources)

    def cardinality(self) -> int:
        """That of the shortest."""
        sizes = [source.cardinality() for source in leaves(self.sources)]
        finite = [size for size in sizes if size != INFINITE_CARDINALITY]
        if UNKNOWN_CARDINALITY in finite:
            return UNKNOWN_CARDINALITY
        return min(finite) if finite else INFINITE_CARDINALITY

    def numbers(self) -> Iterator[Array]:
        """Those of any of the sources."""
        first: Node = leaves(self.sources)[0]
        return first.numbers()

    def rows(self) -> Iterator[Any]:
        """One element of each."""
        if self.arrays is not None:
            yield from super().rows()
            return
        iterators = mapped(lambda source: source.rows(), self.sources)
        while True:
            try:
                element = mapped(next, iterators)
            except StopIteration:
                return
            yield element


class Concatenate(Node):
    """One pipeline after another."""

    name = "ConcatenateDataset"

    def __init__(self, first: Node, second: Node) -> None:
        self.first, self.second = first, second
        mine, other = leaves(first.spec), leaves(second.spec)
        if [leaf.dtype for leaf in mine] != [leaf.dtype for leaf in other]:
            raise InvalidArgumentError(
                "Dataset.concatenate: expected elements like {first}, received {second}.",
                first=first.spec,
                second=second.spec,
            )

    @property
    def spec(self) -> Any:
        """What both have in common."""
        return mapped(_common, self.first.spec, self.second.spec)

    def cardinality(self) -> int:
        """The sum."""
        sizes = self.first.cardinality(), self.second.cardinality()
        if INFINITE_CARDINALITY in sizes:
            return INFINITE_CARDINALITY
        return UNKNOWN_CARDINALITY if UNKNOWN_CARDINALITY in sizes else sum(sizes)

    def rows(self) -> Iterator[Any]:
        """The first's, then the second's."""
        yield from self.first.rows()
        yield from self.second.rows()


def _common(a: Any, b: Any) -> Any:
    """A spec that both fit; extents that differ are None."""
    if a.shape.rank is None or a.shape.rank != b.shape.rank:
        return TensorSpec(None, a.dtype)
    extents = zip(a.shape, b.shape, strict=True)
    return TensorSpec([one if one == two else None for one, two in extents], a.dtype)
