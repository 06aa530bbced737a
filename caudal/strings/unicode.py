"""Strings as sequences of Unicode characters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.array.arguments import static
from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor
from caudal.strings.arguments import each, known, objects, strings_of
from caudal.strings.basic import rectangular

_CODECS = {"UTF-8": "utf-8", "UTF-16-BE": "utf-16-be", "UTF-32-BE": "utf-32-be"}


def _codec(what: str, encoding: str) -> str:
    found = _CODECS.get(encoding)
    if found is None:
        raise InvalidArgumentError(
            "{what}: expected an encoding of {known}, received {received!r}.",
            what=what,
            known=", ".join(_CODECS),
            received=encoding,
        )
    return found


def _reader(what: str, encoding: str, errors: str, mark: int) -> Callable[[bytes], str]:
    """Bytes to text; invalid ones are replaced, left out or refused."""
    codec = _codec(what, encoding)
    if errors not in ("replace", "ignore", "strict"):
        raise InvalidArgumentError(
            "{what}: expected errors 'replace', 'ignore' or 'strict', received {received!r}.",
            what=what,
            received=errors,
        )

    def read(text: bytes) -> str:
        try:
            found = text.decode(codec, errors)
        except UnicodeDecodeError as error:
            raise InvalidArgumentError(
                "{what}: invalid {encoding} at byte {at} of {text!r}.",
                what=what,
                encoding=encoding,
                at=error.start,
                text=text,
            ) from error
        return found.replace("\ufffd", chr(mark)) if errors == "replace" else found

    return read


def unicode_decode(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Tensor:
    """The code points of each string, int32.

    >>> unicode_decode("é", "UTF-8").numpy().tolist()
    [233]
    """
    read = _reader("unicode_decode", input_encoding, errors, replacement_char)
    array = strings_of("unicode_decode", input)
    rows = [
        [_plain(ord(c), replacement_char, replace_control_characters) for c in read(text)]
        for text in array.reshape(-1)
    ]

    def make(values: list[int], shape: tuple[int, ...]) -> Tensor:
        return convert_to_tensor(np.asarray(values, np.int32).reshape(shape))

    found: Tensor = rectangular("unicode_decode", rows, array.shape, make)
    return found


def _plain(point: int, mark: int, replace: bool) -> int:
    return mark if replace and point < 32 else point


def unicode_split(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    name: str | None = None,
) -> Tensor:
    """The characters of each string as strings of their own, in the same encoding."""
    read = _reader("unicode_split", input_encoding, errors, replacement_char)
    codec = _codec("unicode_split", input_encoding)
    array = strings_of("unicode_split", input)
    rows = [[c.encode(codec) for c in read(text)] for text in array.reshape(-1)]
    found: Tensor = rectangular("unicode_split", rows, array.shape, objects)
    return found


def unicode_encode(
    input: Any,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    name: str | None = None,
) -> Tensor:
    """Code points in the last axis as strings."""
    codec = _codec("unicode_encode", output_encoding)
    points = static(known("unicode_encode", input), "unicode_encode")
    flat = points.reshape(-1, points.shape[-1]) if points.size else points.reshape(1, -1)
    texts = []
    for row in flat:
        letters = []
        for point in row:
            good = 0 <= point < 0x110000 and not 0xD800 <= point < 0xE000
            if not good and errors == "strict":
                raise InvalidArgumentError(
                    "unicode_encode: {point} is no code point.", point=int(point)
                )
            if good or errors == "replace":
                letters.append(chr(point) if good else chr(replacement_char))
        texts.append("".join(letters).encode(codec))
    return objects(texts, points.shape[:-1])


def unicode_transcode(
    input: Any,
    input_encoding: str,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Tensor:
    """Each string in another encoding."""
    read = _reader("unicode_transcode", input_encoding, errors, replacement_char)
    codec = _codec("unicode_transcode", output_encoding)

    def change(text: bytes) -> bytes:
        points = (ord(c) for c in read(text))
        found = (_plain(p, replacement_char, replace_control_characters) for p in points)
        return "".join(map(chr, found)).encode(codec)

    return each("unicode_transcode", input, change)
