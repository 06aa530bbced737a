"""Feed damaged files to every reader: 10^6 inputs, in processes with limits.

    python tools/fuzz_readers.py --inputs 1000000 --json /tmp/fuzz.json

A reader may succeed or raise an error of `caudal.errors`. Findings are: any other exception; a
MemoryError on the way (the limit is what the process has at its start and 1 GB); more than 1 s of
processor time; a process that dies; a file opened outside of the input's folder, a process
started, a socket opened. Each finding's shortest input is kept in the folder of --findings.

An input follows from --seed, the reader's name and its number alone: ``--only NAME --first 1234
--inputs 1`` makes it again. A server process that has imported everything forks a worker for a
batch; a worker that dies costs one input.
"""

from __future__ import annotations

import argparse
import atexit
import json
import math
import mmap
import os
import random
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

os.environ["CAUDAL_THREADS"] = "1"
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from fuzzing.targets import Files, Target, all_targets, dump, write  # noqa: E402

from caudal.errors import CaudalError  # noqa: E402

_MEMORY = 1 << 30
_SECONDS = 1.0
_BATCH_SECONDS = 20.0
_STUCK_SECONDS = 120.0
_FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect")
_FORBIDDEN += ("pickle.find_class", "ctypes.dlopen")


class Watch:
    """An audit hook: what must not happen while a file is read."""

    def __init__(self, folder: str) -> None:
        self.folder, self.found, self.on = folder, "", False
        self.allowed = tuple(os.path.realpath(p) for p in {*sys.path, sys.prefix, sys.base_prefix})
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in _FORBIDDEN:
            self.found = f"{event}{arguments!r:.100}"
        elif event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith((self.folder, "/proc/", *self.allowed)):
                self.found = f"open {path}"


def _place(error: BaseException) -> str:
    """The innermost line of ours that an error came from."""
    found = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if "/caudal/" in frame.filename:
            found = f"{frame.filename.rpartition('/caudal/')[2]}:{frame.lineno}"
    return found


def _judged(error: BaseException) -> str | None:
    """What is wrong about an error, or None."""
    if not isinstance(error, CaudalError):
        return f"{type(error).__name__} at {_place(error)}: {error!s:.120}"
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError) and not isinstance(seen, CaudalError):
            return f"memory: MemoryError at {_place(seen)}"
        seen = seen.__cause__ or seen.__context__
    return None


class Worker:
    """One process, one batch; ``board`` tells the server how far it is."""

    def __init__(self, target: Target, folder: Path, board: mmap.mmap, pipe: int, seed: str):
        self.target, self.folder, self.board = target, folder, board
        self.pipe, self.seed = pipe, seed

    def run(self, first: int, last: int) -> None:
        warnings.simplefilter("ignore")
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + _MEMORY,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        tempfile.tempdir = str(self.folder.parent)
        watch = Watch(os.path.realpath(self.folder.parent))
        begun = time.monotonic()
        for number in range(first, last):
            files = self.target.mutated(random.Random(f"{self.seed}/{self.target.name}/{number}"))
            write(self.folder, files)
            self.board[:16] = struct.pack("<Qd", number, time.monotonic())
            finding = self._read(files, watch)
            if finding:
                line = json.dumps({"number": number, "what": finding})
                os.write(self.pipe, line.encode() + b"\n")
            if time.monotonic() - begun > _BATCH_SECONDS:
                last = number + 1
                break
        self.board[:16] = struct.pack("<Qd", last, time.monotonic())

    def _read(self, files: Files, watch: Watch) -> str | None:
        watch.found, watch.on, finding = "", True, None
        signal.setitimer(signal.ITIMER_PROF, _SECONDS)
        try:
            self.target.read(self.folder, files)
            self.board[16] = 1
        except BaseException as error:
            finding = _judged(error)
            self.board[16] = 0
        signal.setitimer(signal.ITIMER_PROF, 0)
        watch.on = False
        self.board[24:32] = struct.pack(
            "<Q", struct.unpack("<Q", self.board[24:32])[0] + self.board[16]
        )
        return watch.found or finding


