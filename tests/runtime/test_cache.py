"""The object cache: hits, damage, missing rights, two processes at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from caudal.runtime import cache

_PROGRAM = """
import sys; sys.path.insert(0, sys.argv[1])
import hashlib
from caudal.runtime.compiling import Queue
from caudal.runtime.executable import Executable
from training_programs import run, training_step
compiled = []
real = Queue._keep
Queue._keep = lambda *args: compiled.append(1) or real(*args)
program, inputs, states = training_step()
result = run(Executable(program), inputs, states)
print(len(compiled), hashlib.sha256(b"".join(a.tobytes() for a in result)).hexdigest())
"""


def start(folder: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, os.path.dirname(__file__)],
        env={**os.environ, "CAUDAL_CACHE": folder},
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, _ = process.communicate(timeout=180)
    assert process.returncode == 0
    count, digest = out.split()
    return int(count), digest


def test_a_second_start_compiles_nothing_and_damage_is_repaired(tmp_path: Path) -> None:
    folder = tmp_path / "objects"
    first, digest = finish(start(str(folder)))
    assert first > 5
    files = sorted(folder.glob("*.o"))
    assert len(files) == first
    assert finish(start(str(folder))) == (0, digest)
    files[0].write_bytes(files[0].read_bytes()[:-7])
    damaged = bytearray(files[1].read_bytes())
    damaged[len(damaged) // 2] ^= 1
    files[1].write_bytes(bytes(damaged))
    files[2].write_bytes(b"")
    assert finish(start(str(folder))) == (3, digest)
    assert finish(start(str(folder))) == (0, digest)


def test_two_processes_at_once(tmp_path: Path) -> None:
    both = [start(str(tmp_path / "objects")) for _ in range(2)]
    results = [finish(process) for process in both]
    assert results[0][1] == results[1][1]
    assert list((tmp_path / "objects").glob(".new-*")) == []


def test_a_folder_that_cannot_be_used_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    count, _ = finish(start(str(file / "objects")))
    assert count > 5


def test_a_folder_that_others_may_write_to_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAUDAL_CACHE", str(tmp_path))
    tmp_path.chmod(0o777)
    assert cache.folder() is None
    tmp_path.chmod(0o700)
    assert cache.folder() == tmp_path
    monkeypatch.setenv("CAUDAL_CACHE", "off")
    assert cache.folder() is None


def test_the_oldest_objects_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAUDAL_CACHE", str(tmp_path))
    tmp_path.chmod(0o700)
    for number, key in enumerate("abc"):
        cache.write(key, b"x" * 1000)
        os.utime(tmp_path / f"{key}.o", (number, number))
    cache.trim(2500)
    assert [cache.read(key) is not None for key in "abc"] == [False, True, True]
