"""Steps as programs: traced once per signature, run many times per call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from caudal import ops
from caudal.framework import Tensor, context, convert_to_tensor, nest, trace
from caudal.framework.samples import following
from caudal.ir.dtypes import as_dtype
from caudal.ir.types import Type
from caudal.keras.training import texts
from caudal.keras.training.data import twins
from caudal.keras.training.guard import StepGuard
from caudal.keras.training.rows import Padded
from caudal.keras.variables import Variable

Array = np.ndarray[Any, Any]
Step = Callable[[Any], Any]


def type_of(array: Array) -> Type:
    """The Type of an array."""
    return Type(as_dtype(array.dtype), array.shape)


def _as_input(tensor: Any) -> Any:
    """What the model sees: doubles and bytes become float32, after the batch was gathered."""
    if tensor.dtype.name in ("float64", "float16", "uint8"):
        return ops.cast(tensor, dtype=as_dtype("float32"))
    return tensor


def _as_label(tensor: Any) -> Any:
    if tensor.dtype.name in ("float64", "float16"):
        return ops.cast(tensor, dtype=as_dtype("float32"))
    return tensor


def as_model_sees(data: tuple[Any, Any, Any]) -> Any:
    """A batch in the dtypes of training, without trailing parts that are missing.

    x alone is no tuple, as in Keras: an own ``train_step(data)`` may take ``data`` for x.
    """
    x, y, weight = data
    x = _with_rows(nest.map_structure(_as_input, x))
    if y is None:
        return (x,) if isinstance(x, list | tuple) else x
    y = nest.map_structure(_as_label, y)
    return (x, y) if weight is None else (x, y, nest.map_structure(_as_label, weight))


def _with_rows(x: Any) -> Any:
    """Ragged batches as one value each, of which only a ragged `Input` makes tensors."""
    if isinstance(x, Padded):
        from caudal.keras.engine.padded_rows import PaddedRows

        return PaddedRows(*x)
    if isinstance(x, dict):
        return {key: _with_rows(part) for key, part in x.items()}
    return [_with_rows(part) for part in x] if isinstance(x, list) else x


class Program:
    """A traced step with a guard that notices labels and indices out of range.

    steps_a_call: how many steps one native call had better do, as learnt from those before.
    """

    def __init__(self, traced: Any, guard: StepGuard, cursor: Any = None) -> None:
        self.traced = traced
        self.guard = guard
        self.cursor = cursor
        self.steps_a_call = 1

    def run(self, arrays: Sequence[Array], repeat: int = 1) -> Any:
        """The step's outputs (of the last repetition) as NumPy arrays in its structure."""
        return self.traced.pack(self.traced.run_flat(arrays, repeat))


class Cache(dict[Any, Any]):
    """Programs by signature, the oldest forgotten beyond ``LIMIT``."""

    LIMIT = 64

    def __setitem__(self, key: Any, value: Any) -> None:
        while len(self) >= self.LIMIT:
            super().__delitem__(next(iter(self)))
        super().__setitem__(self._full(key), value)

    def get(self, key: Any, default: Any = None) -> Any:
        """The program of a signature, as ops are checked or not at present."""
        return super().get(self._full(key), default)

    @staticmethod
    def _full(key: Any) -> Any:
        return key, context.state.checker


def _leaves(structure: Any) -> list[Any]:
    return [leaf for leaf in nest.flatten(structure) if leaf is not None]


def _refill(structure: Any, leaves: Sequence[Any]) -> Any:
    rest = iter(leaves)
    return nest.map_structure(lambda leaf: None if leaf is None else next(rest), structure)


def trace_batch_step(step: Step, data: Any, name: str) -> Program:
    """A program that takes one batch as its inputs."""
    guard = StepGuard()
    arrays = _leaves(data)

    def body(*tensors: Any) -> Any:
        with numbered(tensors, None):
            result = step(as_model_sees(_refill(data, tensors)))
        guard.settle(np.int64(0))
        return result

    specs = [type_of(array) for array in arrays]
    traced = trace(body, specs, name, may_create=True, checked=True)
    return Program(traced, guard)


def trace_epoch_step(
    step: Step, data: Any, batch: int, offset: int, shuffle: bool, name: str
) -> Program:
    """A program that takes whole arrays and does the next batch of them.

    The batch starts at ``offset + cursor * batch``; the cursor is a state that moves on by one
    at each run. With ``shuffle`` the last input is the epoch's order of the rows, int64.
    """
    guard = StepGuard()
    cursor = Variable(np.asarray(0, np.int64), dtype="int64", trainable=False, name="cursor")
    arrays, same = _leaves(data), twins(data)
    specs = [type_of(array) for array in arrays]
    rows = arrays[0].shape[0]
    if shuffle:
        specs.append(Type(as_dtype("int64"), (rows,)))

    def body(*tensors: Any) -> Any:
        place = convert_to_tensor(cursor)
        start = place * batch + offset
        # An autoencoder's targets are its inputs: their rows are fetched once.
        parts = [tensors[position] for position in same]
        index = start
        with _unwatched():
            if shuffle:
                begin = ops.reshape(start, shape=(1,))
                index = ops.dynamic_slice(tensors[-1], begin, sizes=(batch,))
                parts = [ops.gather(part, index, axis=0) for part in parts]
            else:
                parts = [_rows_from(part, start, batch) for part in parts]
        cursor.assign(place + 1)
        with numbered(parts, index):
            result = step(as_model_sees(_refill(data, parts)))
        guard.settle(start)
        return result

    return Program(trace(body, specs, name, may_create=True, checked=True), guard, cursor)


@contextmanager
def _unwatched() -> Iterator[None]:
    """Fetching rows makes no bad number."""
    checker = context.state.checker
    context.state.watch_ops(None)
    try:
        yield
    finally:
        context.state.watch_ops(checker)


@contextmanager
def numbered(parts: Sequence[Any], index: Any) -> Iterator[None]:
    """Tells a check of the ops which sample is which: an index, a first one, or none."""
    if context.state.checker is None or not parts:
        yield
        return
    rows = convert_to_tensor(np.arange(int(parts[0].shape[0]), dtype=np.int64))
    if index is not None:
        rows = index if len(index.shape) else rows + index
    with following(parts, rows, whole=index is not None):
        yield


def _rows_from(x: Any, start: Any, count: int) -> Any:
    shape = tuple(x.shape)
    if len(shape) == 1:
        starts = ops.reshape(start, shape=(1,))
    else:
        rest = Tensor(np.zeros(len(shape) - 1, np.int64))
        starts = ops.concat(ops.reshape(start, shape=(1,)), rest, axis=0)
    return ops.dynamic_slice(x, starts, sizes=(count, *shape[1:]))


class EagerProgram:
    """The same interface for ``run_eagerly=True`` and for texts: the step op by op."""

    guard: Any = None

    def __init__(self, step: Step, data: Any) -> None:
        method = getattr(step, "__wrapped__", step)
        texts.check_inputs(getattr(method, "__self__", None), data[0])
        self._step = step
        self._data = data

    def run(self, arrays: Sequence[Array], repeat: int = 1) -> Any:
        """The step's outputs as NumPy arrays in its structure."""
        tensors = [Tensor(np.array(array)) for array in arrays]
        with numbered(tensors, None):
            result = self._step(as_model_sees(_refill(self._data, tensors)))
        return nest.map_structure(lambda leaf: None if leaf is None else np.asarray(leaf), result)
