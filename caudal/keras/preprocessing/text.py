"""``keras.preprocessing.text``: words as numbers."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from caudal.errors import (
    CaudalWarning,
    DTypeError,
    FailedPreconditionError,
    InvalidArgumentError,
    did_you_mean,
)
from caudal.keras.utils.image_utils import check_choice
from caudal.namespaces import strict

__all__ = [
    "Tokenizer",
    "hashing_trick",
    "one_hot",
    "text_to_word_sequence",
    "tokenizer_from_json",
]

Array = np.ndarray[Any, Any]
_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_MODES = ("binary", "count", "tfidf", "freq")


def text_to_word_sequence(
    input_text: str, filters: str = _FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """The words of a text.

    Args:
        input_text: the text.
        filters: characters that count as ``split``.
        lower: in small letters.
        split: what stands between words.

    >>> text_to_word_sequence("One, two!")
    ['one', 'two']
    """
    if not isinstance(input_text, str):
        raise DTypeError(
            "text_to_word_sequence: expected text, received {kind}.",
            kind=type(input_text).__name__,
        )
    text = input_text.lower() if lower else input_text
    table: dict[str, str | int | None] = dict.fromkeys(filters, split)
    text = text.translate(str.maketrans(table))
    return [word for word in text.split(split) if word]


def one_hot(
    input_text: str,
    n: int,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """Words as numbers from 1 to n - 1 by Python's ``hash``: others in every process.

    Arguments as in `hashing_trick`.
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def hashing_trick(
    text: str,
    n: int,
    hash_function: Any = None,
    filters: str = _FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """Words as numbers from 1 to n - 1 by a hash; different words may get the same.

    Args:
        text: the text.
        n: how many numbers there are, with 0, which is no word.
        hash_function: a function of a word; "md5", the same in every process; None for ``hash``.
        filters: as in `text_to_word_sequence`, with ``lower`` and ``split``.
        lower: in small letters.
        split: what stands between words.
        analyzer: a function from the text to its words, instead.

    Raises:
        InvalidArgumentError: ``n`` below 2, or an unknown hash function.

    >>> hashing_trick("a b a", 100, "md5")
    [92, 95, 92]
    """
    if not isinstance(n, int | np.integer) or n < 2:
        raise InvalidArgumentError(
            "hashing_trick: n must be an integer of 2 or more, received {n!r}.", n=n
        )
    if hash_function is None:
        hash_function = hash
    elif hash_function == "md5":
        hash_function = _md5
    elif not callable(hash_function):
        raise InvalidArgumentError(
            "hashing_trick: hash_function must be a function, 'md5' or None, received "
            "{received!r}.",
            received=hash_function,
        )
    words = analyzer(text) if analyzer else text_to_word_sequence(text, filters, lower, split)
    return [hash_function(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class Tokenizer:
    """Texts as lists of word numbers, by the words' ranks; 0 is no word.

    Args:
        num_words: numbers from this one on are not given out; None for all.
        filters: characters that count as ``split``.
        lower: in small letters.
        split: what stands between words.
        char_level: every character is a word.
        oov_token: the word that stands for unknown ones, number 1; None leaves them out.
        analyzer: a function from a text to its words, instead.
        kwargs: ``document_count``, and Keras 1's ``nb_words``.

    >>> tokenizer = Tokenizer()
    >>> tokenizer.fit_on_texts(["the cat", "the dog"])
    >>> tokenizer.texts_to_sequences(["dog the"])
    [[3, 1]]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = _FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], list[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        if "nb_words" in kwargs:
            warnings.warn(
                "Tokenizer: nb_words is gone from Keras: use num_words.",
                CaudalWarning,
                stacklevel=2,
            )
            num_words = kwargs.pop("nb_words")
        self.document_count: int = kwargs.pop("document_count", 0)
        for name in kwargs:
            known = ("num_words", "filters", "lower", "split", "char_level", "oov_token")
            raise InvalidArgumentError(
                "Tokenizer: there is no argument {name!r}.{hint}",
                name=name,
                hint=did_you_mean(name, (*known, "analyzer", "document_count")),
            )
        if num_words is not None and not isinstance(num_words, int | np.integer):
            raise InvalidArgumentError(
                "Tokenizer: num_words must be an integer or None, received {received!r}.",
                received=num_words,
            )
        self.num_words = num_words
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.word_counts: OrderedDict[str, int] = OrderedDict()
        self.word_docs: defaultdict[str, int] = defaultdict(int)
        self.index_docs: defaultdict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    # --- learning -----------------------------------------------------------------------------

    def _words(self, text: Any) -> Any:
        """The words of a text; a list of words is taken as it is."""
        if self.char_level or isinstance(text, list | tuple):
            if not self.lower:
                return text
            return text.lower() if isinstance(text, str) else [word.lower() for word in text]
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Counts the words and numbers them by rank; may be called again with more texts."""
        _check_texts("fit_on_texts", texts)
        for text in texts:
            words = self._words(text)
            self.document_count += 1
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in dict.fromkeys(words):
                self.word_docs[word] += 1
        ranked = sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        if self.oov_token is not None:
            ranked.insert(0, self.oov_token)
        self.word_index = {}
        for word in ranked:
            self.word_index.setdefault(word, len(self.word_index) + 1)
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Any) -> None:
        """Counts in how many sequences each number is, which "tfidf" needs."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    # --- texts and numbers --------------------------------------------------------------------

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """A list of numbers for each text."""
        _check_texts("texts_to_sequences", texts)
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """The same, one by one."""
        unknown = None if self.oov_token is None else self.word_index.get(self.oov_token)
        limit = self.num_words or math.inf
        for text in texts:
            found = (self.word_index.get(word, math.inf) for word in self._words(text))
            numbers = (n if n < limit else unknown for n in found)
            yield [int(n) for n in numbers if n is not None and n != math.inf]

    def sequences_to_texts(self, sequences: Iterable[Any]) -> list[str]:
        """The words again, with blanks between them."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Any]) -> Iterator[str]:
        """The same, one by one."""
        limit = self.num_words or math.inf
        for sequence in sequences:
            words = (
                self.index_word.get(number, self.oov_token) if number < limit else self.oov_token
                for number in map(int, sequence)
            )
            yield " ".join(word for word in words if word is not None)

    # --- matrices -----------------------------------------------------------------------------

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> Array:
        """As `sequences_to_matrix`, of texts."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Any, mode: str = "binary") -> Array:
        """A row for each sequence, a column for each number, float64.

        Args:
            sequences: lists of numbers.
            mode: "binary" (is it there), "count", "freq" (share) or "tfidf",
                (1 + log count) * log(1 + documents / (1 + documents with it)).

        Raises:
            FailedPreconditionError: neither ``num_words`` nor a fit says how many columns.
            InvalidArgumentError: an unknown mode.
        """
        check_choice("Tokenizer.sequences_to_matrix", "mode", mode, _MODES)
        columns = self.num_words or len(self.word_index) + 1
        if columns == 1:
            raise FailedPreconditionError(
                "Tokenizer.sequences_to_matrix: the number of columns is not known. Give "
                "num_words, or call fit_on_texts first."
            )
        if mode == "tfidf" and not self.document_count:
            raise FailedPreconditionError(
                "Tokenizer.sequences_to_matrix: mode='tfidf' needs fit_on_texts or "
                "fit_on_sequences first."
            )
        _check_texts("sequences_to_matrix", sequences)
        found = np.zeros((len(sequences), columns))
        for row, sequence in zip(found, sequences, strict=True):
            for number, count in Counter(sequence).items():
                if not isinstance(number, int | np.integer) or number < 0:
                    raise InvalidArgumentError(
                        "Tokenizer.sequences_to_matrix: sequences must hold numbers of words, "
                        "received {received!r}.",
                        received=number,
                    )
                if number < columns:
                    row[number] = self._entry(mode, int(number), count, len(sequence))
        return found

    def _entry(self, mode: str, number: int, count: int, length: int) -> float:
        if mode == "binary":
            return 1
        if mode == "count":
            return count
        if mode == "freq":
            return count / length
        documents = self.index_docs.get(number, 0)
        return (1 + math.log(count)) * math.log(1 + self.document_count / (1 + documents))

    # --- on disk ------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Arguments and counts; dicts as JSON text, as in Keras. ``analyzer`` is not in it."""
        return {
            "num_words": self.num_words,
            "filters": self.filters,
            "lower": self.lower,
            "split": self.split,
            "char_level": self.char_level,
            "oov_token": self.oov_token,
            "document_count": self.document_count,
            "word_counts": json.dumps(self.word_counts),
            "word_docs": json.dumps(self.word_docs),
            "index_docs": json.dumps(self.index_docs),
            "index_word": json.dumps(self.index_word),
            "word_index": json.dumps(self.word_index),
        }

    def to_json(self, **kwargs: Any) -> str:
        """All of it as JSON text for `tokenizer_from_json`; ``kwargs`` are for json.dumps."""
        return json.dumps(
            {"class_name": type(self).__name__, "config": self.get_config()}, **kwargs
        )


def _check_texts(method: str, texts: Any) -> None:
    if not isinstance(texts, Iterable):
        raise DTypeError(
            "Tokenizer.{method}: expected a list, received {kind}.",
            method=method,
            kind=type(texts).__name__,
        )


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The tokenizer that `Tokenizer.to_json` wrote.

    Raises:
        InvalidArgumentError: the text is something else.
    """
    try:
        config = dict(json.loads(json_string)["config"])
        names = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        counts, docs, index_docs, index_word, word_index = (
            json.loads(config.pop(name)) for name in names
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidArgumentError(
            "tokenizer_from_json: expected the text of Tokenizer.to_json(), received "
            "{received!r}: {error}.",
            received=str(json_string)[:60],
            error=error,
        ) from error
    found = Tokenizer(**config)
    found.word_counts = OrderedDict(counts)
    found.word_docs = defaultdict(int, docs)
    found.index_docs = defaultdict(int, {int(n): count for n, count in index_docs.items()})
    found.index_word = {int(n): word for n, word in index_word.items()}
    found.word_index = word_index
    return found


__getattr__ = strict(__name__, label="keras.preprocessing.text")
