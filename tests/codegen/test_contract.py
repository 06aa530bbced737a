"""The contraction generator against NumPy: shapes, strides, targets, dtypes, chunk splits."""

from __future__ import annotations

import ctypes
import itertools
import math

import llvmlite.binding as llvm
import numpy as np
import pytest

from caudal.codegen import contract_plan, contract_share
from caudal.codegen.contract import Kernel, contract, make_plan
from caudal.codegen.target import TARGETS, host_target, target_machine
from caudal.errors import InternalError
from caudal.ir import dtypes
from caudal.ops.contract import Axis, Loops

WIDEST = [row.name for row in TARGETS.values() if row.triple.startswith("x86")]
HOST = host_target()
RUNNABLE = WIDEST[WIDEST.index(HOST.name) :] if HOST.name in WIDEST else [HOST.name]


class Compiled:
    """Machine code of a kernel."""

    def __init__(self, kernel: Kernel, target: str = HOST.name) -> None:
        module = llvm.parse_assembly(kernel.module)
        module.verify()
        machine = target_machine(TARGETS[target])
        self.engine = llvm.create_mcjit_compiler(module, machine)
        self.engine.finalize_object()
        kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
        self.function = kind(self.engine.get_function_address(kernel.name))

    def __call__(self, buffers: list[np.ndarray], low: int, high: int) -> None:
        pointers = (ctypes.c_void_p * len(buffers))(*(b.ctypes.data for b in buffers))
        self.function(ctypes.addressof(pointers), low, high)


def expected(loops: Loops, lhs: np.ndarray, rhs: np.ndarray, size: int) -> np.ndarray:
    """Every product written out, then summed."""
    out_axes = [axis for axis in loops.axes if axis.kind != "sum"]
    axes = out_axes + [axis for axis in loops.axes if axis.kind == "sum"]
    shape = tuple(axis.extent for axis in axes)
    views = []
    for array, side, offset in ((lhs, "lhs", loops.lhs_offset), (rhs, "rhs", loops.rhs_offset)):
        steps = [getattr(axis, side) * array.itemsize for axis in axes]
        views.append(np.lib.stride_tricks.as_strided(array[offset:], shape, steps))
    wide = np.float64 if lhs.dtype.kind == "f" else lhs.dtype
    total = (views[0].astype(wide) * views[1].astype(wide)).sum(
        axis=tuple(range(len(out_axes), len(axes))), dtype=wide
    )
    out = np.zeros(size, wide)
    steps = [axis.out * out.itemsize for axis in out_axes]
    shape = tuple(axis.extent for axis in out_axes)
    np.lib.stride_tricks.as_strided(out, shape, steps)[...] = total
    return out


def buffer_size(loops: Loops, side: str, offset: int) -> int:
    return 1 + offset + sum((a.extent - 1) * max(getattr(a, side), 0) for a in loops.axes)


