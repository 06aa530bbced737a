"""One pass over the data: many steps per native call, or batch by batch as they come."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal.data.prefetch import run_ahead
from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.framework import nest
from caudal.keras.callbacks.callback_list import CallbackList
from caudal.keras.losses.label_check import LOSS
from caudal.keras.training.data import ArrayData, StreamData, peek_rows, signature
from caudal.keras.training.programs import (
    Cache,
    EagerProgram,
    Program,
    Step,
    _leaves,
    trace_batch_step,
    trace_epoch_step,
)
from caudal.nn.class_ids import raise_bad_label

AHEAD = 2
"""How many batches of a stream are made while one is worked on."""
SECONDS_PER_CALL = 0.1
"""How long a native call may run before Python sees to progress, callbacks and Ctrl-C."""


class Loop:
    """Runs the steps of one mode ("train" or "test") of a model and keeps its programs."""

    def __init__(self, step: Step, mode: str, eager: bool, steps_per_execution: int = 1) -> None:
        self._step = step
        self._mode = mode
        self._eager = eager
        self._per_call = steps_per_execution
        self._programs = Cache()

    # --- programs -----------------------------------------------------------------------------

    def _batch_program(self, batch: Any) -> Any:
        key = signature(batch)
        found = self._programs.get(key)
        if found is None:
            if self._eager:
                found = EagerProgram(self._step, batch)
            else:
                found = trace_batch_step(self._step, batch, f"{self._mode}_step")
            self._programs[key] = found
        return found

    def _epoch_program(self, data: ArrayData, batch: int, offset: int, shuffle: bool) -> Program:
        key = (data.signature, batch, offset, shuffle)
        found = self._programs.get(key)
        if found is None:
            name = f"{self._mode}_epoch"
            found = trace_epoch_step(self._step, data.structure, batch, offset, shuffle, name)
            self._programs[key] = found
        return found

    def prepare(self, data: ArrayData | StreamData, batch_size: int) -> None:
        """Makes all variables that the first step would make: weights, slots, metrics.

        With ``run_eagerly`` it is a step indeed; the caller sets all values afterwards.
        """
        if isinstance(data, StreamData):
            batch = data.peek()
        else:
            batch = data.part(0, min(batch_size, data.rows)).structure
        if self._eager:
            self.one_batch(batch)
        else:
            self._batch_program(batch)

    # --- epochs -------------------------------------------------------------------------------

    def epoch(
        self,
        data: ArrayData | StreamData,
        batch_size: int,
        steps: int | None,
        shuffle: bool,
        callbacks: CallbackList,
        start: int = 0,
    ) -> dict[str, Any]:
        """All steps of an epoch; the logs of the last, as Python floats.

        start: how many steps were done in an earlier run and are left out.
        """
        if isinstance(data, StreamData):
            rows = data.as_rows() if steps is None and not self._eager else None
            if rows is not None:
                return self._arrays(rows, rows.batch_size, None, True, callbacks, start)
            threaded = not self._eager
            return self._stream(data.epoch(steps), steps, callbacks, threaded, start)
        if self._eager:
            batches = data.batches(batch_size, shuffle)
            return self._stream(batches, steps, callbacks, False, start)
        return self._arrays(data, batch_size, steps, shuffle, callbacks, start)

    def one_batch(self, batch: Any) -> dict[str, Any]:
        """One step on one batch."""
        program = self._batch_program(batch)
        logs = program.run(_leaves(batch))
        _raise_found(program, batch, None)
        return to_floats(logs)

    def _arrays(
        self,
        data: ArrayData,
        batch_size: int,
        steps: int | None,
        shuffle: bool,
        callbacks: CallbackList,
        start: int,
    ) -> dict[str, Any]:
        batch = min(batch_size, data.rows)
        full, rest = divmod(data.rows, batch)
        left = steps if steps is not None else full + (rest > 0)
        done = 0
        logs: Any = {}
        # More steps than one pass has go round the data again, in a new order.
        while left > 0:
            inputs = _leaves(data.structure)
            order = data.order() if shuffle else None
            if order is not None:
                inputs.append(order)
            runs = [(0, batch, min(full, left))]
            if rest and left > full:
                runs.append((full * batch, rest, 1))
            for offset, size, planned in runs:
                skipped = min(start, planned)
                count = planned - skipped
                start -= skipped
                done += skipped
                left -= skipped
                if count == 0:
                    continue
                program = self._epoch_program(data, size, offset, shuffle)
                program.cursor.assign(np.asarray(skipped, np.int64))
                checked = _Checked(program, data.y, order)
                logs = self._repeat(checked, inputs, count, done, callbacks)
                done += count
                left -= count
                if callbacks.model.stop_training and self._mode == "train":
                    return to_floats(logs)
        return to_floats(logs)

    def _repeat(
        self, program: _Checked, inputs: list[Any], count: int, before: int, callbacks: CallbackList
    ) -> Any:
        """``count`` runs of a program, about ten native calls a second."""
        every_batch = callbacks.wants_batches(self._mode)
        begin = getattr(callbacks, f"on_{self._mode}_batch_begin")
        end = getattr(callbacks, f"on_{self._mode}_batch_end")
        logs: Any = {}
        done, chunk = 0, self._per_call
        while done < count:
            runs = min(chunk, count - done)
            if every_batch:
                begin(before + done)
            start = time.perf_counter()
            logs = program.run(inputs, runs)
            spent = time.perf_counter() - start
            done += runs
            if callbacks.callbacks:
                end(before + done - 1, to_floats(logs))
            if callbacks.model.stop_training and self._mode == "train":
                break
            if not every_batch:
                # Doubling at most: the first run pays for compiling and cold caches.
                wish = int(SECONDS_PER_CALL * runs / max(spent, 1e-7))
                chunk = max(1, min(wish, chunk * 8))
        return logs

    def _stream(
        self,
        batches: Iterator[Any],
        steps: int | None,
        callbacks: CallbackList,
        threaded: bool,
        start: int,
    ) -> dict[str, Any]:
        every_batch = callbacks.wants_batches(self._mode)
        begin = getattr(callbacks, f"on_{self._mode}_batch_begin")
        end = getattr(callbacks, f"on_{self._mode}_batch_end")
        logs: Any = None
        done = row = 0
        source = run_ahead(lambda: batches, AHEAD) if threaded else batches
        try:
            for batch in source:
                if done < start:
                    done += 1
                    row += peek_rows(batch)
                    continue
                if every_batch:
                    begin(done)
                program = self._batch_program(batch)
                logs = program.run(_leaves(batch))
                _raise_found(program, batch, None, row)
                row += peek_rows(batch)
                done += 1
                if callbacks.callbacks:
                    end(done - 1, to_floats(logs))
                stop = callbacks.model.stop_training and self._mode == "train"
                if stop or (steps is not None and done >= steps):
                    break
        finally:
            if threaded:
                source.close()  # type: ignore[attr-defined]
        if logs is None and not start:
            raise InvalidArgumentError(
                "{mode}: the dataset or generator gave no batch at all", mode=self._mode
            )
        if steps is not None and done < steps and not callbacks.model.stop_training:
            warnings.warn(
                f"the data ran out after {done} of {steps} steps; make sure that the dataset or "
                "generator can give at least steps_per_epoch * epochs batches (.repeat())",
                CaudalWarning,
                stacklevel=4,
            )
        return to_floats(logs)


class _Checked:
    """A program over arrays that raises for the first label out of range."""

    def __init__(self, program: Program, y: Any, order: Any) -> None:
        self._program = program
        self._y = y
        self._order = order

    def run(self, inputs: list[Any], repeat: int) -> Any:
        """The outputs of the last run."""
        logs = self._program.run(inputs, repeat)
        _raise_found(self._program, (None, self._y, None), self._order)
        return logs


def _raise_found(program: Any, batch: Any, order: Any, before: int = 0) -> None:
    if program.guard is None or not program.guard.classes:
        return
    found = program.guard.found()
    if found is None:
        return
    program.guard.reset()
    row, classes = found
    if order is not None:
        row = int(order[row])
    label: Any = "?"
    for leaf in _leaves(batch[1]):
        values = np.atleast_1d(leaf[row]).reshape(-1)
        bad = values[~((values >= 0) & (values < classes))]
        if bad.size:
            label = bad[0]
            break
    raise_bad_label(LOSS, before + row, label, classes)


def to_floats(logs: Any) -> dict[str, Any]:
    """Logs by sorted name: scalars as Python floats, nested dicts laid flat."""
    if logs is None:
        return {}
    if not isinstance(logs, dict):
        return {"loss": _number(logs)}
    found: dict[str, Any] = {}
    for key in sorted(logs):
        value = logs[key]
        if isinstance(value, dict):
            found.update(to_floats(value))
        else:
            found[key] = _number(value)
    return found


def _number(value: Any) -> Any:
    array = np.asarray(value)
    return float(array) if array.ndim == 0 else array


def concatenated(parts: list[Any]) -> Any:
    """Batches of outputs joined along the first axis, in their structure."""
    return nest.map_structure(lambda *leaves: np.concatenate(leaves, axis=0), *parts)
