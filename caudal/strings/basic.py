"""Strings one by one: case, length, parts, patterns; and joined."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal.array.arguments import axis_of, static, static_int, static_ints
from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor, nest
from caudal.ir.dtypes import string
from caudal.strings.arguments import (
    Array,
    Graph,
    each,
    known,
    objects,
    string_of,
    strings_of,
)
from caudal.strings.letter_classes import spelled_out
from caudal.strings.rows import is_ragged, ragged_join, rows_of, segment_join, taken_apart

_BLANKS = b" \t\n\v\f\r"


def _encoding(what: str, encoding: str) -> bool:
    """Whether strings are UTF-8 rather than bytes."""
    if encoding not in ("", "utf-8"):
        raise InvalidArgumentError(
            "{what}: expected encoding '' (ASCII) or 'utf-8', received {received!r}.",
            what=what,
            received=encoding,
        )
    return encoding == "utf-8"


def decoded(text: bytes, errors: str = "replace") -> str:
    """UTF-8 bytes as text."""
    return text.decode("utf-8", errors)


def lower(input: Any, encoding: str = "", name: str | None = None) -> Tensor:
    """Lower case: of ASCII letters, or of all with ``encoding="utf-8"``.

    >>> lower("Hola").numpy()
    b'hola'
    """
    letters = _encoding("strings.lower", encoding)
    change = (lambda text: decoded(text).lower().encode()) if letters else bytes.lower
    return each("strings.lower", input, change, _case("Lower", letters))


def upper(input: Any, encoding: str = "", name: str | None = None) -> Tensor:
    """Upper case: of ASCII letters, or of all with ``encoding="utf-8"``."""
    letters = _encoding("strings.upper", encoding)
    change = (lambda text: decoded(text).upper().encode()) if letters else bytes.upper
    return each("strings.upper", input, change, _case("Upper", letters))


def _case(name: str, letters: bool) -> Graph:
    return (f"String{name}", (("encoding", "utf-8" if letters else ""),))


def strip(input: Any, name: str | None = None) -> Tensor:
    """Without blanks at both ends."""
    return each("strings.strip", input, lambda text: text.strip(_BLANKS), ("StringStrip", ()))


def characters(what: str, unit: str) -> bool:
    """Whether a unit is characters rather than bytes."""
    if unit not in ("BYTE", "UTF8_CHAR"):
        raise InvalidArgumentError(
            "{what}: expected unit 'BYTE' or 'UTF8_CHAR', received {received!r}.",
            what=what,
            received=unit,
        )
    return unit == "UTF8_CHAR"


def length(input: Any, unit: str = "BYTE", name: str | None = None) -> Tensor:
    """The number of bytes, or of UTF-8 characters, of each string; int32."""
    array = strings_of("strings.length", input)
    if characters("strings.length", unit):
        # A character begins at every byte that does not continue one.
        counts = [sum(byte & 0xC0 != 0x80 for byte in text) for text in array.reshape(-1)]
    else:
        counts = [len(text) for text in array.reshape(-1)]
    return convert_to_tensor(np.asarray(counts, np.int32).reshape(array.shape))


def substr(input: Any, pos: Any, len: Any, unit: str = "BYTE", name: str | None = None) -> Tensor:
    """A part of each string, from ``pos`` (negative: from the end) on, at most ``len`` long.

    Raises:
        InvalidArgumentError: a position lies outside its string.
    """
    array = strings_of("strings.substr", input)
    starts, sizes = static(known("substr", pos), "pos"), static(known("substr", len), "len")
    whole = characters("strings.substr", unit)
    try:
        array, starts, sizes = np.broadcast_arrays(array, starts, sizes)
    except ValueError as error:
        raise InvalidArgumentError(
            "strings.substr: the shapes of input, pos and len do not broadcast: {shapes}.",
            shapes=[array.shape, starts.shape, sizes.shape],
        ) from error
    found = []
    for place, (text, start, size) in enumerate(
        zip(array.reshape(-1), starts.reshape(-1), sizes.reshape(-1), strict=True)
    ):
        found.append(_part(text, int(start), int(size), whole, place))
    return objects(found, array.shape)


def _part(text: bytes, start: int, size: int, whole: bool, place: int) -> bytes:
    units: Any = decoded(text, "surrogateescape") if whole else text
    if not -len(units) <= start <= len(units):
        raise InvalidArgumentError(
            "strings.substr: pos {pos} out of range for string {text!r} at index {place}",
            pos=start,
            text=text,
            place=place,
        )
    begin = start if start >= 0 else len(units) + start
    part = units[begin : begin + max(0, size)]
    return part.encode("utf-8", "surrogateescape") if whole else bytes(part)


# --- patterns ------------------------------------------------------------------------------------


def _letters(text: bytes) -> str:
    """UTF-8 as RE2 reads it, letter by letter; other bytes are letters of their own."""
    return text.decode("utf-8", "surrogateescape")


def _bytes(value: Any) -> bytes:
    found = value.numpy() if isinstance(value, Tensor) else value
    return found.encode() if isinstance(found, str) else bytes(found)


class _Pattern:
    """A pattern of RE2, compiled for all texts and, where that is faster, for those of ASCII."""

    def __init__(self, what: str, pattern: Any) -> None:
        text = _bytes(pattern)
        try:
            # RE2's \z is Python's \Z, its other classes are ASCII's; \C has no counterpart.
            python = _letters(re.sub(rb"(?<!\\)((?:\\\\)*)\\z", rb"\1\\Z", text))
            self._any = re.compile(spelled_out(python), re.ASCII)
            self._ascii = re.compile(spelled_out(python, 127), re.ASCII)
        except re.error as error:
            raise InvalidArgumentError(
                "{what}: Invalid pattern: {pattern!r}: {reason}.",
                what=what,
                pattern=text,
                reason=str(error),
            ) from error

    def replaced(self, text: bytes, result: Any, count: int) -> bytes:
        """The text with its matches replaced; a count of 0 replaces all."""
        expression = self._ascii if text.isascii() else self._any
        found = expression.sub(result, _letters(text), count=count)
        return found.encode("utf-8", "surrogateescape")

    def is_whole(self, text: bytes) -> bool:
        """Whether it matches a text from end to end."""
        return self._any.fullmatch(_letters(text)) is not None


def _rewritten(rewrite: Any) -> Callable[[re.Match[str]], str]:
    r"""RE2's rewrite strings: ``\0`` is the match, ``\1`` to ``\9`` its groups."""
    text = _bytes(rewrite)
    parts = re.split(r"\\(.)", _letters(text), flags=re.S)
    for escape in parts[1::2]:
        if not (escape.isdigit() or escape == "\\"):
            raise InvalidArgumentError(
                "strings.regex_replace: expected a backslash of rewrite before a digit or "
                "another one, received {received!r}.",
                received=text,
            )

    def result(match: re.Match[str]) -> str:
        found = [
            part if not place % 2 else ("\\" if part == "\\" else match.group(int(part)) or "")
            for place, part in enumerate(parts)
        ]
        return "".join(found)

    return result


