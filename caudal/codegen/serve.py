"""The other process of a cold start: compiles the kernel texts that it reads, one by one.

``python -c "from caudal.codegen.serve import serve; serve()"``, started by `caudal.runtime`. It is
of this floor because it must start fast: it loads LLVM and nothing else.
"""

from __future__ import annotations

import struct
import sys
from typing import IO

from caudal.codegen.machine import compile_object
from caudal.codegen.target import current_target
from caudal.errors import CaudalError

_LENGTH = struct.Struct("<q")


def send(stream: IO[bytes], data: bytes) -> None:
    """Write one message: its length, its bytes."""
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """The next message; empty at the end of the stream, also where that comes amid a message."""
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return b""
    (length,) = _LENGTH.unpack(header)
    data = stream.read(length)
    return data if len(data) == length else b""


def serve() -> None:
    """Answer each text with its object code until the input ends.

    A text that LLVM refuses is answered with nothing: the other side then compiles it itself,
    and raises the error where the user sees it.
    """
    target = current_target()
    texts, objects = sys.stdin.buffer, sys.stdout.buffer
    while text := receive(texts):
        try:
            code = compile_object(text.decode(), target)
        except CaudalError:
            code = b""
        send(objects, code)
