"""Tensor bundles: what is written is read back, damage is named, an old bundle survives."""

from __future__ import annotations

import os

import ml_dtypes
import numpy as np
import pytest

from caudal.errors import CaudalError, DataLossError, InvalidArgumentError, NotFoundError
from caudal.io import durable
from caudal.train.bundle import BundleReader, Entry, write_bundle
from caudal.train.table import read_table, table_bytes, unpack_snappy

TENSORS = {
    "a/b": np.arange(6.0).reshape(2, 3),
    "strings": np.array([[b"x", b"yy"], ["ñ".encode(), b""]], object),
    "empty": np.zeros((0, 3), np.float32),
    "bool": np.array(True),
    "bfloat16": np.arange(3).astype(ml_dtypes.bfloat16),
    "long string": np.array(b"q" * 300_000, object),
    "many": np.arange(400_000, dtype=np.int32).reshape(400, 1000),
    "complex": np.ones(2, np.complex128),
}


@pytest.fixture
def prefix(tmp_path):
    write_bundle(tmp_path / "w", TENSORS.items())
    return str(tmp_path / "w")


def same(prefix, tensors=TENSORS):
    reader = BundleReader(prefix)
    assert sorted(reader.keys()) == sorted(tensors)
    for name, value in tensors.items():
        found = reader.read(name)
        assert found.dtype == value.dtype and found.shape == value.shape
        assert found.tolist() == value.tolist()


def test_round_trip(prefix):
    same(prefix)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_second_bundle_replaces_the_first(prefix, times):
    other = {"n": np.float32(times)}
    for _ in range(times):
        write_bundle(prefix, other.items())
    same(prefix, other)
    count = 1 + times % 2
    assert len(os.listdir(os.path.dirname(prefix))) == 1 + count


@pytest.mark.parametrize("what", ["fsync", "replace"])
@pytest.mark.parametrize("when", range(7))
@pytest.mark.parametrize("before", [1, 2])
def test_a_save_that_fails_leaves_the_old_bundle(prefix, monkeypatch, what, when, before):
    if before == 2:
        write_bundle(prefix, TENSORS.items())
    left = [when]
    real = getattr(os, what)

    def failing(*args):
        if left[0] == 0:
            raise OSError(5, "input/output error")
        left[0] -= 1
        return real(*args)

    new = {"n": np.float32(7)}
    monkeypatch.setattr(durable.os, what, failing)
    try:
        write_bundle(prefix, new.items())
    except CaudalError:
        monkeypatch.undo()
        # Either bundle whole: a failure after the index was renamed is too late to matter.
        same(prefix, new if "n" in BundleReader(prefix) else TENSORS)
        assert not [name for name in os.listdir(os.path.dirname(prefix)) if ".tmp" in name]
    else:
        monkeypatch.undo()
        same(prefix, new)


@pytest.mark.parametrize("suffix", [".index", ".data-00000-of-00001"])
def test_flipped_bits_and_cuts_are_named(prefix, suffix):
    path = prefix + suffix
    with open(path, "rb") as file:
        data = file.read()
    for at in np.random.default_rng(0).integers(0, len(data), 60).tolist():
        for broken in (
            data[:at],
            data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :],
        ):
            with open(path, "wb") as file:
                file.write(broken)
            with pytest.raises(DataLossError, match=r"w\.index"):
                same(prefix)


@pytest.mark.parametrize(
    "crafted",
    [
        {"shape": [10**6, 10**6]},
        {"shape": [10**12], "size": 4 * 10**12},
        {"shape": [2**62, 4], "size": 0},
        {"offset": 10**15},
        {"offset": 2**63},
        {"size": 2**64 - 1},
        {"shard": 1},
        {"shard": 2**31},
        {"offset": 8},
        {"number": 7, "shape": [10**12]},
    ],
)
def test_entries_that_claim_what_is_not_there(tmp_path, crafted):
    prefix = str(tmp_path / "w")
    write_bundle(prefix, [("a", np.arange(6.0)), ("b", np.arange(4.0))])
    index = tmp_path / "w.index"
    table = read_table(index.read_bytes(), "w")
    entry = Entry.of(table[b"a"])
    vars(entry).update(crafted)
    table[b"a"] = entry.encoded()
    index.write_bytes(table_bytes(table))
    with pytest.raises(DataLossError, match=r"w\.index.*tensor"):
        BundleReader(prefix)


def test_a_missing_bundle(tmp_path, prefix):
    with pytest.raises(NotFoundError, match="nothing"):
        BundleReader(tmp_path / "nothing")
    with pytest.raises(NotFoundError, match="Key c not found"):
        BundleReader(prefix).read("c")
    os.unlink(prefix + ".data-00000-of-00001")
    with pytest.raises(DataLossError, match="is missing"):
        BundleReader(prefix)


def test_two_tensors_of_one_name_are_refused(tmp_path):
    with pytest.raises(InvalidArgumentError, match="two tensors"):
        write_bundle(tmp_path / "w", [("a", np.zeros(1)), ("a", np.zeros(1))])
    assert not os.listdir(tmp_path)


def test_tables_of_many_blocks():
    entries = {f"layer/{i:05d}/kernel".encode(): os.urandom(i % 90) for i in range(20_000)}
    data = table_bytes(entries)
    assert read_table(data, "file") == entries


def test_snappy():
    # "abcd", then the same four again and twelve more from four back, by all three kinds of copy.
    data = bytes([28, 3 << 2]) + b"abcd" + bytes([1, 4, 11 << 2 | 2, 4, 0, 7 << 2 | 3, 4, 0, 0, 0])
    assert unpack_snappy(data, "file") == b"abcd" * 7
    for broken in (data[:-5], data[:6] + bytes([1, 5]), bytes([255, 255, 255, 15]) + data[1:]):
        with pytest.raises(DataLossError):
            unpack_snappy(broken, "file")
