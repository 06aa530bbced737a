"""``tf.Graph`` and the default graph of TensorFlow 1.

A graph is a trace that stays open as long as its block: what is made inside is symbolic, and
`tf.compat.v1.Session` computes it. Functions (`tf.function`) have graphs of their own kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from caudal.errors import UnimplementedError
from caudal.framework import Trace, context


class Graph:
    """Where the tensors of TensorFlow 1 programs are made.

    >>> graph = Graph()
    >>> with graph.as_default():
    ...     get_default_graph() is graph
    True
    """

    building_function = False

    def __init__(self) -> None:
        self._trace = Trace("graph", may_create=True)

    @contextmanager
    def as_default(self) -> Iterator[Graph]:
        """A block in which this is the default graph, and nothing is computed at once."""
        before = context.state.enter(self._trace, ())
        _open.append(self)
        try:
            yield self
        finally:
            _open.pop()
            context.state.leave(before)

    def finalize(self) -> None:
        """Nothing to do: a program is made of what is fetched, when it is fetched."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnimplementedError(
            "tf.Graph.{name}: Caudal's graphs keep no list of operations or collections. Keep the "
            "tensors that you need, or use the `graph` of a concrete tf.function.",
            name=name,
        )


_open: list[Graph] = []
_default: list[Graph] = []


def get_default_graph() -> Graph:
    """The graph of the innermost ``as_default`` block, or the one that is always there."""
    if _open:
        return _open[-1]
    if not _default:
        _default.append(Graph())
    return _default[0]


def reset_default_graph() -> None:
    """A new, empty default graph: in graph mode what follows is made there."""
    _default[:] = [Graph()]
    if context.state.trace is not None and not _open:
        context.state.enter(_default[0]._trace, ())
