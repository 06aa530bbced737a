"""``tf.queue``: elements that one thread puts in and another one takes out."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.array.arguments import static_int
from caudal.errors import (
    CancelledError,
    InvalidArgumentError,
    OutOfRangeError,
    ShapeError,
)
from caudal.framework import Tensor, TensorShape, convert_to_tensor, perform
from caudal.framework.effects import obtain
from caudal.ir.dtypes import DType, as_dtype, bool_, int32, int64
from caudal.ir.types import Type
from caudal.namespaces import strict

__all__ = ["FIFOQueue", "PaddingFIFOQueue", "PriorityQueue", "QueueBase", "RandomShuffleQueue"]

Array = np.ndarray[Any, Any]
Element = tuple[Array, ...]


class QueueBase:
    """At most ``capacity`` elements, each a tuple of tensors.

    Putting waits while the queue is full, taking while it is empty. Inside a `tf.function` both
    happen when the program runs; what is taken there must have shapes that are known.

    Args:
        capacity: how many elements fit.
        dtypes: of an element's components.
        shapes: of the components, or None; `dequeue_many` needs them.
        names: of the components: elements are dictionaries then.
        shared_name: accepted; queues are shared by handing them on.
        name: for messages.
    """

    _before = 0

    def __init__(
        self,
        capacity: Any,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "queue",
    ) -> None:
        self.name = name
        self._capacity = static_int(capacity, name + ": capacity")
        self._dtypes = [as_dtype(one) for one in _listed(dtypes)]
        known = None if shapes is None else [TensorShape(one) for one in _as_shapes(shapes)]
        self._shapes = known
        self._names = None if names is None else list(_listed(names))
        for what, found in (("shapes", known), ("names", self._names)):
            if found is not None and len(found) != len(self._dtypes):
                raise InvalidArgumentError(
                    "{name}: expected {what} for {n} components, received {received}.",
                    name=name,
                    what=what,
                    n=len(self._dtypes),
                    received=len(found),
                )
        self._elements: list[Any] = []
        self._changed = threading.Condition()
        self._closed = False

    # --- what it is --------------------------------------------------------------------------

    @property
    def dtypes(self) -> list[DType]:
        """The dtypes of an element's components."""
        return list(self._dtypes)

    @property
    def shapes(self) -> list[TensorShape]:
        """Their shapes."""
        return list(self._shapes or [TensorShape(None)] * len(self._dtypes))

    @property
    def names(self) -> list[str] | None:
        """Their names."""
        return self._names

    def size(self, name: str | None = None) -> Any:
        """How many elements there are, int32."""
        return obtain(lambda: [np.asarray(len(self._elements), np.int32)], [Type(int32, ())])[0]

    def is_closed(self, name: str | None = None) -> Any:
        """Whether it was closed, bool."""
        return obtain(lambda: [np.asarray(self._closed)], [Type(bool_, ())])[0]

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> None:
        """Nothing more can be put in; what is there can be taken."""

        def end() -> None:
            with self._changed:
                self._closed = True
                self._changed.notify_all()

        perform(end)

    # --- what a kind of queue decides -------------------------------------------------------

    def _put(self, element: Element) -> None:
        self._elements.append(element)

    def _take(self) -> Element:
        first: Element = self._elements.pop(0)
        return first

    def _whole(self, rows: list[Element]) -> list[Array]:
        return [np.stack(column) for column in zip(*rows, strict=True)]

    # --- putting -----------------------------------------------------------------------------

    def _tensors(self, vals: Any) -> list[Any]:
        if self._names is not None:
            if not isinstance(vals, dict) or vals.keys() != set(self._names):
                raise InvalidArgumentError(
                    "{name}.enqueue: expected a dictionary with {names}, received {vals!r}.",
                    name=self.name,
                    names=self._names,
                    vals=vals,
                )
            vals = [vals[name] for name in self._names]
        single = len(self._dtypes) == 1 and not (isinstance(vals, list | tuple) and len(vals) == 1)
        parts = [vals] if single else list(_listed(vals))
        if len(parts) != len(self._dtypes):
            raise InvalidArgumentError(
                "{name}.enqueue: expected {n} components, received {received}.",
                name=self.name,
                n=len(self._dtypes),
                received=len(parts),
            )
        return [convert_to_tensor(p, dtype=d) for p, d in zip(parts, self._dtypes, strict=True)]

    def _check(self, tensors: Sequence[Any], skip: int) -> None:
        for tensor, shape in zip(tensors, self.shapes, strict=True):
            if not shape.is_compatible_with(tensor.shape[skip:]):
                raise ShapeError(
                    "{name}.enqueue: expected the shape {shape}, received {received}.",
                    name=self.name,
                    shape=shape,
                    received=tuple(tensor.shape[skip:]),
                )

    def _enter(self, element: Element) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._elements) < self._capacity)
            if self._closed:
                raise CancelledError("{name} is closed.", name=self.name)
            self._put(element)
            self._changed.notify_all()

    def enqueue(self, vals: Any, name: str | None = None) -> None:
        """Puts one element in.

        Raises:
            CancelledError: the queue is closed.
        """
        tensors = self._tensors(vals)
        self._check(tensors, 0)
        perform(lambda *arrays: self._enter(arrays), *tensors)

    def enqueue_many(self, vals: Any, name: str | None = None) -> None:
        """Puts the rows of the tensors in, one after the other."""
        tensors = self._tensors(vals)
        if len({tuple(tensor.shape)[:1] for tensor in tensors}) != 1 or not tuple(tensors[0].shape):
            raise ShapeError(
                "{name}.enqueue_many: expected components of one first axis, received {shapes}.",
                name=self.name,
                shapes=[tuple(tensor.shape) for tensor in tensors],
            )
        self._check(tensors, 1)

        def enter(*arrays: Array) -> None:
            for row in zip(*arrays, strict=True):
                self._enter(tuple(np.asarray(one) for one in row))

        perform(enter, *tensors)

    # --- taking ------------------------------------------------------------------------------

    def _leave(self, count: int, fewer: bool) -> list[Element]:
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or len(self._elements) >= count + self._before
            )
            have = len(self._elements)
            if have < count and not (fewer and have):
                raise OutOfRangeError(
                    "{name} is closed and has insufficient elements (requested {count}, current "
                    "size {have}).",
                    name=self.name,
                    count=count,
                    have=have,
                )
            rows = [self._take() for _ in range(min(count, have))]
            self._changed.notify_all()
            return rows

    def _packed(self, tensors: list[Any]) -> Any:
        if self._names is not None:
            return dict(zip(self._names, tensors, strict=True))
        return tensors[0] if len(tensors) == 1 else tensors

    def _obtained(self, call: Any, lead: tuple[int, ...]) -> Any:
        from caudal.framework import inside_function

        if not inside_function():
            return self._packed([Tensor(array) for array in call()])
        if self._shapes is None or not all(one.is_fully_defined() for one in self._shapes):
            raise ShapeError(
                "{name}.dequeue: in a tf.function the components' shapes must be known: give "
                "`shapes` to the queue.",
                name=self.name,
            )
        shapes = [(*lead, *(int(n or 0) for n in shape)) for shape in self._shapes]
        kinds = [Type(d, shape) for d, shape in zip(self._dtypes, shapes, strict=True)]
        return self._packed(obtain(call, kinds))

    def dequeue(self, name: str | None = None) -> Any:
        """Takes one element out; it waits until there is one.

        Raises:
            OutOfRangeError: the queue is closed and empty.
        """
        return self._obtained(lambda: list(self._leave(1, False)[0]), ())

    def _need_shapes(self) -> None:
        if self._shapes is None:
            raise InvalidArgumentError(
                "{name}: dequeue_many and dequeue_up_to need the components' shapes: give "
                "`shapes` to the queue.",
                name=self.name,
            )

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """Takes ``n`` elements out, stacked."""
        self._need_shapes()
        count = static_int(n, self.name + ".dequeue_many: n")
        return self._obtained(lambda: self._whole(self._leave(count, False)), (count,))

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """Takes ``n`` elements out, or all that a closed queue has left; only eagerly."""
        self._need_shapes()
        count = static_int(n, self.name + ".dequeue_up_to: n")
        return self._packed([Tensor(a) for a in self._whole(self._leave(count, True))])


