"""LLVM IR text to machine code: parse, a short pass pipeline, an object file."""

from __future__ import annotations

import functools
import threading

import llvmlite
import llvmlite.binding as llvm

from caudal.codegen.target import Target, target_machine, triple_of
from caudal.errors import InternalError

# Code is written vectorised, so LLVM's own vectorisers would only cost compile time.
_OPTIONS = {"speed_level": 2}
PLAIN = "; no passes\n"
"""The first line of a text that is as good as it gets: passes would only unroll and spill it."""
_lock = threading.Lock()


@functools.cache
def code_version(target: Target) -> str:
    """What object code depends on besides its text: LLVM, the processor, the pass options."""
    version = ".".join(map(str, llvm.llvm_version_info))
    return f"{llvmlite.__version__}/{version}/{target}/{llvm.get_host_cpu_name()}/{_OPTIONS}"


def optimised(text: str, target: Target) -> tuple[llvm.ModuleRef, llvm.TargetMachine]:
    """The module after LLVM's passes, with the machine to write it for."""
    machine = target_machine(target)
    header = f'target triple = "{triple_of(target)}"\ntarget datalayout = "{machine.target_data}"\n'
    try:
        module = llvm.parse_assembly(header + text)
        module.verify()
    except RuntimeError as error:
        raise InternalError(
            "LLVM refused a kernel: {error}\nPlease report it. The kernel begins:\n{text}",
            error=error,
            text=text[:2000],
        ) from error
    if text.startswith(PLAIN):
        return module, machine
    tuning = llvm.create_pipeline_tuning_options(**_OPTIONS)
    tuning.loop_vectorization = tuning.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    return module, machine


def compile_object(text: str, target: Target) -> bytes:
    """The object file of a module.

    Raises:
        InternalError: the text is not valid LLVM IR (a mistake in Caudal).
    """
    with _lock:
        module, machine = optimised(text, target)
        code: bytes = machine.emit_object(module)
    return code


def assembly(text: str, target: Target) -> str:
    """The assembly of a module, for ``CAUDAL_SHOW=asm``."""
    with _lock:
        module, machine = optimised(text, target)
        listing: str = machine.emit_assembly(module)
    return listing
