"""Replicas of one computation: which of them this thread is, and how they come together.

The replicas of a call take turns, each in a thread of its own: one runs until it ends or comes to
a merge, then the next. All of them read and change the same variables.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any

from caudal.errors import FailedPreconditionError
from caudal.framework import context
from caudal.framework.convert import convert_to_tensor
from caudal.ops.binary import add


class _Present(threading.local):
    def __init__(self) -> None:
        self.replica: Replica | None = None


_present = _Present()


def current() -> Replica | None:
    """The replica that this thread computes; None where there is but one."""
    return _present.replica


class Replica:
    """One of ``count`` turns of a call."""

    def __init__(self, number: int, count: int, fn: Callable[[], Any]) -> None:
        self.number, self.count = number, count
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = False
        self.merge: tuple[Callable[..., Any], tuple[Any, ...]] | None = None
        self.merged: Any = None
        self._fn = fn
        self._mine, self._back = threading.Semaphore(0), threading.Semaphore(0)
        state = context.state
        self._outside = (state.trace, state.tapes, state.names)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._mine.acquire()
        state = context.state
        trace, tapes, state.names = self._outside
        state.enter(trace, tapes)
        _present.replica = self
        try:
            self.result = self._fn()
        except BaseException as error:
            self.error = error
        self.done = True
        self._back.release()

    def turn(self) -> None:
        """Let the replica go on until it ends or waits for a merge."""
        self._mine.release()
        self._back.acquire()
        if self.error is not None:
            raise self.error

    def merge_call(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """``fn`` once for all replicas, with a list of their values for each argument."""
        self.merge = (fn, args)
        self._back.release()
        self._mine.acquire()
        self.merge = None
        return self.merged


def run(fns: Sequence[Callable[[], Any]]) -> list[Any]:
    """The results of the functions, each computed by a replica of its own.

    Raises:
        FailedPreconditionError: some replicas come to a merge and others do not.
    """
    replicas = [Replica(i, len(fns), fn) for i, fn in enumerate(fns)]
    while True:
        for replica in replicas:
            replica.turn()
        waiting = [replica.merge for replica in replicas if not replica.done]
        if not waiting:
            return [replica.result for replica in replicas]
        if len(waiting) < len(replicas) or any(merge is None for merge in waiting):
            raise FailedPreconditionError(
                "Strategy.run: some replicas wait for the others at a merge (all_reduce, "
                "merge_call, an optimizer's update), which have ended already. Every replica must "
                "come to the same merges."
            )
        merges = [merge for merge in waiting if merge is not None]
        columns = zip(*(args for _, args in merges), strict=True)
        found = merges[0][0](*(list(column) for column in columns))
        for replica in replicas:
            replica.merged = found


def apply_sums(update: Callable[..., Any], gradients: list[Any], variables: Any) -> None:
    """One ``update(sums, variables)`` with the sums of all replicas' gradients."""

    def merged(rows: list[list[Any]], known: list[Any]) -> None:
        columns = [[g for g in column if g is not None] for column in zip(*rows, strict=True)]
        update([functools.reduce(_add, column) if column else None for column in columns], known[0])

    replica = current()
    assert replica is not None
    replica.merge_call(merged, (gradients, variables))


def _add(a: Any, b: Any) -> Any:
    return add(convert_to_tensor(a), convert_to_tensor(b))
