"""Whatever users pass as data, as arrays held in memory or as a stream of batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from caudal.data import ArrayView, Dataset
from caudal.errors import FailedPreconditionError, InvalidArgumentError, ShapeError
from caudal.framework import nest
from caudal.framework.random_state import next_key
from caudal.keras.engine.ahead import batches_of
from caudal.keras.training import rows, texts
from caudal.keras.training.arrays import as_arrays, as_labels, is_py_dataset, is_stream
from caudal.keras.training.passes import GeneratorPasses

Array = np.ndarray[Any, Any]


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """``(x, y, sample_weight)`` of a batch; what is missing is None.

    >>> unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise InvalidArgumentError(
            "data: a batch must be x, (x,), (x, y) or (x, y, sample_weight), received a tuple of "
            "{count} parts",
            count=len(data),
        )
    x, y, weight = (*data, None, None)[:3]
    return x, y, weight


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The tuple of the parts that are given; x alone stays alone unless it is a tuple."""
    if y is None:
        return (x,) if isinstance(x, tuple | list) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


# --- arrays -----------------------------------------------------------------------------------


class ArrayData:
    """Arrays of one length: x, perhaps y, perhaps weights, in any nesting."""

    _rng: np.random.Generator | None = None
    _signature: str | None = None

    def __init__(self, x: Any, y: Any = None, sample_weight: Any = None) -> None:
        if x is None:
            raise InvalidArgumentError("fit, evaluate, predict: x is missing, received None")
        self.x = as_arrays("x", x)
        self.y = as_labels("y", y)
        self.sample_weight = as_labels("sample_weight", sample_weight)
        self.rows = self._check_rows()

    def _check_rows(self) -> int:
        first: tuple[str, int] | None = None
        for name in ("x", "y", "sample_weight"):
            for leaf in nest.flatten(getattr(self, name)):
                if leaf is None:
                    continue
                if leaf.ndim == 0:
                    raise ShapeError(
                        "{name}: expected an array with one row per sample, received the single "
                        "number {value}",
                        name=name,
                        value=leaf,
                    )
                first = first or (name, leaf.shape[0])
                if leaf.shape[0] != first[1]:
                    raise ShapeError(
                        "Data cardinality is ambiguous. {first} has {expected} samples but {name} "
                        "has {received}. Make sure all arrays contain the same number of samples",
                        first=first[0],
                        expected=first[1],
                        name=name,
                        received=leaf.shape[0],
                    )
        assert first is not None
        if first[1] == 0:
            raise InvalidArgumentError(
                "{name}: expected at least one sample, received an empty array", name=first[0]
            )
        return first[1]

    @property
    def structure(self) -> tuple[Any, Any, Any]:
        """(x, y, sample_weight); None where missing."""
        return self.x, self.y, self.sample_weight

    def steps(self, batch_size: int) -> int:
        """The number of batches, the last perhaps smaller."""
        return math.ceil(self.rows / batch_size)

    def part(self, begin: int, end: int) -> ArrayData:
        """The rows from ``begin`` to ``end``, without copying."""
        found = ArrayData.__new__(ArrayData)
        for name in ("x", "y", "sample_weight"):
            value = getattr(self, name)
            setattr(found, name, nest.map_structure(lambda a: _rows(a, begin, end), value))
        found.rows = end - begin
        return found

    def split(self, fraction: float) -> tuple[ArrayData, ArrayData]:
        """The first rows and the last ``fraction`` of them."""
        if not 0 < fraction < 1:
            raise InvalidArgumentError(
                "validation_split must be between 0 and 1, received {fraction}", fraction=fraction
            )
        cut = math.floor(self.rows * (1.0 - fraction))
        if cut in (0, self.rows):
            raise InvalidArgumentError(
                "validation_split={fraction} of {rows} samples leaves no sample for training or "
                "none for validation",
                fraction=fraction,
                rows=self.rows,
            )
        return self.part(0, cut), self.part(cut, self.rows)

    @property
    def lazy(self) -> bool:
        """Whether there are sparse or ragged rows, of which arrays are made batch by batch."""
        return rows.held(self.structure)

    def batch(self, begin: int = 0, end: int | None = None) -> Any:
        """The structure of the rows from ``begin`` to ``end``, as a program takes it."""
        part = self.part(begin, self.rows if end is None else end)
        return rows.as_batch(part.structure)

    def order(self) -> Array:
        """A random order of the rows for one epoch."""
        if self._rng is None:
            self._rng = _generator()
        return self._rng.permutation(self.rows)

    @property
    def signature(self) -> str:
        """Its structure, shapes, dtypes and twins: what a program over it depends on."""
        if self._signature is None:
            self._signature = f"{signature(self.structure)} {twins(self.structure)}"
        return self._signature

    def end_epoch(self) -> None:
        """Nothing to do: arrays do not change between epochs."""

    def batches(self, batch_size: int, shuffle: bool) -> Iterator[Any]:
        """The batches one by one, copied out of the arrays."""
        order = self.order() if shuffle else None
        for begin in range(0, self.rows, batch_size):
            end = min(begin + batch_size, self.rows)
            if order is None:
                yield self.batch(begin, end)
            else:
                index = order[begin:end]
                yield rows.as_batch(
                    nest.map_structure(
                        lambda a, index=index: None if a is None else a[index], self.structure
                    )
                )


def _rows(array: Any, begin: int, end: int) -> Any:
    return None if array is None else array[begin:end]


def _generator() -> np.random.Generator:
    """For the order of the rows; ``set_random_seed`` and ``tf.random.set_seed`` fix it."""
    words = next_key().numpy()
    return np.random.Generator(np.random.Philox(key=int(words[0]) << 32 | int(words[1])))


def signature(data: Any) -> str:
    """What a program depends on: the structure, shapes and dtypes of its data."""
    return repr(nest.map_structure(lambda a: None if a is None else (a.shape, a.dtype.str), data))


def twins(data: Any) -> tuple[int, ...]:
    """For each array of ``data``, the position of the first that has the very same memory."""
    arrays = [leaf for leaf in nest.flatten(data) if leaf is not None]
    memory = [(a.__array_interface__["data"][0], a.shape, a.strides, a.dtype) for a in arrays]
    return tuple(memory.index(place) for place in memory)


def with_class_weight(data: tuple[Any, Any, Any], class_weight: Any) -> tuple[Any, Any, Any]:
    """The data with each sample's weight multiplied by that of its class."""
    x, y, weight = data
    if not class_weight:
        return data
    if not isinstance(class_weight, dict):
        raise InvalidArgumentError(
            "class_weight: expected a dict from class to weight, received {received!r}",
            received=class_weight,
        )
    if y is None or nest.is_nested(y):
        raise InvalidArgumentError(
            "class_weight: it can only be used with one output and labels; received y={kind}",
            kind=type(y).__name__,
        )
    labels = np.asarray(y)
    if labels.ndim > 1:
        labels = labels.argmax(-1) if labels.shape[-1] != 1 else labels[..., 0]
    labels = np.round(labels).astype(np.int64)
    factors = np.ones(labels.shape, np.float32)
    for label, factor in class_weight.items():
        factors[labels == int(label)] = factor
    if weight is not None:
        weight = np.asarray(weight, np.float32)
        factors = weight * factors.reshape(factors.shape + (1,) * (weight.ndim - factors.ndim))
    return x, y, factors


