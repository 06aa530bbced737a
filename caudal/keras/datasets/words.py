"""What the two text data sets share: sequences of word numbers under Keras's conventions."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from caudal.errors import DataLossError, InvalidArgumentError
from caudal.keras.datasets import cache
from caudal.keras.datasets.unpickle import load_object_npz

Array = np.ndarray[Any, Any]


def read_object_arrays(path: Path, *names: str) -> list[Array]:
    """The named arrays of an .npz file of word lists and labels."""
    arrays = load_object_npz(path)
    missing = [name for name in names if name not in arrays]
    if missing:
        raise DataLossError("it lacks {missing}.", missing=missing)
    return [arrays[name] for name in names]


def load_word_index(path: str, origin: str, md5: str) -> dict[str, int]:
    """A JSON dictionary from word to number."""

    def read(file: Path) -> dict[str, int]:
        try:
            index = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataLossError("{reason}.", reason=str(error)) from error
        if not isinstance(index, dict):
            raise DataLossError("expected a JSON dictionary.")
        return index

    return cache.load(path, read, origin, md5)


def shuffled(x: Array, y: Array, generator: np.random.RandomState) -> tuple[Array, Array]:
    """Both in one random order."""
    order = np.arange(len(x))
    generator.shuffle(order)
    return x[order], y[order]


@dataclass(frozen=True)
class Encoding:
    """How words become numbers; the fields are the arguments of Keras's ``load_data``."""

    num_words: int | None
    skip_top: int
    maxlen: int | None
    start_char: int | None
    oov_char: int | None
    index_from: int | None

    def apply(self, *parts: tuple[Array, Array]) -> list[tuple[Array, Array]]:
        """Each part's (sequences, labels), encoded; the parts share one vocabulary.

        Words move up by ``index_from`` and sequences begin with ``start_char``; sequences of
        ``maxlen`` words or more are left out; of the rest, words below ``skip_top`` or from
        ``num_words`` on become ``oov_char``, or vanish where that is None.
        """
        kept = [self._drop_long(*self._flatten(x), y) for x, y in parts]
        most = max((int(flat.max()) for flat, _, _ in kept if len(flat)), default=0)
        # As in Keras: without num_words the most frequent number itself is out of vocabulary.
        limit = self.num_words or most
        return [self._limit(flat, lengths, y, limit) for flat, lengths, y in kept]

    def _flatten(self, sequences: Array) -> tuple[Array, Array]:
        """All words in one array, and the sequences' lengths."""
        lengths = np.fromiter(map(len, sequences), np.int64, len(sequences))
        words = itertools.chain.from_iterable(sequences)
        try:
            flat = np.fromiter(words, np.int64, int(lengths.sum())) + (self.index_from or 0)
        except (TypeError, ValueError) as error:
            raise DataLossError("the sequences hold more than word numbers.") from error
        if self.start_char is not None:
            starts = np.cumsum(lengths) - lengths
            flat, lengths = np.insert(flat, starts, self.start_char), lengths + 1
        return flat, lengths

    def _drop_long(self, flat: Array, lengths: Array, y: Array) -> tuple[Array, Array, Array]:
        if not self.maxlen:
            return flat, lengths, y
        short = lengths < self.maxlen
        if not short.any():
            raise InvalidArgumentError(
                "load_data: no sequence is shorter than maxlen={maxlen}: increase it.",
                maxlen=self.maxlen,
            )
        return flat[np.repeat(short, lengths)], lengths[short], y[short]

    def _limit(self, flat: Array, lengths: Array, y: Array, limit: int) -> tuple[Array, Array]:
        known = (flat >= self.skip_top) & (flat < limit)
        ends = np.cumsum(lengths)
        if self.oov_char is not None:
            flat = np.where(known, flat, self.oov_char)
        else:
            kept = np.concatenate([[0], np.cumsum(known)])
            flat, ends = flat[known], kept[ends]
        return _lists(flat.tolist(), ends.tolist()), y


def _lists(words: list[int], ends: Sequence[int]) -> Array:
    """An object array of lists, cut from one list."""
    result = np.empty(len(ends), object)
    start = 0
    for position, end in enumerate(ends):
        result[position] = words[start:end]
        start = end
    return result
