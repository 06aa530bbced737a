"""What the kernels of winograd.py share: scratch, transforms of tiles, rows of transformed tiles.

Scratch of an operand is [16][tile][channel]: a slice for each of the 16 products.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from caudal.codegen.builder import Value
from caudal.codegen.contract import contract
from caudal.codegen.contract_flow import Flow
from caudal.codegen.contract_tile import TileStore
from caudal.codegen.target import Target
from caudal.codegen.winograd_plan import POINTS, TILE, Cut, Image
from caudal.ir.dtypes import float32, float64, uint8
from caudal.ops.contract import Axis, Loops

LINE = 16
"""Elements of a cache line: as many lie between slices, which would else share few cache sets."""

Four = list[Value | None]
"""Values along one axis of a tile; None is zero."""


@dataclass(frozen=True)
class Shared:
    """What all functions of one kernel know."""

    name: str
    image: Image
    cut: Cut
    target: Target
    declarations: set[str]

    def flow(self) -> Flow:
        """A fresh function."""
        flow = Flow(self.target)
        flow.declarations = self.declarations
        return flow

    def step(self, channels: int) -> int:
        """Elements from one slice of scratch to the next."""
        return self.cut.tiles * channels + LINE

    def vectors(self, flow: Flow, extent: int, write: Callable[[str, int], None]) -> None:
        """``write(first channel, lanes)`` for all vectors of ``extent`` channels."""
        lanes = self.target.lanes32
        full, rest = divmod(extent, lanes)
        if full:
            with flow.loop("0", full) as vector:
                write(flow.imul(vector, lanes), lanes)
        if rest:
            write(str(full * lanes), rest)

    def share(self, flow: Flow, part: str, parts: int) -> tuple[str, str]:
        """The blocks of ``part`` of ``parts``."""
        blocks = self.cut.blocks
        return flow.share(part, blocks, parts), flow.share(flow.iadd(part, 1), blocks, parts)


# --- transforms along one axis --------------------------------------------------------------------


def _plus(flow: Flow, x: Value | None, y: Value | None) -> Value | None:
    if x is None or y is None:
        return y if x is None else x
    return flow.add(x, y)


def _minus(flow: Flow, x: Value | None, y: Value | None) -> Value | None:
    if y is None:
        return x
    return flow.neg(y) if x is None else flow.sub(x, y)


def of_data(flow: Flow, x: Four) -> Four:
    """Four data to four factors (B^T of the literature)."""
    return [
        _minus(flow, x[0], x[2]),
        _plus(flow, x[1], x[2]),
        _minus(flow, x[2], x[1]),
        _minus(flow, x[1], x[3]),
    ]


def of_gradient(flow: Flow, x: Four) -> Four:
    """Two gradients to four factors, of which the middle ones are twice too large."""
    return [x[0], _plus(flow, x[0], x[1]), _minus(flow, x[0], x[1]), x[1]]


def to_results(flow: Flow, x: Four) -> Four:
    """Four products to two results (A^T)."""
    both, apart = _plus(flow, x[1], x[2]), _minus(flow, x[1], x[2])
    return [_plus(flow, x[0], both), _minus(flow, apart, x[3])]


def to_weights(flow: Flow, x: Four) -> Four:
    """Four sums to three weights, with the halves that `of_gradient` left out."""
    half = flow.const(0.5, float32)
    both, apart = _plus(flow, x[1], x[2]), _minus(flow, x[1], x[2])
    assert both is not None and apart is not None
    both, apart = flow.mul(half, both), flow.mul(half, apart)
    return [_plus(flow, x[0], both), apart, _minus(flow, both, x[3])]


Transform = Callable[[Flow, Four], Four]
Get = Callable[[int, int], Value | None]


def square(flow: Flow, transform: Transform, get: Get, taps: int) -> list[Four]:
    """The tile of ``taps`` x ``taps`` values that ``get`` gives, transformed along both axes."""
    columns = [transform(flow, [get(r, c) for r in range(taps)]) for c in range(taps)]
    return [transform(flow, [column[r] for column in columns]) for r in range(len(columns[0]))]


def write_back(
    shared: Shared, flow: Flow, transform: Transform, extent: int, step: int, to: tuple[int, int]
) -> None:
    """Tiles of products at ``%source``, ``extent`` channels of slices ``step`` apart, back.

    to: the steps at ``%target`` from row to row and from column to column.
    """

    def write(channel: str, lanes: int) -> None:
        source, target = (flow.at(name, float32, channel) for name in ("%source", "%target"))

        def get(r: int, c: int) -> Value:
            return flow.load(flow.at(source, float32, (TILE * r + c) * step), float32, lanes)

        for r, row in enumerate(square(flow, transform, get, TILE)):
            for c, value in enumerate(row):
                assert value is not None
                flow.store(flow.at(target, float32, r * to[0] + c * to[1]), value)

    shared.vectors(flow, extent, write)


# --- from memory to tiles -------------------------------------------------------------------------


@dataclass(frozen=True)
class Operand:
    """What is transformed: images of ``space`` x ``channels``, ``piece`` channels of them.

    A tile has ``taps`` x ``taps`` values; the first one begins ``low`` before the image.
    """

    name: str
    space: tuple[int, int]
    channels: int
    piece: int
    low: tuple[int, int]
    taps: int
    transform: Transform

    def runs(self, count: int) -> list[tuple[int, int, list[bool]]]:
        """(first, end, which columns lie inside) of runs of equal ones among ``count`` tiles."""
        runs: list[tuple[int, int, list[bool]]] = []
        for tile in range(count):
            first = 2 * tile - self.low[1]
            inside = [0 <= first + c < self.space[1] for c in range(self.taps)]
            start = runs.pop()[0] if runs and runs[-1][2] == inside else tile
            runs.append((start, tile + 1, inside))
        return runs


def spread_function(shared: Shared, operand: Operand) -> str:
    """Transforms row ``%i`` of the tiles of image ``%n``, a block's width from ``%first`` on."""
    flow, cut = shared.flow(), shared.cut
    rows = [_row(shared, flow, operand, r) for r in range(operand.taps)]
    alone = cut.segments == 1
    for start, end, inside in operand.runs(cut.wide * cut.segments):
        low = str(start) if alone else flow.larger("%first", str(start))
        high = str(end) if alone else flow.smaller(flow.iadd("%first", cut.wide), str(end))
        with flow.loop(low, high) as tile:
            places = []
            for row, step in rows:
                offset = flow.name("offset")
                flow.raw(f"{offset} = mul i64 {tile}, {step}")
                places.append(flow.at(row, float32, offset))
            at = tile if alone else flow.iadd(tile, flow.imul("%first", -1))
            target = flow.at("%target", float32, flow.imul(at, operand.piece))
            _spread(shared, flow, operand, places, inside, target)
    return flow.function(
        f"define internal void @{shared.name}.{operand.name}"
        "(ptr noalias %source, ptr noalias %target, i64 %n, i64 %i, i64 %first)"
    )


