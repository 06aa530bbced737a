"""GFLOP/s of generated contractions on one thread, beside the machine's FMA peak and OpenBLAS.

    python benchmarks/kernels.py [part of a name] [--target avx2] [--seconds 0.3]

OpenBLAS gets convolutions as the equal matrix product of already unfolded patches, which
flatters it: the unfolding is not timed.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import os
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import llvmlite.binding as llvm
import numpy as np

from caudal.codegen.contract import contract
from caudal.codegen.target import TARGETS, Target, host_target, target_machine
from caudal.ir import dtypes
from caudal.ops.contract import Axis, Loops


def matmul(rows: int, depth: int, cols: int, tl: bool = False, tr: bool = False) -> Loops:
    """lhs (transposed: tl) @ rhs (transposed: tr)."""
    return Loops(
        (
            Axis("r", rows, "row", 1 if tl else depth, 0, cols),
            Axis("c", cols, "col", 0, depth if tr else 1, 1),
            Axis("k", depth, "sum", rows if tl else 1, 1 if tr else cols, 0),
        )
    )


def conv(n: int, size: int, inner: int, taps: int, outer: int, flip: bool = False) -> Loops:
    """NHWC x HWIO, already padded; ``flip`` is a data gradient: reversed, swapped kernel."""
    out, offset = size - taps + 1, 0
    steps = taps * inner * outer, inner * outer, outer, 1
    if flip:
        offset = (taps * taps - 1) * inner * outer
        steps = -taps * inner * outer, -inner * outer, 1, inner
    return Loops(
        (
            Axis("n", n, "row", size * size * inner, 0, out * out * outer),
            Axis("h", out, "row", size * inner, 0, out * outer),
            Axis("w", out, "row", inner, 0, outer),
            Axis("o", outer, "col", 0, steps[3], 1),
            Axis("kh", taps, "sum", size * inner, steps[0], 0),
            Axis("kw", taps, "sum", inner, steps[1], 0),
            Axis("i", inner, "sum", 1, steps[2], 0),
        ),
        0,
        offset,
    )


def weight_grad(n: int, size: int, inner: int, taps: int, outer: int) -> Loops:
    """The gradient of `conv` in its kernel."""
    out = size - taps + 1
    return Loops(
        (
            Axis("kh", taps, "row", size * inner, 0, taps * inner * outer),
            Axis("kw", taps, "row", inner, 0, inner * outer),
            Axis("i", inner, "row", 1, 0, outer),
            Axis("o", outer, "col", 0, 1, 1),
            Axis("n", n, "sum", size * size * inner, out * out * outer, 0),
            Axis("h", out, "sum", size * inner, out * outer, 0),
            Axis("w", out, "sum", inner, outer, 0),
        )
    )


def depthwise(n: int, size: int, channels: int, taps: int) -> Loops:
    """One filter a channel, already padded."""
    out = size - taps + 1
    return Loops(
        (
            Axis("n", n, "row", size * size * channels, 0, out * out * channels),
            Axis("h", out, "row", size * channels, 0, out * channels),
            Axis("w", out, "row", channels, 0, channels),
            Axis("g", channels, "batch", 1, 1, 1),
            Axis("kh", taps, "sum", size * channels, taps * channels, 0),
            Axis("kw", taps, "sum", channels, channels, 0),
        )
    )


SHAPES: dict[str, Loops] = {
    "mlp 1": matmul(32, 784, 128),
    "mlp 1 weight grad": matmul(784, 32, 128, tl=True),
    "mlp 2": matmul(32, 128, 10),
    "mlp 2 data grad": matmul(32, 10, 128, tr=True),
    "mlp 2 weight grad": matmul(128, 32, 10, tl=True),
    "autoencoder 1": matmul(256, 784, 32),
    "autoencoder 1 weight grad": matmul(784, 256, 32, tl=True),
    "autoencoder 2": matmul(256, 32, 784),
    "autoencoder 2 data grad": matmul(256, 784, 32, tr=True),
    "autoencoder 2 weight grad": matmul(32, 256, 784, tl=True),
    "cnn conv 3-32": conv(128, 34, 3, 3, 32),
    "cnn conv 3-32 weight grad": weight_grad(128, 34, 3, 3, 32),
    "cnn conv 32-32": conv(128, 32, 32, 3, 32),
    "cnn conv 32-32 data grad": conv(128, 34, 32, 3, 32, flip=True),
    "cnn conv 32-32 weight grad": weight_grad(128, 32, 32, 3, 32),
    "cnn conv 32-64": conv(128, 17, 32, 3, 64),
    "cnn conv 32-64 data grad": conv(128, 17, 64, 3, 32, flip=True),
    "cnn conv 32-64 weight grad": weight_grad(128, 17, 32, 3, 64),
    "cnn conv 64-64": conv(128, 15, 64, 3, 64),
    "cnn conv 64-64 data grad": conv(128, 17, 64, 3, 64, flip=True),
    "cnn conv 64-64 weight grad": weight_grad(128, 15, 64, 3, 64),
    "cnn dense": matmul(128, 2304, 512),
    "cnn dense data grad": matmul(128, 512, 2304, tr=True),
    "cnn dense weight grad": matmul(2304, 128, 512, tl=True),
    "cnn dense 2": matmul(128, 512, 10),
    "cnn dense 2 data grad": matmul(128, 10, 512, tr=True),
    "cnn dense 2 weight grad": matmul(512, 128, 10, tl=True),
    "sign conv 1-75": conv(128, 30, 1, 3, 75),
    "sign conv 1-75 weight grad": weight_grad(128, 30, 1, 3, 75),
    "sign conv 75-50": conv(128, 16, 75, 3, 50),
    "sign conv 75-50 data grad": conv(128, 16, 50, 3, 75, flip=True),
    "sign conv 75-50 weight grad": weight_grad(128, 16, 75, 3, 50),
    "sign dense": matmul(128, 12675, 256),
    "sign dense data grad": matmul(128, 256, 12675, tr=True),
    "sign dense weight grad": matmul(12675, 128, 256, tl=True),
    "lstm 32x64x256": matmul(32, 64, 256),
    "depthwise 56x56x128": depthwise(8, 58, 128, 3),
    "predict 1x784x128": matmul(1, 784, 128),
    "matmul 1024": matmul(1024, 1024, 1024),
}

Native = Callable[[int, int, int], None]


def compiled(text: str, name: str, target: Target) -> tuple[Native, object]:
    module = llvm.parse_assembly(text)
    engine = llvm.create_mcjit_compiler(module, target_machine(target))
    engine.finalize_object()
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    return kind(engine.get_function_address(name)), engine


def best_time(call: Callable[[], object], flops: float, seconds: float) -> float:
    """The least seconds of this thread's processor time, so that others at work matter less."""
    repeat = max(1, int(5e7 / flops))
    call()
    best, end = math.inf, time.perf_counter() + seconds
    while time.perf_counter() < end or best is math.inf:
        start = time.thread_time_ns()
        for _ in range(repeat):
            call()
        best = min(best, (time.thread_time_ns() - start) / 1e9 / repeat)
    return best


