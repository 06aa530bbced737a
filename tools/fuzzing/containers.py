"""Mutations of containers whose checksums must stay right: else nothing behind them is reached."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
import zlib
from typing import Any

import h5py
import numpy as np

from caudal.io.crc import masked_crc
from caudal.train.table import read_table, table_bytes
from fuzzing.mutations import LARGE, NUMBERS, WORDS, damaged, damaged_json, damaged_message

_HDF5_MARKS = re.compile(rb"\x89HDF|TREE|SNOD|HEAP|OHDR|FRHP|FADB|FAHD|OCHK|GCOL|BTHD|BTLF")


def damaged_hdf5(rng: random.Random, data: bytes, other: bytes = b"") -> bytes:
    """An HDF5 file: its headers damaged, its attributes or arrays replaced, or any bytes."""
    turn = rng.random()
    if turn < 0.25:
        return damaged(rng, data, other)
    if turn < 0.75:
        found = bytearray(data)
        marks = [mark.start() for mark in _HDF5_MARKS.finditer(data)]
        for _ in range(rng.choice((1, 1, 2, 3))):
            start = rng.choice(marks or [0])
            end = min(len(found), start + rng.choice((16, 64, 256, 600)))
            piece = damaged(rng, bytes(found[start:end]))
            # Everything else stays where the file says that it is.
            found[start:end] = piece.ljust(end - start, b"\0")[: end - start]
        return bytes(found)
    buffer = io.BytesIO(data)
    try:
        with h5py.File(buffer, "r+") as file:
            _rearrange(rng, file)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError):
        return damaged(rng, data, other)
    return buffer.getvalue()


def _rearrange(rng: random.Random, file: Any) -> None:
    names: list[str] = []
    file.visit(names.append)
    name = rng.choice(names)
    item = file[name]
    attributes = [(file[n], key) for n in ["/", *names] for key in file[n].attrs]
    turn = rng.randrange(8)
    if turn <= 2 and attributes:
        owner, key = rng.choice(attributes)
        value = owner.attrs[key]
        if isinstance(value, str | bytes) and str(value)[:3].strip("b'\"").startswith("{"):
            text = value if isinstance(value, bytes) else value.encode()
            owner.attrs[key] = damaged_json(rng, text)
        else:
            owner.attrs[key] = rng.choice((0, -1, 2**40, "x", b"\xff", [b"a", b"b"], 1.5))
    elif turn == 3 and attributes:
        owner, key = rng.choice(attributes)
        del owner.attrs[key]
    elif turn == 4:
        file.move(name, f"{name}_{rng.randrange(3)}")
    elif turn == 5:
        del file[name]
        if rng.random() < 0.5:
            file[name] = rng.choice(
                (h5py.SoftLink("/"), h5py.SoftLink(name), h5py.ExternalLink("/etc/passwd", "/"))
            )
    elif isinstance(item, h5py.Dataset):
        del file[name]
        _other_array(rng, file, name)
    else:
        file.create_group(f"{name}/{rng.choice('012ab')}")


def _other_array(rng: random.Random, file: Any, name: str) -> None:
    shape = rng.choice(((), (0,), (1,), (2, 2), (1, 2, 3), (3, 1)))
    turn = rng.randrange(7)
    if turn == 0:
        file.create_dataset(name, (10**6, 10**6), "float32", chunks=(10**3, 10**3))
    elif turn == 1:
        file.create_dataset(name, (2, 2), h5py.string_dtype())
    elif turn == 2:
        file[name] = np.zeros(shape, rng.choice(("int8", "float64", "complex64", "bool", "S3")))
    elif turn == 3:
        file.create_dataset(name, (64, 64), "float32", compression="gzip", chunks=(8, 8))
    elif turn == 4:
        file.create_dataset(name, data=h5py.Empty("float32"))
    elif turn == 5:
        file.create_dataset(name, (2, 2), "float32", external=[("/etc/passwd", 0, 16)])
    else:
        file[name] = np.zeros(shape, "float32")


def damaged_zip(rng: random.Random, data: bytes, other: bytes = b"") -> bytes:
    """An archive: a member damaged and packed again with its checksum, the directory, any bytes."""
    turn = rng.random()
    if turn < 0.12:
        return damaged(rng, data, other)
    if turn < 0.3:
        # The central directory is at the end, and tells sizes and places.
        at = data.rfind(b"PK\x01\x02")
        first = data.find(b"PK\x01\x02")
        at = rng.choice((first, at, max(0, len(data) - 22)))
        return data[:at] + damaged(rng, data[at:])
    members = unpacked(data)
    name = rng.choice([n for n in members if n != "metadata.json"] * 4 + list(members))
    members[name] = _damaged_member(rng, name, members[name])
    if rng.random() < 0.06:
        members[rng.choice(("../x", "assets/x", "/abs", "config.json/", rng.choice(WORDS)))] = b"x"
    if rng.random() < 0.03:
        del members[rng.choice(list(members))]
    return packed(members, rng.random() < 0.1)


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: dict[str, bytes], deflate: bool = False) -> bytes:
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name or "x", (1980, 1, 1, 0, 0, 0)), content, method)
    return buffer.getvalue()


def _damaged_member(rng: random.Random, name: str, content: bytes) -> bytes:
    if name.endswith(".json"):
        return damaged_json(rng, content)
    if name.endswith(".h5"):
        return damaged_hdf5(rng, content)
    return damaged(rng, content)


def damaged_safetensors(rng: random.Random, data: bytes, other: bytes = b"") -> bytes:
    if rng.random() < 0.3:
        return damaged(rng, data, other)
    size = int.from_bytes(data[:8], "little")
    header = damaged_json(rng, data[8 : 8 + size])
    return len(header).to_bytes(8, "little") + header + data[8 + size :]


def damaged_table(rng: random.Random, data: bytes, other: bytes = b"") -> bytes:
    """An index of a checkpoint: an entry changed and the table made anew, or a block resealed."""
    turn = rng.random()
    if turn < 0.2:
        return damaged(rng, data, other)
    if turn < 0.5:
        # The first block, with its checksum made right.
        found = bytearray(data)
        size = max(8, data.find(b"\0\0\0\0\1\0\0\0"))
        at = rng.randrange(size)
        found[at] = rng.choice((0, 1, 127, 128, 255, found[at] ^ (1 << rng.randrange(8))))
        for end in range(4, len(data) - 53):
            if data[end] in (0, 1) and data[end + 1 : end + 5] == struct.pack(
                "<I", masked_crc(data[: end + 1])
            ):
                found[end + 1 : end + 5] = struct.pack("<I", masked_crc(bytes(found[: end + 1])))
                break
        return bytes(found)
    entries = read_table(data, "seed")
    key = rng.choice(list(entries))
    entries[key] = damaged_message(rng, entries[key])
    if rng.random() < 0.1:
        entries[rng.choice(WORDS).encode()] = entries.pop(key)
    if rng.random() < 0.05:
        entries.pop(rng.choice(list(entries)))
    return table_bytes(entries)


def damaged_records(rng: random.Random, data: bytes, other: bytes = b"") -> bytes:
    """A TFRecord file: a length or a record changed, the checksums made right, or any bytes."""
    if rng.random() < 0.4:
        return damaged(rng, data, other)
    at, found = 0, bytearray()
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 8], "little")
        record = data[at + 12 : at + 12 + size]
        if rng.random() < 0.5:
            record = damaged(rng, record)
        length = struct.pack("<Q", len(record))
        if rng.random() < 0.2:
            length = struct.pack("<Q", rng.choice(NUMBERS + LARGE))
        found += length + struct.pack("<I", masked_crc(length)) + record
        found += struct.pack("<I", masked_crc(record))
        at += 16 + size
    return bytes(found)


def damaged_png(rng: random.Random, data: bytes, other: bytes = b"") -> bytes:
    """A PNG file whose chunks were changed, their checksums made right, or any bytes."""
    if rng.random() < 0.3:
        return damaged(rng, data, other)
    at, chunks = 8, []
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    place = rng.randrange(len(chunks))
    name, body = chunks[place]
    turn = rng.random()
    if turn < 0.15:
        chunks.insert(rng.randrange(len(chunks) + 1), chunks[place])
    elif turn < 0.25:
        del chunks[place]
    elif turn < 0.35:
        extra = rng.choice((b"tRNS", b"PLTE", b"acTL", b"fcTL", b"iCCP", b"zTXt", b"gAMA", b"fdAT"))
        chunks.insert(1, (extra, damaged(rng, bytes(26))))
    elif name == b"IDAT" and turn < 0.8:
        body = zlib.compress(damaged(rng, zlib.decompress(body)))
        chunks[place] = (name, body)
    else:
        chunks[place] = (name, damaged(rng, body))
    found = bytearray(data[:8])
    for name, body in chunks:
        found += len(body).to_bytes(4, "big") + name + body
        found += zlib.crc32(name + body).to_bytes(4, "big")
    return bytes(found)


def damaged_chunks(rng: random.Random, data: bytes, other: bytes = b"") -> bytes:
    """Formats without checksums (JPEG, GIF, BMP, WAV, WebP): headers twice as often as the rest."""
    if rng.random() < 0.5:
        return damaged(rng, data, other)
    size = rng.choice((32, 64, 128))
    head = damaged(rng, data[:size])
    if rng.random() < 0.7:
        head = head.ljust(size, b"\0")[:size]
    return head + data[size:]
