"""What happens to a program: a named list of passes, from graph to machine code.

``CAUDAL_SHOW`` prints a stage of every program that is compiled: ``graph`` (as traced),
``lowered``, ``kernels``, ``llvm``, ``asm``, ``memory``; several with commas.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from caudal.codegen.contract_share import CHUNK_CYCLES
from caudal.codegen.folds import write_fold
from caudal.codegen.kernels import Code, Kernel, on_host
from caudal.codegen.machine import assembly
from caudal.codegen.maps import joined_value, write_joined, write_map
from caudal.codegen.nests import write_nest
from caudal.codegen.products import write_product
from caudal.codegen.target import Target, current_target
from caudal.errors import InvalidArgumentError
from caudal.ir.node import Node
from caudal.ir.printer import show_program
from caudal.ir.program import Program
from caudal.ir.verify import verify
from caudal.ops.leaf import item
from caudal.ops.record import Contraction, Nest, Reduce, Window, make_node
from caudal.passes.chains import TURN_CYCLES, Written, write_all
from caudal.passes.fuse import Plan, fuse
from caudal.passes.hoist import counter_of, hoist
from caudal.passes.lower import copy, drop_idle_updates, own_results
from caudal.passes.memory import MemoryPlan, lay_out, order_kernels
from caudal.passes.simplify import simplify
from caudal.passes.split import explicit_padding, split_sums, wide_products
from caudal.passes.trim import trim_loops
from caudal.passes.turn import turn_matrices
from caudal.passes.waits import mark_waits

STAGES = ("graph", "lowered", "kernels", "llvm", "asm", "memory")


@dataclass
class Step:
    """One row of a program's table: a kernel's code or a host call, and its buffers.

    follows: chunk by chunk, the thread that did the step before goes on with this one.
    waits: it begins when all steps before it are done.
    """

    kernel: Kernel
    buffers: list[Node]
    chunks: int
    code: Code | None
    host: Node | None
    loop: Turns | None = None
    follows: bool = False
    waits: bool = True


@dataclass
class Turns:
    """A loop's body, compiled, and what its leaves are in the program around it.

    ``states`` are the values outside that the body's states live in, ``inputs`` those that its
    inputs are; ``count`` and ``guarded`` as in ops/loop.py.
    """

    body: Compiled
    states: list[Node]
    inputs: list[Node]
    count: int | None
    guarded: bool
    counter: int | None


@dataclass
class Compiled:
    """A program ready to be given memory and run."""

    program: Program
    steps: list[Step]
    alias: dict[Node, Node]
    memory: MemoryPlan

    @property
    def offsets(self) -> dict[Node, int]:
        """Where in the arena each intermediate lies."""
        return self.memory.offsets

    @property
    def arena_bytes(self) -> int:
        """The arena's size."""
        return self.memory.size

    @property
    def in_place(self) -> dict[int, Node]:
        """By state: the node whose kernel writes straight into it."""
        return self.memory.in_place


def lower(program: Program, target: Target) -> Program:
    """The graph passes."""
    program = drop_idle_updates(program)
    program = hoist(program)
    program = trim_loops(program)
    program = simplify(program)
    program = explicit_padding(program)
    program = wide_products(program)
    program = turn_matrices(program)
    program = split_sums(program, target)
    return own_results(program)


def compile_program(
    program: Program, written: Callable[[str], None] = lambda text: None
) -> Compiled:
    """All passes, and the text of every kernel; ``written`` gets each as soon as it is there."""
    return _compiled(program, current_target(), written, CHUNK_CYCLES)


