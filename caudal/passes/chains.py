"""Neighbouring kernels whose chunks need not wait for one another: chains.

Where chunk i of a kernel reads, of what the kernels right before it wrote, only what their chunks
i wrote, the thread that does chunk i of the first goes on with chunk i of the next: nobody waits,
and what passes between them is still in that core's cache. All kernels of a chain are cut into
the same number of chunks (or a multiple of it), which follows from their shapes.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from caudal.codegen.contract_share import CHUNK_CYCLES
from caudal.codegen.kernels import Code, Kernel, cost_of, on_host
from caudal.codegen.products import TOUCHED_BYTES, cycles_of, sliced
from caudal.codegen.slices import Slices
from caudal.codegen.target import Target
from caudal.errors import InternalError
from caudal.ir.node import Node
from caudal.ops.record import Contraction, Loop, Nest

LEAST, ENOUGH, MOST = 4, 16, 64
"""Chunks of a chain; more than ``ENOUGH`` are no use to most machines."""
TURN_CYCLES = 0.75 * CHUNK_CYCLES
"""The least chunk in a loop's body, where nobody waits from turn to turn."""
NEAR_BYTES = 1 << 12
"""A buffer that is worth having in the nearer caches."""
FEW = 64
"""Results of a kernel that is small whatever it reads: sums for a loss or a metric."""
TINY = 1 << 14
"""Operations of a kernel that does not pay for a place in a chain: a batch's labels."""
TRIES = 6
"""Numbers of chunks that are tried, the finest first."""
Write = Callable[[Kernel, int, Sequence[Node]], Code]
"""Writes a kernel in a number of chunks, if it can; 0 for as many as suit it.

A product also asks memory for what is touched after it: the nodes."""
Memory = Callable[[Node], object]
"""What stands for the memory that a node lies in."""


@dataclass
class Written:
    """A kernel and its code: None for what runs on the host, and for loops.

    waits: it begins when all kernels before it are done (passes/waits.py).
    """

    kernel: Kernel
    code: Code | None
    follows: bool = False
    waits: bool = True


def _whens(kernels: list[Kernel], links: list[set[int]], updates: Set[Node]) -> list[float]:
    """Where each kernel would like to be: the place it came at, unless it can come later."""
    readers: list[list[int]] = [[] for _ in kernels]
    for reader, before in enumerate(links):
        for k in before:
            readers[k].append(reader)
    late = float(len(kernels))
    whens: list[float] = [late] * len(kernels)
    # Kernels came in an order that works, but for updates in place.
    for k in range(len(kernels) - 1, -1, -1):
        if not links[k] and _is_early(kernels[k]):
            whens[k] = -1
        elif not readers[k] and set(kernels[k].roots) <= updates:
            # Nobody waits for a weight's update: a chain goes on before it.
            whens[k] = late + k
        elif not links[k] or all(root.type.size <= FEW for root in kernels[k].roots):
            whens[k] = min((whens[reader] for reader in readers[k]), default=late) - 0.5
        elif readers[k] and all(whens[reader] >= late for reader in readers[k]):
            # A gradient that an update waits for: its operands are nearest right behind them, but
            # what would end a chain there comes when all chains are through.
            whens[k] = max(links[k]) + 0.5 if _lead(kernels[k]) >= ENOUGH else late - 0.25
        else:
            whens[k] = k
    return whens


def gather(kernels: list[Kernel], links: list[set[int]], updates: Set[Node]) -> list[Kernel]:
    """An order in which those that could be a chain are neighbours; otherwise as they came.

    Matrices are transposed and scalars worked out before all else: a chain would end there. What
    else needs no kernel, and what only works out a few numbers, waits until it is needed: a
    weight that a penalty sums is then read shortly before its update.

    links: for each kernel, those that must come before it.
    updates: the values that update a state in place.
    """
    whens = _whens(kernels, links, updates)
    sequence = sorted(range(len(kernels)), key=whens.__getitem__)
    early = sum(when < 0 for when in whens)
    place = {k: position for position, k in enumerate(sequence)}
    kernels, links = [kernels[k] for k in sequence], [links[k] for k in sequence]
    links = [{place[other] for other in before} for before in links]
    readers: list[list[int]] = [[] for _ in kernels]
    for position, before in enumerate(links):
        for other in before:
            readers[other].append(position)
    missing = [len(before) for before in links]
    ready: dict[bool, list[int]] = {True: [], False: []}

    def offer(position: int) -> None:
        heapq.heappush(ready[position >= early and _lead(kernels[position]) >= LEAST], position)

    for position, count in enumerate(missing):
        if not count:
            offer(position)
    ordered: list[Kernel] = []
    chained = False
    while ready[True] or ready[False]:
        first = min(heap[0] for heap in ready.values() if heap)
        chained = bool(ready[True]) and (chained or ready[True][0] == first)
        position = heapq.heappop(ready[chained])
        ordered.append(kernels[position])
        for reader in readers[position]:
            missing[reader] -= 1
            if not missing[reader]:
                offer(reader)
    if len(ordered) != len(kernels):
        raise InternalError("kernels need one another")
    return ordered


