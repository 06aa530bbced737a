"""``tf.profiler.experimental``: accepted, with a warning; Caudal shows a program's parts instead.

``CAUDAL_SHOW=kernels`` prints what is compiled.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from caudal.errors import CaudalWarning, FailedPreconditionError
from caudal.namespaces import strict

__all__ = ["Profile", "ProfilerOptions", "Trace", "start", "stop"]

_running: list[str] = []


class ProfilerOptions(NamedTuple):
    """What would be recorded."""

    host_tracer_level: int = 2
    python_tracer_level: int = 0
    device_tracer_level: int = 1
    delay_ms: int | None = None


def start(logdir: str, options: ProfilerOptions | None = None) -> None:
    """Warns that nothing is recorded.

    Raises:
        FailedPreconditionError: it was started already.
    """
    if _running:
        raise FailedPreconditionError("tf.profiler.experimental.start: it is running already.")
    warnings.warn(
        CaudalWarning("tf.profiler: there is no profiler, nothing is recorded."), stacklevel=2
    )
    _running.append(str(logdir))


def stop(save: bool = True) -> None:
    """Ends what `start` began.

    Raises:
        FailedPreconditionError: it was not started.
    """
    if not _running:
        raise FailedPreconditionError("tf.profiler.experimental.stop: it is not running.")
    _running.clear()


@contextmanager
def Profile(logdir: str, options: ProfilerOptions | None = None) -> Iterator[None]:
    """`start` and `stop` around a block."""
    start(logdir, options)
    try:
        yield
    finally:
        stop()


@contextmanager
def Trace(name: str, **kwargs: Any) -> Iterator[None]:
    """A named block of a profile; nothing is recorded."""
    yield


__getattr__ = strict(__name__)