def _compiled(
    program: Program, target: Target, written: Callable[[str], None], least: float
) -> Compiled:
    shown = _stages()
    _show("graph" in shown, lambda: show_program(program))
    lowered = lower(program, target)
    if __debug__:
        verify(lowered)
    _show("lowered" in shown, lambda: show_program(lowered))
    plan = fuse(lowered)
    memory = order_kernels(lowered, plan)
    steps: list[Step] = []

    def each(kernel: Kernel, chunks: int, ahead: Sequence[Node] = ()) -> Code:
        return write(kernel, target, chunks, ahead)

    every: list[Written] = []
    results = (*lowered.outputs, *memory.in_place.values())
    for made in write_all(memory.kernels, each, memory.place, target, least, results):
        every.append(made)
        if made.code is not None:
            written(made.code.text)
    mark_waits(every, memory.place)
    for made in every:
        steps += _steps(made, target, written)
    # A loop may run row by row, all chunks at once: then no thread's part is enough.
    lay_out(memory, lowered, plan.alias, every, own=least == CHUNK_CYCLES)
    _show("kernels" in shown, lambda: show_kernels(steps))
    codes = [step.code.text for step in steps if step.code is not None]
    _show("llvm" in shown, lambda: "\n".join(codes))
    _show("asm" in shown, lambda: "\n".join(assembly(text, target) for text in codes))
    _show("memory" in shown, lambda: memory.report(lowered))
    return Compiled(lowered, steps, plan.alias, memory)


def _stages() -> list[str]:
    """The stages that ``CAUDAL_SHOW`` names."""
    shown = [name.strip() for name in os.environ.get("CAUDAL_SHOW", "").split(",") if name.strip()]
    for name in shown:
        if name not in STAGES:
            raise InvalidArgumentError(
                "CAUDAL_SHOW={received!r} is no stage; known: {known}.",
                received=name,
                known=", ".join(STAGES),
            )
    return shown


def _show(wanted: bool, text: Callable[[], str]) -> None:
    if wanted:
        print(text(), file=sys.stderr)


def _steps(made: Written, target: Target, written: Callable[[str], None]) -> list[Step]:
    """The rows of a kernel: one, but for a loop."""
    kernel, code = made.kernel, made.code
    if code is not None:
        return [Step(kernel, code.buffers, code.chunks, code, None, None, made.follows, made.waits)]
    root = kernel.roots[0]
    node = root.inputs[0] if root.op is item else root
    if on_host(node):
        buffers = [*dict.fromkeys(node.inputs), *kernel.roots]
        return [Step(kernel, buffers, 1, None, node)]
    return _loop_steps(kernel, node, target, written)


def _loop_steps(
    kernel: Kernel, node: Node, target: Target, written: Callable[[str], None]
) -> list[Step]:
    """The initial values copied to where the loop updates them, then the loop."""
    carried, body = node.params["carried"], node.params["body"]
    states = list(kernel.roots)
    steps = []
    for source, state in zip(node.inputs[:carried], states, strict=False):
        if state.type.size == 0:
            continue
        copied = make_node(copy, (source,), {"serial": f"initial{state.id}"})
        code = write_map(Kernel((copied,), None, frozenset({copied})), target)
        buffers = [state if buffer is copied else buffer for buffer in code.buffers]
        steps.append(Step(kernel, buffers, code.chunks, code, None))
        written(code.text)
    turns = Turns(
        _compiled(body, target, written, TURN_CYCLES),
        states,
        list(node.inputs[carried:]),
        node.params["count"],
        node.params["guarded"],
        counter_of(node.inputs, dict(node.params)),
    )
    return [*steps, Step(kernel, [], 1, None, None, turns)]


def write(kernel: Kernel, target: Target, slices: int = 0, ahead: Sequence[Node] = ()) -> Code:
    """The code of a kernel, by what is inside; in so many chunks, if it can be cut so."""
    if isinstance(kernel.roots[0].op.emit, Nest):
        return write_nest(kernel, target)
    if kernel.anchor is None:
        return (write_joined if joined_value(kernel) else write_map)(kernel, target, slices)
    emit = kernel.anchor.op.emit
    if isinstance(emit, Contraction):
        return write_product(kernel, target, slices, ahead)
    assert isinstance(emit, Reduce | Window)
    return write_fold(kernel, target, slices)


def show_kernels(steps: list[Step]) -> str:
    """One line a kernel: chunks, what it stores, what it computes."""
    lines = []
    for step in steps:
        inside = " ".join(sorted({node.op.name for node in step.kernel.inside}))
        roots = " ".join(map(repr, step.kernel.roots))
        lines.append(f"{step.chunks:4d} {roots}  <-  {inside}")
    return "\n".join(lines)


__all__ = ["Compiled", "Plan", "Step", "Turns", "compile_program"]
