"""One pass over the data: many steps per native call, or batch by batch as they come."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal.data.prefetch import run_ahead
from caudal.errors import CaudalWarning
from caudal.framework import nest
from caudal.keras.callbacks.callback_list import CallbackList
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
from caudal.keras.training.texts import has_texts

AHEAD = 2
"""How many batches of a stream are made while one is worked on."""
SECONDS_PER_CALL = 0.2
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

    def _by_op(self, structure: Any) -> bool:
        """Whether steps over such data run op by op."""
        return self._eager or has_texts(structure)

    def _batch_program(self, batch: Any) -> Any:
        key = signature(batch)
        found = self._programs.get(key)
        if found is None:
            if self._by_op(batch):
                found = EagerProgram(self._step, batch)
            else:
                found = trace_batch_step(self._step, batch, f"{self._mode}_step")
            self._programs[key] = found
        return found

    def _epoch_program(self, data: ArrayData, batch: int, offset: int, shuffle: bool) -> Program:
        key = (data.signature, batch, offset, shuffle)
        found: Program | None = self._programs.get(key)
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
            batch = data.batch(0, min(batch_size, data.rows))
        if self._by_op(batch):
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
            return self._stream(data.epoch(steps), steps, callbacks, threaded, start, data)
        if data.lazy or self._by_op(data.structure):
            batches = data.batches(batch_size, shuffle)
            return self._stream(batches, steps, callbacks, not self._eager, start)
        return self._arrays(data, batch_size, steps, shuffle, callbacks, start)

    def one_batch(self, batch: Any) -> dict[str, Any]:
        """One step on one batch."""
        program = self._batch_program(batch)
        logs = program.run(_leaves(batch))
        _raise_found(program)
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
        total = full + (rest > 0)
        planned = total if steps is None else min(steps, total)
        if steps is not None and steps > total:
            _warn_ran_out(total, steps)
        inputs = _leaves(data.structure)
        order = data.order() if shuffle else None
        if order is not None:
            inputs.append(order)

        def runs() -> Iterator[tuple[_Checked, int]]:
            """The programs of whole batches and of the rest, each with its number of steps."""
            skipped = start
            for offset, size, steps_of in (
                (0, batch, min(full, planned)),
                (full * batch, rest, planned - full),
            ):
                count = max(steps_of, 0)
                gone = min(skipped, count)
                skipped -= gone
                if count > gone:
                    program = self._epoch_program(data, size, offset, shuffle)
                    program.cursor.assign(np.asarray(gone, np.int64))
                    yield _Checked(program, order), count - gone

        return to_floats(self._repeat(runs(), inputs, min(start, planned), callbacks))

    def _repeat(
        self,
        runs: Iterator[tuple[_Checked, int]],
        inputs: list[Any],
        before: int,
        callbacks: CallbackList,
    ) -> Any:
        """The programs' steps, about five native calls a second.

        Where callbacks ask for batches, ``steps_per_execution`` steps go between two hooks; the
        last group, perhaps smaller, ends with the number of a whole one, as in Keras.
        """
        hooks = _Hooks(callbacks, self._mode, self._per_call)
        logs: Any = {}
        done, room = before, self._per_call
        for checked, count in runs:
            program, left = checked.program, count
            while left > 0:
                hooks.begin(done)
                size = min(room if hooks.wanted else program.steps_a_call, left)
                started = time.perf_counter()
                logs = checked.run(inputs, size)
                spent = time.perf_counter() - started
                done += size
                left -= size
                room = room - size if room > size else self._per_call
                if hooks.wanted and room < self._per_call:
                    continue  # the group goes on with the next program
                hooks.end(done, logs)
                if hooks.stop:
                    return logs
                if not hooks.wanted:
                    # Doubling at most: the first run pays for compiling and cold caches.
                    wish = int(SECONDS_PER_CALL * size / max(spent, 1e-7))
                    program.steps_a_call = max(1, min(wish, program.steps_a_call * 8))
        hooks.finish(done, logs)
        return logs

    def _stream(
        self,
        batches: Iterator[Any],
        steps: int | None,
        callbacks: CallbackList,
        threaded: bool,
        start: int,
        stream: StreamData | None = None,
    ) -> dict[str, Any]:
        hooks = _Hooks(callbacks, self._mode, self._per_call)
        logs: Any = None
        done = row = 0
        source = run_ahead(lambda: batches, AHEAD) if threaded else batches
        try:
            for batch in source:
                if done < start:
                    done += 1
                    row += peek_rows(batch)
                    continue
                hooks.begin(done)
                program = self._batch_program(batch)
                logs = program.run(_leaves(batch))
                _raise_found(program, before=row)
                row += peek_rows(batch)
                done += 1
                if not hooks.wanted or done % self._per_call == 0:
                    hooks.end(done, logs)
                if hooks.stop or (steps is not None and done >= steps):
                    break
            hooks.finish(done, logs)
        finally:
            if threaded:
                source.close()  # type: ignore[attr-defined]
        short = steps is not None and done < steps and not callbacks.model.stop_training
        if short or (logs is None and not start) or (stream is not None and stream.used_up):
            _warn_ran_out(done, steps)
        return to_floats(logs)


class _Hooks:
    """The batch hooks of a pass: one pair for each group of steps."""

    def __init__(self, callbacks: CallbackList, mode: str, group: int) -> None:
        self._callbacks = callbacks
        self._mode = mode
        self._group = group
        self.wanted = callbacks.wants_batches(mode)
        self._begun: int | None = None

    @property
    def stop(self) -> bool:
        """Whether a callback has asked to end the pass."""
        model = self._callbacks.model
        if self._mode == "train":
            return bool(model.stop_training)
        return bool(getattr(model, "stop_evaluating", False))

    def begin(self, step: int) -> None:
        """Tells that a step begins, if it is the first of its group."""
        if self.wanted and self._begun is None:
            self._begun = step
            getattr(self._callbacks, f"on_{self._mode}_batch_begin")(step)

    def end(self, done: int, logs: Any) -> None:
        """Tells that a group, or as many steps as one call made, has ended."""
        last = done - 1 if self._begun is None else self._begun + self._group - 1
        self._begun = None
        if self._callbacks.callbacks:
            getattr(self._callbacks, f"on_{self._mode}_batch_end")(last, to_floats(logs))

    def finish(self, done: int, logs: Any) -> None:
        """Ends the group that the end of the data cut short."""
        if self._begun is not None:
            self.end(done, logs)


def _warn_ran_out(done: int, steps: int | None) -> None:
    warnings.warn(
        f"the data ran out after {done} of {steps or 'all'} steps; make sure that the dataset or "
        "generator can give at least steps_per_epoch * epochs batches (.repeat())",
        CaudalWarning,
        stacklevel=5,
    )


class _Checked:
    """A program over arrays that raises for the first label or index out of range."""

    def __init__(self, program: Program, order: Any) -> None:
        self.program = program
        self._order = order

    def run(self, inputs: list[Any], repeat: int) -> Any:
        """The outputs of the last run."""
        logs = self.program.run(inputs, repeat)
        _raise_found(self.program, self._order)
        return logs


def _raise_found(program: Any, order: Any = None, before: int = 0) -> None:
    """Raise for what a program found, in the row of the data: by an order, or after others."""
    if program.guard is not None:
        program.guard.raise_found(lambda row: before + (row if order is None else int(order[row])))


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