class FIFOQueue(QueueBase):
    """A queue: first in, first out.

    >>> queue = FIFOQueue(2, "int32")
    >>> queue.enqueue(5)
    >>> int(queue.dequeue())
    5
    """

    def __init__(
        self,
        capacity: Any,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "fifo_queue",
    ) -> None:
        super().__init__(capacity, dtypes, shapes, names, shared_name, name)


class PaddingFIFOQueue(QueueBase):
    """A `FIFOQueue` whose shapes may leave extents open: `dequeue_many` fills up with zeros."""

    def __init__(
        self,
        capacity: Any,
        dtypes: Any,
        shapes: Any,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "padding_fifo_queue",
    ) -> None:
        super().__init__(capacity, dtypes, shapes, names, shared_name, name)

    def _whole(self, rows: list[Element]) -> list[Array]:
        found = []
        for column in zip(*rows, strict=True):
            extents = np.max([one.shape for one in column], axis=0)
            whole = np.zeros((len(column), *extents), column[0].dtype)
            for place, one in enumerate(column):
                corner: Any = (place, *(slice(n) for n in one.shape))
                whole[corner] = one
            found.append(whole)
        return found


class PriorityQueue(QueueBase):
    """A queue that gives the element of the least priority first: an int64 before the others."""

    def __init__(
        self,
        capacity: Any,
        types: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "priority_queue",
    ) -> None:
        extents = None if shapes is None else [(), *_as_shapes(shapes)]
        super().__init__(capacity, [int64, *_listed(types)], extents, names, shared_name, name)
        self._order = itertools.count()

    def _put(self, element: Element) -> None:
        heapq.heappush(self._elements, (int(element[0]), next(self._order), element))

    def _take(self) -> Element:
        element: Element = heapq.heappop(self._elements)[2]
        return element


class RandomShuffleQueue(QueueBase):
    """A queue that gives any of its elements.

    ``min_after_dequeue`` elements stay until it is closed, so that the order is well mixed.
    """

    def __init__(
        self,
        capacity: Any,
        min_after_dequeue: Any,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: Any = None,
        shared_name: str | None = None,
        name: str = "random_shuffle_queue",
    ) -> None:
        super().__init__(capacity, dtypes, shapes, names, shared_name, name)
        self._before = static_int(min_after_dequeue, name + ": min_after_dequeue")
        self._generator = np.random.default_rng(seed)

    def _take(self) -> Element:
        element: Element = self._elements.pop(int(self._generator.integers(len(self._elements))))
        return element


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _as_shapes(shapes: Any) -> list[Any]:
    """A list of shapes: of one component it may be the shape alone."""
    if isinstance(shapes, TensorShape):
        return [shapes]
    given = list(shapes)
    if all(one is None or isinstance(one, int) for one in given) and given != []:
        return [given]
    return given or [()]


__getattr__ = strict(__name__)