def check(
    loops: Loops, dtype=dtypes.float32, target: str = HOST.name, seed: int = 0, may_part=True
) -> Kernel:
    rng = np.random.default_rng(seed)
    plan = make_plan(loops, dtype, TARGETS[target], may_part=may_part)
    kernel = contract("f", loops, dtype, TARGETS[target], plan=plan)
    run = Compiled(kernel, target)
    lhs = rng.normal(size=buffer_size(loops, "lhs", loops.lhs_offset)) * 8
    rhs = rng.normal(size=buffer_size(loops, "rhs", loops.rhs_offset)) * 8
    lhs, rhs = lhs.astype(dtype.np_dtype), rhs.astype(dtype.np_dtype)
    plan = kernel.plan
    size = math.prod(axis.extent for axis in loops.axes if axis.kind != "sum")
    # A margin on both sides shows writes that leave the output.
    outs = []
    for pieces in (1, 3):
        guarded = np.full(plan.parts * size + 128, 99, dtype.np_dtype)
        out = guarded[64:-64]
        bounds = [plan.chunks * piece // pieces for piece in range(pieces + 1)]
        for low, high in itertools.pairwise(bounds):
            run([lhs, rhs, out], low, high)
        assert (guarded[:64] == 99).all() and (guarded[-64:] == 99).all()
        outs.append(out)
    assert outs[0].tobytes() == outs[1].tobytes()
    total = outs[0].reshape(plan.parts, size).sum(axis=0, dtype=dtype.np_dtype)
    depth = math.prod(axis.extent for axis in loops.axes if axis.kind == "sum")
    want = expected(loops, lhs, rhs, size)
    if dtype.is_integer:
        np.testing.assert_array_equal(total, want)
    else:
        small = 3e-5 if dtype is dtypes.float32 else 1e-12
        np.testing.assert_allclose(total, want, rtol=small, atol=64 * small * (depth**0.5 + 1))
    return kernel


def matmul(rows: int, depth: int, cols: int, flip_lhs=False, flip_rhs=False, flip_out=False):
    return Loops(
        (
            Axis("r", rows, "row", 1 if flip_lhs else depth, 0, 1 if flip_out else cols),
            Axis("c", cols, "col", 0, depth if flip_rhs else 1, rows if flip_out else 1),
            Axis("k", depth, "sum", rows if flip_lhs else 1, 1 if flip_rhs else cols, 0),
        )
    )


def conv(n, size, channels, kernel, filters, stride=1, dilation=1, groups=1) -> Loops:
    """A convolution of an already padded NHWC image with an HWIO kernel, any spatial rank."""
    rank, inner, outer = len(size), channels // groups, filters // groups
    out = [(s - (k - 1) * dilation - 1) // stride + 1 for s, k in zip(size, kernel, strict=True)]
    axes = [
        Axis("g", groups, "batch", inner, outer, outer),
        Axis("n", n, "row", math.prod(size) * channels, 0, math.prod(out) * filters),
        Axis("o", outer, "col", 0, 1, 1),
        Axis("i", inner, "sum", 1, filters, 0),
    ]
    for d in range(rank):
        step = math.prod(size[d + 1 :]) * channels
        axes.append(
            Axis(f"y{d}", out[d], "row", stride * step, 0, math.prod(out[d + 1 :]) * filters)
        )
        taps = math.prod(kernel[d + 1 :]) * inner * filters
        axes.append(Axis(f"k{d}", kernel[d], "sum", dilation * step, taps, 0))
    return Loops(tuple(axes))


def weight_grad(n, size, channels, kernel, filters) -> Loops:
    """The gradient of `conv` (stride 1, one group) in its kernel; rhs is the output's gradient."""
    out = [s - k + 1 for s, k in zip(size, kernel, strict=True)]
    axes = [
        Axis("i", channels, "row", 1, 0, filters),
        Axis("o", filters, "col", 0, 1, 1),
        Axis("n", n, "sum", math.prod(size) * channels, math.prod(out) * filters, 0),
    ]
    for d in range(len(size)):
        step = math.prod(size[d + 1 :]) * channels
        taps = math.prod(kernel[d + 1 :]) * channels * filters
        axes.append(Axis(f"k{d}", kernel[d], "row", step, 0, taps))
        axes.append(Axis(f"y{d}", out[d], "sum", step, math.prod(out[d + 1 :]) * filters, 0))
    return Loops(tuple(axes))


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64, dtypes.int32])
def test_matmul_of_every_layout(target, dtype):
    for flags in range(8):
        check(matmul(13, 17, 21, bool(flags & 1), bool(flags & 2), bool(flags & 4)), dtype, target)


@pytest.mark.parametrize("dtype", [dtypes.int8, dtypes.uint16, dtypes.int64])
def test_other_integers(dtype):
    check(matmul(9, 20, 37), dtype)


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("seed", range(12))
def test_random_extents(target, seed):
    rng = np.random.default_rng(seed)
    rows, depth, cols = (int(x) for x in rng.integers(1, 41, 3))
    flips = [bool(x) for x in rng.integers(0, 2, 3)]
    check(matmul(rows, depth, cols, *flips), target=target, seed=seed)


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("seed", range(10))
def test_random_convolutions(target, seed):
    rng = np.random.default_rng(seed + 100)
    rank = int(rng.integers(1, 4))
    groups = int(rng.choice([1, 1, 2, 3]))
    kernel = [int(x) for x in rng.integers(1, 4, rank)]
    stride, dilation = (int(x) for x in rng.integers(1, 3, 2))
    size = [int(x) for x in rng.integers(7, 12, rank)]
    channels, filters = (groups * int(x) for x in rng.integers(1, 20, 2))
    loops = conv(int(rng.integers(1, 4)), size, channels, kernel, filters, stride, dilation, groups)
    check(loops, target=target, seed=seed)
    check(weight_grad(2, size, channels, kernel, filters), target=target, seed=seed)


