"""Convolutions by Winograd's tiles: a block of them at a time, so that nothing of it meets memory.

``winograd(name, loops, target)`` gives the text of

    define void @NAME(ptr %bufs, i64 %lo, i64 %hi)

which does chunks lo..hi. For a convolution ``bufs[0]`` are the data, ``bufs[1]`` the transformed
kernel [16, channels, filters]; for a weight gradient ``bufs[1]`` is the result's gradient and
``bufs[2]`` gets [parts, 3, 3, channels, filters]. A block's tiles are transformed into scratch
[16][tile][channel]; the 16 products are a contraction (contract.py); then comes the way back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from caudal.codegen.builder import Builder, Value
from caudal.codegen.contract import contract
from caudal.codegen.contract_flow import Flow
from caudal.codegen.contract_tile import DirectStore, TileStore
from caudal.codegen.target import Target
from caudal.codegen.winograd_plan import POINTS, TILE, Cut, Image, Tiled
from caudal.ir.dtypes import float32, float64
from caudal.ops.contract import Axis, Loops

_LINE = 16
"""Elements of a cache line: as many lie between slices, which would else share few cache sets."""

Four = list[Value | None]
"""Values along one axis of a tile; None is zero."""


@dataclass(frozen=True)
class _Shared:
    """What all functions of one kernel know."""

    name: str
    image: Image
    cut: Cut
    target: Target
    declarations: set[str]

    @property
    def lanes(self) -> int:
        """Lanes of a vector."""
        return self.target.lanes32

    def flow(self) -> Flow:
        """A fresh function."""
        flow = Flow(self.target)
        flow.declarations = self.declarations
        return flow

    def slice_step(self, channels: int) -> int:
        """Elements from one of the 16 slices of scratch to the next."""
        return self.cut.tiles * channels + _LINE

    def vectors(self, flow: Flow, extent: int, write: Callable[[str, int], None]) -> None:
        """``write(first channel, lanes)`` for all vectors of ``extent`` channels."""
        full, rest = divmod(extent, self.lanes)
        if full:
            with flow.loop("0", full) as vector:
                write(flow.imul(vector, self.lanes), self.lanes)
        if rest:
            write(str(full * self.lanes), rest)


def winograd(
    name: str,
    loops: Tiled,
    target: Target,
    store: TileStore | None = None,
    ahead: Sequence[tuple[int, int]] = ((2, 4),),
) -> str:
    """A module with the kernel.

    store: what to do with results; by default they go to ``bufs[2]``.
    ahead: (position, bytes of an element) of buffers that the store reads or writes where the
        result lies, to be fetched while the products are computed.
    """
    shared = _Shared(name, loops.image, loops.cut, target, set())
    if loops.summed:
        texts = _weight_grad(shared)
    else:
        texts = _convolution(shared, store or DirectStore(), ahead)
    most = TILE * max(loops.image.channels, loops.image.filters)
    zeros = f"@{name}.zeros = internal constant [{most} x float] zeroinitializer, align 64"
    return "\n".join([zeros, *texts, *sorted(shared.declarations)])


# --- transforms along one axis --------------------------------------------------------------------


def _plus(flow: Flow, x: Value | None, y: Value | None) -> Value | None:
    if x is None or y is None:
        return y if x is None else x
    return flow.add(x, y)


def _minus(flow: Flow, x: Value | None, y: Value | None) -> Value | None:
    if y is None:
        return x
    return flow.neg(y) if x is None else flow.sub(x, y)


def _of_data(flow: Flow, x: Four) -> Four:
    """Four data (B^T of the literature)."""
    return [
        _minus(flow, x[0], x[2]),
        _plus(flow, x[1], x[2]),
        _minus(flow, x[2], x[1]),
        _minus(flow, x[1], x[3]),
    ]


def _of_gradient(flow: Flow, x: Four) -> Four:
    """Two gradients to four factors, the middle ones twice too large."""
    return [x[0], _plus(flow, x[0], x[1]), _minus(flow, x[0], x[1]), x[1]]


def _to_results(flow: Flow, x: Four) -> Four:
    """Four products to two results (A^T)."""
    both, apart = _plus(flow, x[1], x[2]), _minus(flow, x[1], x[2])
    return [_plus(flow, x[0], both), _minus(flow, apart, x[3])]


def _to_weights(flow: Flow, x: Four) -> Four:
    """Four sums to three weights, with the halves that `_of_gradient` left out."""
    half = flow.const(0.5, float32)
    both, apart = _plus(flow, x[1], x[2]), _minus(flow, x[1], x[2])
    assert both is not None and apart is not None
    both, apart = flow.mul(half, both), flow.mul(half, apart)
    return [_plus(flow, x[0], both), apart, _minus(flow, both, x[3])]


def _square(
    flow: Flow, transform: Callable[[Flow, Four], Four], get: Callable[[int, int], Value | None],
    taps: int,
) -> list[Four]:
    """A tile of ``taps`` x ``taps`` values transformed along both axes; rows first."""
    columns = [transform(flow, [get(r, c) for r in range(taps)]) for c in range(taps)]
    return [
        transform(flow, [column[r] for column in columns]) for r in range(len(columns[0]))
    ]


# --- from memory to tiles -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Operand:
    """What is transformed: images of ``space`` x ``channels``, of which a piece is read."""

    name: str
    space: tuple[int, int]
    channels: int
    piece: int
    low: tuple[int, int]
    taps: int
    transform: Callable[[Flow, Four], Four]

    def columns(self, count: int) -> list[tuple[int, int, list[bool]]]:
        """(first, end, which columns lie inside) of runs of equal ones among ``count`` tiles."""
        runs: list[tuple[int, int, list[bool]]] = []
        for tile in range(count):
            first = 2 * tile - self.low[1]
            inside = [0 <= first + c < self.space[1] for c in range(self.taps)]
            start = runs.pop()[0] if runs and runs[-1][2] == inside else tile
            runs.append((start, tile + 1, inside))
        return runs


def _spread_function(shared: _Shared, operand: _Operand) -> str:
    """Transforms the row ``%i`` of tiles of image ``%n``, from tile ``%first`` on."""
    flow, cut = shared.flow(), shared.cut
    rows = [_row(shared, flow, operand, r) for r in range(operand.taps)]
    for start, end, inside in operand.columns(cut.wide * cut.segments):
        low = flow.larger("%first", str(start)) if cut.segments > 1 else str(start)
        high = flow.smaller(flow.iadd("%first", cut.wide), str(end))
        with flow.loop(low, high if cut.segments > 1 else str(end)) as tile:
            places = []
            for row, step in rows:
                offset = flow.name("off")
                flow.raw(f"{offset} = mul i64 {tile}, {step}")
                places.append(flow.at(row, float32, offset))
            at = flow.iadd(tile, flow.imul("%first", -1)) if cut.segments > 1 else tile
            to = flow.at("%to", float32, flow.imul(at, operand.piece))

            def write(channel: str, lanes: int) -> None:
                here = [flow.at(place, float32, channel) for place in places]
                _spread(shared, flow, operand, here, inside, flow.at(to, float32, channel), lanes)

            shared.vectors(flow, operand.piece, write)
    return flow.function(
        f"define internal void @{shared.name}.{operand.name}"
        "(ptr noalias %from, ptr noalias %to, i64 %n, i64 %i, i64 %first)"
    )


def _row(shared: _Shared, flow: Flow, operand: _Operand, r: int) -> tuple[str, str]:
    """Where row ``r`` of the tiles begins, and the step to the next tile; zeros if outside."""
    height, width = operand.space
    y = flow.iadd(flow.imul("%i", 2), r - operand.low[0])
    inside, there, both = flow.name("in"), flow.name("in"), flow.name("in")
    flow.raw(f"{inside} = icmp ult i64 {y}, {height}")
    flow.raw(f"{there} = icmp slt i64 %n, {shared.image.batch}")
    flow.raw(f"{both} = and i1 {inside}, {there}")
    pixel = flow.iadd(flow.imul(flow.iadd(flow.imul("%n", height), y), width), -operand.low[1])
    place = flow.at("%from", float32, flow.imul(pixel, operand.channels))
    row, step = flow.name("row"), flow.name("step")
    flow.raw(f"{row} = select i1 {both}, ptr {place}, ptr @{shared.name}.zeros")
    flow.raw(f"{step} = select i1 {both}, i64 {2 * operand.channels}, i64 0")
    return row, step


def _spread(
    shared: _Shared,
    flow: Flow,
    operand: _Operand,
    places: list[str],
    inside: list[bool],
    to: str,
    lanes: int,
) -> None:
    """One vector of channels of one tile; the next block's data are asked for."""
    block = 2 * shared.cut.deep * operand.space[1]
    for r, c in ((-2, 0), (-2, 1), (-1, 0), (-1, 1)):
        ahead = flow.at(places[r], float32, (c + block) * operand.channels)
        flow.prefetch(ahead, nearest=False)

    def get(r: int, c: int) -> Value | None:
        if not inside[c]:
            return None
        return flow.load(flow.at(places[r], float32, c * operand.channels), float32, lanes)

    step = shared.slice_step(operand.piece)
    factors = _square(flow, operand.transform, get, operand.taps)
    for r, row in enumerate(factors):
        for c, value in enumerate(row):
            place = flow.at(to, float32, (TILE * r + c) * step)
            flow.store(place, value or flow.const(0.0, float32), lanes)


