"""Columns that count: a weight's gradient where units were off for the whole batch.

Where rhs is zero at every step of the sum, a whole column of results is zero. The other columns
are brought together when rhs is packed; a tile's sums lie in memory as that leaves them, and are
spread out again, with zeros between, as its ending takes them row by row. That is exact: where lhs
is infinite or NaN, what is filled in is the NaN that 0 would have become.

What the functions share is an array of i64: how many columns count, then for each vector of
columns a bit for each that does, and how many do before it.
"""

from __future__ import annotations

from dataclasses import replace

from caudal.codegen.builder import Value, llvm_type
from caudal.codegen.contract_flow import Coordinates, Flow
from caudal.codegen.contract_live import magnitudes
from caudal.codegen.contract_plan import Plan
from caudal.codegen.contract_tile import Shared, TileStore
from caudal.codegen.target import Target
from caudal.ir.dtypes import float32, int64

_LANES = 16
_KIND, _MASK = f"<{_LANES} x float>", f"<{_LANES} x i1>"
_MOST_COLUMNS = 1024
_MOST_PACKED = 256 * 1024
"""Bytes of packed columns: a quarter of a core's second cache, and they lie on the stack."""
_LEAST_CHUNKS = 16
_LEAST_TILES = 8
"""Row tiles of a chunk that make up for packing the columns."""