def write_all(
    kernels: list[Kernel],
    write: Write,
    memory: Memory,
    target: Target,
    least: float,
    results: Iterable[Node],
) -> Iterator[Written]:
    """The code of every kernel, in order.

    least: the cycles that make a chunk. results: what is read when all are done.
    """
    cycles = [_cycles(kernel, target) if _is_code(kernel) else 0.0 for kernel in kernels]
    last = {memory(node): at for at, kernel in enumerate(kernels) for node in kernel.inputs}
    last.update((memory(node), len(kernels)) for node in results)
    position = 0
    while position < len(kernels):
        run = _candidates(kernels, position)
        chain = _chain(run, cycles[position:], write, memory, target, least)
        end = position + len(chain)
        known = {place for place, at in last.items() if at >= end}
        wanted = _ahead(run, chain, memory, known)
        for place, nodes in wanted.items():
            chain[place] = write(run[place], chain[place].chunks, nodes)
        for place, code in enumerate(chain):
            yield Written(kernels[position + place], code, follows=place > 0)
        if not chain:
            kernel = kernels[position]
            yield Written(kernel, write(kernel, 0, ()) if _is_code(kernel) else None)
        position += max(len(chain), 1)


def _ahead(
    run: list[Kernel], chain: list[Code], memory: Memory, lasting: Set[object]
) -> dict[int, list[Node]]:
    """What products of a chain ask for: what others after them are the first to touch.

    A product looks up the lines that lie as its own results do, so what it asks for has as many
    elements. lasting: what is read after the chain; a value that is not exists in scratch only.
    """
    wanted: dict[int, list[Node]] = {}
    products: dict[int, int] = {}
    seen: set[object] = set()
    for at, (kernel, code) in enumerate(zip(run, chain, strict=False)):
        assert code.slices is not None
        anchor = kernel.anchor
        size = anchor.type.size if anchor is not None and _is_product(anchor) else 0
        operands = anchor.inputs if anchor is not None else ()
        whole = [node for node, cut in code.slices.runs.items() if cut == node.type.size]
        for node in code.slices.runs:
            # A product asks itself for what its ending touches.
            own = node.type.size == size and node not in operands
            new = memory(node) not in seen and not own
            seen.add(memory(node))
            passes = node in kernel.roots and memory(node) not in lasting
            if new and node in whole and not passes and node.type.nbytes >= TOUCHED_BYTES:
                product = products.get(node.type.size)
                if product is not None:
                    wanted.setdefault(product, []).append(node)
        if size and kernel.roots[0] in whole:
            products[size] = at
    return wanted


def _is_product(anchor: Node) -> bool:
    return isinstance(anchor.op.emit, Contraction) and "parts" not in anchor.params


def _is_code(kernel: Kernel) -> bool:
    node = kernel.roots[0]
    return not (isinstance(node.type, tuple) or on_host(node) or _is_item(node)) and not isinstance(
        node.op.emit, Loop
    )


def _is_early(kernel: Kernel) -> bool:
    """Whether a kernel that needs no other is one that others should not wait for."""
    if not _is_code(kernel) or kernel.anchor is not None:
        return False
    turns = {node.op.name for node in kernel.inside} == {"transpose"}
    return turns or math.prod(kernel.shape) * cost_of(kernel.inside) < TINY


def _is_item(node: Node) -> bool:
    return bool(node.op.name == "item")