class RowsData(ArrayData):
    """The arrays below a dataset that only picks rows of them and batches: no Python a batch.

    ``rows`` counts the rows of one epoch; their order is the dataset's.
    """

    def __init__(self, view: ArrayView) -> None:
        super().__init__(*unpack_x_y_sample_weight(view.arrays))
        self._view = view
        self._held = self.rows
        self.batch_size = view.batch_size
        self.rows = view.count
        if view.drop_remainder:
            self.rows -= view.count % view.batch_size

    def order(self) -> Array:
        """The epoch's row numbers, filled up to the arrays' length, which programs expect."""
        order = np.zeros(self._held, np.int64)
        order[: self.rows] = self._view.epoch()[: self.rows]
        return order


class ArrayPasses:
    """Arrays as batches, pass after pass: for epochs that are shorter than a pass."""

    def __init__(self, arrays: ArrayData, batch_size: int, shuffle: bool) -> None:
        self._arrays, self._batch_size, self._shuffle = arrays, batch_size, shuffle

    def __len__(self) -> int:
        return self._arrays.steps(self._batch_size)

    def __iter__(self) -> Iterator[Any]:
        # The order follows from the global generators, whose state a backup keeps.
        self._arrays._rng = None
        return self._arrays.batches(self._batch_size, self._shuffle)


# --- streams ----------------------------------------------------------------------------------