def whole_rows(plan: Plan, target: Target, store: TileStore) -> Plan | None:
    """The cut in which a product leaves out columns of an rhs with holes; None where it cannot.

    Spreading vectors out is one instruction on AVX-512 and many elsewhere.
    """
    if target.name != "avx512" or plan.dtype is not float32 or store.inline or plan.vector_lhs:
        return None
    rows, cols = plan.row_tiles, plan.col_panels
    one = len(plan.rows) == len(plan.sums) == 1 and not plan.outer_cols and rows.inner == 1
    near = plan.rows[0].lhs == 1 and plan.col.rhs == 1 and plan.col.out == 1
    even = cols.rest is None and cols.panel.width % _LANES == 0
    if not (one and near and even) or plan.blocked or plan.parts > 1 or plan.depth < 16:
        return None
    most = max(plan.grid[2] * plan.grid[3], -(-_LEAST_CHUNKS // plan.grid[1]))
    blocks = min(rows.count // _LEAST_TILES, most)
    many = blocks and plan.grid[1] * blocks >= _LEAST_CHUNKS
    few = 2 * _LANES <= plan.col.extent <= _MOST_COLUMNS
    if not (many and few) or plan.depth * plan.col.extent * plan.dtype.size > _MOST_PACKED:
        return None
    return replace(plan, pack=True, grid=(1, plan.grid[1], blocks, 1))


def words(plan: Plan) -> int:
    """The length of the shared array."""
    return 1 + 2 * _vectors(plan)


def _vectors(plan: Plan) -> int:
    return plan.col.extent // _LANES


def columns_name(shared: Shared) -> str:
    """The function that finds and packs the columns that count."""
    return f"@{shared.name}.columns"


def fill_name(shared: Shared, size: int) -> str:
    """The function that works out what stands in the other columns of a tile of ``size`` rows."""
    return f"@{shared.name}.fill{size}"


def end_name(shared: Shared) -> str:
    """The function that hands a tile's rows to the store."""
    return f"@{shared.name}.end"


def _mask_of(flow: Flow, vector: str) -> tuple[str, str]:
    """The columns of a vector that count, and how many do before them."""
    bits = flow.word("%info", flow.iadd(flow.imul(vector, 2), 1))
    short, mask = flow.name("short"), flow.name("mask")
    flow.raw(f"{short} = trunc i64 {bits} to i{_LANES}")
    flow.raw(f"{mask} = bitcast i{_LANES} {short} to {_MASK}")
    return mask, flow.word("%info", flow.iadd(flow.imul(vector, 2), 2))


def _moved(flow: Flow, name: str, value: str, rest: str, mask: str) -> str:
    """AVX-512's compress or expand: lanes brought together, or spread out with ``rest`` between."""
    function = f"@llvm.x86.avx512.mask.{name}.v{_LANES}f32"
    flow.declarations.add(f"declare {_KIND} {function}({_KIND}, {_KIND}, {_MASK})")
    result = flow.name(name)
    operands = f"{_KIND} {value}, {_KIND} {rest}, {_MASK} {mask}"
    flow.raw(f"{result} = call {_KIND} {function}({operands})")
    return result


def columns_function(shared: Shared) -> str:
    """Finds the columns of rhs at ``%rhs`` that count and packs them, panel by panel."""
    flow = shared.flow()
    total = _find(flow, shared.plan)
    flow.put_word("%info", 0, total)
    _pack(flow, shared.plan, total)
    return flow.function(
        f"define internal void {columns_name(shared)}(ptr noalias %rhs, ptr noalias %info, "
        "ptr noalias %packed)"
    )


def _find(flow: Flow, plan: Plan) -> str:
    """Notes which columns of each vector count; how many do in all."""

    def look(v: str, carried: list[str]) -> list[str]:
        (before,) = carried
        near = flow.at("%rhs", plan.dtype, flow.imul(v, _LANES))
        seen = magnitudes(flow, near, plan.dtype, plan.sums[0].rhs, plan.depth, _LANES)
        live, word, mask = flow.ne(seen, flow.const(0, seen)), flow.name("word"), flow.name("mask")
        flow.raw(f"{word} = bitcast {_MASK} {live.text} to i{_LANES}")
        flow.raw(f"{mask} = zext i{_LANES} {word} to i64")
        flow.put_word("%info", flow.iadd(flow.imul(v, 2), 1), mask)
        flow.put_word("%info", flow.iadd(flow.imul(v, 2), 2), before)
        return [flow.iadd(before, flow.ctpop(Value(mask, int64)).text)]

    return flow.accumulate(str(_vectors(plan)), ["i64"], ["0"], look)[0]


def _pack(flow: Flow, plan: Plan, total: str) -> None:
    """Brings the columns that count together, row by row; the last panel is filled up by zeros."""
    dtype, width = plan.dtype, plan.col_panels.panel.width
    row = flow.reserve(dtype, plan.col.extent + _LANES)
    with flow.loop("0", _vectors(plan) + 1) as at:
        place = flow.at(row, dtype, flow.imul(at, _LANES))
        flow.raw(f"store {_KIND} zeroinitializer, ptr {place}, align 4")
    panels = flow.idiv(flow.iadd(total, width - 1), width)
    with flow.loop("0", str(plan.depth)) as k:
        near = flow.at("%rhs", dtype, flow.imul(k, plan.sums[0].rhs))
        with flow.loop("0", _vectors(plan)) as v:
            value = flow.load(flow.at(near, dtype, flow.imul(v, _LANES)), dtype, _LANES)
            mask, before = _mask_of(flow, v)
            # What is behind the lanes brought together is overwritten by the next vector's.
            together = _moved(flow, "compress", value.text, "zeroinitializer", mask)
            flow.raw(f"store {_KIND} {together}, ptr {flow.at(row, dtype, before)}, align 4")
        with flow.loop("0", panels) as p:
            source = flow.at(row, dtype, flow.imul(p, width))
            step = flow.iadd(flow.imul(p, plan.depth), k)
            target = flow.at("%packed", dtype, flow.imul(step, width))
            for column in range(0, width, _LANES):
                value = flow.load(flow.at(source, dtype, column), dtype, _LANES)
                place = flow.at(target, dtype, column)
                flow.raw(f"store {_KIND} {value.text}, ptr {place}, align 4")


def fill_function(shared: Shared, size: int) -> str:
    """For each row of the tile at ``%lhs``: 0, or NaN where a step of it is not finite."""
    flow, plan = shared.flow(), shared.plan
    dtype = plan.dtype
    for first in range(0, size, _LANES):
        lanes = min(_LANES, size - first)
        kind = llvm_type(dtype, lanes)
        zero = "zeroinitializer" if lanes > 1 else "0.0"

        def add(
            k: str, carried: list[str], first: int = first, lanes: int = lanes, zero: str = zero
        ) -> list[str]:
            place = flow.at("%lhs", dtype, flow.iadd(flow.imul(k, plan.sums[0].lhs), first))
            value = flow.load(place, dtype, lanes)
            product = flow.mul(value, Value(zero, dtype, lanes))
            return [flow.add(product, Value(carried[0], dtype, lanes)).text]

        (total,) = flow.accumulate(str(plan.depth), [kind], [zero], add)
        flow.raw(f"store {kind} {total}, ptr {flow.at('%fill', dtype, first)}, align 4")
    return flow.function(
        f"define internal void {fill_name(shared, size)}(ptr noalias %lhs, ptr noalias %fill)"
    )


def end_function(shared: Shared) -> str:
    """Hands ``%rows`` rows of a tile in memory to the store, the columns in their places."""
    flow, plan = shared.flow(), shared.plan
    dtype, row_dim = plan.dtype, plan.rows[0]
    with flow.loop("0", "%rows") as m:
        near = flow.at("%acc", dtype, flow.imul(m, plan.col.extent))
        rest = flow.splat(flow.load(flow.at("%fill", dtype, m), dtype, 1), _LANES)
        with flow.loop("0", _vectors(plan)) as v:
            mask, before = _mask_of(flow, v)
            raw = flow.load(flow.at(near, dtype, before), dtype, _LANES)
            value = Value(_moved(flow, "expand", raw.text, rest.text, mask), dtype, _LANES)
            column = flow.imul(v, _LANES)
            inside = {id(row_dim): m, id(plan.col): column}
            where = [
                (dim, flow.iadd(f"%x{at}", inside.get(id(dim), "0")), 0)
                for at, dim in enumerate(shared.dims)
            ]
            out = flow.iadd(flow.iadd("%out", flow.imul(m, row_dim.out)), column)
            shared.store.tile(flow, out, Coordinates(flow, shared.axes, where), value)
    return flow.function(
        f"define internal void {end_name(shared)}(ptr noalias %bufs, ptr noalias %acc, "
        f"ptr noalias %info, ptr noalias %fill, i64 %rows, i64 %out, "
        f"{shared.arguments()})"
    )
