"""``keras.preprocessing.sequence``: windows of series, padded sequences, pairs of words."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np

from caudal.errors import DTypeError, InvalidArgumentError, OutOfRangeError
from caudal.keras.utils.numerical import pad_sequences
from caudal.keras.utils.py_dataset import PyDataset
from caudal.namespaces import strict

__all__ = ["TimeseriesGenerator", "make_sampling_table", "pad_sequences", "skipgrams"]

Array = np.ndarray[Any, Any]


class TimeseriesGenerator(PyDataset):
    """Batches of windows of a series, each with the target of the step after it.

    Args:
        data: the series, one row per step.
        targets: as many rows.
        length: steps that a window reaches back.
        sampling_rate: of these, every how many-th is taken.
        stride: steps from one window to the next.
        start_index: rows before it are not used.
        end_index: rows after it are not used; None for the last.
        shuffle: draw windows at random, with repetition.
        reverse: the latest step first.
        batch_size: windows in a batch.
        kwargs: those of `PyDataset`.

    Raises:
        InvalidArgumentError: data and targets of different length, or no window fits.

    >>> series = TimeseriesGenerator(np.arange(5), np.arange(5) * 10, length=2, batch_size=2)
    >>> [(x.tolist(), y.tolist()) for x, y in (series[i] for i in range(len(series)))]
    [([[0, 1], [1, 2]], [20, 30]), ([[2, 3]], [40])]
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _check_series(data, targets)
        _check_positive(
            length=length, sampling_rate=sampling_rate, stride=stride, batch_size=batch_size
        )
        self.data = data
        self.targets = targets
        self.length = length
        self.sampling_rate = sampling_rate
        self.stride = stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle = shuffle
        self.reverse = reverse
        self.batch_size = batch_size
        if self.start_index > self.end_index:
            raise InvalidArgumentError(
                "TimeseriesGenerator: no window fits: the first would end at row {start} "
                "(start_index + length), the last row is {end}.",
                start=self.start_index,
                end=self.end_index,
            )

    def __len__(self) -> int:
        """The number of batches."""
        return -(-(self.end_index - self.start_index + 1) // (self.batch_size * self.stride))

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        """(windows, targets).

        Raises:
            OutOfRangeError: there are fewer batches.
        """
        if not -len(self) <= index < len(self):
            raise OutOfRangeError(
                "TimeseriesGenerator: there is no batch {index}, there are {count}.",
                index=index,
                count=len(self),
            )
        end = self.end_index + 1
        if self.shuffle:
            rows = np.random.randint(self.start_index, end, size=self.batch_size)
        else:
            span = self.batch_size * self.stride
            begin = self.start_index + span * (index % len(self))
            rows = np.arange(begin, min(begin + span, end), self.stride)
        windows = np.array([self.data[i - self.length : i : self.sampling_rate] for i in rows])
        return windows[:, ::-1] if self.reverse else windows, np.array(
            [self.targets[i] for i in rows]
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments; data and targets as JSON text.

        Raises:
            DTypeError: they cannot be written as JSON.
        """
        return {
            "data": _json("data", self.data),
            "targets": _json("targets", self.targets),
            "length": self.length,
            "sampling_rate": self.sampling_rate,
            "stride": self.stride,
            "start_index": self.start_index,
            "end_index": self.end_index,
            "shuffle": self.shuffle,
            "reverse": self.reverse,
            "batch_size": self.batch_size,
        }

    def to_json(self, **kwargs: Any) -> str:
        """Class name and `get_config` as JSON text; ``kwargs`` are for json.dumps."""
        return json.dumps(
            {"class_name": type(self).__name__, "config": self.get_config()}, **kwargs
        )


def _check_series(data: Any, targets: Any) -> None:
    if not hasattr(data, "__len__") or not hasattr(targets, "__len__"):
        raise DTypeError(
            "TimeseriesGenerator: data and targets must be arrays or lists, received {data} and "
            "{targets}.",
            data=type(data).__name__,
            targets=type(targets).__name__,
        )
    if len(data) != len(targets):
        raise InvalidArgumentError(
            "TimeseriesGenerator: data and targets must have the same length, received {data} "
            "and {targets}.",
            data=len(data),
            targets=len(targets),
        )


def _check_positive(**values: Any) -> None:
    for name, value in values.items():
        if not isinstance(value, int | np.integer) or value < 1:
            raise InvalidArgumentError(
                "TimeseriesGenerator: {name} must be a positive integer, received {value!r}.",
                name=name,
                value=value,
            )


def _json(name: str, value: Any) -> str:
    try:
        return json.dumps(value.tolist() if isinstance(value, np.ndarray) else value)
    except TypeError as error:
        raise DTypeError(
            "TimeseriesGenerator.get_config: {name} cannot be written as JSON: {error}.",
            name=name,
            error=error,
        ) from error


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> Array:
    """How likely `skipgrams` takes the word of each rank, (size,) float64; frequent words less.

    min(1, sqrt(sampling_factor / f)), where f is the frequency of a rank by Zipf's law, with the
    harmonic series approximated (Mikolov and others 2013, formula 5).
    """
    rank = np.arange(size)
    rank[:1] = 1
    inverse = rank * (np.log(rank) + 0.577) + 0.5 - 1 / (12 * rank)
    return np.minimum(1.0, np.sqrt(sampling_factor * inverse))


def skipgrams(
    sequence: Any,
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Any = None,
    seed: int | None = None,
) -> tuple[list[Any], list[Any]]:
    """Pairs of words that stand near each other (label 1), and random pairs (label 0).

    Args:
        sequence: word numbers; 0 is no word.
        vocabulary_size: one more than the largest number.
        window_size: how far the words of a pair may be apart.
        negative_samples: random pairs per true pair.
        shuffle: mix the pairs.
        categorical: labels [0, 1] and [1, 0] instead.
        sampling_table: how likely each word is taken, as from `make_sampling_table`.
        seed: of the mixing.

    Returns:
        (pairs, labels).
    """
    if not isinstance(vocabulary_size, int | np.integer) or vocabulary_size < 2:
        raise InvalidArgumentError(
            "skipgrams: vocabulary_size must be an integer of 2 or more, received {received!r}.",
            received=vocabulary_size,
        )
    yes: Any = [0, 1] if categorical else 1
    no: Any = [1, 0] if categorical else 0
    pairs = []
    for i, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        near = range(max(0, i - window_size), min(len(sequence), i + window_size + 1))
        pairs += [[word, sequence[j]] for j in near if j != i and sequence[j]]
    labels = [yes] * len(pairs)
    if negative_samples > 0 and pairs:
        words = [first for first, _ in pairs]
        random.shuffle(words)
        for i in range(int(len(labels) * negative_samples)):
            pairs.append([words[i % len(words)], random.randint(1, vocabulary_size - 1)])
            labels.append(no)
    if shuffle:
        seed = random.randint(0, 10**7) if seed is None else seed
        for items in (pairs, labels):
            random.seed(seed)
            random.shuffle(items)
    return pairs, labels


__getattr__ = strict(__name__, label="keras.preprocessing.sequence")
