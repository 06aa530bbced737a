"""Graphs: the traces that stay open while TensorFlow 1's programs write them."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from caudal.errors import NotFoundError, UnimplementedError, did_you_mean
from caudal.framework import Trace, context

_traces: weakref.WeakValueDictionary[int, Trace] = weakref.WeakValueDictionary()


class Graph:
    """Where the tensors of TensorFlow 1 programs are made; its collections, its variables by name.

    A graph is a trace that stays open as long as its block: what is made inside is symbolic, and
    `tf.compat.v1.Session` computes it. Functions (`tf.function`) have graphs of their own kind.

    >>> graph = Graph()
    >>> with graph.as_default():
    ...     get_default_graph() is graph
    True
    """

    building_function = False

    def __init__(self) -> None:
        self.trace = Trace("graph", may_create=True)
        _traces[id(self.trace)] = self.trace
        self._collections: dict[str, list[Any]] = {}
        self._by_name: dict[str, Any] = {}
        self._tensors: dict[str, Any] = {}
        self.optimizers: list[Any] = []
        self._layers: dict[str, int] = {}

    def add_to_collection(self, name: str, value: Any) -> None:
        """Adds a value to a collection."""
        self._collections.setdefault(name, []).append(value)

    def get_collection(self, name: str, scope: str | None = None) -> list[Any]:
        """The values of a collection; those whose name begins with ``scope`` if it is given."""
        values = self._collections.get(name, [])
        return [v for v in values if scope is None or str(getattr(v, "name", "")).startswith(scope)]

    def get_collection_ref(self, name: str) -> list[Any]:
        """The collection itself."""
        return self._collections.setdefault(name, [])

    def unique(self, name: str) -> str:
        """A name for one more layer: the name itself, then name_1, ..."""
        count = self._layers.get(name, 0)
        self._layers[name] = count + 1
        return name if not count else f"{name}_{count}"

    @contextmanager
    def as_default(self) -> Iterator[Graph]:
        """Makes it the default graph, and tensors symbolic, inside the block."""
        _graphs.append(self)
        before = context.state.enter(self.trace, ())
        try:
            yield self
        finally:
            context.state.leave(before)
            _graphs.remove(self)

    def keep(self, name: str, tensor: Any) -> str:
        """Remembers a tensor that was given a name; gives the name, numbered if it is taken."""
        free, count = name, 0
        while free in self._tensors:
            count += 1
            free = f"{name}_{count}"
        self._tensors[free] = tensor
        return free

    def get_tensor_by_name(self, name: str) -> Any:
        """The tensor that was made with a name, "x:0".

        Raises:
            NotFoundError: there is none.
        """
        found = self._tensors.get(name.removesuffix(":0"))
        if found is None:
            raise NotFoundError(
                "The graph has no tensor {name!r}.{hint}",
                name=name,
                hint=did_you_mean(name, list(self._tensors)),
            )
        return found

    get_operation_by_name = get_tensor_by_name

    def finalize(self) -> None:
        """Accepted: graphs may grow at any time."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnimplementedError(
            "tf.Graph.{name}: Caudal's graphs keep no list of operations. Keep the tensors that "
            "you need, or use the `graph` of a concrete tf.function.",
            name=name,
        )


_graphs: list[Graph] = [Graph()]


def get_default_graph() -> Graph:
    """The graph that variables and collections belong to now."""
    return _graphs[-1]


def reset_default_graph() -> None:
    """A new, empty default graph: in graph mode what follows is made there."""
    old, _graphs[-1] = _graphs[-1], Graph()
    if context.state.trace is old.trace:
        context.state.enter(_graphs[-1].trace, ())


def writing() -> bool:
    """Whether this thread writes a graph, rather than runs or traces something."""
    trace = context.state.trace
    return trace is not None and is_graph(trace)


def is_graph(trace: Any) -> bool:
    """Whether a trace is that of a graph, now or earlier."""
    return id(trace) in _traces
