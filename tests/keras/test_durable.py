"""What is written is there whole or not at all; what grows can be read meanwhile."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import threading

import pytest

import caudal as tf
from caudal.errors import CaudalError, FailedPreconditionError, NotFoundError
from caudal.io.durable import replacing, write_whole
from caudal.keras.saving import regions

PROGRAM = pathlib.Path(__file__).with_name("killed_saves.py")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_every_writer_killed_at_every_call(tmp_path):
    run = subprocess.run(
        [sys.executable, str(PROGRAM), str(tmp_path)], capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stdout + run.stderr
    lines = dict(line.split(": killed at ") for line in run.stdout.splitlines())
    assert len(lines) == 12
    assert all(int(count.split()[0]) >= 4 for count in lines.values()), lines


def records_of(path):
    return [record.numpy() for record in tf.data.TFRecordDataset(str(path))]


@pytest.mark.parametrize("kind", ["", "GZIP", "ZLIB"])
def test_records_can_be_read_from_the_first_flush_on(tmp_path, kind):
    path = tmp_path / "r"
    path.write_bytes(b"an older file")
    writer = tf.io.TFRecordWriter(str(path), kind)
    writer.write(b"one")
    assert path.read_bytes() == b"an older file"
    writer.flush()
    if not kind:
        assert records_of(path) == [b"one"]
    size = path.stat().st_size
    writer.write(b"two")
    writer.flush()
    assert path.stat().st_size > size
    writer.close()
    writer.close()
    read = tf.data.TFRecordDataset(str(path), kind)
    assert [record.numpy() for record in read] == [b"one", b"two"]
    assert os.listdir(tmp_path) == ["r"]


def test_a_writer_that_nobody_closed(tmp_path):
    writer = tf.io.TFRecordWriter(str(tmp_path / "r"))
    writer.write(b"one")
    del writer
    assert records_of(tmp_path / "r") == [b"one"]


def test_gfile(tmp_path):
    path = str(tmp_path / "f")
    tf.io.write_file(path, "old")
    with tf.io.gfile.GFile(path, "w") as file:
        file.write("new")
        assert tf.io.read_file(path) == b"old"
        file.flush()
        assert tf.io.read_file(path) == b"new"
        file.write("er")
    assert tf.io.read_file(path) == b"newer"
    with tf.io.gfile.GFile(path, "a") as file:
        file.write("!")
    with tf.io.gfile.GFile(path, "w+") as file:
        assert file.read() == ""
        file.write("abc")
        file.seek(1)
        assert file.read() == "bc"
    assert tf.io.read_file(path) == b"abc"
    assert os.listdir(tmp_path) == ["f"]


def test_the_modes_of_files(tmp_path):
    path = tmp_path / "f"
    tf.io.write_file(str(path), "x")
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask
    path.chmod(0o600)
    tf.io.write_file(str(path), "y")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to("target")
    write_whole(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"x"


def test_pipes_are_written_to_as_they_are(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found = []
    reader = threading.Thread(target=lambda: found.append(path.read_bytes()))
    reader.start()
    tf.io.write_file(str(path), "x")
    reader.join(10)
    assert found == [b"x"] and path.is_fifo()


def test_refusals(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(FailedPreconditionError, match="directory"):
        tf.io.write_file(str(tmp_path), "x")
    with pytest.raises(CaudalError, match="file"):
        tf.io.write_file(str(tmp_path / "file" / "below"), "x")
    with pytest.raises(NotFoundError, match="No such file"):
        tf.io.TFRecordWriter(str(tmp_path / "none" / "r"))
    with pytest.raises(NotFoundError):
        tf.io.gfile.GFile(str(tmp_path / "none" / "f"), "w").write("x")
    with pytest.raises(NotFoundError):
        tf.io.gfile.copy(str(tmp_path / "file"), str(tmp_path / "none" / "f"))
    with pytest.raises(CaudalError):
        tf.io.gfile.rename(str(tmp_path / "none"), str(tmp_path / "f"))
    assert sorted(os.listdir(tmp_path)) == ["file"]


def test_a_failed_block_leaves_nothing(tmp_path):
    path = tmp_path / "f"
    write_whole(path, b"old")
    with pytest.raises(KeyError), replacing(path) as file:
        file.write(b"new")
        raise KeyError("x")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["f"]


def test_a_disk_that_refuses_while_there_is_more_to_write(tmp_path, monkeypatch):
    """Linux tells of a failed write once: the later fsync knows nothing of it."""
    model = tf.keras.Sequential([tf.keras.Input((700,)), tf.keras.layers.Dense(700)])
    path = tmp_path / "m.keras"
    model.save(path)
    before = path.read_bytes()
    monkeypatch.setattr(regions, "_MUCH", 1 << 20)
    real, calls = os.fsync, []

    def fsync(handle):
        calls.append(handle)
        if len(calls) == 1:
            raise OSError(5, "Input/output error")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output error"):
        model.save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["m.keras"]
