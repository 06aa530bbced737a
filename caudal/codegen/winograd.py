"""Convolutions by Winograd's tiles: a block of them at a time, so that nothing of it meets memory.

``winograd(name, loops, target)`` gives the text of

    define void @NAME(ptr %bufs, i64 %lo, i64 %hi)

which does chunks lo..hi. For a convolution ``bufs[0]`` are the data, ``bufs[1]`` the transformed
kernel [16, channels, filters]; for a weight gradient ``bufs[1]`` is the result's gradient and
``bufs[2]`` gets [parts, 3, 3, channels, filters]. A block's tiles are transformed into scratch,
the 16 products are a contraction (contract.py), and what comes out is transformed back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from caudal.codegen.builder import Builder, Value
from caudal.codegen.contract_flow import Flow
from caudal.codegen.contract_tile import DirectStore, TileStore
from caudal.codegen.target import Target
from caudal.codegen.winograd_plan import POINTS, TILE, Tiled
from caudal.codegen.winograd_tiles import (
    LINE,
    Operand,
    Shared,
    images_region,
    next_region,
    of_data,
    of_gradient,
    products,
    spread_block,
    spread_function,
    to_results,
    to_weights,
    write_back,
    zeros_text,
)
from caudal.ir.dtypes import float32
from caudal.ops.contract import Axis

Ahead = Sequence[tuple[int, int]]


def winograd(
    name: str,
    loops: Tiled,
    target: Target,
    store: TileStore | None = None,
    ahead: Ahead = ((2, 4),),
) -> str:
    """A module with the kernel.

    store: what to do with results; by default they go to ``bufs[2]``.
    ahead: (position, bytes of an element) of buffers that the store reads or writes where the
        result lies; they are asked for before the products are computed.
    """
    shared = Shared(name, loops.image, loops.cut, target, set())
    if loops.summed:
        texts = _weight_grad(shared)
    else:
        texts = _convolution(shared, store or DirectStore(), ahead)
    return "\n".join([zeros_text(shared), *texts, *sorted(shared.declarations)])


# --- convolution ----------------------------------------------------------------------------------


def _convolution(shared: Shared, store: TileStore, ahead: Ahead) -> list[str]:
    image, cut, flow = shared.image, shared.cut, shared.flow()
    inner, outer = image.channels, image.filters
    data = Operand("data", image.space, inner, inner, image.low, TILE, of_data)
    steps = shared.step(inner), shared.step(outer)
    axes = [
        Axis("tile", cut.tiles, "row", inner, 0, outer),
        Axis("oc", outer, "col", 0, 1, 1),
        Axis("ic", inner, "sum", 1, outer, 0),
    ]
    factors, sums = (flow.reserve(float32, POINTS * step) for step in steps)
    results = flow.reserve(float32, 4 * cut.wide * outer)
    buffers = [(factors, steps[0]), (flow.buffer(1), inner * outer), (sums, steps[1])]
    with flow.loop("%lo", "%hi") as chunk, flow.loop(*shared.share(flow, chunk, cut.chunks)) as b:
        spread_block(shared, flow, b, [(data, flow.buffer(0), factors)])
        meanwhile = [next_region(shared, flow, flow.buffer(0), data, b)]
        for position, size in ahead:
            to = flow.buffer(position)
            meanwhile.append(images_region(shared, flow, to, image.out, size * outer, b))
        product = products(shared, flow, axes, DirectStore(), buffers, meanwhile)
        group, segment = flow.decode(b, [0, cut.segments])
        start = flow.imul(group, cut.deep)
        end = flow.smaller(flow.iadd(start, cut.deep), str(image.batch * image.down))
        first = flow.imul(segment, cut.wide)
        with flow.loop(start, end) as row:
            n, i = flow.decode(row, [0, image.down])
            r = flow.iadd(row, flow.imul(start, -1))
            source = flow.at(sums, float32, flow.imul(r, cut.wide * outer))
            flow.raw(
                f"call void @{shared.name}.results(ptr %bufs, ptr {source}, ptr {results}, "
                f"i64 {n}, i64 {i}, i64 {first})"
            )
    main = flow.function(f"define void @{shared.name}(ptr noalias %bufs, i64 %lo, i64 %hi)")
    texts = [_tile_function(shared), _results_function(shared, store)]
    return [product, spread_function(shared, data), *texts, main]


def _tile_function(shared: Shared) -> str:
    """One tile of products becomes 2 x 2 results, in two rows of them."""
    flow, filters = shared.flow(), shared.image.filters
    to = 2 * shared.cut.wide * filters, filters
    write_back(shared, flow, to_results, filters, shared.step(filters), to)
    return flow.function(
        f"define internal void @{shared.name}.back(ptr noalias %source, ptr noalias %target)"
    )


def _results_function(shared: Shared, store: TileStore) -> str:
    """A row of tiles of products becomes two rows of results at ``%target``; those are stored."""
    flow, image, cut = shared.flow(), shared.image, shared.cut
    filters, count = image.filters, str(cut.wide)
    if cut.segments > 1:
        count = flow.smaller(flow.iadd(flow.imul("%first", -1), image.across), count)
    with flow.loop("0", count) as tile:
        source = flow.at("%source", float32, flow.imul(tile, filters))
        target = flow.at("%target", float32, flow.imul(tile, 2 * filters))
        flow.raw(f"call void @{shared.name}.back(ptr {source}, ptr {target})")
    high = flow.smaller(flow.iadd(flow.imul("%i", -2), image.out[0]), "2")
    wide = flow.smaller(flow.iadd(flow.imul("%first", -2), image.out[1]), str(2 * cut.wide))
    with flow.loop("0", high) as r, flow.loop("0", wide) as c:
        y, x = flow.iadd(flow.imul("%i", 2), r), flow.iadd(flow.imul("%first", 2), c)
        row = flow.iadd(flow.imul("%n", image.out[0]), y)
        out = flow.imul(flow.iadd(flow.imul(row, image.out[1]), x), filters)
        near = flow.iadd(flow.imul(r, 2 * cut.wide * filters), flow.imul(c, filters))
        place = flow.at("%target", float32, near)

        def write(channel: str, lanes: int) -> None:
            value = flow.load(flow.at(place, float32, channel), float32, lanes)
            where = {"n": "%n", "o0": y, "o1": x, "oc": channel}
            store.tile(flow, flow.iadd(out, channel), where, value)

        shared.vectors(flow, filters, write)
    return flow.function(
        f"define internal void @{shared.name}.results(ptr noalias %bufs, ptr noalias %source, "
        "ptr noalias %target, i64 %n, i64 %i, i64 %first)"
    )


# --- weight gradient ------------------------------------------------------------------------------


class _AddStore(DirectStore):
    """Adds to what ``bufs[2]`` holds."""

    def tile(
        self, b: Builder, out_offset: str, coordinates: Mapping[str, str], value: Value
    ) -> None:
        """Add the lanes."""
        assert isinstance(b, Flow)
        place = b.at(b.buffer(2), value.dtype, out_offset)
        b.store(place, b.add(b.load(place, value.dtype, value.lanes), value))


def _weight_grad(shared: Shared) -> list[str]:
    image, cut, flow = shared.image, shared.cut, shared.flow()
    inner, outer = cut.channels, cut.filters
    data = Operand("data", image.space, image.channels, inner, image.low, TILE, of_data)
    grad = Operand("grad", image.out, image.filters, outer, (0, 0), 2, of_gradient)
    steps = shared.step(inner), shared.step(outer), inner * outer + LINE
    axes = [
        Axis("ic", inner, "row", 1, 0, outer),
        Axis("oc", outer, "col", 0, 1, 1),
        Axis("tile", cut.tiles, "sum", inner, outer, 0),
    ]
    left, right, sums = (flow.reserve(float32, POINTS * step) for step in steps)
    buffers = list(zip((left, right, sums), steps, strict=True))
    pieces = [0, -(-image.channels // inner), -(-image.filters // outer)]
    with flow.loop("%lo", "%hi") as chunk:
        part, row, column = flow.decode(chunk, pieces)
        first = flow.smaller(flow.imul(row, inner), str(image.channels - inner))
        last = flow.smaller(flow.imul(column, outer), str(image.filters - outer))
        x = flow.at(flow.buffer(0), float32, first)
        g = flow.at(flow.buffer(1), float32, last)
        with flow.loop("0", POINTS * steps[2] // LINE) as line:
            place = flow.at(sums, float32, flow.imul(line, LINE))
            flow.raw(f"store <{LINE} x float> zeroinitializer, ptr {place}, align 4")
        with flow.loop(*shared.share(flow, part, cut.parts)) as block:
            spread_block(shared, flow, block, [(data, x, left), (grad, g, right)])
            meanwhile = [
                next_region(shared, flow, source, operand, block)
                for source, operand in ((x, data), (g, grad))
            ]
            product = products(shared, flow, axes, _AddStore(), buffers, meanwhile)
        offset = flow.iadd(flow.imul(part, 9 * image.channels), first)
        offset = flow.iadd(flow.imul(offset, image.filters), last)
        with flow.loop("0", inner) as channel:
            source = flow.at(sums, float32, flow.imul(channel, outer))
            target = flow.iadd(offset, flow.imul(channel, image.filters))
            target = flow.at(flow.buffer(2), float32, target)
            flow.raw(f"call void @{shared.name}.back(ptr {source}, ptr {target})")
    main = flow.function(f"define void @{shared.name}(ptr noalias %bufs, i64 %lo, i64 %hi)")
    spreads = [spread_function(shared, operand) for operand in (data, grad)]
    return [product, *spreads, _weights_function(shared, steps[2]), main]


def _weights_function(shared: Shared, step: int) -> str:
    """The sums of one channel become weights."""
    flow, tap = shared.flow(), shared.image.channels * shared.image.filters
    write_back(shared, flow, to_weights, shared.cut.filters, step, (3 * tap, tap))
    return flow.function(
        f"define internal void @{shared.name}.back(ptr noalias %source, ptr noalias %target)"
    )