def zeros_text(shared: Shared) -> str:
    """What is read instead of rows outside of an image."""
    count = TILE * max(shared.image.channels, shared.image.filters)
    kind = f"[{count} x float]"
    return f"@{shared.name}.zeros = internal constant {kind} zeroinitializer, align 64"


def _row(shared: Shared, flow: Flow, operand: Operand, r: int) -> tuple[str, str]:
    """Where row ``r`` of the tiles begins, and the step from tile to tile."""
    height, width = operand.space
    y = flow.iadd(flow.imul("%i", 2), r - operand.low[0])
    inside, there, both = flow.name("inside"), flow.name("there"), flow.name("both")
    flow.raw(f"{inside} = icmp ult i64 {y}, {height}")
    flow.raw(f"{there} = icmp slt i64 %n, {shared.image.batch}")
    flow.raw(f"{both} = and i1 {inside}, {there}")
    pixel = flow.iadd(flow.imul(flow.iadd(flow.imul("%n", height), y), width), -operand.low[1])
    place = flow.at("%source", float32, flow.imul(pixel, operand.channels))
    row, step = flow.name("row"), flow.name("step")
    flow.raw(f"{row} = select i1 {both}, ptr {place}, ptr @{shared.name}.zeros")
    flow.raw(f"{step} = select i1 {both}, i64 {2 * operand.channels}, i64 0")
    return row, step


def _spread(
    shared: Shared,
    flow: Flow,
    operand: Operand,
    places: list[str],
    inside: list[bool],
    target: str,
) -> None:
    """All channels of the tile whose rows are at ``places``."""
    step, channels = shared.step(operand.piece), operand.channels

    def write(channel: str, lanes: int) -> None:
        rows = [flow.at(place, float32, channel) for place in places]
        to = flow.at(target, float32, channel)

        def get(r: int, c: int) -> Value | None:
            place = flow.at(rows[r], float32, c * channels)
            return flow.load(place, float32, lanes) if inside[c] else None

        for r, factors in enumerate(square(flow, operand.transform, get, operand.taps)):
            for c, value in enumerate(factors):
                place = flow.at(to, float32, (TILE * r + c) * step)
                flow.store(place, value or flow.const(0.0, float32), lanes)

    shared.vectors(flow, operand.piece, write)


