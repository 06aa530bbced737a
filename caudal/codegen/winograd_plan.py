"""Winograd's convolution: the tiles of an image, how they are cut into blocks, when it pays.

F(2x2, 3x3) computes 2 x 2 results of a 3 x 3 convolution from 4 x 4 data with 16 multiplications
instead of 36, F(3x3, 2x2) so the weight gradient (S. Winograd, "Arithmetic Complexity of
Computations", 1980; A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks",
2015). All cuts follow from the shapes alone, so the same bits come out for any number of threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from caudal.codegen.contract_share import CHUNK_CYCLES, MAX_CHUNKS, MAX_PARTS
from caudal.ops.contract import Axis, Loops, strides_of

TILE = 4
"""Rows and columns of data that a tile reads; tiles lie 2 apart."""
KERNEL = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], np.float32)
"""Three weights to four factors (G of the literature), for the points 0, 1, -1 and infinity."""
POINTS = TILE * TILE
KERNEL_SIZE = 9

_TILES = 16
"""Tiles of a block: as many rows as register tiles like, and scratch that stays near."""
_FAR_TILES = 32
"""The same where the transformed kernel, which every block reads, comes from far."""
_SUMMED = 32
"""Tiles of a block whose products are summed: enough that sums are seldom loaded and stored."""
_SIDE = 64
"""Channels and filters of one piece of a weight gradient, whose sums fill a quarter of 1 MB."""
_NEAR_BYTES, _FAR_BYTES, _MOST_BYTES = 1 << 20, 4 << 20, 16 << 20
"""A transformed kernel that the second cache holds, the third surely, the third at best."""
_SCRATCH = 2 << 20
"""Bytes of scratch, on the stack, of one block's operand and products."""
_LANES = 16
_TRANSFORM = 60
"""Cycles in which 16 channels of a tile are transformed there and back (measured: 40 to 60)."""
_LEAST = 100_000
"""Cycles of a direct convolution, about 30 microseconds: this way takes longer to compile."""
_GAIN = 0.85
"""Estimated cycles over those of the direct convolution, below which this way is taken."""


