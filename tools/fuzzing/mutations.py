"""Ways to damage bytes, JSON and protocol buffers; all draw from the generator that they get."""

from __future__ import annotations

import copy
import json
import random
import struct
from typing import Any

from caudal.errors import CaudalError
from caudal.io import wire

NUMBERS = (0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 1023, 32767, 32768, 65535, 65536, 1 << 24)
LARGE = (2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, 2**63 - 1, 2**63, 2**64 - 1)
WORDS = (
    "",
    "/etc/passwd",
    "../../x",
    "os",
    "system",
    "builtins",
    "eval",
    "float32",
    "string",
    "complex128",
    "int4",
    "Lambda",
    "Dense",
    "Embedding",
    "Conv2D",
    "LSTM",
    "Bidirectional",
    "TimeDistributed",
    "Functional",
    "Sequential",
    "Reshape",
    "RepeatVector",
    "ZeroPadding2D",
    "StringLookup",
    "TextVectorization",
    "Normalization",
    "TFSMLayer",
    "__lambda__",
    "__tensor__",
    "__numpy__",
    "function",
    "relu",
    "Adam",
    "AUC",
    "Orthogonal",
    "Identity",
    "http://x/y",
    "\x00",
    "é" * 40,
    "x" * 3000,
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    *(-1, 0, 1, 2, 3, 7, 31, 10**6, 10**9, 10**12, 2**31, 2**63, 2**64, 10**40),
    *(-0.5, 0.5, 1e300, float("nan"), float("inf")),
    [],
    {},
    [None],
    [[]],
    [1, 2],
    [10**6] * 3,
    [None, 10**12],
    [0, 0],
    [-1],
    *WORDS,
)


