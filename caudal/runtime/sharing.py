"""Programs that are alike are compiled once, while a block of `shared_programs` is open.

Compiling a program that was compiled before finds every kernel's machine code in the object
cache, but the kernels' text has to be written again. A search trains many models of one
structure: what is compiled for the first serves the others.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from caudal.ir.likeness import likeness
from caudal.ir.program import Program

Made = TypeVar("Made")

_MOST = 32

_lock = threading.Lock()
_open = 0
_kept: OrderedDict[Any, Any] = OrderedDict()


@contextmanager
def shared_programs() -> Iterator[None]:
    """Keeps what is compiled inside the block, the latest of it, until the block ends."""
    global _open
    with _lock:
        _open += 1
    try:
        yield
    finally:
        with _lock:
            _open -= 1
            if not _open:
                _kept.clear()


def shared(program: Program, kind: Any, make: Callable[[], Made]) -> Made:
    """What ``make`` gives for a program, or gave for one that is like it and of the same kind."""
    if not _open or os.environ.get("CAUDAL_SHOW"):
        return make()
    key = (kind, likeness(program))
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found  # type: ignore[no-any-return]
    made = make()
    with _lock:
        # Another thread may have ended the last block meanwhile.
        if _open:
            _kept[key] = made
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return made
