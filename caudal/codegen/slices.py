"""Which part of its buffers each chunk of a kernel touches.

Chunk i of n *owns* a part of a buffer where it touches, of every run of some number of elements,
only those from i/n to (i + 1)/n. Chunks of kernels that follow one another and own the same parts
of all that passes between them need not wait for one another (passes/chains.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from caudal.codegen.index import Index, LoopVar
from caudal.codegen.loops import Body, Group, Trace
from caudal.ir.node import Node


@dataclass(frozen=True)
class Slices:
    """The buffers that are touched, and how each of ``count`` chunks keeps to its part of them.

    runs: by node, the elements of a run (the whole buffer, or one row of it that is written);
        0 where any chunk may touch any element.
    guarded: where a read is left out, the first element may be read in its place.
    """

    count: int
    runs: Mapping[Node, int]
    guarded: frozenset[Node] = frozenset()


def _run(flat: Index, members: list[LoopVar]) -> int:
    step = flat.coefficients.get(members[-1], 0)
    run = step
    for member in members:
        run *= member.extent
    if step <= 0:
        return 0
    low = high = flat.constant
    for term, coefficient in flat.terms:
        if term in members or coefficient % run == 0:
            continue
        least, most = Index(frozenset({(term, coefficient)})).bounds()
        low, high = low + least, high + most
    shift = low // run * run
    return run if high - shift < step else 0


def runs_of(accesses: Iterable[tuple[Node, Index]], members: list[LoopVar]) -> dict[Node, int]:
    """The runs of all buffers, given every access.

    members: the merged variables of the loop that chunks share, the innermost last.
    """
    found: dict[Node, int] = {}
    for node, flat in accesses:
        run = _run(flat, members)
        if found.setdefault(node, run) != run:
            found[node] = 0
    return found


def slices_of(
    trace: Trace, dry: Body, group: Group | None, chunks: int, size: int
) -> Slices | None:
    """The slices of a kernel whose chunks take ``size`` turns each of the loop ``group``."""
    if group is None or chunks < 2 or chunks * size != group.extent:
        return None
    nodes = {name: node for node, name in dry.outputs.items()}
    accesses = ((nodes[name], flat) for flat, name in trace.offsets)
    guarded = frozenset(nodes[name] for name in trace.guarded)
    return Slices(chunks, runs_of(accesses, group.members), guarded)
