"""Compiling the kernels of a program while they are still being written, on two cores.

`Queue.add` gets each kernel's text as soon as it is written. What neither memory nor disk has is
compiled by a second process (LLVM's binding lets only one thread of a process compile) from the
front of the queue; when all is written, this process helps from the back. Without the second
process (one core, no executable to start, it dies) everything is compiled here.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import caudal
from caudal.codegen.machine import compile_object
from caudal.codegen.serve import receive, send
from caudal.codegen.target import Target
from caudal.runtime import cache

_WORTH_A_PROCESS = 6
"""Kernels to compile from which the 0.1 s of starting a process come back."""


class Queue:
    """The kernels of one program on their way to object code. ``objects`` is by name."""

    def __init__(self, target: Target, *, two_processes: bool) -> None:
        self.objects: dict[str, bytes] = {}
        self._target = target
        self._two_processes = two_processes
        self._names: set[str] = set()
        self._waiting: deque[tuple[str, str]] = deque()
        self._helper: threading.Thread | None = None

    def add(self, name: str, text: str) -> None:
        """Take in the kernel ``define void @kernel(...)``, to be called ``name``."""
        if name in self._names:
            return
        self._names.add(name)
        code = cache.read(name)
        if code is not None:
            self.objects[name] = code
            return
        self._waiting.append((name, text.replace("@kernel(", f"@{name}(")))
        many = len(self._waiting) >= _WORTH_A_PROCESS
        if many and self._two_processes and self._helper is None:
            self._helper = threading.Thread(target=self._feed, name="caudal-compile", daemon=True)
            self._helper.start()

    def finish(self) -> None:
        """Compile what is left, and wait for the rest."""
        self._drain()
        if self._helper is not None:
            self._helper.join()
            # What the other process could not do has come back.
            self._drain()

    def _drain(self) -> None:
        while (item := self._next(self._waiting.pop)) is not None:
            name, text = item
            self._keep(name, compile_object(text, self._target))

    @staticmethod
    def _next(take: Callable[[], tuple[str, str]]) -> tuple[str, str] | None:
        try:
            return take()
        except IndexError:
            return None

    def _keep(self, name: str, code: bytes) -> None:
        self.objects[name] = code
        cache.write(name, code)
        global _fresh
        _fresh += 1
        if _fresh % 500 == 1:
            cache.trim()

    def _feed(self) -> None:
        """Hand kernels to the other process, one at a time, until none waits."""
        with contextlib.suppress(OSError), _compiler() as process:
            assert process.stdin is not None and process.stdout is not None
            while (item := self._next(self._waiting.popleft)) is not None:
                code = b""
                with contextlib.suppress(OSError):
                    send(process.stdin, item[1].encode())
                    code = receive(process.stdout)
                if not code:
                    self._waiting.appendleft(item)
                    return
                self._keep(item[0], code)


_fresh = 0


@contextlib.contextmanager
def _compiler() -> Iterator[subprocess.Popen[bytes]]:
    """The other process, ended at the end."""
    root = str(Path(caudal.__file__).parent.parent)
    program = (
        f"import sys; sys.path.insert(0, {root!r}); from caudal.codegen.serve import serve; serve()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Ctrl-C is for the program that the user runs.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
