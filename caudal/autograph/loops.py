"""Loops over tensors and ranges of tensors: unrolled where they are short, else the program's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal import ops
from caudal.array import create
from caudal.array.movement import concat, reshape
from caudal.autograph.state import Loop, fresh, types_after
from caudal.framework import Tensor, convert_to_tensor, inside_function, is_symbolic
from caudal.ir.dtypes import int32, int64
from caudal.math.conversion import cast
from caudal.math.elementwise import ceil, logical_and, maximum
from caudal.tensor_array import TensorArray

_SHORT = 8
"""Loops of so many iterations are written out: their counters are known, and they fuse."""


class TensorRange:
    """``range(start, limit, delta)`` of tensors, whose length only the program may know."""

    def __init__(self, start: Any, limit: Any, delta: Any, dtype: Any = None) -> None:
        parts = [convert_to_tensor(part) for part in (start, limit, delta)]
        kind = dtype or max((part.dtype for part in parts), key=lambda k: k.np_dtype.itemsize)
        self.start, self.limit, self.delta = (cast(part, kind) for part in parts)

    @property
    def count(self) -> Any:
        """The number of elements, an int32 scalar."""
        span, step = (cast(x, "float64") for x in (self.limit - self.start, self.delta))
        return maximum(cast(ceil(span / step), "int32"), 0)

    def at(self, place: Any) -> Any:
        """The element at a place."""
        return self.start + cast(place, self.delta.dtype) * self.delta


def tensor_range(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range"
) -> TensorRange:
    """``range`` or ``tf.range`` as what a loop runs over."""
    return (
        TensorRange(0, start, delta, dtype)
        if limit is None
        else TensorRange(start, limit, delta, dtype)
    )


def iterated(function: Any, plain: Callable[[Any], Any]) -> Any:
    """What a ``for`` calls to get what it runs over, in place of ``function``."""
    if inside_function():
        if getattr(function, "__wrapped__", function) is create.range:
            return tensor_range
        if function is range:
            return lambda *parts: (
                tensor_range(*parts) if any(map(is_symbolic, parts)) else range(*parts)
            )
    return plain(function)


class _Elements:
    """The rows of a tensor, or the numbers of a range, by their places."""

    def __init__(self, iterated: Any) -> None:
        self._iterated = iterated
        if isinstance(iterated, TensorRange):
            self.count = iterated.count
        else:
            tensor = convert_to_tensor(iterated)
            if not tensor.shape:
                iter(tensor)
            self._iterated = tensor
            self.count = convert_to_tensor(np.int32(tensor.shape[0]))

    def at(self, place: Any) -> Any:
        if isinstance(self._iterated, TensorRange):
            return self._iterated.at(place)
        shape = tuple(self._iterated.shape)
        start = reshape(cast(place, int64), (1,))
        if len(shape) > 1:
            start = concat([start, convert_to_tensor(np.zeros(len(shape) - 1, np.int64))], 0)
        row = ops.dynamic_slice(self._iterated, start, sizes=(1, *shape[1:]))
        return reshape(row, shape[1:])


def loop_over(
    iterated: Any,
    extra_test: Callable[[], Any] | None,
    body: Callable[[Any], None],
    get: Callable[[], tuple[Any, ...]],
    put: Callable[[tuple[Any, ...]], None],
    names: tuple[str, ...],
    options: dict[str, Any] | None,
    conditional: Callable[..., None],
) -> None:
    """Runs a loop over a tensor or a range.

    ``conditional(test, body)`` is an ``if`` on the loop's own state.
    """
    elements = _Elements(iterated)
    count = None if is_symbolic(elements.count) else int(elements.count)
    if count is not None and count > _SHORT and extra_test is None:
        put(_with_room(elements, count, body, get, put))
    if count is not None and (count <= _SHORT or any(map(_grows, get()))):
        _unrolled(elements, count, extra_test, body, conditional)
        return
    place = [convert_to_tensor(0, int32)]

    def step() -> None:
        body(elements.at(place[0]))
        place[0] = place[0] + 1

    def test() -> Any:
        more = True if extra_test is None else extra_test()
        if count is not None:
            # The number of iterations is given, and ends the loop by itself.
            return more
        going = place[0] < elements.count
        return going if more is True else logical_and(going, more)

    def put_all(values: tuple[Any, ...]) -> None:
        place[0] = values[0]
        put(values[1:])

    loop = Loop(("the loop's counter", *names), lambda: (place[0], *get()), put_all, step)
    given = options or {}
    limits = [part for part in (count, given.get("maximum_iterations")) if part is not None]
    most = min(map(int, limits)) if limits else None
    loop.run(test, {**given, "maximum_iterations": most})


def loop_over_elements(
    elements: Any,
    extra_test: Callable[[], Any] | None,
    body: Callable[[Any], None],
    get: Callable[[], tuple[Any, ...]],
    put: Callable[[tuple[Any, ...]], None],
    names: tuple[str, ...],
    conditional: Callable[..., None],
) -> None:
    """Runs a loop over the elements of a dataset, of which a program gets one at a time.

    Args:
        elements: with ``begin``, ``following``, ``end`` and ``count``; see `caudal.data.staged`.
        conditional: ``conditional(test, body, orelse)``, an ``if`` on the loop's own state.
    """
    if not elements.kinds:
        return
    number = elements.begin()
    more = [convert_to_tensor(True)]

    def step() -> None:
        which, found = elements.following(number)
        more[0] = which >= 0

        def one(kind: int) -> None:
            if kind + 1 == len(found):
                conditional(which >= kind, lambda: body(found[kind]), lambda: None)
            else:
                conditional(which == kind, lambda: body(found[kind]), lambda: one(kind + 1))

        one(0)

    def test() -> Any:
        going = True if extra_test is None else extra_test()
        return more[0] if going is True else logical_and(more[0], going)

    def put_all(values: tuple[Any, ...]) -> None:
        more[0] = values[0]
        put(values[1:])

    loop = Loop(("the loop's condition", *names), lambda: (more[0], *get()), put_all, step)
    loop.run(test, {"maximum_iterations": elements.count + 1} if elements.count >= 0 else None)
    elements.end(number)


def _grows(value: Any) -> bool:
    """Whether a loop may make a value longer, which the program cannot."""
    return type(value) is list or (isinstance(value, TensorArray) and value.can_grow)


def _with_room(
    elements: _Elements,
    count: int,
    body: Callable[[Any], None],
    get: Callable[[], tuple[Any, ...]],
    put: Callable[[tuple[Any, ...]], None],
) -> tuple[Any, ...]:
    """The state with arrays that grow as long as the first and the last iteration make them."""
    start = get()
    growing = [
        place
        for place, value in enumerate(start)
        if isinstance(value, TensorArray) and value.can_grow and not int(value.size())
    ]
    found = list(start)
    for number in (0, count - 1) if growing else ():

        def step(number: int = number) -> tuple[Any, ...]:
            put(fresh(start))
            body(elements.at(Tensor(np.asarray(number, np.int32))))
            return get()

        after = types_after(step)
        for place in growing:
            if int(after[place].size()) > int(found[place].size()):
                found[place] = after[place]
    return tuple(found)


def _unrolled(
    elements: _Elements,
    count: int,
    extra_test: Callable[[], Any] | None,
    body: Callable[[Any], None],
    conditional: Callable[..., None],
) -> None:
    going: Any = True
    for number in range(count):
        item = elements.at(Tensor(np.asarray(number, np.int32)))
        if is_symbolic(going):
            conditional(going, lambda item=item: body(item))
        else:
            body(item)
        if extra_test is not None:
            going = extra_test()
            if not is_symbolic(going) and not going:
                return
