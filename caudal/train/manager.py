"""``tf.train.CheckpointManager``: numbered checkpoints of a folder, old ones deleted."""

from __future__ import annotations

import glob
import os
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.io.durable import remove
from caudal.train.checkpoint import Checkpoint, CheckpointOptions
from caudal.train.state_file import (
    CheckpointState,
    exists,
    latest_checkpoint,
    read_state,
    write_state,
)

_POLL_SECONDS = 1.0


class CheckpointManager:
    """Saves a `Checkpoint` as ``DIRECTORY/NAME-N`` and keeps the last ``max_to_keep`` of them.

    max_to_keep: None keeps all.
    keep_checkpoint_every_n_hours: of those that would be deleted, one in so many hours stays.
    step_counter, checkpoint_interval: `save` does nothing until the counter, a variable, is that
        much above what it was at the last save.
    init_fn: called by `restore_or_initialize` where there is no checkpoint.

    >>> import tempfile
    >>> from caudal.framework import Variable
    >>> folder = tempfile.mkdtemp()
    >>> manager = CheckpointManager(Checkpoint(step=Variable(0)), folder, max_to_keep=2)
    >>> for _ in range(3):
    ...     _ = manager.save()
    >>> [os.path.basename(path) for path in manager.checkpoints]
    ['ckpt-2', 'ckpt-3']
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Any,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
        step_counter: Any = None,
        checkpoint_interval: int | None = None,
        init_fn: Callable[[], Any] | None = None,
        last_checkpoint_step: int | None = None,
    ) -> None:
        if max_to_keep is not None and max_to_keep <= 0:
            raise InvalidArgumentError(
                "CheckpointManager: expected a positive integer or `None` for `max_to_keep`, "
                "received {received}.",
                received=max_to_keep,
            )
        if (checkpoint_interval is None) != (step_counter is None):
            raise InvalidArgumentError(
                "CheckpointManager: step_counter and checkpoint_interval must be given together."
            )
        self._checkpoint = checkpoint
        self._directory: str = os.fspath(directory)
        self._max_to_keep = max_to_keep
        self._keep_seconds = (keep_checkpoint_every_n_hours or 0.0) * 3600.0
        self._name = checkpoint_name
        self._step_counter, self._interval = step_counter, checkpoint_interval
        self._last_step = last_checkpoint_step
        self._init_fn = init_fn
        self._times: dict[str, float] = {}
        """The checkpoints that are there, oldest first, and when they were saved."""
        self._latest: str | None = None
        self._last_preserved: float | None = None
        self._recover()

    def _recover(self) -> None:
        """Goes on where an earlier manager of this folder ended."""
        state = read_state(self._directory)
        if state is None:
            return
        self._last_preserved = state.last_preserved_timestamp
        times = state.all_model_checkpoint_timestamps
        paths = state.all_model_checkpoint_paths
        if len(times) != len(paths):
            times = [time.time()] * len(paths)
        self._times = {path: when for path, when in zip(paths, times, strict=True) if exists(path)}
        self._latest = state.model_checkpoint_path if self._times else None

    # --- what there is ------------------------------------------------------------------------

    @property
    def directory(self) -> str:
        """The folder."""
        return self._directory

    @property
    def checkpoint(self) -> Checkpoint:
        """What is saved."""
        return self._checkpoint

    @property
    def checkpoint_interval(self) -> int | None:
        """The least number of steps between two saves."""
        return self._interval

    @property
    def latest_checkpoint(self) -> str | None:
        """The path of the last one, None if there is none."""
        return self._latest

    @property
    def checkpoints(self) -> list[str]:
        """The paths of those that are kept, oldest first."""
        return list(self._times)

    # --- saving -------------------------------------------------------------------------------

    def save(
        self,
        checkpoint_number: Any = None,
        check_interval: bool = True,
        options: CheckpointOptions | None = None,
    ) -> str | None:
        """Saves; gives the path, or None where the interval is not over.

        checkpoint_number: the number in the name; by default the saves are counted.
        """
        if self._interval is not None:
            step = int(self._step_counter)
            last = self._last_step
            if check_interval and last is not None and step < last + self._interval:
                return None
            self._last_step = step
        counter = self._checkpoint._make_counter()
        counter.assign_add(1)
        number = int(counter.numpy()) if checkpoint_number is None else int(checkpoint_number)
        path = os.path.join(self._directory, f"{self._name}-{number}")
        try:
            self._checkpoint.write(path, options)
        except BaseException:
            counter.assign_sub(1)
            raise
        self._times.pop(path, None)
        self._times[path] = time.time()
        self._latest = path
        # The state names what is deleted next until the new state is on the disk.
        gone = self._sweep()
        self._write_state()
        for old in gone:
            _delete(old)
        return path

    def _sweep(self) -> list[str]:
        """Takes the checkpoints that are too many from the list; gives those to be deleted."""
        if self._max_to_keep is None:
            return []
        gone = []
        for path in list(self._times)[: -self._max_to_keep]:
            when = self._times.pop(path)
            if self._keep_seconds and (
                self._last_preserved is None or when - self._keep_seconds >= self._last_preserved
            ):
                self._last_preserved = when
            else:
                gone.append(path)
        return gone

    def _write_state(self) -> None:
        times = list(self._times.values())
        state = CheckpointState(self._latest or "", self.checkpoints, times, self._last_preserved)
        write_state(self._directory, state)

    def restore_or_initialize(self) -> str | None:
        """Restores the latest checkpoint and gives its path; without one calls ``init_fn``."""
        if self._latest is not None:
            self._checkpoint.restore(self._latest)
            if self._step_counter is not None:
                self._last_step = int(self._step_counter)
            return self._latest
        if self._init_fn is not None:
            self._init_fn()
        return None

    def sync(self) -> None:
        """Nothing to wait for: checkpoints are on the disk when `save` returns."""


def _delete(prefix: str) -> None:
    """The index first: without it the rest is no checkpoint."""
    remove(f"{prefix}.index")
    for path in glob.glob(glob.escape(prefix) + ".data-*"):
        if re.fullmatch(r"\.data-\d{5}-of-\d{5}", path[len(prefix) :]):
            remove(path)


def checkpoints_iterator(
    checkpoint_dir: Any,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """The paths of a folder's checkpoints as they are saved by another process.

    timeout: seconds to wait for the next one; None waits for ever. timeout_fn: called after that
    time; the iterator ends if it gives True (or is not given).
    """
    last: str | None = None
    while True:
        found = _wait_for_new(checkpoint_dir, last, timeout)
        if found is None:
            if timeout_fn is None or timeout_fn():
                return
            continue
        start = time.monotonic()
        last = found
        yield found
        time.sleep(max(0.0, start + min_interval_secs - time.monotonic()))


def _wait_for_new(folder: Any, last: str | None, timeout: float | None) -> str | None:
    stop = None if timeout is None else time.monotonic() + timeout
    while True:
        found = latest_checkpoint(folder)
        if found is not None and found != last:
            return found
        if stop is not None and time.monotonic() + _POLL_SECONDS > stop:
            return None
        time.sleep(_POLL_SECONDS)