@dataclass(frozen=True)
class Image:
    """A convolution without strides: ``low`` are the zeros before data of ``space``.

    ``out`` are the rows and columns of the result.
    """

    batch: int
    space: tuple[int, int]
    channels: int
    filters: int
    low: tuple[int, int]
    out: tuple[int, int]

    @property
    def down(self) -> int:
        """Rows of tiles."""
        return -(-self.out[0] // 2)

    @property
    def across(self) -> int:
        """Tiles in a row."""
        return -(-self.out[1] // 2)


@dataclass(frozen=True)
class Cut:
    """Blocks of ``deep`` rows of ``wide`` tiles; rows go on from one image to the next.

    ``segments`` blocks lie side by side in a row. A weight gradient is also cut into pieces of
    ``channels`` x ``filters``, and its sum into ``parts``.
    """

    deep: int
    wide: int
    segments: int
    blocks: int
    chunks: int
    channels: int
    filters: int
    parts: int = 1

    @property
    def tiles(self) -> int:
        """Tiles of a block."""
        return self.deep * self.wide


@dataclass(frozen=True)
class Tiled(Loops):
    """The loops of a convolution, to be computed tile by tile; steps in operands mean nothing."""

    image: Image = Image(0, (0, 0), 0, 0, (0, 0), (0, 0))
    cut: Cut = Cut(0, 0, 0, 0, 0, 0, 0)
    summed: bool = False

    @property
    def multiplications(self) -> int:
        """Those of the tiles' products."""
        image = self.image
        tiles = image.batch * image.down * image.across
        return POINTS * tiles * image.channels * image.filters


def tiled_conv(image: Image) -> Tiled:
    """The loops of a convolution."""
    shape = (image.batch, *image.out, image.filters)
    names = zip(("n", "o0", "o1", "oc"), shape, strides_of(shape), strict=True)
    axes = [Axis(name, extent, "row", 0, 0, step) for name, extent, step in names]
    sums = zip(("k0", "k1", "ic"), (3, 3, image.channels), strict=True)
    axes += [Axis(name, extent, "sum", 0, 0, 0) for name, extent in sums]
    return Tiled(tuple(axes), image=image, cut=_cut(image))


def tiled_weight_grad(image: Image) -> Tiled:
    """The loops of a weight gradient."""
    shape = (3, 3, image.channels, image.filters)
    names = zip(("k0", "k1", "ic", "oc"), shape, strides_of(shape), strict=True)
    axes = [Axis(name, extent, "row", 0, 0, step) for name, extent, step in names]
    sums = zip(("n", "o0", "o1"), (image.batch, *image.out), strict=True)
    axes += [Axis(name, extent, "sum", 0, 0, 0) for name, extent in sums]
    return Tiled(tuple(axes), image=image, cut=_summed_cut(image), summed=True)


def pays(image: Image, *, summed: bool = False) -> bool:
    """Whether the way through tiles is faster than a direct convolution, or weight gradient."""
    tiles = image.batch * image.down * image.across
    inner, outer = -(-image.channels // _LANES), -(-image.filters // _LANES)
    direct = image.batch * math.prod(image.out) * KERNEL_SIZE * image.channels * outer
    cycles = tiles * (POINTS * image.channels * outer + _TRANSFORM * (inner + outer))
    if not summed:
        cycles += POINTS * KERNEL_SIZE * image.channels * outer
        size, many = _kernel_bytes(image), _tiles(image)
        scratch = 4 * POINTS * many * (image.channels + image.filters)
        if size > _MOST_BYTES or scratch > _SCRATCH:
            return False
        if size > _FAR_BYTES:
            # Read by each block, written once and fetched for that: about 4 bytes a cycle.
            cycles += (-(-tiles // many) + 2) * size // 4
    return direct >= _LEAST and cycles < _GAIN * direct


def _rows(image: Image, tiles: int) -> tuple[int, int, int]:
    """(rows of a block, tiles in each, blocks side by side) for about ``tiles`` in all."""
    segments = -(-image.across // tiles)
    wide = -(-image.across // segments)
    deep = max(1, min(tiles // wide, image.batch * image.down))
    return deep, wide, segments


def _kernel_bytes(image: Image) -> int:
    return 4 * POINTS * image.channels * image.filters


def _tiles(image: Image) -> int:
    return _FAR_TILES if _kernel_bytes(image) > _FAR_BYTES else _TILES


def _cut(image: Image) -> Cut:
    deep, wide, segments = _rows(image, _tiles(image))
    rows = image.batch * image.down
    if rows * segments < deep * MAX_CHUNKS // 4 and _kernel_bytes(image) <= _NEAR_BYTES:
        # A small batch: threads share what there is.
        deep = max(1, deep // 2)
    blocks = -(-rows // deep) * segments
    cycles = blocks * deep * wide * POINTS * image.channels * -(-image.filters // _LANES)
    chunks = max(1, min(blocks, MAX_CHUNKS, cycles // CHUNK_CYCLES))
    return Cut(deep, wide, segments, blocks, chunks, image.channels, image.filters)


def _summed_cut(image: Image) -> Cut:
    deep, wide, segments = _rows(image, _SUMMED)
    blocks = -(-image.batch * image.down // deep) * segments
    channels, filters = _piece(image.channels), _piece(image.filters)
    pieces = -(-image.channels // channels) * -(-image.filters // filters)
    parts = max(1, min(MAX_PARTS, MAX_CHUNKS // pieces, blocks // 2))
    return Cut(deep, wide, segments, blocks, parts * pieces, channels, filters, parts)


def _piece(extent: int) -> int:
    """Equal pieces of whole vectors; the last one begins early enough to be as large."""
    if extent <= _SIDE:
        return extent
    count = -(-extent // _SIDE)
    return -(-extent // (count * _LANES)) * _LANES