def scrambled(rng: np.random.Generator) -> Loops:
    """Up to two axes of every kind, each operand dense in an order of its own."""
    kinds = [kind for kind in ("batch", "row", "col", "sum") for _ in range(rng.integers(0, 3))]
    extents = [int(rng.choice([1, 2, 3, 5, 8, 17])) for _ in kinds]
    steps = {}
    for side, lacks in (("lhs", "col"), ("rhs", "row"), ("out", "sum")):
        step = 1
        for at in rng.permutation(len(kinds)):
            has = kinds[at] != lacks
            steps[at, side] = step if has else 0
            step *= extents[at] if has else 1
    return Loops(
        tuple(
            Axis(f"x{at}", extents[at], kind, *(steps[at, side] for side in ("lhs", "rhs", "out")))
            for at, kind in enumerate(kinds)
        )
    )


@pytest.mark.parametrize("target", RUNNABLE)
def test_scrambled_layouts(target):
    for seed in range(25):
        loops = scrambled(np.random.default_rng(seed))
        check(loops, target=target, seed=seed, may_part=bool(seed % 2))


def test_small_caches_cut_everything(monkeypatch):
    monkeypatch.setattr(contract_plan, "PANEL_BYTES", 1024)
    monkeypatch.setattr(contract_plan, "TILES_BYTES", 4096)
    monkeypatch.setattr(contract_share, "CHUNK_CYCLES", 150)
    plans = []
    for seed in (25654, *range(200, 230)):
        loops = scrambled(np.random.default_rng(seed))
        plans.append(check(loops, seed=seed, may_part=bool(seed % 3)).plan)
    assert any(plan.blocked for plan in plans) and any(plan.pack for plan in plans)
    assert any(plan.parts > 1 for plan in plans) and any(plan.vector_lhs for plan in plans)


@pytest.mark.parametrize("merge", [True, False])
def test_every_coordinate_of_merged_axes(merge):
    """The store sees where each vector lies, though axes were merged, tiled and chunked."""
    loops = Loops(
        (
            Axis("b", 2, "batch", 3 * 7 * 4, 4 * 3 * 11, 3 * 7 * 3 * 11),
            Axis("r", 3, "row", 7 * 4, 0, 7 * 3 * 11),
            Axis("s", 7, "row", 4, 0, 3 * 11),
            Axis("one", 1, "row", 1, 0, 1),
            Axis("c", 3, "col", 0, 11, 11),
            Axis("d", 11, "col", 0, 1, 1),
            Axis("k", 4, "sum", 1, 33, 0),
        )
    )

    class Where:
        inline, streams = merge, ()

        def tile(self, b, out_offset, coordinates, value):
            assert list(coordinates) == ["b", "r", "s", "one", "c", "d"]
            offset = "0"
            for name, step in (("b", 693), ("r", 231), ("s", 33), ("one", 1), ("c", 11), ("d", 1)):
                offset = b.iadd(offset, b.imul(coordinates[name], step))
            b.store(b.at(b.buffer(2), value.dtype, offset), value)

    plan = make_plan(loops, dtypes.float64, HOST, may_part=False, merge_cols=merge)
    kernel = contract("f", loops, dtypes.float64, HOST, Where(), plan)
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=2 * 84), rng.normal(size=2 * 132)
    out = np.zeros(2 * 693)
    Compiled(kernel)([x, y, out], 0, plan.chunks)
    np.testing.assert_allclose(out, expected(loops, x, y, 2 * 693), rtol=1e-12)


def test_other_processors_get_their_own_instructions():
    for name, multiply in (("neon", "fmla"), ("avx2", "vfmadd231ps"), ("baseline", "mulps")):
        target = TARGETS[name]
        kernel = contract("f", matmul(20, 30, 27), dtypes.float32, target)
        module = llvm.parse_assembly(kernel.module)
        text = target_machine(target).emit_assembly(module)
        assert text.count(multiply) > 10


@pytest.mark.parametrize("target", RUNNABLE)
def test_depthwise_fills_vectors_with_groups(target):
    kernel = check(conv(2, [9, 9], 24, [3, 3], 24, groups=24), target=target)
    assert kernel.plan.vector_lhs


def test_batched_matmul():
    axes = [
        Axis("b", 5, "batch", 6 * 7, 7 * 18, 6 * 18),
        Axis("r", 6, "row", 7, 0, 18),
        Axis("c", 18, "col", 0, 1, 1),
        Axis("k", 7, "sum", 1, 18, 0),
    ]
    check(Loops(tuple(axes)))


