"""What this machine can do at most: FLOP/s of FMAs on registers, bytes/s of copy and triad.

    python benchmarks/machine_limits.py [--seconds 0.5] [--json FILE]

The kernels are LLVM IR of ours, compiled and run as every program's kernels are (code
generation's machine, the runtime's threads), on one core and on all. Bytes are counted as in
McCalpin's STREAM: what the program reads and writes, without what the cache fetches besides. Each
array is either far larger than the caches (memory) or a core's part fits in its L2 (cache).
"""

from __future__ import annotations

import argparse
import math
import time

import numpy as np
from common import Figures, digits, machine, save, table

from caudal.codegen.target import Target, current_target
from caudal.runtime.executable import aligned
from caudal.runtime.loader import load_kernels
from caudal.runtime.threads import ENTRY, link_rows, pool

CHUNKS = 64
FMA_TURNS = 20000
MEMORY_BYTES = 128 << 20
CACHE_BYTES = 256 << 10
STREAMS = {"copy": 2, "triad": 3}


def accumulators(target: Target) -> int:
    """Independent FMAs in flight: enough to hide their latency, few enough for the registers."""
    return 24 if target.registers >= 32 else 12


def fma_text(target: Target) -> str:
    """Each chunk: FMA_TURNS times one FMA on every accumulator."""
    kind, count = f"<{target.lanes32} x float>", accumulators(target)
    fma = f"@llvm.fma.v{target.lanes32}f32"
    # Every accumulator starts from a value of its own, or LLVM would fold them into one.
    starts, phis, fmas = [], [], []
    for i in range(count):
        starts.append(f"%p{i} = getelementptr {kind}, ptr %from, i64 {i}")
        starts.append(f"%z{i} = load {kind}, ptr %p{i}, align 4")
        phis.append(f"%a{i} = phi {kind} [ %z{i}, %chunk ], [ %b{i}, %turn ]")
        fmas.append(f"%b{i} = call {kind} {fma}({kind} %a{i}, {kind} %z0, {kind} %z1)")
    sums = [f"%s1 = fadd {kind} %b0, %b1"]
    sums += [f"%s{i} = fadd {kind} %s{i - 1}, %b{i}" for i in range(2, count)]
    lines = "\n  ".join
    return f"""
define void @kernel(ptr %bufs, i64 %lo, i64 %hi) {{
entry:
  %out = load ptr, ptr %bufs
  %fp = getelementptr ptr, ptr %bufs, i64 1
  %from = load ptr, ptr %fp
  {lines(starts)}
  br label %chunk
chunk:
  %c = phi i64 [ %lo, %entry ], [ %c1, %stored ]
  br label %turn
turn:
  %i = phi i64 [ 0, %chunk ], [ %i1, %turn ]
  {lines(phis)}
  {lines(fmas)}
  %i1 = add i64 %i, 1
  %more = icmp ult i64 %i1, {FMA_TURNS}
  br i1 %more, label %turn, label %stored
stored:
  {lines(sums)}
  %at = getelementptr {kind}, ptr %out, i64 %c
  store {kind} %s{count - 1}, ptr %at, align 4
  %c1 = add i64 %c, 1
  %again = icmp ult i64 %c1, %hi
  br i1 %again, label %chunk, label %done
done:
  ret void
}}
declare {kind} {fma}({kind}, {kind}, {kind})
"""