def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> Tensor:
    r"""Each match of a regular expression replaced; ``\1`` in ``rewrite`` is its first group.

    >>> regex_replace("a1b2", "[0-9]", "#").numpy()
    b'a#b#'
    """
    expression = _Pattern("strings.regex_replace", pattern)
    result = _rewritten(rewrite)
    count = 0 if replace_global else 1

    def replaced(text: bytes) -> bytes:
        return expression.replaced(text, result, count)

    attributes = (
        ("pattern", _bytes(pattern)),
        ("replace_global", replace_global),
        ("rewrite", _bytes(rewrite)),
    )
    return each("strings.regex_replace", input, replaced, ("StaticRegexReplace", attributes))


def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Tensor:
    """Whether a regular expression matches the whole of each string."""
    expression = _Pattern("strings.regex_full_match", pattern)
    array = strings_of("strings.regex_full_match", input)
    found = [expression.is_whole(text) for text in array.reshape(-1)]
    return convert_to_tensor(np.asarray(found, bool).reshape(array.shape))


# --- together and apart ---------------------------------------------------------------------------


def join(inputs: Sequence[Any], separator: str = "", name: str | None = None) -> Tensor:
    """Several string tensors of one shape (or single strings), joined one by one.

    >>> join(["a", ["b", "c"]], "-").numpy().tolist()
    [b'a-b', b'a-c']
    """
    arrays = [strings_of("strings.join", value) for value in inputs]
    shapes = {array.shape for array in arrays if array.ndim}
    if len(shapes) > 1:
        raise InvalidArgumentError(
            "strings.join: expected string tensors of one shape, received {shapes}.",
            shapes=[array.shape for array in arrays],
        )
    shape = shapes.pop() if shapes else ()
    rows = [np.broadcast_to(array, shape).reshape(-1) for array in arrays]
    glue = separator.encode() if isinstance(separator, str) else bytes(separator)
    return objects([glue.join(parts) for parts in zip(*rows, strict=True)], shape)