# --- blocks ---------------------------------------------------------------------------------------


def spread_block(
    shared: Shared, flow: Flow, block: str, operands: list[tuple[Operand, str, str]]
) -> None:
    """Transforms the rows of a block of each (operand, where it is, its scratch)."""
    cut, image = shared.cut, shared.image
    group, segment = flow.decode(block, [0, cut.segments])
    with flow.loop("0", cut.deep) as r:
        row = flow.iadd(flow.imul(group, cut.deep), r)
        n, i = flow.decode(row, [0, image.down])
        first = flow.imul(segment, cut.wide)
        for operand, source, scratch in operands:
            target = flow.at(scratch, float32, flow.imul(r, cut.wide * operand.piece))
            flow.raw(
                f"call void @{shared.name}.{operand.name}"
                f"(ptr {source}, ptr {target}, i64 {n}, i64 {i}, i64 {first})"
            )


def products(
    shared: Shared,
    flow: Flow,
    axes: list[Axis],
    store: TileStore,
    buffers: list[tuple[str, int]],
    meanwhile: list[Region],
) -> str:
    """Writes a block's products, one a point; returns the function that they need.

    buffers: both operands and the result of the first point, each with the step to the next.
    meanwhile: what is asked of memory at the same time, in equal shares.
    """
    name = f"{shared.name}.products"
    made = contract(name, Loops(tuple(axes)), float32, shared.target, store, linkage="internal ")
    shared.declarations.update(made.declarations)
    table = flow.reserve(float64, len(buffers))
    with flow.loop("0", POINTS) as point:
        for position, (buffer, step) in enumerate(buffers):
            here = flow.at(buffer, float32, flow.imul(point, step))
            flow.raw(f"store ptr {here}, ptr {flow.at(table, float64, position)}")
        flow.raw(f"call void @{name}(ptr {table}, i64 0, i64 {made.plan.chunks})")
        for region in meanwhile:
            region.ask(flow, point)
    return made.text


@dataclass(frozen=True)
class Region:
    """Memory that a block reads or writes: ``rows`` runs of ``run`` bytes, ``pitch`` apart."""

    start: str
    rows: int
    pitch: int
    run: int

    def ask(self, flow: Flow, point: str) -> None:
        """Prefetch the share of one point of the lines of every row."""
        rows, run = self.rows, self.run
        if self.pitch == run:
            rows, run = 1, rows * run
        lines = -(-run // 64)
        low = flow.share(point, lines, POINTS)
        high = flow.share(flow.iadd(point, 1), lines, POINTS)
        with flow.loop("0", rows) as row:
            start = flow.at(self.start, uint8, flow.imul(row, self.pitch))
            with flow.loop(low, high) as line:
                flow.prefetch(flow.at(start, uint8, flow.imul(line, 64)), nearest=False)


def images_region(
    shared: Shared,
    flow: Flow,
    buffer: str,
    space: tuple[int, int],
    size: int,
    block: str,
    down: int = 0,
) -> Region:
    """The rows of images of ``space`` pixels of ``size`` bytes that lie where a block's results do.

    Where a row is one block wide, the rows before were read by the block before.
    """
    cut, image = shared.cut, shared.image
    group, segment = flow.decode(block, [0, cut.segments])
    n, i = flow.decode(flow.imul(group, cut.deep), [0, image.down])
    row = flow.iadd(flow.iadd(flow.imul(n, space[0]), flow.imul(i, 2)), down)
    pixel = flow.iadd(flow.imul(row, space[1]), flow.imul(segment, 2 * cut.wide))
    start = flow.at(buffer, uint8, flow.imul(pixel, size))
    alone = cut.segments == 1
    run = (space[1] if alone else 2 * cut.wide) * size
    return Region(start, 2 * cut.deep, space[1] * size, run)


def next_region(shared: Shared, flow: Flow, buffer: str, operand: Operand, block: str) -> Region:
    """What the block after this one reads first."""
    size = 4 * operand.channels
    down = operand.taps - 2 - operand.low[0]
    return images_region(shared, flow, buffer, operand.space, size, flow.iadd(block, 1), down)
