"""What Caudal knows of each processor family: one row a target.

``CAUDAL_TARGET`` forces a row (``avx512``, ``avx2``, ``baseline``, ``neon``); without it the
widest row that the host's features allow is taken.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass

import llvmlite.binding as llvm

from caudal.errors import InvalidArgumentError


@dataclass(frozen=True)
class Target:
    """A processor family as the code generator sees it.

    ``vector_bytes`` is the register width, ``registers`` the number of vector registers,
    ``half`` whether float16 converts in hardware. ``needs`` are host features.
    """

    name: str
    triple: str
    cpu: str
    features: str
    vector_bytes: int
    registers: int
    half: bool
    needs: tuple[str, ...] = ()

    @property
    def lanes32(self) -> int:
        """Lanes of 32 bits in a vector register."""
        return self.vector_bytes // 4

    @property
    def masked(self) -> bool:
        """Whether there are loads of chosen lanes."""
        return self.vector_bytes > 16


_X86 = "x86_64-unknown-linux-gnu"
_ARM = "aarch64-unknown-linux-gnu"
_V3 = ("avx2", "fma", "f16c", "bmi2")
_V4 = (*_V3, "avx512f", "avx512dq", "avx512bw", "avx512vl")

TARGETS: dict[str, Target] = {
    row.name: row
    for row in (
        Target("avx512", _X86, "x86-64-v4", "", 64, 32, True, _V4),
        Target("avx2", _X86, "x86-64-v3", "", 32, 16, True, _V3),
        Target("baseline", _X86, "x86-64", "", 16, 16, False),
        Target("neon", _ARM, "generic", "+neon,+fullfp16", 16, 32, True),
    )
}


@functools.cache
def _initialise() -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()


@functools.cache
def host_target() -> Target:
    """The widest row that this machine runs."""
    _initialise()
    if llvm.get_process_triple().startswith(("aarch64", "arm64")):
        return TARGETS["neon"]
    features = llvm.get_host_cpu_features()
    for row in TARGETS.values():
        if row.triple == _X86 and all(features.get(need) for need in row.needs):
            return row
    return TARGETS["baseline"]


def current_target() -> Target:
    """The row in force: ``CAUDAL_TARGET`` or the host's."""
    forced = os.environ.get("CAUDAL_TARGET")
    if not forced:
        return host_target()
    if forced not in TARGETS:
        raise InvalidArgumentError(
            "CAUDAL_TARGET={received!r} is no target; known: {known}.",
            received=forced,
            known=", ".join(TARGETS),
        )
    return TARGETS[forced]


def check_host(target: Target) -> None:
    """Raise unless this machine runs code for the target.

    Raises:
        InvalidArgumentError: another family, or features that the processor lacks.
    """
    host = host_target()
    features = llvm.get_host_cpu_features() if target is not host else {}
    lacking = [need for need in target.needs if target is not host and not features.get(need)]
    if target.triple != host.triple or lacking:
        raise InvalidArgumentError(
            "CAUDAL_TARGET={target!r}: this machine cannot run such code{lacking}. Its own target "
            "is {host}; leave CAUDAL_TARGET out to get it.",
            target=target.name,
            lacking=f" (it lacks {', '.join(lacking)})" if lacking else "",
            host=host.name,
        )


def triple_of(target: Target) -> str:
    """The triple to compile for: the process's own where the family is the host's."""
    _initialise()
    own: str = llvm.get_process_triple()
    same_family = own.split("-")[0].replace("arm64", "aarch64") == target.triple.split("-")[0]
    return own if same_family else target.triple


def target_machine(target: Target) -> llvm.TargetMachine:
    """A fresh LLVM target machine; an execution engine takes ownership of the one it gets."""
    triple = triple_of(target)
    cpu = target.cpu
    if target is host_target():
        # The host's name gives its scheduling model; the features stay those of the row.
        cpu = llvm.get_host_cpu_name()
    return llvm.Target.from_triple(triple).create_target_machine(
        cpu=cpu, features=target.features, opt=2, reloc="pic", codemodel="small", jit=True
    )