def reduce_join(
    inputs: Any,
    axis: Any = None,
    keepdims: bool = False,
    separator: str = "",
    name: str | None = None,
) -> Any:
    """The strings along axes joined: along the first axis named, then along the next.

    Of a ragged tensor, the innermost axis first.
    """
    if is_ragged(inputs):
        return ragged_join(inputs, axis, keepdims, separator)
    array = strings_of("strings.reduce_join", inputs)
    rank = array.ndim
    named = range(rank)[::-1] if axis is None else static_ints(axis, "reduce_join: axis")
    axes = [axis_of(one, rank, "reduce_join") for one in named]
    rest = [one for one in range(rank) if one not in axes]
    outer = tuple(array.shape[one] for one in rest)
    flat = array.transpose(*rest, *axes[::-1]).reshape(int(np.prod(outer)), -1)
    glue = separator.encode() if isinstance(separator, str) else bytes(separator)
    shape = outer
    if keepdims:
        shape = tuple(1 if one in axes else array.shape[one] for one in range(rank))
    return objects([glue.join(row) for row in flat], shape)


def unsorted_segment_join(
    inputs: Any, segment_ids: Any, num_segments: Any, separator: str = "", name: str | None = None
) -> Tensor:
    """The strings of each segment joined, in their order.

    ``segment_ids`` has the shape of the first axes of ``inputs``.

    >>> unsorted_segment_join(["a", "b", "c"], [1, 0, 1], 2, "-").numpy().tolist()
    [b'b', b'a-c']
    """
    what = "strings.unsorted_segment_join"
    array = strings_of(what, inputs)
    ids = static(known(what, segment_ids), what)
    count = static_int(num_segments, what + ": num_segments")
    if array.shape[: ids.ndim] != ids.shape:
        raise InvalidArgumentError(
            "{what}: expected segment_ids of the first axes of {shape}, received shape {ids}.",
            what=what,
            shape=array.shape,
            ids=ids.shape,
        )
    if ids.size and not 0 <= ids.min() <= ids.max() < count:
        raise InvalidArgumentError(
            "{what}: expected segment_ids from 0 to {last}, received {low} to {high}.",
            what=what,
            last=count - 1,
            low=int(ids.min()),
            high=int(ids.max()),
        )
    rest = array.shape[ids.ndim :]
    found: Tensor = segment_join(array.reshape(ids.size, *rest), ids.reshape(-1), count, separator)
    return found


def split(input: Any, sep: Any = None, maxsplit: int = -1, name: str | None = None) -> Any:
    """The parts of each string between separators: blanks, or ``sep``.

    A single string gives a vector, others a `tf.RaggedTensor` with one more axis.

    >>> split("a b  c").numpy().tolist()
    [b'a', b'b', b'c']
    >>> split(["a b", "c"])
    <tf.RaggedTensor [[b'a', b'b'], [b'c']]>
    """
    glue = sep.encode() if isinstance(sep, str) else sep
    if isinstance(glue, Tensor):
        glue = string_of("strings.split: sep", glue)

    def apart(text: bytes) -> list[bytes]:
        return text.split(glue or None, int(maxsplit))

    return taken_apart("strings.split", input, apart, string)


