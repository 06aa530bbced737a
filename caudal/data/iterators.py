"""Iterators over a dataset, with the methods of TensorFlow's."""

from __future__ import annotations

from collections.abc import Iterator as PythonIterator
from typing import Any

from caudal.data.elements import to_numpy, to_tensors
from caudal.data.nodes import Node
from caudal.errors import OutOfRangeError, UnimplementedError
from caudal.framework import inside_function

_MOST_UNROLLED = 64
"""The most elements of a loop inside tf.function, which is unrolled."""


class Iterator:
    """One pass over a dataset's elements, as tensors. Made by ``iter(dataset)``."""

    def __init__(self, node: Node) -> None:
        self._node = node
        rows = node.rows()
        self._traced = inside_function()
        self._rows = _unrolled(rows) if self._traced else rows
        self._staged: Any = None

    @property
    def element_spec(self) -> Any:
        """The structure of TensorSpecs of an element."""
        return self._node.spec

    def get_next(self) -> Any:
        """The next element.

        Raises:
            OutOfRangeError: there is none.
        """
        try:
            return next(self)
        except StopIteration:
            raise OutOfRangeError("get_next: end of the dataset.") from None

    def __iter__(self) -> PythonIterator[Any]:
        if not self._traced and inside_function():
            raise UnimplementedError(
                "A loop over an iterator inside tf.function must be one that AutoGraph converts: "
                "write it as a for statement, without autograph=False."
            )
        return self

    def __next__(self) -> Any:
        if not self._traced and inside_function():
            # Made outside: each run of the program takes an element of its own.
            return self.staged_elements().single()
        return to_tensors(next(self._rows))

    def staged_elements(self) -> Any:
        """What a compiled function takes the elements from."""
        if self._staged is None:
            from caudal.data.staged import StagedElements

            self._staged = StagedElements(self._node, self._rows)
        return self._staged


class NumpyIterator(Iterator):
    """As Iterator, giving NumPy arrays. Made by ``dataset.as_numpy_iterator()``."""

    def __next__(self) -> Any:
        return to_numpy(next(self._rows))


def _unrolled(rows: PythonIterator[Any]) -> PythonIterator[Any]:
    """The elements as constants of the function being traced, as long as they are few."""
    for count, row in enumerate(rows):
        if count == _MOST_UNROLLED:
            raise UnimplementedError(
                "A loop over a dataset inside tf.function is unrolled, and this dataset has more "
                "than {most} elements. Loop over it outside, and call a tf.function per batch.",
                most=_MOST_UNROLLED,
            )
        yield row
