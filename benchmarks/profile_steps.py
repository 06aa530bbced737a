"""Where a training step's time goes: each kernel of the compiled step, run alone.

    python benchmarks/profile_steps.py [--top 12] [--json FILE] [workload ...]

A kernel's time alone is with warm caches and without waiting for its neighbours, so the sum
differs from the whole step, which is measured too. GFLOP/s counts a contraction's products and
sums only, those of Winograd's tiles and not of the convolution that they replace; GB/s every
buffer of a kernel once (of a data set, the rows that are read).
"""

from __future__ import annotations

import argparse
import contextlib
import math
import time
from collections.abc import Iterator
from typing import Any

from common import Figures, digits, machine, save, table
from workloads import WORKLOADS

from caudal import keras
from caudal.codegen.products import loops_of
from caudal.ops.record import Contraction
from caudal.passes.pipeline import Step
from caudal.runtime.executable import Executable
from caudal.runtime.threads import link_rows, pool


@contextlib.contextmanager
def recorded() -> Iterator[dict[Executable, tuple[Any, Any]]]:
    """The executables that run meanwhile, with their last inputs and states."""
    calls: dict[Executable, tuple[Any, Any]] = {}
    original = Executable.run

    def run(self: Executable, inputs: Any, states: Any, repeat: int = 1) -> Any:
        calls[self] = inputs, states
        return original(self, inputs, states, repeat)

    Executable.run = run  # type: ignore[method-assign]
    try:
        yield calls
    finally:
        Executable.run = original  # type: ignore[method-assign]


def best_time(rows: Any, parallel: bool, seconds: float, scratch: Any) -> float:
    """The least seconds of one pass over rows of a table."""
    rows = rows.copy()
    link_rows(rows, rows["chunks"].tolist())
    start = time.perf_counter()
    pool().run(rows, 1, parallel, scratch)
    repeat = max(1, min(1000, int(0.01 / (time.perf_counter() - start + 1e-9))))
    best, end = math.inf, time.perf_counter() + seconds
    while best is math.inf or time.perf_counter() < end:
        start = time.perf_counter()
        pool().run(rows, repeat, parallel, scratch)
        best = min(best, (time.perf_counter() - start) / repeat)
    return best


def flops_of(step: Step) -> int:
    """Products and sums of the contraction inside, if there is one."""
    anchor = step.kernel.anchor
    if anchor is None or not isinstance(anchor.op.emit, Contraction):
        return 0
    return 2 * loops_of(anchor).multiplications


def bytes_of(step: Step, data: set[Any]) -> int:
    """What the kernel reads and writes; of a data set no more than it writes."""
    written = sum(root.type.nbytes for root in step.kernel.roots)
    read = 0
    for node in step.kernel.inputs:
        read += min(node.type.nbytes, written) if node in data else node.type.nbytes
    return written + read


def kind_of(step: Step, flops: int, updated: set[Any]) -> str:
    """products: a contraction; update: weights and optimizer slots; other: the rest."""
    if flops:
        return "products"
    return "update" if any(root in updated for root in step.kernel.roots) else "other"


def profile(executable: Executable, call: tuple[Any, Any], seconds: float) -> Figures:
    """Microseconds of the whole step and of each kernel."""
    executable.run(*call)
    compiled = executable.compiled
    # The pointers of the last call are still in place: its memory is the free context.
    rows, scratch = executable._free[-1].table, executable._free[-1].scratch
    layout = executable._layout.rows
    parallel = any(row.chunks > 1 for row in layout)
    data, updated = set(compiled.program.inputs), set(compiled.in_place.values())
    kernels = []
    # The turns of a loop are rows of the same step: one is measured, all are counted.
    places: dict[int, list[int]] = {}
    for position, laid in enumerate(layout):
        places.setdefault(id(laid.step), []).append(position)
    for positions in places.values():
        step, turns = layout[positions[0]].step, len(positions)
        row = rows[positions[0] : positions[0] + 1]
        spent = turns * best_time(row, parallel and step.chunks > 1, seconds, scratch)
        flops, moved = turns * flops_of(step), turns * bytes_of(step, data)
        ops = sorted({node.op.name for node in step.kernel.inside})
        kernels.append(
            {
                "us": spent * 1e6,
                "chunks": step.chunks,
                "kind": kind_of(step, flops, updated),
                "flops": flops,
                "bytes": moved,
                "stores": ", ".join(f"{root.op.name} {root.type}" for root in step.kernel.roots),
                "ops": " ".join(ops),
            }
        )
    return {
        "step_us": best_time(rows, parallel, 10 * seconds, scratch) * 1e6,
        "state_bytes": sum(state.type.nbytes for state in compiled.program.states),
        "arena_bytes": compiled.arena_bytes,
        "kernels": kernels,
    }


def training_step(name: str) -> tuple[Executable, tuple[Any, Any]]:
    """The executable of a workload's training step, and a call of it."""
    keras.utils.set_random_seed(1)
    model, x, y, batch = WORKLOADS[name](keras)
    with recorded() as calls:
        model.fit(x[: 20 * batch], y[: 20 * batch], batch_size=batch, epochs=1, verbose=0)
    return max(calls.items(), key=lambda item: len(item[0].compiled.steps))


def report(name: str, found: Figures, top: int) -> str:
    """The kernels that cost most, and sums by kind."""
    kernels = found["kernels"]
    rows = []
    for kernel in sorted(kernels, key=lambda k: -k["us"])[:top]:
        rate = digits(kernel["flops"] / kernel["us"] / 1e3) if kernel["flops"] else ""
        cells = [digits(kernel["us"]), rate, digits(kernel["bytes"] / kernel["us"] / 1e3)]
        rows.append([kernel["stores"][:60], kernel["kind"], str(kernel["chunks"]), *cells])
    alone = sum(kernel["us"] for kernel in kernels)
    lines = [
        f"{name}: a step takes {digits(found['step_us'])} us, its {len(kernels)} kernels alone "
        f"{digits(alone)} us; {found['state_bytes']:,} bytes of state, "
        f"{found['arena_bytes']:,} of intermediates"
    ]
    for kind in ("products", "update", "other"):
        mine = [kernel for kernel in kernels if kernel["kind"] == kind]
        spent = sum(kernel["us"] for kernel in mine)
        flops = sum(kernel["flops"] for kernel in mine)
        rate = f", {digits(flops / spent / 1e3)} GFLOP/s" if flops else ""
        lines.append(f"  {kind}: {len(mine)} kernels, {digits(spent)} us{rate}")
    head = ["stores", "kind", "chunks", "us", "GFLOP/s", "GB/s"]
    return "\n".join([*lines, table(head, rows)])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--top", type=int, default=12, help="kernels to list")
    parser.add_argument("--seconds", type=float, default=0.05, help="for each kernel")
    parser.add_argument("--json", help="write all figures here")
    parser.add_argument("workloads", nargs="*", choices=[*WORKLOADS, []], default=[])
    options = parser.parse_args()
    results = {}
    for name in options.workloads or WORKLOADS:
        results[name] = profile(*training_step(name), options.seconds)
        print(report(name, results[name], options.top), end="\n\n", flush=True)
    save(options.json, {"machine": machine(), "results": results})


if __name__ == "__main__":
    main()
