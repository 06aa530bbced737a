"""Reuters: newswires of 46 topics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.keras.datasets import cache
from caudal.keras.datasets.words import Encoding, load_word_index, read_object_arrays, shuffled

Array = np.ndarray[Any, Any]
SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
WORD_INDEX_MD5 = "4d44cc38712099c9e383dc6e5f11a921"

_TOPICS = tuple(
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves "
    "ship cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin "
    "strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange "
    "pet-chem dlr gas silver wpi hog lead".split()
)


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """11228 newswires as lists of word numbers, ``(x_train, y_train), (x_test, y_test)``.

    Args:
        path: the file's name in the cache folder.
        num_words: words from this number on are out of vocabulary.
        skip_top: so are words below this one.
        maxlen: longer newswires are left out.
        test_split: the test part, 0 to 1.
        seed: of the shuffle.
        start_char: the number that begins each newswire, or None.
        oov_char: the number for words out of vocabulary; None leaves them out.
        index_from: added to every word's number.

    Raises:
        UnavailableError: not in the cache and not to be had from the network.
        DataLossError: the cached file is damaged.
        InvalidArgumentError: ``test_split`` outside of [0, 1), or ``maxlen`` too small.
    """
    if not 0 <= test_split < 1:
        raise InvalidArgumentError(
            "load_data: expected 0 <= test_split < 1, received {received}.", received=test_split
        )
    part = shuffled(
        *cache.load(path, _read, cache.ORIGIN + "reuters.npz", SHA256),
        np.random.RandomState(seed),
    )
    encoding = Encoding(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    [(x, y)] = encoding.apply(part)
    cut = int(len(x) * (1 - test_split))
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """From word to its rank by frequency, beginning with 1 (``index_from`` is not added)."""
    return load_word_index(path, cache.ORIGIN + "reuters_word_index.json", WORD_INDEX_MD5)


def get_label_names() -> tuple[str, ...]:
    """The 46 topics, in the order of their labels."""
    return _TOPICS


def _read(path: Path) -> tuple[Array, Array]:
    x, y = read_object_arrays(path, "x", "y")
    cache.expect(x, (None,), "O", "x")
    cache.expect(y, (None,), "iu", "y")
    cache.same_length(sequences=x, labels=y)
    return x, y
