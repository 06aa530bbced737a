"""Steps that call the user's functions: map, filter, flat_map, interleave, scan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from caudal.data.elements import leaves, mapped, spec_of, to_arrays, to_tensors
from caudal.data.nodes import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY, Node, Step
from caudal.errors import DTypeError, InvalidArgumentError, UnimplementedError
from caudal.framework import TensorSpec, abstract_eval, convert_to_tensor
from caudal.framework.composite import CompositeSpec
from caudal.ir.types import Type
from caudal.ragged.spec import RaggedTensorSpec

_PROBES = (5, 7)
"""Two extents tried where a spec says None; an extent of a result that differs is None too."""


def call(function: Callable[..., Any], element: Any) -> Any:
    """The function on an element: a tuple's parts are its arguments, as in TensorFlow."""
    return function(*element) if type(element) is tuple else function(element)


class Map(Step):
    """A function of every element."""

    name = "MapDataset"

    def __init__(self, source: Node, function: Callable[..., Any]) -> None:
        super().__init__(source)
        self.function = function
        self._spec: Any = None
        # Whether the spec is that of the first result, so that its extents may not hold for all.
        self.guessed = False

    @property
    def spec(self) -> Any:
        """That of the function's results; found without running it where it can be traced."""
        if self._spec is None:
            self._spec, self.guessed = _inferred(self.function, self.source)
        return self._spec

    def rows(self) -> Iterator[Any]:
        """The function's results."""
        for element in self.source.rows():
            yield to_arrays(call(self.function, to_tensors(element)), "Dataset.map")


def infer(function: Callable[..., Any], source: Node) -> Any:
    """The spec of ``function``'s results on the elements of ``source``."""
    return _inferred(function, source)[0]


def _inferred(function: Callable[..., Any], source: Node) -> tuple[Any, bool]:
    """The spec, and whether it is only that of the first result."""
    try:
        results = [_traced(function, source.spec, probe) for probe in _PROBES]
    except Exception:
        # A function of Python values: the first element tells.
        for element in source.rows():
            found = spec_of(to_arrays(call(function, to_tensors(element)), "Dataset.map"))
            return mapped(_of_any_rows, found), True
        raise
    return mapped(_merge, *results), False


def _of_any_rows(spec: Any) -> Any:
    """The spec of a ragged tensor with any rows; another one as it is."""
    if not isinstance(spec, RaggedTensorSpec) or not spec.ragged_rank:
        return spec
    shape = [None] * (spec.ragged_rank + 1) + list(spec.shape[spec.ragged_rank + 1 :])
    return RaggedTensorSpec(shape, spec.dtype, spec.ragged_rank, spec.row_splits_dtype)


def _traced(function: Callable[..., Any], spec: Any, probe: int) -> Any:
    def fill(leaf: Any) -> Type:
        if isinstance(leaf, CompositeSpec):
            raise UnimplementedError("a program has no argument of unknown divisions")
        return Type(leaf.dtype, tuple(probe if n is None else n for n in leaf.shape.as_list()))

    def tensors(*arguments: Any) -> Any:
        # Lists are tensors here, and Python numbers too.
        return mapped(convert_to_tensor, function(*arguments))

    if type(spec) is tuple:
        return abstract_eval(tensors, *(mapped(fill, part) for part in spec))
    return abstract_eval(tensors, mapped(fill, spec))


def _merge(a: Any, b: Any) -> TensorSpec:
    if len(a.shape) != len(b.shape):
        return TensorSpec(None, a.dtype)
    extents = zip(a.shape, b.shape, strict=True)
    return TensorSpec([one if one == two else None for one, two in extents], a.dtype)


