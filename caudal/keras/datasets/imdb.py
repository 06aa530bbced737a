"""IMDB: film reviews, good or bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from caudal.keras.datasets import cache
from caudal.keras.datasets.words import Encoding, load_word_index, read_object_arrays, shuffled

Array = np.ndarray[Any, Any]
SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
WORD_INDEX_MD5 = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """50000 film reviews as lists of word numbers, ``(x_train, y_train), (x_test, y_test)``.

    x are object arrays of lists of int; y are 0 (bad) or 1 (good). The numbers are ranks by
    frequency. Publisher: https://ai.stanford.edu/~amaas/data/sentiment/ (Maas and others, 2011).

    Args:
        path: the file's name in the cache folder.
        num_words: words from this number on are out of vocabulary.
        skip_top: so are words below this one.
        maxlen: longer reviews are left out.
        seed: of the shuffle.
        start_char: the number that begins each review, or None.
        oov_char: the number for words out of vocabulary; None leaves them out.
        index_from: added to every word's number.

    Raises:
        UnavailableError: not in the cache and not to be had from the network.
        DataLossError: the cached file is damaged.
        InvalidArgumentError: no review is shorter than ``maxlen``.
    """
    train, test = cache.load(path, _read, cache.ORIGIN + "imdb.npz", SHA256)
    generator = np.random.RandomState(seed)
    parts = [shuffled(*part, generator) for part in (train, test)]
    encoding = Encoding(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    first, second = encoding.apply(*parts)
    return first, second


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """From word to its rank by frequency, beginning with 1 (``index_from`` is not added)."""
    return load_word_index(path, cache.ORIGIN + "imdb_word_index.json", WORD_INDEX_MD5)


def _read(path: Path) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    x, y, x_test, y_test = read_object_arrays(path, "x_train", "y_train", "x_test", "y_test")
    for name, sequences, labels in (("train", x, y), ("test", x_test, y_test)):
        cache.expect(sequences, (None,), "O", f"x_{name}")
        cache.expect(labels, (None,), "iu", f"y_{name}")
        cache.same_length(sequences=sequences, labels=labels)
    return (x, y), (x_test, y_test)
