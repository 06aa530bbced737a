"""Which kernels begin before all those in front of them are done.

A *group* is what one thread does in one go: a chain, chunk by chunk, or neighbours of one chunk
each. Groups that touch none of what the others write form a *run*: a thread that finds nothing
left to begin in one goes on with the next, and only the run's end is waited for.
"""

from __future__ import annotations

from collections.abc import Iterator

from caudal.passes.chains import Memory, Written


def mark_waits(made: list[Written], memory: Memory) -> None:
    """Set ``waits`` of every kernel: only the first of a run does.

    Loops and what runs on the host wait for all, and all wait for them.
    """
    reads: set[object] = set()
    writes: set[object] = set()
    alone = True
    for group in _groups(made):
        read = {memory(node) for item in group for node in item.kernel.inputs}
        written = {memory(root) for item in group for root in item.kernel.roots}
        code = all(item.code is not None for item in group)
        apart = not (written & (reads | writes) or read & writes)
        joins = code and apart and not alone
        for item in group:
            item.waits = False
        group[0].waits = not joins
        if not joins:
            reads, writes = set(), set()
        reads, writes, alone = reads | read, writes | written, not code


def _groups(made: list[Written]) -> Iterator[list[Written]]:
    group: list[Written] = []
    for item in made:
        if group and (item.follows or (_is_single(item) and _is_single(group[-1]))):
            group.append(item)
            continue
        if group:
            yield group
        group = [item]
    if group:
        yield group


def _is_single(item: Written) -> bool:
    return item.code is not None and item.code.chunks == 1
