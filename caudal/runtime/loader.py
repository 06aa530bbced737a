"""Kernel text to callable addresses: compiled once, kept in memory and on disk."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence

import llvmlite.binding as llvm

from caudal.codegen.machine import code_version
from caudal.codegen.target import Target, check_host, current_target, target_machine
from caudal.runtime.compiling import Queue

_lock = threading.RLock()
_addresses: dict[str, int] = {}
_engines: list[llvm.ExecutionEngine] = []


def name_of(text: str, target: Target) -> str:
    """The function name and cache key of a kernel's text."""
    digest = hashlib.sha256(f"{code_version(target)}\n{text}".encode())
    return f"k{digest.hexdigest()[:40]}"


class Loading:
    """Kernels that are compiled while others are still written.

    two_processes: whether a second process may help to compile.
    """

    def __init__(self, *, two_processes: bool = False) -> None:
        self._target = current_target()
        self._queue = Queue(self._target, two_processes=two_processes)

    def add(self, text: str) -> None:
        """Begin to compile the kernel ``define void @kernel(...)``."""
        name = name_of(text, self._target)
        if name not in _addresses:
            self._queue.add(name, text)

    def addresses(self, texts: Sequence[str]) -> list[int]:
        """The addresses of kernels, all of which have been added."""
        self._queue.finish()
        with _lock:
            missing = {n: c for n, c in self._queue.objects.items() if n not in _addresses}
            if missing:
                _link(missing, self._target)
            return [_addresses[name_of(text, self._target)] for text in texts]


def load_kernels(texts: Sequence[str]) -> list[int]:
    """The address of each kernel ``define void @kernel(...)``."""
    loading = Loading()
    for text in texts:
        loading.add(text)
    return loading.addresses(texts)


def _link(objects: dict[str, bytes], target: Target) -> None:
    check_host(target)
    # An execution engine owns its module and target machine and lives as long as the process.
    module = llvm.parse_assembly("")
    engine = llvm.create_mcjit_compiler(module, target_machine(target))
    for code in objects.values():
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    for name in objects:
        _addresses[name] = engine.get_function_address(name)
    _engines.append(engine)