class Server:
    """Deals out batches, notes what went wrong."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        targets = all_targets(self.folder / "seeds")
        if options.only:
            targets = [t for t in targets if t.name in options.only]
        self.targets = targets
        self.done: Counter[str] = Counter()
        self.read: Counter[str] = Counter()
        self.spent: Counter[str] = Counter()
        self.findings: dict[tuple[str, str], dict[str, Any]] = {}
        self.board = mmap.mmap(-1, 64)
        self.place = self.folder / "input"
        self.place.mkdir()

    def warm_up(self) -> None:
        """Every seed is read well; what is imported or compiled late is there afterwards."""
        warnings.simplefilter("ignore")
        for target in self.targets:
            for seed in target.seeds:
                write(self.place, seed)
                try:
                    target.read(self.place, seed)
                except CaudalError as error:
                    # Seeds of another model: a reader of weights refuses them rightly.
                    if "weights" not in target.name and target.name != "safetensors":
                        raise SystemExit(f"{target.name}: a seed is refused: {error}") from error

    def batch(self, target: Target, first: int, last: int) -> int:
        """Runs inputs from ``first`` on; gives the number of the next."""
        self.board[:32] = struct.pack("<QdQQ", first, time.monotonic(), 0, 0)
        out, into = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.close(out)
                Worker(target, self.place, self.board, into, self.options.seed).run(first, last)
                status = 0
            except BaseException:
                os.write(into, traceback.format_exc().encode())
            finally:
                os._exit(status)
        os.close(into)
        os.set_blocking(out, False)
        text, status = b"", None
        while status is None:
            time.sleep(0.01)
            done, code = os.waitpid(pid, os.WNOHANG)
            status = code if done else None
            text += _drained(out)
            begun = struct.unpack("<d", self.board[8:16])[0]
            if status is None and time.monotonic() - begun > _STUCK_SECONDS:
                os.kill(pid, signal.SIGKILL)
        text += _drained(out)
        os.close(out)
        (number,) = struct.unpack("<Q", self.board[:8])
        self.read[target.name] += struct.unpack("<Q", self.board[24:32])[0]
        for line in text.splitlines():
            if not line.startswith(b'{"number"'):
                raise SystemExit(text.decode())
            found = json.loads(line)
            self.note(target, found["number"], found["what"])
        if status:
            name = signal.Signals(status & 127).name if status & 127 else f"exit {status >> 8}"
            what = {"SIGPROF": "hang: more than 1 s", "SIGKILL": "stuck"}.get(name, f"dies: {name}")
            self.note(target, number, what)
            number += 1
        return int(number)

    def note(self, target: Target, number: int, what: str) -> None:
        files = target.mutated(random.Random(f"{self.options.seed}/{target.name}/{number}"))
        key = target.name, what.split(": ")[0] if " at " in what else what
        old = self.findings.get(key)
        data = dump(files)
        if old is None or len(data) < old["size"]:
            count = old["count"] if old else 0
            found = {"number": number, "what": what, "size": len(data), "count": count}
            self.findings[key] = found
            if not old:
                print(f"FINDING {target.name} {number}: {what}", flush=True)
            name = f"{target.name} {len(self.findings) if not old else old['serial']}"
            found["serial"] = len(self.findings) if not old else old["serial"]
            kept = Path(self.options.findings) / (name.replace(" ", "_") + ".json")
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(data)
        self.findings[key]["count"] += 1

    def run(self) -> None:
        """Rounds over all readers, each in turn as often as its share of the inputs says."""
        total = sum(target.share for target in self.targets)
        wanted = {t.name: math.ceil(self.options.inputs * t.share / total) for t in self.targets}
        begun = time.monotonic()
        following = dict.fromkeys(wanted, self.options.first)
        while any(self.done[name] < count for name, count in wanted.items()):
            for target in self.targets:
                left = wanted[target.name] - self.done[target.name]
                if left <= 0:
                    continue
                first, start = following[target.name], time.monotonic()
                following[target.name] = self.batch(target, first, first + min(left, 20_000))
                self.done[target.name] += following[target.name] - first
                self.spent[target.name] += time.monotonic() - start
            if self.options.json:
                self.report(time.monotonic() - begun)
            if time.monotonic() - begun > self.options.seconds:
                break
        self.report(time.monotonic() - begun)

    def report(self, seconds: float) -> None:
        rows = {
            name: {"inputs": count, "read": self.read[name], "seconds": round(self.spent[name])}
            for name, count in self.done.items()
        }
        findings = [{"reader": key[0], **found} for key, found in self.findings.items()]
        result = {
            "inputs": sum(self.done.values()),
            "seconds": round(seconds),
            "seed": self.options.seed,
            "day": time.strftime("%Y-%m-%d"),
            "readers": rows,
            "findings": findings,
        }
        if self.options.json:
            Path(self.options.json).write_text(json.dumps(result, indent=1) + "\n")
        if all(self.done[t.name] for t in self.targets):
            print(f"{result['inputs']} inputs, {seconds:.0f} s, {len(findings)} findings")


def _drained(pipe: int) -> bytes:
    found = b""
    try:
        while piece := os.read(pipe, 1 << 16):
            found += piece
    except BlockingIOError:
        pass
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after a round that long")
    parser.add_argument("--only", action="append", help="a reader's name; may be repeated")
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--findings", default="/tmp/fuzz_findings", help="a folder")
    parser.add_argument("--json", help="a file for the result")
    parser.add_argument("--trace", action="store_true", help="read the input here, with no limits")
    options = parser.parse_args()
    server = Server(options)
    server.warm_up()
    if options.trace:
        for target in server.targets:
            files = target.mutated(random.Random(f"{options.seed}/{target.name}/{options.first}"))
            write(server.place, files)
            target.read(server.place, files)
        return 0
    server.run()
    for (reader, _), found in sorted(server.findings.items()):
        print(f"{reader}: {found['what']} ({found['count']} times; input {found['number']})")
    return 1 if server.findings else 0


if __name__ == "__main__":
    sys.exit(main())