def peak(target: Target) -> float:
    """GFLOP/s of FMAs on registers alone."""
    lanes = target.lanes32
    count = 24 if target.registers >= 32 else 12
    kind = f"<{lanes} x float>"
    phis, fmas, stores = [], [], []
    for i in range(count):
        phis.append(f"%a{i} = phi {kind} [zeroinitializer, %entry], [%b{i}, %loop]")
        args = ", ".join([f"{kind} %a{i}"] * 3)
        fmas.append(f"%b{i} = call {kind} @llvm.fmuladd.v{lanes}f32({args})")
        stores.append(f"store {kind} %b{i}, ptr %out, align 4")
    text = "\n".join(
        (
            "define void @peak(ptr %out, i64 %lo, i64 %hi) {",
            "entry:\n br label %loop\nloop:\n%i = phi i64 [%lo, %entry], [%j, %loop]",
            *phis,
            *fmas,
            "%j = add i64 %i, 1\n%more = icmp slt i64 %j, %hi",
            "br i1 %more, label %loop, label %done\ndone:",
            *stores,
            "ret void\n}",
            f"declare {kind} @llvm.fmuladd.v{lanes}f32({kind}, {kind}, {kind})",
        )
    )
    function, engine = compiled(text, "peak", target)
    out, steps = np.empty(64, np.float32), 20000
    seconds = best_time(lambda: function(out.ctypes.data, 0, steps), 2e7, 0.2)
    del engine
    return 2 * steps * count * lanes / seconds / 1e9