def bytes_split(input: Any, name: str | None = None) -> Any:
    """The bytes of each string as strings of their own; ragged but for a single string."""

    def apart(text: bytes) -> list[bytes]:
        return [text[i : i + 1] for i in range(len(text))]

    return taken_apart("strings.bytes_split", input, apart, string)


def ngrams(
    data: Any,
    ngram_width: Any,
    separator: str = " ",
    pad_values: Any = None,
    padding_width: int | None = None,
    preserve_short_sequences: bool = False,
    name: str | None = None,
) -> Any:
    """Runs of ``ngram_width`` strings of the last axis, joined; widths follow one another.

    >>> ngrams(split(["a b c", "d"]), 2)
    <tf.RaggedTensor [[b'a b', b'b c'], []]>
    """
    widths = static_ints(ngram_width, "ngrams: ngram_width")
    rank = len(data.shape) if is_ragged(data) else strings_of("strings.ngrams", data).ndim
    if not rank or not widths or min(widths) < 1:
        raise InvalidArgumentError(
            "strings.ngrams: expected a tensor with an axis and widths of 1 or more, received "
            "rank {rank} and {widths}.",
            rank=rank,
            widths=list(widths),
        )
    rows, result = rows_of("strings.ngrams", data)
    glue = separator.encode()
    found = [
        _runs(row, widths, glue, pad_values, padding_width, preserve_short_sequences)
        for row in rows
    ]
    return result(found, string)


def _runs(
    row: list[bytes],
    widths: Sequence[int],
    glue: bytes,
    pad_values: Any,
    padding_width: int | None,
    short: bool,
) -> list[bytes]:
    found = []
    for width in widths:
        padded = row
        if pad_values is not None:
            both = pad_values if isinstance(pad_values, tuple) else (pad_values, pad_values)
            left, right = (p.encode() if isinstance(p, str) else p for p in both)
            count = width - 1 if padding_width is None else min(padding_width, width - 1)
            padded = [left] * count + row + [right] * count
        found += [glue.join(padded[i : i + width]) for i in range(len(padded) - width + 1)]
    if short and not found and row:
        found = [glue.join(row)]
    return found


def format(
    template: str, inputs: Any, placeholder: str = "{}", summarize: int = 3, name: str | None = None
) -> Tensor:
    """A text with each placeholder replaced by a tensor, as ``tf.print`` shows it.

    >>> format("x = {}", convert_to_tensor([1, 2])).numpy()
    b'x = [1 2]'
    """
    values = nest.flatten(inputs) if isinstance(inputs, list | tuple) else [inputs]
    pieces = template.split(placeholder)
    if len(pieces) - 1 != len(values):
        raise InvalidArgumentError(
            "strings.format: {count} placeholder(s) in template does not match {given} tensor(s) "
            "provided as input",
            count=len(pieces) - 1,
            given=len(values),
        )
    found = pieces[0]
    for piece, value in zip(pieces[1:], values, strict=True):
        if is_ragged(value):
            found += str(_texts(value.to_list())) + piece
            continue
        tensor = known("strings.format", value)
        found += _shown(np.asarray(tensor.numpy(), tensor.dtype.np_dtype), summarize) + piece
    return convert_to_tensor(found)


def _texts(value: Any) -> Any:
    """Nested lists with text for bytes."""
    if isinstance(value, list):
        return [_texts(part) for part in value]
    return decoded(value) if isinstance(value, bytes) else value


def _shown(array: Array, most: int) -> str:
    if not array.ndim:
        return _one(array[()])
    inner = [_shown(np.asarray(row, array.dtype), most) for row in array]
    if most >= 0 and len(inner) > 2 * most:
        inner = [*inner[:most], "...", *inner[len(inner) - most :]]
    return "[" + ("\n " if array.ndim > 1 else " ").join(inner) + "]"


def _one(value: Any) -> str:
    if isinstance(value, bytes):
        return '"' + decoded(value) + '"'
    if isinstance(value, np.floating | float):
        return f"{float(value):.9g}".rstrip() if value != np.float32(value) else _float(value)
    return str(int(value)) if not isinstance(value, np.complexfloating) else str(value)


def _float(value: Any) -> str:
    text = np.format_float_positional(np.float32(value), trim="-")
    return str(text)
