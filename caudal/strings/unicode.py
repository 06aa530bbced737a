"""Strings as sequences of Unicode characters."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from caudal.array.arguments import static
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor
from caudal.ir.dtypes import int32, int64, string
from caudal.strings.arguments import Array, each, known
from caudal.strings.rows import is_ragged, joined_rows, taken_apart

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


Character = tuple[str, int]
"""A character, and the byte at which it begins."""


def _reader(what: str, encoding: str, errors: str, mark: int) -> Callable[[bytes], list[Character]]:
    """Bytes to characters; invalid ones are replaced, left out or refused."""
    codec = _codec(what, encoding)
    if errors not in ("replace", "ignore", "strict"):
        raise InvalidArgumentError(
            "{what}: expected errors 'replace', 'ignore' or 'strict', received {received!r}.",
            what=what,
            received=errors,
        )

    def valid(text: bytes, at: int) -> list[Character]:
        found = []
        for character in text.decode(codec):
            found.append((character, at))
            at += len(character.encode(codec))
        return found

    def read(text: bytes) -> list[Character]:
        found: list[Character] = []
        at = 0
        while at < len(text):
            try:
                return found + valid(text[at:], at)
            except UnicodeDecodeError as error:
                begin, end = at + error.start, at + error.end
                if errors == "strict":
                    raise InvalidArgumentError(
                        "{what}: invalid {encoding} at byte {at} of {text!r}.",
                        what=what,
                        encoding=encoding,
                        at=begin,
                        text=text,
                    ) from error
            found += valid(text[at:begin], at)
            if errors == "replace":
                found.append((chr(mark), begin))
            at = end
        return found

    return read


def unicode_decode(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """The code points of each string, int32; ragged but for a single string.

    >>> unicode_decode("é", "UTF-8").numpy().tolist()
    [233]
    """
    read = _reader("unicode_decode", input_encoding, errors, replacement_char)

    def apart(text: bytes) -> list[int]:
        return [_plain(ord(c), replacement_char, replace_control_characters) for c, _ in read(text)]

    return taken_apart("unicode_decode", input, apart, int32)


def _offsets(what: str, input: Any, read: Callable[[bytes], list[Character]]) -> Any:
    return taken_apart(what, input, lambda text: [at for _, at in read(text)], int64)


def unicode_decode_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> tuple[Any, Any]:
    """As `unicode_decode`, and the byte at which each character begins, int64.

    >>> points, starts = unicode_decode_with_offsets("aé!", "UTF-8")
    >>> starts.numpy().tolist()
    [0, 1, 3]
    """
    what = "unicode_decode_with_offsets"
    read = _reader(what, input_encoding, errors, replacement_char)
    points = unicode_decode(
        input, input_encoding, errors, replacement_char, replace_control_characters
    )
    return points, _offsets(what, input, read)


def _plain(point: int, mark: int, replace: bool) -> int:
    return mark if replace and point < 32 else point


def unicode_split(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    name: str | None = None,
) -> Any:
    """The characters of each string as strings of their own, in the same encoding.

    >>> unicode_split(["aé", "b"], "UTF-8")
    <tf.RaggedTensor [[b'a', b'\\xc3\\xa9'], [b'b']]>
    """
    read = _reader("unicode_split", input_encoding, errors, replacement_char)
    codec = _codec("unicode_split", input_encoding)

    def apart(text: bytes) -> list[bytes]:
        return [c.encode(codec) for c, _ in read(text)]

    return taken_apart("unicode_split", input, apart, string)


def unicode_split_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    name: str | None = None,
) -> tuple[Any, Any]:
    """As `unicode_split`, and the byte at which each character begins, int64."""
    what = "unicode_split_with_offsets"
    read = _reader(what, input_encoding, errors, replacement_char)
    parts = unicode_split(input, input_encoding, errors, replacement_char)
    return parts, _offsets(what, input, read)


def unicode_encode(
    input: Any,
    output_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    name: str | None = None,
) -> Any:
    """Int32 code points in the last axis as strings; ragged ones too.

    >>> unicode_encode([[97, 233], [98, 33]], "UTF-8").numpy().tolist()
    [b'a\\xc3\\xa9', b'b!']
    """
    what = "unicode_encode"
    codec = _codec(what, output_encoding)
    points = input if is_ragged(input) else known(what, input)
    if points.dtype != int32:
        raise DTypeError("{what}: expected int32, received {got}.", what=what, got=points.dtype)

    def join(row: list[Any]) -> bytes:
        letters = []
        for point in row:
            good = 0 <= point < 0x110000 and not 0xD800 <= point < 0xE000
            if not good and errors == "strict":
                raise InvalidArgumentError(
                    "unicode_encode: {point} is no code point.", point=int(point)
                )
            if good or errors == "replace":
                letters.append(chr(point) if good else chr(replacement_char))
        return "".join(letters).encode(codec)

    return joined_rows(what, points, join)


def unicode_script(input: Any, name: str | None = None) -> Tensor:
    """The script of each code point, int32, by ICU's numbers; -1 for what is no code point.

    The table is Unicode's (https://www.unicode.org/reports/tr24), as TensorFlow 2.21 has it.

    >>> unicode_script([ord("a"), ord(" "), 0x3B1]).numpy().tolist()
    [25, 0, 14]
    """
    points = static(known("unicode_script", input), "unicode_script")
    if points.dtype != np.int32:
        raise DTypeError("unicode_script: expected int32, received {got}.", got=points.dtype)
    starts, codes = _scripts()
    found = codes[np.searchsorted(starts, points, side="right") - 1].astype(np.int32)
    return convert_to_tensor(np.where((points < 0) | (points > 0x10FFFF), np.int32(-1), found))


@cache
def _scripts() -> tuple[Array, Array]:
    """Where the code points of one script begin, and its number."""
    with np.load(Path(__file__).with_name("scripts.npz"), allow_pickle=False) as table:
        return table["starts"], table["codes"]


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
        points = (ord(c) for c, _ in read(text))
        found = (_plain(p, replacement_char, replace_control_characters) for p in points)
        return "".join(map(chr, found)).encode(codec)

    return each("unicode_transcode", input, change)
