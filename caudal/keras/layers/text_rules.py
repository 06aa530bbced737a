"""How TextVectorization cleans texts, splits them and joins their words."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor

Rule = str | Callable[[Any], Any] | None

PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")
STANDARDS = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
SPLITS = ("whitespace", "character")


def check_rule(name: str, rule: Any, known: tuple[str, ...]) -> Rule:
    """A rule by its name, a function, or None."""
    if rule is None or callable(rule) or rule in known:
        return rule  # type: ignore[no-any-return]
    raise InvalidArgumentError(
        "TextVectorization: `{name}` must be one of {known}, a function or None, "
        "received {rule!r}.",
        name=name,
        known=known,
        rule=rule,
    )


def standardized(texts: Sequence[str], rule: Rule) -> list[str]:
    """The texts in lower case (ASCII's), without punctuation, or as a function makes them.

    >>> standardized(["Hello, World!"], "lower_and_strip_punctuation")
    ['hello world']
    """
    if callable(rule):
        return strings(rule(convert_to_tensor(np.asarray(texts, object))))
    found = list(texts)
    if rule in ("lower", "lower_and_strip_punctuation"):
        # As tf.strings.lower: letters beyond ASCII stay.
        found = [text.encode().lower().decode() for text in found]
    if rule in ("strip_punctuation", "lower_and_strip_punctuation"):
        found = [PUNCTUATION.sub("", text) for text in found]
    return found


def divided(texts: Sequence[str], rule: Rule) -> list[list[str]]:
    """The words of each text."""
    if callable(rule):
        return [strings(rule(convert_to_tensor(text))) for text in texts]
    if rule is None:
        return [[text] for text in texts]
    if rule == "character":
        return [list(text) for text in texts]
    # As tf.strings.split: only blanks of ASCII.
    return [[part.decode() for part in text.encode().split()] for text in texts]


def strings(value: Any) -> list[str]:
    """The elements of a string tensor, or of a list, in order."""
    array = np.asarray(convert_to_tensor(value).numpy(), object)
    return [item.decode() if isinstance(item, bytes) else str(item) for item in array.ravel()]


def gram_sizes(ngrams: Any) -> tuple[int, ...] | None:
    """The lengths of the n-grams: those of a tuple, or 1 to n."""
    if ngrams is None:
        return None
    sizes = tuple(range(1, ngrams + 1)) if isinstance(ngrams, int) else tuple(ngrams)
    if not sizes or any(not isinstance(size, int) or size < 1 for size in sizes):
        raise InvalidArgumentError(
            "TextVectorization: `ngrams` must be a positive integer or a tuple of them, "
            "received {ngrams!r}.",
            ngrams=ngrams,
        )
    return sizes


def grams(words: Sequence[str], sizes: Iterable[int] | None) -> list[str]:
    """Runs of words, joined by blanks, shorter ones first.

    >>> grams(["a", "b", "c"], (1, 2))
    ['a', 'b', 'c', 'a b', 'b c']
    """
    if sizes is None:
        return list(words)
    return [" ".join(words[i : i + size]) for size in sizes for i in range(len(words) - size + 1)]


def padded(rows: Sequence[Sequence[int]], length: int | None, filler: int) -> Any:
    """Rows of indices, filled up or cut to a length: that of the longest one by default."""
    width = max(map(len, rows), default=0) if length is None else length
    ids = np.full((len(rows), width), filler, "int64")
    for row, found in zip(ids, rows, strict=True):
        row[: min(len(found), width)] = found[:width]
    return ids
