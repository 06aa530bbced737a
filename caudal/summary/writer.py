"""Event files, and what is written by default: to which file, at which step, whether at all."""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from caudal.errors import FailedPreconditionError, InvalidArgumentError
from caudal.framework import Tensor, context, convert_to_tensor, is_tensor_like
from caudal.framework.effects import perform
from caudal.io.records import TFRecordWriter
from caudal.summary import events

_serial = itertools.count()


class _Settings(threading.local):
    """The thread's default writer, step, and condition (None: always)."""

    def __init__(self) -> None:
        self.writer: Any = None
        self.step: Any = None
        self.condition: Any = None


settings = _Settings()


class SummaryWriter:
    """Where summaries go; made by `create_file_writer` or `create_noop_writer`."""

    def add(self, event: bytes) -> None:
        """Write an event; this kind drops it."""

    @contextmanager
    def as_default(self, step: Any = None) -> Iterator[SummaryWriter]:
        """Inside the block summaries go here, at ``step`` if it is given."""
        before = settings.writer, settings.step
        self.set_as_default(step)
        try:
            yield self
        finally:
            # TensorFlow writes out at the end of the block as well.
            self.flush()
            settings.writer, settings.step = before

    def set_as_default(self, step: Any = None) -> None:
        """From here on summaries go here, at ``step`` if it is given."""
        settings.writer = self
        if step is not None:
            settings.step = step

    def init(self) -> None:
        """Nothing to do: the file is open."""

    def flush(self) -> None:
        """Write out what is held back."""

    def close(self) -> None:
        """Write out what is held back, and close the file."""


class _FileWriter(SummaryWriter):
    """An event file: ``events.out.tfevents.TIME.HOST.PROCESS.NUMBER`` and a suffix."""

    def __init__(self, folder: str, max_queue: int, flush_millis: int, suffix: str) -> None:
        os.makedirs(folder, exist_ok=True)
        host = socket.gethostname() or "localhost"
        name = f"events.out.tfevents.{int(time.time()):010d}.{host}.{os.getpid()}.{next(_serial)}"
        self.path = os.path.join(folder, name + suffix)
        self._file = TFRecordWriter(self.path)
        self._lock = threading.Lock()
        self._most, self._seconds = max_queue, flush_millis / 1000
        self._waiting, self._flushed = 0, time.monotonic()
        self._closed = False
        self._finalizer = weakref.finalize(self, self._file.close)
        self._file.write(events.version_event())
        self._file.flush()

    def add(self, event: bytes) -> None:
        """Write an event."""
        self._check()
        with self._lock:
            self._file.write(event)
            self._waiting += 1
            late = time.monotonic() - self._flushed > self._seconds
        if late or self._waiting > self._most:
            self.flush()

    def _check(self) -> None:
        if self._closed:
            raise FailedPreconditionError(
                "SummaryWriter: {path} is already closed.", path=self.path
            )

    def set_as_default(self, step: Any = None) -> None:
        """From here on summaries go here, at ``step`` if it is given."""
        self._check()
        super().set_as_default(step)

    def flush(self) -> None:
        """Write out what is held back."""
        if not self._closed:
            with self._lock:
                self._file.flush()
                self._waiting, self._flushed = 0, time.monotonic()

    def close(self) -> None:
        """Write out what is held back, and close the file."""
        if not self._closed:
            self.flush()
            self._closed = True
            self._finalizer()


def create_file_writer(
    logdir: Any,
    max_queue: int | None = None,
    flush_millis: int | None = None,
    filename_suffix: str | None = None,
    name: str | None = None,
    experimental_trackable: bool = False,
    experimental_mesh: Any = None,
) -> SummaryWriter:
    """A writer of a new event file in a folder, which is made if need be.

    Args:
        logdir: the folder; None gives a writer that drops everything.
        max_queue: how many events may wait before they are written out, 10 by default.
        flush_millis: how many milliseconds they may wait, two minutes by default.
        filename_suffix: the end of the file's name, ".v2" by default.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     writer = create_file_writer(folder)
    ...     writer.close()
    ...     len(os.listdir(folder))
    1
    """
    if logdir is None:
        return SummaryWriter()
    if experimental_mesh is not None:
        raise InvalidArgumentError("create_file_writer: experimental_mesh must be None.")
    if isinstance(logdir, Tensor):
        logdir = logdir.numpy()
    folder = os.fsdecode(logdir)
    waiting = 10 if max_queue is None else int(max_queue)
    millis = 120_000 if flush_millis is None else int(flush_millis)
    return _FileWriter(folder, waiting, millis, filename_suffix or ".v2")


def create_noop_writer() -> SummaryWriter:
    """A writer that drops everything."""
    return SummaryWriter()


def flush(writer: Any = None, name: str | None = None) -> None:
    """Write out what the writer (or the default one) holds back."""
    chosen = writer or settings.writer
    if chosen is not None:
        chosen.flush()


# --- when -------------------------------------------------------------------------------------


def get_step() -> Any:
    """The default step: None unless it was set."""
    return settings.step


def set_step(step: Any) -> None:
    """Sets the default step: an integer, or a variable, which is read at each writing."""
    settings.step = step


@contextmanager
def record_if(condition: Any) -> Iterator[None]:
    """Inside the block summaries are written only where the condition holds.

    condition: a bool, a bool tensor, or a function that gives one of them.
    """
    before, settings.condition = settings.condition, condition
    try:
        yield
    finally:
        settings.condition = before


def _condition() -> Any:
    condition = settings.condition
    if callable(condition) and not is_tensor_like(condition):
        condition = condition()
    return True if condition is None else condition


def should_record_summaries() -> Any:
    """Whether summaries are written now, as a bool tensor."""
    return convert_to_tensor(False if settings.writer is None else _condition())


@contextmanager
def summary_scope(name: Any, default_name: str = "summary", values: Any = None) -> Iterator[Any]:
    """Gives (tag, scope) of a summary: its name behind the open name scopes."""
    label = str(name or default_name)
    with context.name_scope(label.strip("/") or default_name) as scope:
        open_scopes = "/".join(context.state.names[:-1])
        yield (f"{open_scopes}/{label}" if open_scopes else label), scope


def record(
    step: Any, make: Callable[..., bytes], *tensors: Any, event: Any = events.summary_event
) -> Tensor:
    """Writes what ``make(*values)`` gives, now or when the traced program runs.

    Returns:
        whether there is a writer, and the condition holds, as far as it is known now.

    Raises:
        InvalidArgumentError: there is no step.
    """
    writer = settings.writer
    if writer is None:
        return convert_to_tensor(False)
    step = settings.step if step is None else step
    if step is None:
        raise InvalidArgumentError(
            "tf.summary: no step set. Give it as `step`, or call "
            "tf.summary.experimental.set_step(step)."
        )
    condition = _condition()
    if condition is False:
        return convert_to_tensor(False)

    def run(holds: Any, at: Any, *values: np.ndarray[Any, Any]) -> None:
        if holds:
            writer.add(event(int(at), make(*values)))

    at = step if is_tensor_like(step) else convert_to_tensor(np.asarray(int(step), np.int64))
    perform(run, condition, at, *tensors)
    holds = convert_to_tensor(condition)
    return holds if not holds.is_symbolic else convert_to_tensor(True)
