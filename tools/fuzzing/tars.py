"""Mutations of tars: headers changed with their checksums made right, and what is around them."""

from __future__ import annotations

import gzip
import io
import random
import tarfile

from fuzzing.mutations import LARGE, damaged

_BLOCK = 512
# Where a header keeps what, and how long it is.
_FIELDS = {"name": (0, 100), "mode": (100, 8), "size": (124, 12), "kind": (156, 1)}
_FIELDS |= {"link": (157, 100), "magic": (257, 8), "prefix": (345, 155)}
_NAMES = (b"../x", b"/tmp/caudal-evil", b"a/../../x", b"saved_model.pb", b"variables", b".", b"")


def packed_tar(members: dict[str, bytes]) -> bytes:
    """A tar of files, each after its folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def damaged_tar(rng: random.Random, data: bytes, other: bytes = b"") -> bytes:
    """A tar, compressed or not: some header with another field, or any bytes."""
    if data[:2] == b"\x1f\x8b":
        if rng.random() < 0.3:
            return damaged(rng, data, other)
        return gzip.compress(damaged_tar(rng, gzip.decompress(data)), 1)
    if rng.random() < 0.2:
        return damaged(rng, data, other)
    blocks = bytearray(data)
    heads = [at for at in range(0, len(data), _BLOCK) if data[at + 257 : at + 262] == b"ustar"]
    for _ in range(rng.choice((1, 1, 2, 3))):
        _change(rng, blocks, rng.choice(heads))
    return bytes(blocks)


def _change(rng: random.Random, blocks: bytearray, at: int) -> None:
    kind = rng.choice(list(_FIELDS))
    offset, length = _FIELDS[kind]
    if kind == "kind":
        value = rng.choice(b"0123456789LKxgSVM\x00").to_bytes(1, "little")
    elif kind in ("name", "link", "prefix"):
        value = rng.choice(_NAMES)
    elif rng.random() < 0.5:
        value = b"%o" % (rng.choice(LARGE) % 8**11)
    else:
        value = damaged(rng, bytes(blocks[at + offset : at + offset + length]))
    blocks[at + offset : at + offset + length] = value[:length].ljust(length, b"\0")
    blocks[at + 148 : at + 156] = b" " * 8
    total = sum(blocks[at : at + _BLOCK])
    blocks[at + 148 : at + 156] = b"%06o\0 " % total