def openblas(loops: Loops, seconds: float) -> float:
    """Seconds of the equal matrix product, its operands laid out as in ``loops``."""
    sizes = {"batch": 1, "row": 1, "col": 1, "sum": 1}
    for axis in loops.axes:
        sizes[axis.kind] *= axis.extent
    by_name = {axis.name: axis for axis in loops.axes}
    x = np.ones((sizes["batch"], sizes["row"], sizes["sum"]), np.float32)
    y = np.ones((sizes["batch"], sizes["sum"], sizes["col"]), np.float32)
    if "r" in by_name and by_name["r"].lhs == 1:
        x = np.ones((1, sizes["sum"], sizes["row"]), np.float32).transpose(0, 2, 1)
    if "c" in by_name and by_name["c"].rhs != 1:
        y = np.ones((1, sizes["col"], sizes["sum"]), np.float32).transpose(0, 2, 1)
    out = np.empty((sizes["batch"], sizes["row"], sizes["col"]), np.float32)
    flops = 2.0 * math.prod(sizes.values())
    return best_time(lambda: np.matmul(x, y, out=out), flops, seconds)


def measure(name: str, loops: Loops, target: Target, top: float, seconds: float) -> None:
    start = time.perf_counter()
    kernel = contract("kernel", loops, dtypes.float32, target)
    function, engine = compiled(kernel.module, "kernel", target)
    built = time.perf_counter() - start
    sizes = [
        1 + offset + sum((axis.extent - 1) * max(getattr(axis, side), 0) for axis in loops.axes)
        for side, offset in (("lhs", loops.lhs_offset), ("rhs", loops.rhs_offset))
    ]
    buffers = [np.ones(size, np.float32) for size in sizes]
    buffers.append(np.empty(kernel.plan.parts * kernel.plan.out_size, np.float32))
    pointers = (ctypes.c_void_p * 3)(*(buffer.ctypes.data for buffer in buffers))
    at, chunks = ctypes.addressof(pointers), kernel.plan.chunks
    flops = 2.0 * math.prod(axis.extent for axis in loops.axes)
    mine = best_time(lambda: function(at, 0, chunks), flops, seconds)
    del engine
    theirs = openblas(loops, seconds)
    plan = kernel.plan
    print(
        f"{name:28s} {mine * 1e6:10.1f} us {flops / mine / 1e9:7.1f} GFLOP/s "
        f"{100 * flops / mine / 1e9 / top:4.0f} %   OpenBLAS {flops / theirs / 1e9:6.1f}   "
        f"x{theirs / mine:5.2f}   built {built * 1e3:3.0f} ms   "
        f"tile {plan.row_tiles.height}x{len(plan.col_panels.panel.lanes)} chunks {plan.grid}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("part", nargs="?", default="")
    parser.add_argument("--target", choices=sorted(TARGETS), default=host_target().name)
    parser.add_argument("--seconds", type=float, default=0.3)
    options = parser.parse_args()
    target = TARGETS[options.target]
    top = peak(target)
    print(f"{target.name}, one thread: FMA peak {top:.1f} GFLOP/s")
    for name, loops in SHAPES.items():
        if options.part in name:
            measure(name, loops, target, top, options.seconds)


if __name__ == "__main__":
    main()