def _lead(kernel: Kernel) -> int:
    """What the chunks that a kernel may be cut into must divide: its outermost extent."""
    if not _is_code(kernel) or isinstance(kernel.roots[0].op.emit, Nest):
        return 1
    return next((n for n in kernel.shape if n > 1), 1)


def _cycles(kernel: Kernel, target: Target) -> float:
    """About how long a kernel takes on one core."""
    anchor = kernel.anchor
    if anchor is not None and isinstance(anchor.op.emit, Contraction):
        return cycles_of(anchor, target)
    return math.prod(kernel.shape) * cost_of(kernel.inside) / target.lanes32


def _candidates(kernels: list[Kernel], start: int) -> list[Kernel]:
    """The kernels from ``start`` on that could be cut into as many chunks."""
    stop = start
    while stop < len(kernels) and _lead(kernels[stop]) >= LEAST:
        stop += 1
    return kernels[start:stop]


def _chain(
    run: list[Kernel],
    cycles: list[float],
    write: Write,
    memory: Memory,
    target: Target,
    least: float,
) -> list[Code]:
    """The codes of the longest chain that begins a run; [] if its first kernel stays alone."""
    cycles = cycles[: len(run)]
    count, length = _best_cut(run, cycles, target, least)
    codes = _codes(run[:length], cycles, count, write, memory)
    if 1 < len(codes) < length:
        # A shorter chain may be cut more finely.
        finer, length = _best_cut(run[: len(codes)], cycles, target, least)
        if finer > count and length == len(codes):
            codes = _codes(run[:length], cycles, finer, write, memory)
    return codes


def _codes(
    run: list[Kernel], cycles: list[float], count: int, write: Write, memory: Memory
) -> list[Code]:
    """The codes of kernels in ``count`` chunks, up to the first that cannot go on the chain."""
    codes: list[Code] = []
    guard = _Guard(memory)
    if len(run) < 2:
        return codes
    for kernel, work in zip(run, cycles, strict=False):
        code = write(kernel, count, ())
        if code.slices is None or code.slices.count % count:
            break
        if not guard.admits(kernel, code.slices, small=work < CHUNK_CYCLES):
            break
        codes.append(code)
    return codes if len(codes) > 1 and guard.links else []


def _best_cut(
    run: list[Kernel], cycles: list[float], target: Target, least: float
) -> tuple[int, int]:
    """(chunks, kernels): the cut that takes most kernels, of those the finest."""
    best = MOST, 0
    whole = _lead(run[0]) if run else 1
    counts = [n for n in range(MOST, LEAST - 1, -1) if whole % n == 0]
    useful = [n for n in counts if sum(cycles) >= least * n]
    for count in useful[:TRIES]:
        length = next((k for k, x in enumerate(run) if not _fits(x, count, target)), len(run))
        work = sum(cycles[:length])
        fine = work < 4 * least * count or count >= ENOUGH
        if length > best[1] and fine and work >= least * count:
            best = count, length
    return best


def _fits(kernel: Kernel, count: int, target: Target) -> bool:
    anchor = kernel.anchor
    if _lead(kernel) % count:
        return False
    if anchor is None or not isinstance(anchor.op.emit, Contraction):
        return True
    return "parts" in anchor.params or sliced(anchor, target, count) is not None


class _Guard:
    """What the kernels of a chain have read and written so far, by memory.

    links: kernels that read what one before them read or wrote.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._runs: dict[object, set[int]] = {}
        self._written: set[object] = set()
        self.links = 0

    def admits(self, kernel: Kernel, slices: Slices, *, small: bool) -> bool:
        """Whether a kernel may go on the chain.

        All memory that the chain writes must be cut in one way. A kernel that shares no large
        buffer with the chain is taken only if it is small: it gains little.
        """
        runs = {place: set(found) for place, found in self._runs.items()}
        for node, run in slices.runs.items():
            runs.setdefault(self._memory(node), set()).add(run)
        written = self._written | {self._memory(root) for root in kernel.roots}
        if any(runs[place] != {max(runs[place])} or 0 in runs[place] for place in written):
            return False
        linked = any(
            run and run in self._runs.get(self._memory(node), ()) and node.type.nbytes >= NEAR_BYTES
            for node, run in slices.runs.items()
        )
        if self._runs and not (linked or small):
            return False
        self._runs, self._written = runs, written
        self.links += linked
        return True
