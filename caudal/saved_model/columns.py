"""Programs traced at several sizes, walked as one: each node with its polynomials of open extents.

Formats with graphs of their own (TensorFlow's, ONNX) write nodes by a table of writers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from caudal.errors import UnimplementedError
from caudal.ir.dtypes import DType, from_numpy
from caudal.ir.node import Node
from caudal.saved_model.extents import Box, Extent, NotPolymorphicError, is_open

Array = np.ndarray[Any, Any]
Column = tuple[Node, ...]
"""The nodes of one place in the programs traced at several sizes."""


class UnwritableError(UnimplementedError):
    """A program has an op that cannot be written; ``op`` names it."""

    op: str = ""


class NodeView(NamedTuple):
    """What a writer sees of a record's call: sizes may be polynomials of open extents."""

    op: str
    params: dict[str, Any]
    dtype: DType
    shape: tuple[Any, ...]
    shapes: tuple[tuple[Any, ...], ...]


class Columns:
    """Writes the nodes of programs that are the same but for their sizes.

    Args:
        writer: of the function.
        box: the sizes; there is a program for each of its points.

    ``writers`` has a writer for each record that the format can express.
    """

    writers: Mapping[str, Callable[..., Any]] = {}

    def __init__(self, writer: Any, box: Box) -> None:
        self._box = box
        self._writer = writer
        self._done: dict[Column, Any] = {}

    def _translate(self, roots: Sequence[Column]) -> None:
        stack = [(column, False) for column in reversed(roots)]
        while stack:
            column, ready = stack.pop()
            if column in self._done:
                continue
            first = column[0]
            if any(
                node.op is not first.op or len(node.inputs) != len(first.inputs) for node in column
            ):
                raise NotPolymorphicError(f"the ops {sorted({node.op.name for node in column})}")
            inputs = [
                tuple(node.inputs[place] for node in column) for place in range(len(first.inputs))
            ]
            if ready:
                self._done[column] = self._made(column, inputs)
                continue
            stack.append((column, True))
            stack.extend((one, False) for one in reversed(inputs) if one not in self._done)

    def _made(self, column: Column, inputs: list[Column]) -> Any:
        node = column[0]
        name = node.op.name
        if name == "constant":
            return self._constant([one.params["value"].array for one in column])
        if name == "item":
            return self._done[inputs[0]][node.params["index"]]
        if name == "state":
            return self._read(column)
        if name == "loop":
            return self._loop(column, [self._done[one] for one in inputs])
        view = self._view(column, inputs)
        write = self.writers.get(name)
        if write is None:
            raise self._writer.unwritable(view)
        return write(self._writer, view, *(self._done[one] for one in inputs))

    def _view(self, column: Column, inputs: list[Column]) -> NodeView:
        node, box = column[0], self._box
        params = {
            key: box.general([one.params[key] for one in column]) for key in sorted(node.params)
        }
        several = isinstance(node.type, tuple)
        kinds = [one.type[0] if several else one.type for one in column]
        return NodeView(
            node.op.name,
            params,
            kinds[0].dtype,
            box.general([kind.shape for kind in kinds]),
            tuple(box.general([_shape(one) for one in column]) for column in inputs),
        )

    def _read(self, column: Column) -> Any:
        raise NotPolymorphicError("the variables")

    def _loop(self, column: Column, inputs: Sequence[Any]) -> Any:
        raise NotPolymorphicError("the loops")

    # --- constants ---------------------------------------------------------------------------

    def _constant(self, arrays: list[Array]) -> Any:
        """A constant; one that follows from open extents is computed by the graph."""
        first, box, w = arrays[0], self._box, self._writer
        if all(a is first or _same(a, first) for a in arrays):
            return w.const(first)
        shape = box.general([array.shape for array in arrays])
        if not is_open(shape):
            return self._numbers(arrays)
        axes = [axis for axis, extent in enumerate(shape) if isinstance(extent, Extent)]
        row = tuple(slice(0, 1) if axis in axes else slice(None) for axis in range(first.ndim))
        rows = [array[row] for array in arrays]
        if all(
            _same(array, np.broadcast_to(one, array.shape))
            for array, one in zip(arrays, rows, strict=True)
        ):
            return w.broadcast(self._constant(rows), shape)
        if first.ndim == 1 and all(_same(a, np.arange(len(a), dtype=a.dtype)) for a in arrays):
            return w.cast(w.line(shape[0]), from_numpy(first.dtype))
        raise NotPolymorphicError(f"a constant of shape {shape}")

    def _numbers(self, arrays: list[Array]) -> Any:
        """Numbers that are polynomials of the extents, or one over such."""
        w, dtype = self._writer, from_numpy(arrays[0].dtype)
        wide = [np.asarray(array, np.float64).ravel() for array in arrays]
        if arrays[0].size > 4096:
            raise NotPolymorphicError("a large constant that depends on open extents")
        upside = all((np.rint(values) == values).all() for values in wide)
        if not upside:
            with np.errstate(all="ignore"):
                wide = [1 / values for values in wide]
            limit = 1e-6
            near = [np.abs(np.rint(v) - v) <= limit * np.abs(v) for v in wide]
            if not all(entry.all() for entry in near):
                raise NotPolymorphicError("a constant that is no polynomial of open extents")
        columns = zip(*(np.rint(values).astype(int).tolist() for values in wide), strict=True)
        found = w.cast(w.vector([self._box.fit(column) for column in columns]), dtype)
        if not upside:
            found = w.reciprocal(found)
        return w.reshape(found, arrays[0].shape)


def _shape(node: Node) -> tuple[int, ...]:
    kind = node.type[0] if isinstance(node.type, tuple) else node.type
    shape: tuple[int, ...] = kind.shape
    return shape


def _same(a: Array, b: Array) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == np.asarray(b).tobytes()