def damaged(rng: random.Random, data: bytes, other: bytes = b"") -> bytes:
    """Some bytes after one to four small accidents."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        rng.choice(_ACCIDENTS)(rng, found, other)
    return bytes(found)


def _flip(rng: random.Random, data: bytearray, other: bytes) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set(rng: random.Random, data: bytearray, other: bytes) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))


def _number(rng: random.Random, data: bytearray, other: bytes) -> None:
    """A length or an offset that says something else."""
    kind = rng.choice("BHIQHIQ")
    size = struct.calcsize(kind)
    if len(data) < size:
        return
    at = rng.randrange(len(data) - size + 1)
    value = rng.choice(NUMBERS + LARGE + (len(data), len(data) - 1, len(data) + 1))
    order = rng.choice("<>")
    if rng.random() < 0.3:
        value = struct.unpack_from(order + kind, data, at)[0] + rng.choice((-1, 1, 8, -8, 256))
    struct.pack_into(order + kind, data, at, value & ((1 << 8 * size) - 1))


def _cut(rng: random.Random, data: bytearray, other: bytes) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _remove(rng: random.Random, data: bytearray, other: bytes) -> None:
    at = rng.randrange(len(data) + 1)
    del data[at : at + rng.choice((1, 2, 4, 8, 64, 512))]


def _repeat(rng: random.Random, data: bytearray, other: bytes) -> None:
    at = rng.randrange(len(data) + 1)
    piece = data[at : at + rng.choice((1, 4, 16, 64, 512))]
    place = rng.randrange(len(data) + 1)
    data[place:place] = piece * rng.choice((1, 1, 2, 16))


def _splice(rng: random.Random, data: bytearray, other: bytes) -> None:
    if other:
        start = rng.randrange(len(other))
        piece = other[start : start + rng.choice((4, 16, 64, 256, 4096))]
        at = rng.randrange(len(data) + 1)
        data[at : at + (len(piece) if rng.random() < 0.7 else 0)] = piece


def _zeros(rng: random.Random, data: bytearray, other: bytes) -> None:
    if data:
        at = rng.randrange(len(data))
        size = min(rng.choice((2, 4, 8, 32)), len(data) - at)
        data[at : at + size] = rng.choice((b"\0", b"\xff")) * size


_ACCIDENTS = (_flip, _flip, _set, _number, _number, _cut, _remove, _repeat, _splice, _zeros)


# --- JSON -----------------------------------------------------------------------------------------


def damaged_json(rng: random.Random, text: bytes) -> bytes:
    """JSON in which some values were replaced, moved, removed or nested."""
    if rng.random() < 0.05:
        return damaged(rng, text, text)
    tree = json.loads(text)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        tree = _changed(rng, tree)
    try:
        return json.dumps(tree).encode()
    except RecursionError:
        return damaged(rng, text, text)


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """All (container, key) of a tree."""
    found: list[tuple[Any, Any]] = []
    stack = [tree]
    while stack and len(found) < 5000:
        node = stack.pop()
        pairs: Any = ()
        if isinstance(node, dict):
            pairs = node.items()
        elif isinstance(node, list):
            pairs = enumerate(node)
        for key, value in pairs:
            found.append((node, key))
            if isinstance(value, dict | list):
                stack.append(value)
    return found


def _changed(rng: random.Random, tree: Any) -> Any:
    places = _places(tree)
    if not places:
        return copy.deepcopy(rng.choice(VALUES))
    node, key = rng.choice(places)
    if rng.random() < 0.25:
        names = [p for p in places if p[1] in ("class_name", "name", "module", "config", "shape")]
        node, key = rng.choice(names or places)
    turn = rng.random()
    if turn < 0.5:
        node[key] = copy.deepcopy(rng.choice(VALUES))
    elif turn < 0.6:
        del node[key]
    elif turn < 0.75:
        other, place = rng.choice(places)
        node[key] = json.loads(json.dumps(other[place]))
    elif turn < 0.85 and isinstance(node, list):
        node[key:key] = [json.loads(json.dumps(node[key]))] * rng.choice((1, 2, 20))
    elif turn < 0.9 and isinstance(node, dict):
        node[rng.choice(WORDS)] = node.pop(key)
    elif turn < 0.95:
        for _ in range(rng.choice((1, 3, 60, 400))):
            node[key] = [node[key]] if rng.random() < 0.8 else {"config": node[key]}
    else:
        node[key] = _near(rng, node[key])
    return tree


def _near(rng: random.Random, value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float):
        return value * rng.choice((-1, 10, 1000, 0.5)) + rng.choice((-1, 0, 1))
    if isinstance(value, str):
        return damaged(rng, value.encode(), b"").decode("latin-1")
    return copy.deepcopy(rng.choice(VALUES))


# --- protocol buffers -----------------------------------------------------------------------------


def damaged_message(rng: random.Random, data: bytes, depth: int = 0) -> bytes:
    """A message with one field changed, removed, repeated or moved; the lengths stay right."""
    try:
        parts = list(wire.fields(data))
    except CaudalError:
        parts = []
    if not parts or depth > 12 or rng.random() < 0.06:
        return damaged(rng, data, data)
    at = rng.randrange(len(parts))
    number, kind, value = parts[at]
    turn = rng.random()
    if turn < 0.08:
        del parts[at]
    elif turn < 0.16:
        parts.insert(rng.randrange(len(parts) + 1), parts[at])
    elif turn < 0.2:
        parts[at] = (rng.choice((1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 1000)), kind, value)
    elif turn < 0.22:
        parts[at] = (number, wire.VARINT, rng.choice(NUMBERS + LARGE))
    elif turn < 0.24:
        # The same message inside itself.
        parts[at] = (number, wire.BYTES, data[:4096])
    elif kind == wire.VARINT:
        assert isinstance(value, int)
        new = value + rng.choice((-1, 1)) if rng.random() < 0.4 else rng.choice(NUMBERS + LARGE)
        parts[at] = (number, kind, new)
    else:
        assert isinstance(value, bytes)
        if kind == wire.BYTES and rng.random() < 0.2 and _is_text(value):
            parts[at] = (number, kind, rng.choice(WORDS).encode())
        elif kind == wire.BYTES:
            parts[at] = (number, kind, damaged_message(rng, value, depth + 1))
        else:
            parts[at] = (number, kind, damaged(rng, value).ljust(8, b"\0")[: len(value)])
    return b"".join(_encoded(*part) for part in parts)


def _is_text(value: bytes) -> bool:
    return bool(value) and all(31 < byte < 127 for byte in value)


def _encoded(number: int, kind: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return wire.number_field(number, value)
    if kind == wire.BYTES:
        return wire.field(number, value)
    return wire.varint(number << 3 | kind) + value
