"""Running programs: executables, worker threads, memory, the object cache, the reference.

``load(program)`` is the one entrance. ``CAUDAL_ENGINE=reference`` makes it answer with the NumPy
reference executor instead of compiled code: slow, right, the first thing to try in a doubt.
"""

from __future__ import annotations

import os
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.ir.program import Program
from caudal.runtime.reference import ReferenceExecutable

ENGINES = ("native", "reference")


def engine() -> str:
    """The engine in force: ``CAUDAL_ENGINE``, by default "native"."""
    name = os.environ.get("CAUDAL_ENGINE") or "native"
    if name not in ENGINES:
        raise InvalidArgumentError(
            "CAUDAL_ENGINE={received!r} is no engine; known: {known}.",
            received=name,
            known=", ".join(ENGINES),
        )
    return name


def load(program: Program) -> Any:
    """Something with ``run(inputs, states, repeat)`` for a program."""
    if engine() == "reference" or _has_strings(program):
        return ReferenceExecutable(program)
    # Imported here, so that `import caudal` does not pay for LLVM.
    from caudal.runtime.executable import Executable

    return Executable(program)


def _has_strings(program: Program) -> bool:
    """Strings are Python objects, which only the reference handles."""
    return any(
        not isinstance(node.type, tuple) and node.dtype.kind == "string" for node in program.nodes()
    )


__all__ = ["load"]