class StreamData:
    """A dataset, PyDataset or generator: batches as structures of arrays, made as they come."""

    def __init__(self, source: Any, class_weight: Any = None) -> None:
        self.source = source
        self.class_weight = class_weight
        self.length = _length(source)
        self._iterator: Iterator[Any] | None = None
        self._rows: RowsData | None = None
        self._gave = False
        self._passes: GeneratorPasses | None = None
        if not self.restartable:
            self._passes = GeneratorPasses(iter(source))
        self.starts_over = False
        """Whether each epoch begins a pass, also where it has a number of steps."""
        self.used_up = False
        """Whether the last pass over a generator gave only what an earlier one gave already."""
        self.note: Callable[[Any], Any] | None = None
        """Asked for the state of things where a pass begins, so that it can be begun again."""
        self.begun: Any = None
        self.taken = 0
        """Batches of the present pass; ``before`` are those taken before the present epoch."""
        self.before = 0
        self.goes_on = False
        """Whether the present pass goes on in the next epoch."""

    @property
    def restartable(self) -> bool:
        """Whether another epoch can start from the beginning."""
        return is_py_dataset(self.source) or not hasattr(self.source, "__next__")

    def _start(self) -> Iterator[Any]:
        if self._passes is not None:
            return iter(self._passes)
        if hasattr(self.source, "__iter__") and not is_py_dataset(self.source):
            return iter(self.source)
        if is_py_dataset(self.source) and not hasattr(self.source, "element_spec"):
            return batches_of(self.source)
        return iter(self.source)

    def peek(self) -> tuple[Any, Any, Any]:
        """The first batch, which the next pass will give all the same.

        Raises:
            InvalidArgumentError: there is none.
        """
        first = next(self._start(), None) if self._passes is None else self._passes.peek()
        if first is None:
            raise InvalidArgumentError("fit: the dataset or generator gave no batch at all")
        return with_class_weight(_read_batch(first), self.class_weight)

    def _begin(self) -> None:
        """A new pass; of a generator the only one there is."""
        if self.restartable or self.begun is None:
            self.begun = self.note(self) if self.note is not None else None
            self.taken = 0
        self._iterator = self._start()

    def _pass(self) -> Iterator[Any]:
        assert self._iterator is not None
        return self._iterator

    def go_on(self, taken: int) -> None:
        """Begins a pass of which an earlier run has taken so many batches."""
        self._begin()
        self.goes_on = True
        while self.taken < taken and self._iterator is not None:
            if next(self._iterator, None) is None:
                self._iterator = None
            self.taken += 1

    def as_rows(self) -> RowsData | None:
        """The arrays below, if the source is a dataset that only picks rows of them."""
        if self._rows is None and isinstance(self.source, Dataset) and not self.class_weight:
            view = self.source.array_view()
            if view is not None and view.num_batches > 0 and view.count <= view.held:
                found = RowsData(view)
                self._rows = None if texts.has_texts(found.structure) else found
        return self._rows

    def epoch(self, steps: int | None) -> Iterator[tuple[Any, Any, Any]]:
        """The batches of one epoch; with ``steps`` it goes on where the last epoch ended."""
        if steps is None or self._iterator is None or self.starts_over:
            self._begin()
        self.goes_on = steps is not None and not self.starts_over
        self.before, self.used_up = self.taken, False
        self._gave = self._gave or self.taken > 0
        taken = 0
        while steps is None or taken < steps:
            try:
                batch = next(self._pass())
            except StopIteration:
                self._iterator, self.goes_on = None, False
                if taken == 0 and steps is not None and self.restartable:
                    self._begin()
                    self.before, self.goes_on = 0, True
                    try:
                        batch = next(self._pass())
                    except StopIteration:
                        return self._ended()
                else:
                    return self._ended()
            self._gave = True
            taken += 1
            self.taken = self.taken + 1 if self._passes is None else self._passes.given
            yield with_class_weight(_read_batch(batch), self.class_weight)

    def _ended(self) -> None:
        """Raises unless there ever was a batch: a generator may have no more in a later epoch."""
        self.used_up = self._passes is not None and self.taken == self.before
        if not self._gave:
            raise InvalidArgumentError("The dataset or generator gave no batch at all.")

    def end_epoch(self) -> None:
        """Tell a PyDataset that the epoch is over."""
        hook = getattr(self.source, "on_epoch_end", None)
        if callable(hook):
            hook()


def _read_batch(batch: Any) -> tuple[Any, Any, Any]:
    x, y, weight = unpack_x_y_sample_weight(batch)
    found: tuple[Any, Any, Any] = rows.as_batch(
        (as_arrays("x", x), as_labels("y", y), as_labels("sample_weight", weight))
    )
    return found


def _length(source: Any) -> int | None:
    try:
        count = getattr(source, "num_batches", None)
        return count if isinstance(count, int) else len(source)
    except (TypeError, ValueError, NotImplementedError, FailedPreconditionError):
        return None


def read(
    x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None
) -> ArrayData | StreamData:
    """The data of fit, evaluate or predict."""
    if not is_stream(x):
        data = ArrayData(x, y, sample_weight)
        if class_weight:
            x, y, weight = with_class_weight(data.structure, class_weight)
            data.sample_weight = weight
        return data
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise InvalidArgumentError(
                "When x is a dataset or generator ({kind}), {name} must come from it too and not "
                "be passed apart",
                kind=type(x).__name__,
                name=name,
            )
    return StreamData(x, class_weight)


def peek_rows(batch: Iterable[Any]) -> int:
    """The number of samples of a batch."""
    for leaf in nest.flatten(list(batch)):
        if leaf is not None and leaf.ndim:
            return int(leaf.shape[0])
    return 1