class Filter(Step):
    """The elements for which a function is true."""

    name = "FilterDataset"

    def __init__(self, source: Node, predicate: Callable[..., Any]) -> None:
        super().__init__(source)
        self.predicate = predicate

    def cardinality(self) -> int:
        """Not known."""
        size = self.source.cardinality()
        return size if size == INFINITE_CARDINALITY else UNKNOWN_CARDINALITY

    def rows(self) -> Iterator[Any]:
        """Those kept."""
        for element in self.source.rows():
            answer = to_arrays(call(self.predicate, to_tensors(element)), "Dataset.filter")
            if not isinstance(answer, np.ndarray) or answer.shape or answer.dtype != bool:
                raise InvalidArgumentError(
                    "Dataset.filter: expected the function to return one bool, received "
                    "{received!r}.",
                    received=answer,
                )
            if answer:
                yield element


class Interleave(Step):
    """The elements of the datasets that a function makes of each element, taken in turns."""

    name = "InterleaveDataset"

    def __init__(
        self, source: Node, function: Callable[..., Any], cycle: int, block: int, name: str
    ) -> None:
        super().__init__(source)
        self.function, self.cycle, self.block, self.name = function, cycle, block, name

    @property
    def spec(self) -> Any:
        """That of the first inner dataset."""
        for node in self._inner():
            return node.spec
        raise InvalidArgumentError("{name}: an empty dataset has no element_spec.", name=self.name)

    def cardinality(self) -> int:
        """Not known."""
        return UNKNOWN_CARDINALITY

    def _inner(self) -> Iterator[Node]:
        for element in self.source.rows():
            dataset = call(self.function, to_tensors(element))
            node = getattr(dataset, "node", None)
            if not isinstance(node, Node):
                raise DTypeError(
                    "{name}: expected the function to return a Dataset, received {received}.",
                    name=self.name,
                    received=type(dataset).__name__,
                )
            yield node

    def rows(self) -> Iterator[Any]:
        """``block`` elements of each of ``cycle`` datasets at a time."""
        waiting = self._inner()
        slots: list[Iterator[Any] | None] = [None] * self.cycle
        place = 0
        exhausted = False
        while True:
            if slots[place] is None and not exhausted:
                node = next(waiting, None)
                exhausted = node is None
                slots[place] = node.rows() if node is not None else None
            current = slots[place]
            if current is not None:
                for _ in range(self.block):
                    try:
                        element = next(current)
                    except StopIteration:
                        slots[place] = None
                        break
                    yield element
            elif exhausted and not any(slots):
                return
            place = (place + 1) % self.cycle


class Scan(Step):
    """A function of a running state and each element, giving the next state and a result."""

    name = "ScanDataset"

    def __init__(self, source: Node, state: Any, function: Callable[..., Any]) -> None:
        super().__init__(source)
        self.state, self.function = state, function

    @property
    def spec(self) -> Any:
        """That of the first result."""
        for element in self.rows():
            return spec_of(element)
        raise InvalidArgumentError("Dataset.scan: an empty dataset has no element_spec.")

    def rows(self) -> Iterator[Any]:
        """The results."""
        state = to_tensors(self.state)
        for element in self.source.rows():
            state, result = self.function(state, to_tensors(element))
            yield to_arrays(result, "Dataset.scan")


def reduce(node: Node, initial: Any, function: Callable[..., Any]) -> Any:
    """The last state of ``state = function(state, element)``."""
    state = to_tensors(to_arrays(initial, "Dataset.reduce"))
    expected = [leaf.dtype for leaf in leaves(state)]
    for element in node.rows():
        state = mapped(lambda leaf: leaf, function(state, to_tensors(element)))
        received = [leaf.dtype for leaf in leaves(to_tensors(to_arrays(state, "Dataset.reduce")))]
        if received != expected:
            raise DTypeError(
                "Dataset.reduce: expected the state to keep its dtypes {expected}, received "
                "{received}.",
                expected=[dtype.name for dtype in expected],
                received=[dtype.name for dtype in received],
            )
    return to_tensors(to_arrays(state, "Dataset.reduce"))