def _product(shared: _Shared, axes: tuple[Axis, ...], store: TileStore) -> tuple[str, str]:
    """The function of the 16 products, and how it is called with pointers ``%s``."""
    name = f"{shared.name}.product"
    made = contract(name, Loops(axes), float32, shared.target, store, linkage="internal ")
    shared.declarations.update(made.declarations)
    return made.text, f"call void @{name}(ptr %s, i64 0, i64 {made.plan.chunks})"


def _pointers(flow: Flow, *buffers: str) -> str:
    """A table of buffers."""
    table = flow.reserve(float64, len(buffers))
    for position, buffer in enumerate(buffers):
        flow.raw(f"store ptr {buffer}, ptr {flow.at(table, float64, position)}")
    return table


def _spread_block(
    shared: _Shared, flow: Flow, block: str, operands: list[tuple[_Operand, str, str]]
) -> None:
    """Transforms the rows of a block; operands with where they come from and go to."""
    cut, image = shared.cut, shared.image
    group, segment = flow.decode(block, [0, cut.segments])
    with flow.loop("0", cut.deep) as r:
        row = flow.iadd(flow.imul(group, cut.deep), r)
        n, i = flow.idiv(row, image.down), flow.imod(row, image.down)
        first = flow.imul(segment, cut.wide)
        for operand, source, target in operands:
            to = flow.at(target, float32, flow.imul(r, cut.wide * operand.piece))
            flow.raw(
                f"call void @{shared.name}.{operand.name}"
                f"(ptr {source}, ptr {to}, i64 {n}, i64 {i}, i64 {first})"
            )


