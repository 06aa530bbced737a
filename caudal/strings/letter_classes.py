r"""RE2's classes of letters, ``\pL``, ``\p{Lu}`` and ``\PN``, which Python's patterns lack."""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections.abc import Iterable

from caudal.errors import InvalidArgumentError

Ranges = list[tuple[int, int]]
_CLASS = r"\\(?P<kind>[pP])(?P<name>\{\^?\w+\}|\w)|"
_OUTSIDE = re.compile(_CLASS + r"\\.|\[\^?\]?|.", re.S)
_INSIDE = re.compile(_CLASS + r"\[:(?P<posix>\^?\w+):\]|\\.|.", re.S)
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}


@functools.cache
def _categories() -> dict[str, Ranges]:
    """The general categories, and by their first letters the major ones, as ranges of letters."""
    found: dict[str, Ranges] = {}
    for point in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(point))
        if category in ("Cs", "Cn"):
            continue  # Half letters stand for bytes that are none; RE2 knows no unassigned ones.
        for name in (category, category[0]):
            ranges = found.setdefault(name, [])
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1] = ranges[-1][0], point
            else:
                ranges.append((point, point))
    return found


_NO_LETTER = "\\U0010ffff"


def _up_to(ranges: Ranges, most: int) -> Ranges:
    return [(first, min(last, most)) for first, last in ranges if first <= most]


def _complement(ranges: Ranges) -> Ranges:
    found, begin = [], 0
    for first, last in ranges:
        if begin < first:
            found.append((begin, first - 1))
        begin = last + 1
    if begin <= sys.maxunicode:
        found.append((begin, sys.maxunicode))
    return found


def _written(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


def _ranges(kind: str, name: str) -> Ranges:
    plain = name.strip("{}")
    negative = (kind == "P") != plain.startswith("^")
    plain = plain.removeprefix("^")
    if plain != "Any" and plain not in _categories():
        raise InvalidArgumentError(
            "A pattern: invalid character class range: \\{kind}{name}. Known are {known}.",
            kind=kind,
            name=name,
            known=sorted(_categories()),
        )
    ranges = [(0, sys.maxunicode)] if plain == "Any" else _categories()[plain]
    return _complement(ranges) if negative else ranges


def _posix(name: str) -> str:
    plain = name.removeprefix("^")
    if plain not in _POSIX:
        raise InvalidArgumentError(
            "A pattern: invalid character class range: [:{name}:]. Known are {known}.",
            name=name,
            known=sorted(_POSIX),
        )
    if plain == name:
        return _POSIX[plain]
    points = [ord(letter) for letter in re.findall(f"[{_POSIX[plain]}]", _ASCII)]
    return _written(_complement([(point, point) for point in points]))


_ASCII = "".join(map(chr, range(128)))


def spelled_out(pattern: str, most: int = sys.maxunicode) -> str:
    r"""A pattern with the letters themselves for each ``\p``, ``\P`` and ``[:name:]``.

    most: the last letter of the texts; shorter classes make a faster pattern.

    >>> re.sub(spelled_out(r"\pP"), "", "a, b!")
    'a b'
    >>> re.findall(spelled_out(r"[\p{Lu}[:digit:]]+"), "aBC1dÉ")
    ['BC1', 'É']

    Raises:
        InvalidArgumentError: there is no such class.
    """
    if not any(mark in pattern for mark in ("\\p", "\\P", "[:")):
        return pattern
    found: list[str] = []
    place, inside = 0, False
    while token := (_INSIDE if inside else _OUTSIDE).match(pattern, place):
        place, text = token.end(), token[0]
        if token["kind"]:
            ranges = _up_to(_ranges(token["kind"], token["name"]), most)
            letters = _written(ranges) or _NO_LETTER
            text = letters if inside else f"[{letters}]"
        elif inside and token["posix"]:
            text = _posix(token["posix"])
        elif inside:
            inside = text != "]"
            text = "\\[" if text == "[" else text
        else:
            inside = text[0] == "["
        found.append(text)
    return "".join(found)
