"""What this thread is doing: the open trace, the recording tapes, the name scopes.

All of it is thread-local: two threads may trace and differentiate at the same time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _State(threading.local):
    """The thread's stacks. ``busy`` says in one look-up that an op must take the long way."""

    def __init__(self) -> None:
        self.trace: Any = None
        self.tapes: tuple[Any, ...] = ()
        self.names: tuple[str, ...] = ()
        # Called with (op, inputs, params, result) after each op; see `caudal.numerics`.
        self.checker: Any = None
        # Called with (next_creator, **arguments) when a variable is made, the last one first.
        self.creators: tuple[Any, ...] = ()
        self.busy = False
        # Whether the open trace is to be written into a file, where texts can be spelled out.
        self.writes_texts = False

    def enter(self, trace: Any, tapes: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """Sets both and returns what was there before, for `leave`."""
        before = (self.trace, self.tapes)
        self.leave((trace, tapes))
        return before

    def leave(self, before: tuple[Any, tuple[Any, ...]]) -> None:
        """Restores what `enter` returned."""
        self.trace, self.tapes = before
        self._look()

    def _look(self) -> None:
        self.busy = self.trace is not None or bool(self.tapes) or self.checker is not None

    def watch_ops(self, checker: Any) -> None:
        """Has ``checker(op, inputs, params, result)`` called after each op; None ends that."""
        self.checker = checker
        self._look()

    def push_tape(self, tape: Any) -> None:
        """Lets ``tape`` record from now on."""
        self.tapes = (*self.tapes, tape)
        self.busy = True

    def pop_tape(self, tape: Any) -> None:
        """Ends the recording of ``tape``."""
        self.tapes = tuple(other for other in self.tapes if other is not tape)
        self._look()


state = _State()


def executing_eagerly() -> bool:
    """Whether ops compute at once: false inside a function that is being traced.

    >>> executing_eagerly()
    True
    """
    return state.trace is None


def inside_function() -> bool:
    """Whether a function is being traced in this thread.

    >>> inside_function()
    False
    """
    return state.trace is not None


@contextmanager
def init_scope() -> Iterator[None]:
    """Lifts the block out of the function being traced and away from all tapes.

    What is computed inside is eager: it is how a variable gets its initial value while a
    function is traced.
    """
    before = state.enter(None, ())
    try:
        yield
    finally:
        state.leave(before)


@contextmanager
def stop_recording() -> Iterator[None]:
    """No tape records inside the block."""
    before = state.enter(state.trace, ())
    try:
        yield
    finally:
        state.leave(before)


@contextmanager
def variable_creator_scope(variable_creator: Any) -> Iterator[None]:
    """Inside the block variables are made by ``variable_creator(next_creator, **arguments)``.

    It returns what ``next_creator`` does, called with arguments that it may have changed.
    """
    before = state.creators
    state.creators = (*before, variable_creator)
    try:
        yield
    finally:
        state.creators = before


def get_current_name_scope() -> str:
    """The open name scopes, "outer/inner".

    >>> with name_scope("a"), name_scope("b"):
    ...     get_current_name_scope()
    'a/b'
    """
    return scoped("").rstrip("/")


class name_scope:
    """Prefixes the names of the variables made inside.

    >>> with name_scope("encoder") as scope:
    ...     print(scope)
    encoder/
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._before: list[tuple[str, ...]] = []

    @property
    def name(self) -> str:
        """The scope's own name."""
        return self._name

    def __enter__(self) -> str:
        self._before.append(state.names)
        # A name that ends in "/" is absolute, and an empty one goes back to the root.
        if not self._name:
            state.names = ()
        elif self._name.endswith("/"):
            state.names = tuple(part for part in self._name.split("/") if part)
        else:
            state.names = (*state.names, self._name)
        return scoped("")

    def __exit__(self, *exc_info: object) -> None:
        state.names = self._before.pop()


def scoped(name: str) -> str:
    """``name`` behind the open scopes."""
    return "/".join((*state.names, name))
