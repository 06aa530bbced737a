"""Kernel text to callable addresses: compiled once, kept in memory and on disk."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence

import llvmlite.binding as llvm

from caudal.codegen.machine import code_version, compile_object
from caudal.codegen.target import Target, check_host, current_target, target_machine
from caudal.runtime import cache

_lock = threading.RLock()
_addresses: dict[str, int] = {}
_engines: list[llvm.ExecutionEngine] = []


def name_of(text: str, target: Target) -> str:
    """The function name and cache key of a kernel's text."""
    digest = hashlib.sha256(f"{code_version(target)}\n{text}".encode())
    return f"k{digest.hexdigest()[:40]}"


def load_kernels(texts: Sequence[str]) -> list[int]:
    """The address of each kernel ``define void @kernel(...)``."""
    target = current_target()
    names = [name_of(text, target) for text in texts]
    with _lock:
        missing = {n: t for n, t in zip(names, texts, strict=True) if n not in _addresses}
        if missing:
            _link({name: _object(name, text, target) for name, text in missing.items()}, target)
        return [_addresses[name] for name in names]


def _object(name: str, text: str, target: Target) -> bytes:
    code = cache.read(name)
    if code is None:
        code = compile_object(text.replace("@kernel(", f"@{name}("), target)
        cache.write(name, code)
        global _fresh
        _fresh += 1
        if _fresh % 500 == 1:
            cache.trim()
    return code


_fresh = 0


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
