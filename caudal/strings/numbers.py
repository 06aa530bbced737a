"""Numbers from strings, strings from numbers, and hashes of strings."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor
from caudal.ir.dtypes import as_dtype, float32
from caudal.strings.arguments import known, objects, strings_of
from caudal.strings.fingerprint import fingerprint64
from caudal.strings.hashing import murmur_hash, sip_hash


def to_number(input: Any, out_type: Any = float32, name: str | None = None) -> Tensor:
    """The number that each string spells.

    Raises:
        InvalidArgumentError: a string spells no number of ``out_type``.

    >>> to_number(["1.5", "-2"]).numpy().tolist()
    [1.5, -2.0]
    """
    kind = as_dtype(out_type)
    if not (kind.is_floating or kind.is_integer):
        raise DTypeError(
            "strings.to_number: expected a float or integer dtype, received {received}.",
            received=kind.name,
        )
    array = strings_of("strings.to_number", input)
    found = [_number(text, kind) for text in array.reshape(-1)]
    with np.errstate(over="ignore"):
        return convert_to_tensor(np.asarray(found, kind.np_dtype).reshape(array.shape))


def _number(text: bytes, kind: Any) -> Any:
    bare = text.decode("latin-1").strip()
    try:
        if "_" in bare:
            raise ValueError
        if not kind.is_integer:
            return float(bare)
        value = int(bare)
        if kind.min <= value <= kind.max:
            return value
        raise ValueError
    except ValueError as error:
        raise InvalidArgumentError(
            "StringToNumberOp could not correctly convert string: {text!r} to {dtype}",
            text=text,
            dtype=kind.name,
        ) from error


def as_string(
    input: Any,
    precision: int = -1,
    scientific: bool = False,
    shortest: bool = False,
    width: int = -1,
    fill: str = "",
    name: str | None = None,
) -> Tensor:
    """Each number, bool or string as text.

    ``precision``: the digits after the point of floats. ``shortest`` chooses between positional
    and scientific. ``width`` and ``fill`` pad on the left.

    >>> as_string([1, 2]).numpy().tolist()
    [b'1', b'2']
    """
    x = known("strings.as_string", as_tensor(input))
    whole = x.dtype.is_integer or x.dtype.name in ("bool", "string")
    if whole and (scientific or shortest or precision >= 0):
        raise InvalidArgumentError(
            "strings.as_string: precision, scientific and shortest are for floats, received "
            "{dtype}.",
            dtype=x.dtype.name,
        )
    if scientific and shortest:
        raise InvalidArgumentError(
            "strings.as_string: expected one of scientific and shortest, received both."
        )
    array = np.asarray(x.numpy(), x.dtype.np_dtype)
    form = "e" if scientific else "g" if shortest else "f"
    texts = [_text(v, form, precision, width, fill) for v in array.reshape(-1)]
    return objects([t if isinstance(t, bytes) else t.encode() for t in texts], array.shape)


def _text(value: Any, form: str, precision: int, width: int, fill: str) -> Any:
    size = str(width) if width >= 0 else ""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, np.complexfloating):
        parts = (_text(v, form, precision, width, fill) for v in (value.real, value.imag))
        return "({},{})".format(*parts)
    flag = {"": "", "0": "0", " ": " ", "+": "+", "-": "-"}.get(fill)
    if flag is None:
        raise InvalidArgumentError(
            "strings.as_string: Fill argument not supported: {fill!r}", fill=fill
        )
    if isinstance(value, int | np.integer):
        return f"%{flag}{size}d" % int(value)
    number = float(value)
    if not math.isfinite(number):
        flag = flag.replace("0", "")
    digits = f".{precision}" if precision >= 0 else ""
    return f"%{flag}{size}{digits}{form}" % number


def _buckets(count: int) -> int:
    if not isinstance(count, int | np.integer) or count < 1:
        raise InvalidArgumentError(
            "strings.to_hash_bucket: expected 1 or more buckets, received {received}.",
            received=count,
        )
    return int(count)


def to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> Tensor:
    """A bucket for each string, by FarmHash's 64-bit fingerprint; int64."""
    return _hashed("strings.to_hash_bucket_fast", input, num_buckets, _fast)


def to_hash_bucket(input: Any, num_buckets: int, name: str | None = None) -> Tensor:
    """A bucket for each string, by MurmurHash64A; int64. `to_hash_bucket_fast` is the better one.

    >>> to_hash_bucket(["a", "hello"], 1000).numpy().tolist()
    [868, 938]
    """
    return _hashed("strings.to_hash_bucket", input, num_buckets, murmur_hash)


def to_hash_bucket_strong(
    input: Any, num_buckets: int, key: Any, name: str | None = None
) -> Tensor:
    """A bucket for each string, by SipHash-2-4 under a secret ``key`` of two integers; int64."""
    words = [int(word) for word in key]
    if len(words) != 2:
        raise InvalidArgumentError(
            "strings.to_hash_bucket_strong: expected a key of 2 integers, received {key!r}.",
            key=key,
        )
    first, second = words
    return _hashed(
        "strings.to_hash_bucket_strong",
        input,
        num_buckets,
        lambda text: sip_hash(text, first, second),
    )


# The words of a language come again and again; long texts are not kept.
_of_a_word = functools.lru_cache(1 << 16)(fingerprint64)
_LONGEST_WORD = 32


def _fast(text: bytes) -> int:
    return _of_a_word(text) if len(text) <= _LONGEST_WORD else fingerprint64(text)


def _hashed(what: str, input: Any, num_buckets: int, hash_of: Callable[[bytes], int]) -> Tensor:
    count = _buckets(num_buckets)
    array = strings_of(what, input)
    texts = array.reshape(-1).tolist()
    hashes = {text: hash_of(text) % count for text in set(texts)}
    found = np.asarray(list(map(hashes.__getitem__, texts)), np.int64)
    return convert_to_tensor(found.reshape(array.shape))


def fingerprint(data: Any, method: str = "farmhash64", name: str | None = None) -> Tensor:
    """The FarmHash64 fingerprint of each row's bytes: uint8 [rows, 8], the lowest byte first.

    A row of several strings is hashed by the fingerprints of its strings.

    >>> fingerprint(["abc"]).numpy().tolist()
    [[105, 243, 231, 116, 160, 179, 165, 36]]
    """
    tensor = convert_to_tensor(data)
    if not tuple(tensor.shape) or method != "farmhash64":
        raise InvalidArgumentError(
            "fingerprint: expected data of at least 1 axis and method 'farmhash64', received shape "
            "{shape} and {method!r}.",
            shape=tuple(tensor.shape),
            method=method,
        )
    array = np.asarray(tensor.numpy())
    found = np.zeros((len(array), 8), np.uint8)
    for row, one in zip(found, array, strict=True):
        row[:] = np.frombuffer(fingerprint64(_row_bytes(one)).to_bytes(8, "little"), np.uint8)
    return convert_to_tensor(found)


def _row_bytes(row: Any) -> bytes:
    if isinstance(row, bytes):
        return row
    if row.dtype != object:
        return np.ascontiguousarray(row).tobytes()
    return b"".join(fingerprint64(text).to_bytes(8, "little") for text in row.reshape(-1))