# --- convolution ----------------------------------------------------------------------------------


def _convolution(
    shared: _Shared, store: TileStore, ahead: Sequence[tuple[int, int]]
) -> list[str]:
    image, cut = shared.image, shared.cut
    inner, outer = image.channels, image.filters
    data = _Operand("data", image.space, inner, inner, image.low, TILE, _of_data)
    steps = shared.slice_step(inner), shared.slice_step(outer)
    product, call = _product(
        shared,
        (
            Axis("point", POINTS, "batch", steps[0], inner * outer, steps[1]),
            Axis("tile", cut.tiles, "row", inner, 0, outer),
            Axis("oc", outer, "col", 0, 1, 1),
            Axis("ic", inner, "sum", 1, outer, 0),
        ),
        DirectStore(),
    )
    flow = shared.flow()
    factors, products = (flow.reserve(float32, POINTS * step) for step in steps)
    results = flow.reserve(float32, 4 * cut.wide * outer)
    table = _pointers(flow, factors, flow.buffer(1), products)
    with flow.loop("%lo", "%hi") as chunk:
        bounds = [
            flow.share(part, cut.blocks, cut.chunks) for part in (chunk, flow.iadd(chunk, 1))
        ]
        with flow.loop(*bounds) as block:
            _spread_block(shared, flow, block, [(data, flow.buffer(0), factors)])
            _each_row(shared, flow, block, lambda n, i, first, r: _ask(
                shared, flow, ahead, n, i, first))
            flow.raw(call % table)
            _each_row(shared, flow, block, lambda n, i, first, r: flow.raw(
                f"call void @{shared.name}.result(ptr %bufs, ptr "
                f"{flow.at(products, float32, flow.imul(r, cut.wide * outer))}, "
                f"ptr {results}, i64 {n}, i64 {i}, i64 {first})"
            ))
    main = flow.function(f"define void @{shared.name}(ptr noalias %bufs, i64 %lo, i64 %hi)")
    return [product, _spread_function(shared, data), _result_function(shared, store), main]


