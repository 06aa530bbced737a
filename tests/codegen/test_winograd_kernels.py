"""The kernels of Winograd's tiles against convolutions in float64: shapes, targets, chunks."""

from __future__ import annotations

import ctypes
import itertools

import llvmlite.binding as llvm
import numpy as np
import pytest

from caudal import ops
from caudal.codegen.machine import assembly
from caudal.codegen.target import TARGETS, host_target, target_machine
from caudal.codegen.winograd import winograd
from caudal.codegen.winograd_plan import KERNEL, Image, Tiled, pays, tiled_conv, tiled_weight_grad

WIDEST = [row.name for row in TARGETS.values() if row.triple.startswith("x86")]
HOST = host_target()
RUNNABLE = WIDEST[WIDEST.index(HOST.name) :] if HOST.name in WIDEST else [HOST.name]
PLAIN = {"strides": (1, 1), "lhs_dilation": (1, 1), "rhs_dilation": (1, 1), "groups": 1}

# (batch, height, width, channels, filters), ((top, bottom), (left, right)).
SHAPES = [
    ((2, 8, 8, 16, 32), ((0, 0), (0, 0))),
    ((3, 7, 9, 16, 32), ((1, 1), (1, 1))),
    ((2, 9, 7, 33, 5), ((1, 1), (0, 2))),
    ((1, 1, 1, 16, 16), ((2, 2), (2, 2))),
    ((2, 5, 12, 12, 17), ((2, 2), (2, 0))),
    ((1, 3, 3, 4, 4), ((0, 0), (0, 0))),
    ((2, 4, 5, 3, 8), ((4, 0), (0, 5))),
    ((2, 6, 70, 8, 40), ((1, 1), (1, 1))),
    ((1, 7, 40, 70, 130), ((1, 1), (1, 1))),
    ((17, 4, 4, 65, 16), ((1, 0), (1, 0))),
]


def image_of(shape, padding) -> Image:
    batch, height, width, channels, filters = shape
    (top, bottom), (left, right) = padding
    out = height + top + bottom - 2, width + left + right - 2
    return Image(batch, (height, width), channels, filters, (top, left), out)


class Compiled:
    """Machine code of a kernel."""

    def __init__(self, loops: Tiled, target: str) -> None:
        module = llvm.parse_assembly(winograd("f", loops, TARGETS[target]))
        module.verify()
        self.engine = llvm.create_mcjit_compiler(module, target_machine(TARGETS[target]))
        self.engine.finalize_object()
        kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
        self.function = kind(self.engine.get_function_address("f"))
        self.chunks = loops.cut.chunks

    def results(self, left, right, shape) -> np.ndarray:
        """The output, the same bits in one call and in three, nothing written beside it."""
        found = []
        for pieces in (1, 3):
            guarded = np.full(int(np.prod(shape)) + 128, 99, np.float32)
            buffers = (left, right, guarded[64:-64])
            pointers = (ctypes.c_void_p * 3)(*(buffer.ctypes.data for buffer in buffers))
            bounds = [self.chunks * piece // pieces for piece in range(pieces + 1)]
            for low, high in itertools.pairwise(bounds):
                self.function(ctypes.addressof(pointers), low, high)
            assert (guarded[:64] == 99).all() and (guarded[-64:] == 99).all()
            found.append(guarded[64:-64].reshape(shape))
        assert found[0].tobytes() == found[1].tobytes()
        return found[0]


def close(found: np.ndarray, want: np.ndarray) -> None:
    assert np.abs(found - want).max() <= 1e-6 * np.abs(want).max()


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("shape, padding", SHAPES)
def test_a_convolution(shape, padding, target) -> None:
    image = image_of(shape, padding)
    rng = np.random.default_rng(1)
    x = rng.normal(size=shape[:4]).astype("f")
    w = rng.normal(size=(3, 3, *shape[3:])).astype("f")
    factors = np.einsum("ia,jb,abco->ijco", KERNEL, KERNEL, w).astype("f")
    run = Compiled(tiled_conv(image), target)
    found = run.results(x, factors, (image.batch, *image.out, image.filters))
    close(found, ops.conv(x.astype("d"), w.astype("d"), padding=padding, **PLAIN))


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("shape, padding", SHAPES)
def test_a_weight_gradient(shape, padding, target) -> None:
    image = image_of(shape, padding)
    rng = np.random.default_rng(2)
    x = rng.normal(size=shape[:4]).astype("f")
    g = rng.normal(size=(image.batch, *image.out, image.filters)).astype("f")
    kernel = (3, 3, *shape[3:])
    loops = tiled_weight_grad(image)
    found = Compiled(loops, target).results(x, g, (loops.cut.parts, *kernel))
    params = {"kernel_shape": kernel, "padding": padding, **PLAIN}
    want = ops.conv_weight_grad(x.astype("d"), g.astype("d"), **params)
    close(found.sum(axis=0, dtype="f"), want)


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_target_assembles(target) -> None:
    image = image_of(*SHAPES[2])
    for loops in (tiled_conv(image), tiled_weight_grad(image)):
        assert "f:" in assembly(winograd("f", loops, TARGETS[target]), TARGETS[target])


@pytest.mark.parametrize(
    "shape, conv, weight_grad",
    [
        ((128, 32, 32, 32, 32), True, True),
        ((128, 15, 15, 64, 64), True, True),
        ((8, 14, 14, 256, 256), True, True),
        ((1, 13, 13, 64, 64), True, True),
        ((128, 32, 32, 3, 32), False, False),  # the tiles' transforms cost more than they save
        ((1, 7, 7, 128, 128), False, True),  # the kernel's transform does
        ((2, 8, 8, 16, 16), False, False),  # too small to be worth compiling
        ((8, 14, 14, 512, 512), True, True),
        ((2, 8, 8, 512, 512), False, True),  # a block reads the kernel from far
        ((8, 14, 14, 768, 512), False, True),  # it is too large even for that
        ((8, 14, 14, 4096, 32), False, True),  # scratch would be too large for a stack
    ],
)
def test_when_it_pays(shape, conv, weight_grad) -> None:
    image = image_of(shape, ((1, 1), (1, 1)))
    assert pays(image) is conv
    assert pays(image, summed=True) is weight_grad
