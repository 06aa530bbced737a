"""predict: programs over batches, and a short way for small arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal.data.prefetch import run_ahead
from caudal.framework import nest, trace
from caudal.keras.callbacks.callback_list import CallbackList
from caudal.keras.training.data import ArrayData, StreamData, peek_rows, signature
from caudal.keras.training.loops import AHEAD, concatenated
from caudal.keras.training.programs import (
    Cache,
    EagerProgram,
    Step,
    _leaves,
    _refill,
    as_model_sees,
    numbered,
    type_of,
)
from caudal.keras.training.texts import has_texts

BIG_BATCH = 256
"""Rows of a native call where the rows do not depend on one another."""


def rows_are_free(model: Any, usual_step: Any) -> bool:
    """Whether a row's prediction is the same in a batch of any size, for a graph of layers."""
    usual = type(model).predict_step is usual_step
    return usual and hasattr(model, "outputs") and not model._keeps_states()


class Predictor:
    """Runs the prediction step of a model and keeps its programs.

    ``free`` says that rows are independent, so that batches may be larger than asked for.
    """

    def __init__(self, step: Step, eager: bool, free: bool) -> None:
        self._step = step
        self._eager = eager
        self._free = free
        self._programs = Cache()
        self.quick = Cache()

    def _program(self, data: Any) -> Any:
        key = signature(data)
        found = self._programs.get(key)
        if found is None:
            if self._eager or has_texts(data):
                found = EagerProgram(self._step, data)
            else:
                found = self._traced(data)
            self._programs[key] = found
        return found

    def _traced(self, data: Any) -> Any:
        arrays = _leaves(data)

        def body(*tensors: Any) -> Any:
            with numbered(tensors, None):
                return self._step(as_model_sees(_refill(data, tensors)))

        specs = [type_of(array) for array in arrays]
        return _Batch(trace(body, specs, "predict_step", may_create=True, checked=True))

    def batch(self, data: Any, before: int = 0) -> Any:
        """The predictions of one batch, as arrays; ``before`` rows were predicted already."""
        program = self._program(data)
        if isinstance(program, _Batch):
            return program.run(_leaves(data), before)
        return program.run(_leaves(data))

    def remember(self, x: Any) -> None:
        """Lets the next prediction for an array like ``x`` take the short way."""
        if x.dtype.kind in "OSU":
            return  # Texts have no short way.
        program = self._program((x, None, None))
        if isinstance(program, _Batch) and program.single:
            self.quick[x.shape, x.dtype] = program.short

    def arrays(
        self, data: ArrayData, batch_size: int, steps: int | None, callbacks: CallbackList
    ) -> Any:
        """The predictions for arrays."""
        every_batch = callbacks.wants_batches("predict")
        size = batch_size
        free = self._free and not has_texts(data.x)
        if free and not every_batch and steps is None and data.rows > batch_size:
            size = max(BIG_BATCH - BIG_BATCH % batch_size, batch_size)
        rows = data.rows if steps is None else min(steps * batch_size, data.rows)
        whole: Any = None
        for begin in range(0, rows, size):
            end = min(begin + size, rows)
            if every_batch:
                callbacks.on_predict_batch_begin(begin // batch_size)
            x = data.batch(begin, end)[0]
            if size > batch_size and end - begin < size:
                part = self._padded(x, begin, end - begin, size)
            else:
                part = self.batch((x, None, None), begin)
            if begin == 0 and end == rows:
                whole = part
            else:
                whole = _stored(whole, part, begin, end, rows)
            last = -(-end // batch_size) - 1
            callbacks.on_predict_batch_end(last, {"outputs": part} if every_batch else None)
        return whole

    def _padded(self, x: Any, begin: int, rows: int, most: int) -> Any:
        """The predictions for fewer rows than a call takes, filled up to a power of two.

        So arrays of any length need a handful of programs only.
        """
        count = min(1 << (rows - 1).bit_length(), most)

        def fill(array: Any) -> Any:
            filled = np.zeros((count, *array.shape[1:]), array.dtype)
            filled[:rows] = array
            return filled

        part = self.batch((nest.map_structure(fill, x), None, None), begin)
        return nest.map_structure(lambda a: a[:rows], part)

    def stream(self, data: StreamData, steps: int | None, callbacks: CallbackList) -> Any:
        """The predictions for batches as they come."""
        parts: list[Any] = []
        batches: Iterator[Any] = data.epoch(steps)
        source = run_ahead(lambda: batches, AHEAD)
        try:
            row = 0
            for batch in source:
                callbacks.on_predict_batch_begin(len(parts))
                parts.append(self.batch((batch[0], None, None), row))
                row += peek_rows(batch)
                callbacks.on_predict_batch_end(len(parts) - 1, {"outputs": parts[-1]})
                if getattr(callbacks.model, "stop_predicting", False):
                    break
        finally:
            source.close()
        return concatenated(parts) if parts else np.zeros((0,), np.float32)


def _stored(whole: Any, part: Any, begin: int, end: int, rows: int) -> Any:
    if whole is None:
        whole = nest.map_structure(lambda a: np.empty((rows, *a.shape[1:]), a.dtype), part)

    def store(target: Any, source: Any) -> Any:
        target[begin:end] = source
        return target

    return nest.map_structure(store, whole, part)


class _Batch:
    """A traced prediction step."""

    def __init__(self, traced: Any) -> None:
        self._traced = traced
        self.single = len(traced.outputs) == 1 and not nest.is_nested(
            traced.pack(list(traced.outputs))
        )

    def run(self, arrays: list[Any], before: int = 0) -> Any:
        """The predictions, in the structure of the step's result."""
        return self._traced.pack(self._traced.run_flat(arrays, before=before))

    def short(self, x: Any) -> Any:
        """The prediction for one array of the right shape and dtype, with nothing around it."""
        traced = self._traced
        return traced.own(traced.executable.run((x,), traced.state_arrays(), 1))[0]