def stream_text(target: Target, triad: bool, size: int, turns: int) -> str:
    """a = b (copy) or a = b + 3 c (triad), ``turns`` times over each chunk of ``size`` vectors."""
    kind = f"<{target.lanes32} x float>"
    three = ", ".join(["float 3.0"] * target.lanes32)
    third = f"""%pc = getelementptr {kind}, ptr %c, i64 %i
  %z = load {kind}, ptr %pc, align 4
  %m = fmul {kind} %z, <{three}>
  %v = fadd {kind} %y, %m"""
    return f"""
define void @kernel(ptr %bufs, i64 %lo, i64 %hi) {{
entry:
  %a = load ptr, ptr %bufs
  %bp = getelementptr ptr, ptr %bufs, i64 1
  %b = load ptr, ptr %bp
  %cp = getelementptr ptr, ptr %bufs, i64 2
  %c = load ptr, ptr %cp
  %first = mul i64 %lo, {size}
  %last = mul i64 %hi, {size}
  br label %turn
turn:
  %t = phi i64 [ 0, %entry ], [ %t1, %turned ]
  br label %vector
vector:
  %i = phi i64 [ %first, %turn ], [ %i1, %vector ]
  %pb = getelementptr {kind}, ptr %b, i64 %i
  %y = load {kind}, ptr %pb, align 4
  {third if triad else ""}
  %pa = getelementptr {kind}, ptr %a, i64 %i
  store {kind} {"%v" if triad else "%y"}, ptr %pa, align 4
  %i1 = add i64 %i, 1
  %more = icmp ult i64 %i1, %last
  br i1 %more, label %vector, label %turned
turned:
  %t1 = add i64 %t, 1
  %again = icmp ult i64 %t1, {turns}
  br i1 %again, label %turn, label %done
done:
  ret void
}}
"""


def best_time(text: str, buffers: list[np.ndarray], parallel: bool, seconds: float) -> float:
    """The least seconds of one run over all chunks."""
    pointers = np.array([buffer.ctypes.data for buffer in buffers], np.int64)
    row = np.zeros(1, ENTRY)
    row["fn"], row["bufs"] = load_kernels([text])[0], pointers.ctypes.data
    link_rows(row, [CHUNKS])
    best, end = math.inf, time.perf_counter() + seconds
    pool().run(row, 1, parallel)
    while time.perf_counter() < end:
        start = time.perf_counter()
        pool().run(row, 1, parallel)
        best = min(best, time.perf_counter() - start)
    return best


def flops(target: Target, parallel: bool, seconds: float) -> float:
    """FLOP/s; an FMA counts as two."""
    out = aligned(CHUNKS * target.vector_bytes)
    start = aligned(accumulators(target) * target.vector_bytes).view(np.float32)
    start[:] = np.linspace(0.5, 0.9, start.size)
    spent = best_time(fma_text(target), [out, start], parallel, seconds)
    return 2 * CHUNKS * FMA_TURNS * accumulators(target) * target.lanes32 / spent


def bandwidth(target: Target, name: str, total: int, parallel: bool, seconds: float) -> float:
    """Bytes/s of a stream over arrays of ``total`` bytes."""
    size = total // CHUNKS // target.vector_bytes
    turns = max(1, (16 << 20) // total)
    buffers = [aligned(total) for _ in range(3)]
    for buffer in buffers:
        buffer[:] = 0
    text = stream_text(target, name == "triad", size, turns)
    spent = best_time(text, buffers, parallel, seconds)
    return STREAMS[name] * size * CHUNKS * target.vector_bytes * turns / spent


def measure(seconds: float) -> Figures:
    """All limits: GFLOP/s and GB/s by number of cores."""
    target, limits = current_target(), {}
    for cores, parallel in ((1, False), (pool().threads, True)):
        found = {"gflops": flops(target, parallel, seconds) / 1e9}
        for name in STREAMS:
            for place, total in (("memory", MEMORY_BYTES), ("cache", CACHE_BYTES * cores)):
                rate = bandwidth(target, name, total, parallel, seconds)
                found[f"{name}_{place}_gbs"] = rate / 1e9
        limits[str(cores)] = found
    return {"machine": machine() | {"target": target.name}, "limits": limits}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=0.5, help="for each figure")
    parser.add_argument("--json", help="write all figures here")
    options = parser.parse_args()
    figures = measure(options.seconds)
    save(options.json, figures)
    limits = figures["limits"]
    rows = [[key, *(digits(found[key]) for found in limits.values())] for key in limits["1"]]
    print(" ".join(map(str, figures["machine"].values())))
    print(table(["", *(f"{cores} core(s)" for cores in limits)], rows))


if __name__ == "__main__":
    main()