def _each_row(
    shared: _Shared, flow: Flow, block: str, write: Callable[[str, str, str, str], None]
) -> None:
    """``write(image, row of tiles, first tile, row of the block)`` for the rows of a block."""
    cut, image = shared.cut, shared.image
    group, segment = flow.decode(block, [0, cut.segments])
    start = flow.imul(group, cut.deep)
    end = flow.smaller(flow.iadd(start, cut.deep), str(image.batch * image.down))
    with flow.loop(start, end) as row:
        n, i = flow.idiv(row, image.down), flow.imod(row, image.down)
        first = flow.imul(segment, cut.wide)
        write(n, i, first, flow.iadd(row, flow.imul(start, -1)))


def _ask(
    shared: _Shared, flow: Flow, ahead: Sequence[tuple[int, int]], n: str, i: str, first: str
) -> None:
    """Prefetch the lines that a row of tiles ends in."""
    image = shared.image
    for y in (0, 1):
        row = flow.iadd(flow.imul(n, image.out[0]), flow.iadd(flow.imul(i, 2), y))
        pixel = flow.iadd(flow.imul(row, image.out[1]), flow.imul(first, 2))
        for position, size in ahead:
            lines = -(-2 * shared.cut.wide * image.filters * size // 64)
            start = flow.imul(pixel, image.filters * size // 4)
            place = flow.at(flow.buffer(position), float32, start)
            with flow.loop("0", lines) as line:
                flow.prefetch(flow.at(place, float32, flow.imul(line, _LINE)), nearest=False)


def _result_function(shared: _Shared, store: TileStore) -> str:
    """A row of tiles of products at ``%from`` becomes two rows of results, then is stored."""
    flow, image, cut = shared.flow(), shared.image, shared.cut
    filters, pitch = image.filters, 2 * cut.wide * image.filters
    step = shared.slice_step(filters)
    count = flow.smaller(flow.iadd(flow.imul("%first", -1), image.across), str(cut.wide))
    with flow.loop("0", count if cut.segments > 1 else str(cut.wide)) as tile:
        source = flow.at("%from", float32, flow.imul(tile, filters))
        target = flow.at("%to", float32, flow.imul(tile, 2 * filters))

        def write(channel: str, lanes: int) -> None:
            near, to = flow.at(source, float32, channel), flow.at(target, float32, channel)

            def get(r: int, c: int) -> Value:
                return flow.load(flow.at(near, float32, (TILE * r + c) * step), float32, lanes)

            for r, row in enumerate(_square(flow, _to_results, get, TILE)):
                for c, value in enumerate(row):
                    assert value is not None
                    flow.store(flow.at(to, float32, r * pitch + c * filters), value)

        shared.vectors(flow, filters, write)
    high = flow.smaller(flow.iadd(flow.imul("%i", -2), image.out[0]), "2")
    wide = flow.smaller(flow.iadd(flow.imul("%first", -2), image.out[1]), str(2 * cut.wide))
    with flow.loop("0", high) as r, flow.loop("0", wide) as c:
        y, x = flow.iadd(flow.imul("%i", 2), r), flow.iadd(flow.imul("%first", 2), c)
        row = flow.iadd(flow.imul("%n", image.out[0]), y)
        base = flow.imul(flow.iadd(flow.imul(row, image.out[1]), x), filters)
        offset = flow.iadd(flow.imul(r, pitch), flow.imul(c, filters))
        source = flow.at("%to", float32, offset)

        def end(channel: str, lanes: int) -> None:
            value = flow.load(flow.at(source, float32, channel), float32, lanes)
            where = {"n": "%n", "o0": y, "o1": x, "oc": channel}
            store.tile(flow, flow.iadd(base, channel), where, value)

        shared.vectors(flow, filters, end)
    return flow.function(
        f"define internal void @{shared.name}.result(ptr noalias %bufs, ptr noalias %from, "
        "ptr noalias %to, i64 %n, i64 %i, i64 %first)"
    )


# --- weight gradient ------------------------------------------------------------------------------


class _AddStore:
    """Adds to what ``bufs[2]`` holds."""

    inline = True
    streams: tuple[int, ...] = ()

    def tile(
        self, b: Builder, out_offset: str, coordinates: Mapping[str, str], value: Value
    ) -> None:
        """Add the lanes."""
        assert isinstance(b, Flow)
        place = b.at(b.buffer(2), value.dtype, out_offset)
        b.store(place, b.add(b.load(place, value.dtype, value.lanes), value))


def _weight_grad(shared: _Shared) -> list[str]:
    image, cut = shared.image, shared.cut
    inner, outer = cut.channels, cut.filters
    data = _Operand("data", image.space, image.channels, inner, image.low, TILE, _of_data)
    grad = _Operand("grad", image.out, image.filters, outer, (0, 0), 2, _of_gradient)
    steps = shared.slice_step(inner), shared.slice_step(outer), inner * outer + _LINE
    product, call = _product(
        shared,
        (
            Axis("point", POINTS, "batch", *steps),
            Axis("ic", inner, "row", 1, 0, outer),
            Axis("oc", outer, "col", 0, 1, 1),
            Axis("tile", cut.tiles, "sum", inner, outer, 0),
        ),
        _AddStore(),
    )
    flow = shared.flow()
    left, right, sums = (flow.reserve(float32, POINTS * step) for step in steps)
    table = _pointers(flow, left, right, sums)
    pieces = [-(-image.channels // inner), -(-image.filters // outer)]
    with flow.loop("%lo", "%hi") as chunk:
        part, piece, other = flow.decode(chunk, [0, *pieces])
        channel = flow.smaller(flow.imul(piece, inner), str(image.channels - inner))
        filter_ = flow.smaller(flow.imul(other, outer), str(image.filters - outer))
        x = flow.at(flow.buffer(0), float32, channel)
        g = flow.at(flow.buffer(1), float32, filter_)
        with flow.loop("0", POINTS * steps[2] // _LINE) as line:
            place = flow.at(sums, float32, flow.imul(line, _LINE))
            flow.store(place, flow.const(0.0, float32), _LINE)
        bounds = [flow.share(at, cut.blocks, cut.parts) for at in (part, flow.iadd(part, 1))]
        with flow.loop(*bounds) as block:
            _spread_block(shared, flow, block, [(data, x, left), (grad, g, right)])
            flow.raw(call % table)
        offset = flow.iadd(flow.imul(part, 9 * image.channels), channel)
        offset = flow.iadd(flow.imul(offset, image.filters), filter_)
        out = flow.at(flow.buffer(2), float32, offset)
        flow.raw(f"call void @{shared.name}.result(ptr {sums}, ptr {out})")
    main = flow.function(f"define void @{shared.name}(ptr noalias %bufs, i64 %lo, i64 %hi)")
    spreads = [_spread_function(shared, operand) for operand in (data, grad)]
    return [product, *spreads, _weights_function(shared, steps[2]), main]


def _weights_function(shared: _Shared, step: int) -> str:
    """A piece of the sums at ``%from`` becomes weights at ``%to``."""
    flow, image, cut = shared.flow(), shared.image, shared.cut
    with flow.loop("0", cut.channels) as channel:
        source = flow.at("%from", float32, flow.imul(channel, cut.filters))
        target = flow.at("%to", float32, flow.imul(channel, image.filters))

        def write(column: str, lanes: int) -> None:
            near, to = flow.at(source, float32, column), flow.at(target, float32, column)

            def get(r: int, c: int) -> Value:
                return flow.load(flow.at(near, float32, (TILE * r + c) * step), float32, lanes)

            for r, row in enumerate(_square(flow, _to_weights, get, TILE)):
                for c, value in enumerate(row):
                    assert value is not None
                    tap = (3 * r + c) * image.channels * image.filters
                    flow.store(flow.at(to, float32, tap), value)

        shared.vectors(flow, cut.filters, write)
    return flow.function(
        f"define internal void @{shared.name}.result(ptr noalias %from, ptr noalias %to)"
    )
