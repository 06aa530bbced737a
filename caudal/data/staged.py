"""A dataset inside a compiled function: the program asks for one element after the other.

The elements' shapes must be known when the function is traced. They follow from the pipeline's
steps; a last, smaller batch is a second kind of element.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal.data.batching import Batch
from caudal.data.elements import leaves, mapped, to_tensors
from caudal.data.functions import Map
from caudal.data.nodes import Node, Step
from caudal.errors import InvalidArgumentError, OutOfRangeError
from caudal.framework import abstract_eval, convert_to_tensor, perform
from caudal.framework.effects import obtain
from caudal.ir.dtypes import int32, int64
from caudal.ir.types import Type

Array = np.ndarray[Any, Any]


class StagedElements:
    """Passes over a dataset by a program, or what is left of one.

    Args:
        node: the dataset's last step.
        rest: a pass that was begun outside; the program goes on with it.

    ``kinds``: structures of Types, one for each kind of element that there is.
    """

    def __init__(self, node: Node, rest: Iterator[Any] | None = None) -> None:
        self._node = node
        self._rest = rest
        self.kinds = _distinct(kinds_of(node))
        self.count = max(node.cardinality(), -1) if rest is None else -1
        self._types = [leaves(kind) for kind in self.kinds]
        self._passes: dict[int, Iterator[Any]] = {}
        self._serial = itertools.count()

    def begin(self) -> Any:
        """Starts a pass when the program gets here; its number."""

        def start() -> list[Array]:
            number = next(self._serial)
            self._passes[number] = self._node.rows() if self._rest is None else self._rest
            return [np.asarray(number, np.int64)]

        return obtain(start, [Type(int64, ())])[0]

    def end(self, number: Any) -> None:
        """Forgets a pass that was left early."""

        def forget(which: Array) -> None:
            self._passes.pop(int(which), None)

        perform(forget, number)

    def following(self, number: Any) -> tuple[Any, list[Any]]:
        """The kind of the next element (-1 at the end), and an element of each kind.

        All but the one of that kind are zeros.
        """
        flat = [kind for types in self._types for kind in types]
        which, *found = obtain(self._fetch, [Type(int32, ()), *flat], number)
        rest = iter(found)
        return which, [mapped(lambda _: next(rest), kind) for kind in self.kinds]

    def single(self) -> Any:
        """The next element, where there is one kind only.

        Raises:
            OutOfRangeError: when the program runs: there is none.
        """
        if len(self.kinds) != 1:
            raise InvalidArgumentError(
                "next(iterator) in a compiled function: expected elements of one shape, received "
                "{kinds}. Use batch(n, drop_remainder=True).",
                kinds=[[str(t) for t in types] for types in self._types],
            )

        def take() -> list[Array]:
            for row in itertools.islice(self._rest or (), 1):
                element = [np.asarray(leaf) for leaf in leaves(row)]
                self._kind(element)
                return element
            raise OutOfRangeError("get_next: end of the dataset.")

        found = iter(obtain(take, self._types[0]))
        return mapped(lambda _: next(found), self.kinds[0])

    def _fetch(self, number: Array) -> list[Array]:
        arrays = [[np.zeros(t.shape, t.dtype.np_dtype) for t in types] for types in self._types]
        which = -1
        for row in itertools.islice(self._passes.get(int(number), iter(())), 1):
            element = [np.asarray(leaf) for leaf in leaves(row)]
            which = self._kind(element)
            arrays[which] = element
        if which < 0:
            self._passes.pop(int(number), None)
        return [np.asarray(which, np.int32), *itertools.chain(*arrays)]

    def _kind(self, element: list[Array]) -> int:
        shapes = [(array.dtype, array.shape) for array in element]
        for place, types in enumerate(self._types):
            if shapes == [(kind.dtype.np_dtype, kind.shape) for kind in types]:
                return place
        raise InvalidArgumentError(
            "A loop over a dataset in a compiled function: expected an element of {expected}, "
            "received {received}. Shapes must be known when the function is traced: use "
            "batch(n, drop_remainder=True), or loop outside of the tf.function.",
            expected=" or ".join(str([str(t) for t in types]) for types in self._types),
            received=[f"{dtype.name}{list(shape)}" for dtype, shape in shapes],
        )


def kinds_of(node: Node) -> list[Any]:
    """The kinds of elements that a pipeline gives, as structures of Types."""
    spec = node.spec
    if all(leaf.shape.is_fully_defined() for leaf in leaves(spec)):
        return [mapped(lambda leaf: Type(leaf.dtype, tuple(leaf.shape)), spec)]
    if type(node) is Batch:
        return _batches(node)
    if isinstance(node, Map):
        return [_results(node, kind) for kind in kinds_of(node.source)]
    if isinstance(node, Step) and type(node).spec is Step.spec:
        return kinds_of(node.source)
    # Only an element tells. A copy of the pipeline gives it, so that no pass is used up.
    for row in _twin(node).rows():
        return [mapped(lambda leaf: Type(leaf.dtype, tuple(leaf.shape)), to_tensors(row))]
    return []


def _twin(node: Node) -> Node:
    """The same steps over the same arrays, with passes of their own."""
    made = copy.copy(node)
    if isinstance(made, Step):
        made.source = _twin(made.source)
    return made


def _batches(node: Batch) -> list[Any]:
    """Whole batches, and the last one if it is smaller."""
    size, count = node.size, node.source.cardinality()
    extents = [size] if count < 0 or count >= size else []
    if count > 0 and count % size and not node.drop_remainder:
        extents.append(count % size)
    return [
        mapped(lambda leaf, n=extent: Type(leaf.dtype, (n, *leaf.shape)), kind)
        for kind in kinds_of(node.source)
        for extent in extents
    ]


def _results(node: Map, kind: Any) -> Any:
    def tensors(*arguments: Any) -> Any:
        return mapped(convert_to_tensor, node.function(*arguments))

    return abstract_eval(tensors, *(kind if type(kind) is tuple else (kind,)))


def _distinct(kinds: list[Any]) -> list[Any]:
    known = {str(leaves(kind)): kind for kind in reversed(kinds)}
    return list(known.values())[::-1]