@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64])
@pytest.mark.parametrize("batches", [(3, 44), (130,)])
def test_batched_matmul_of_far_columns(batches, dtype):
    """Each panel asks for the next, of the last one of a matrix that is the next matrix's first."""
    count = math.prod(batches)
    loops = [
        Axis("r", 30, "row", 32, 0, 64),
        Axis("c", 64, "col", 0, 32, 1),
        Axis("k", 32, "sum", 1, 1, 0),
    ]
    for at, extent in enumerate(batches):
        count //= extent
        steps = (step * count for step in (30 * 32, 64 * 32, 30 * 64))
        loops.append(Axis(f"b{at}", extent, "batch", *steps))
    assert check(Loops(tuple(loops)), dtype).plan.pack


def test_flipped_kernel_has_negative_steps():
    loops = conv(2, [8, 8], 5, [3, 3], 19)
    axes = tuple(
        Axis(a.name, a.extent, a.kind, a.lhs, -a.rhs if a.name in ("k0", "k1") else a.rhs, a.out)
        for a in loops.axes
    )
    check(Loops(axes, 0, 2 * (3 * 5 * 19) + 2 * 5 * 19))


def test_long_sum_is_cut_into_parts_that_do_not_depend_on_threads():
    kernel = check(weight_grad(64, [20, 20], 3, [3, 3], 8))
    assert kernel.plan.parts > 1
    assert kernel.plan.scratch == kernel.plan.parts * 3 * 3 * 3 * 8
    whole = make_plan(weight_grad(64, [20, 20], 3, [3, 3], 8), dtypes.float32, HOST, may_part=False)
    assert whole.parts == 1 and whole.scratch == 0


def test_operands_of_many_bytes_are_summed_in_few_parts():
    tall = matmul(128, 2048, 512, flip_lhs=True)
    assert check(tall).plan.parts == contract_share.FEW_PARTS
    short = make_plan(matmul(128, 256, 512, flip_lhs=True), dtypes.float32, HOST)
    assert short.parts == 1, "the parts would have more bytes than what is summed"


def test_long_sum_in_blocks():
    kernel = check(matmul(40, 5000, 48), may_part=False)
    assert kernel.plan.blocked
    check(matmul(40, 5000, 48, flip_rhs=True), may_part=False)
    check(conv(1, [9, 9], 300, [3, 3], 20), may_part=False)


def test_work_is_shared_by_the_problem():
    big = make_plan(matmul(1024, 512, 1024), dtypes.float32, HOST)
    small = make_plan(matmul(8, 8, 8), dtypes.float32, HOST)
    assert big.chunks >= 16 and small.chunks == 1


def test_empty_extents():
    check(matmul(3, 0, 20))
    check(matmul(0, 3, 5))


def test_no_axes_at_all():
    check(Loops(()))


class _Bias:
    """Adds a bias read at the columns and stores twice."""

    def __init__(self, inline: bool) -> None:
        self.inline, self.streams = inline, ()

    def tile(self, b, out_offset, coordinates, value):
        bias = b.load(b.at(b.buffer(3), value.dtype, coordinates["c"]), value.dtype, value.lanes)
        rows = b.load(b.at(b.buffer(4), value.dtype, coordinates["r"]), value.dtype, 1)
        total = b.add(b.add(value, bias), b.splat(rows, value.lanes))
        b.store(b.at(b.buffer(2), value.dtype, out_offset), total)


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize("shape", [(30, 9, 45), (7, 5000, 20)])
def test_a_store_of_ones_own(inline, shape):
    rows, depth, cols = shape
    kernel = contract("f", matmul(*shape), dtypes.float32, HOST, _Bias(inline))
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(rows, depth)), rng.normal(size=(depth, cols))
    bias, side = rng.normal(size=cols), rng.normal(size=rows)
    out = np.empty((rows, cols), np.float32)
    buffers = [a.astype(np.float32) for a in (x, y)] + [out]
    Compiled(kernel)(
        buffers + [bias.astype(np.float32), side.astype(np.float32)], 0, kernel.plan.chunks
    )
    np.testing.assert_allclose(out, x @ y + bias + side[:, None], rtol=1e-4, atol=2e-3)


def test_sixteen_bit_floats_are_the_callers_task():
    with pytest.raises(InternalError, match="convert the operands first"):
        contract("f", matmul(2, 2, 2), dtypes.bfloat16, HOST)
