"""Steps of a sum that count: those where lhs is not zero in every row.

The gradient behind a ReLU is zero wherever a unit was off for the whole batch, often for half of
the units. A step whose lhs is all zeros adds nothing to any sum, so tiles go through a list of
the others. That is exact, to the sign of a zero: only where rhs is infinite or NaN at a step left
out would 0 have become NaN, and a panel with such a step takes all of them.

What the functions here share is an array of i64: how many steps count, how many do not, where
the list to go through begins and how long it is, and then three lists: live, dead, all.
"""

from __future__ import annotations

from caudal.codegen.builder import llvm_type
from caudal.codegen.contract_flow import Flow
from caudal.codegen.contract_plan import Panel, Plan
from caudal.codegen.contract_tile import COUNT, DEAD, FIRST, LISTS, LIVE, Shared, rhs_step
from caudal.ir.dtypes import int64


def words(depth: int) -> int:
    """The length of the shared array for a sum of so many steps."""
    return LISTS + 3 * depth + 1


def live_name(shared: Shared) -> str:
    """The function that finds the steps that count."""
    return f"@{shared.name}.live"


def sound_name(shared: Shared, panel: Panel) -> str:
    """The function that chooses a packed panel's list."""
    return f"@{shared.name}.sound{panel.width}"


def _slot(flow: Flow, at: str | int) -> str:
    return flow.at("%steps", int64, at)


def _put(flow: Flow, at: str | int, value: str) -> None:
    flow.raw(f"store i64 {value}, ptr {_slot(flow, at)}")


def _get(flow: Flow, at: str | int) -> str:
    name = flow.name("word")
    flow.raw(f"{name} = load i64, ptr {_slot(flow, at)}")
    return name


def live_function(shared: Shared) -> str:
    """Sorts the steps of lhs at ``%lhs`` into the lists in ``%steps``."""
    flow, plan = shared.flow(), shared.plan
    lanes, rest = plan.lanes, plan.depth % plan.lanes
    seen = flow.reserve(plan.dtype, plan.depth)
    with flow.loop("0", plan.depth // lanes) as at:
        _look(flow, plan, seen, flow.imul(at, lanes), lanes)
    if rest:
        _look(flow, plan, seen, str(plan.depth - rest), rest)
    _sort(flow, plan, seen)
    return flow.function(
        f"define internal void {live_name(shared)}(ptr noalias %lhs, ptr noalias %steps)"
    )


def _look(flow: Flow, plan: Plan, seen: str, first: str, width: int) -> None:
    """Notes in ``seen`` which of ``width`` steps have in any row a bit besides the sign."""
    bits, rows = f"i{plan.dtype.size * 8}", plan.rows[0]
    kind = bits if width == 1 else f"<{width} x {bits}>"

    def row(m: str, carried: list[str]) -> list[str]:
        place = flow.at("%lhs", plan.dtype, flow.iadd(flow.imul(m, rows.lhs), first))
        value, joined = flow.name("bits"), flow.name("any")
        flow.raw(f"{value} = load {kind}, ptr {place}, align {plan.dtype.size}")
        flow.raw(f"{joined} = or {kind} {carried[0]}, {value}")
        return [joined]

    zero = "0" if width == 1 else "zeroinitializer"
    (found,) = flow.accumulate(str(rows.extent), [kind], [zero], row)
    one = "1" if width == 1 else f"<{', '.join([f'{bits} 1'] * width)}>"
    size = flow.name("size")
    flow.raw(f"{size} = shl {kind} {found}, {one}")
    flow.raw(f"store {kind} {size}, ptr {flow.at(seen, plan.dtype, first)}, align 4")


def _sort(flow: Flow, plan: Plan, seen: str) -> None:
    """Lists the steps that count, the others, and all."""
    depth, bits = plan.depth, f"i{plan.dtype.size * 8}"
    _put(flow, LISTS + depth, "0")

    def step(k: str, carried: list[str]) -> list[str]:
        live, dead = carried
        size, is_live = flow.name("size"), flow.name("is")
        flow.raw(f"{size} = load {bits}, ptr {flow.at(seen, plan.dtype, k)}")
        flow.raw(f"{is_live} = icmp ne {bits} {size}, 0")
        _put(flow, flow.iadd(live, LISTS), k)
        _put(flow, flow.iadd(dead, LISTS + depth), k)
        _put(flow, flow.iadd(k, LISTS + 2 * depth + 1), k)
        more, less = flow.name("more"), flow.name("less")
        flow.raw(f"{more} = select i1 {is_live}, i64 1, i64 0")
        flow.raw(f"{less} = select i1 {is_live}, i64 0, i64 1")
        return [flow.iadd(live, more), flow.iadd(dead, less)]

    live, dead = flow.accumulate(str(depth), ["i64", "i64"], ["0", "0"], step)
    # A tile takes one step at least; if none counts, the first is as good as any.
    _put(flow, LIVE, flow.larger(live, "1"))
    _put(flow, DEAD, flow.larger(dead, "1"))


def sound_function(shared: Shared, panel: Panel) -> str:
    """Chooses the live steps, or all where a dead one of ``%panel`` is not finite."""
    flow, plan = shared.flow(), shared.plan
    kind, step = llvm_type(plan.dtype, plan.lanes), rhs_step(shared, panel, 0)
    zero = "zeroinitializer" if plan.lanes > 1 else "0.0"

    def add(j: str, carried: list[str]) -> list[str]:
        k = _get(flow, flow.iadd(j, LISTS + plan.depth))
        row = flow.at("%panel", plan.dtype, flow.imul(k, step))
        sums = []
        for v, total in enumerate(carried):
            value = flow.load(flow.at(row, plan.dtype, v * plan.lanes), plan.dtype, plan.lanes)
            product, new = flow.name("nothing"), flow.name("total")
            # Nothing but infinity and NaN makes other than zero of this.
            flow.raw(f"{product} = fmul {kind} {value.text}, {zero}")
            flow.raw(f"{new} = fadd {kind} {total}, {product}")
            sums.append(new)
        return sums

    vectors = len(panel.lanes)
    sums = flow.accumulate(_get(flow, DEAD), [kind] * vectors, [zero] * vectors, add)
    odd = "false"
    for total in sums:
        mask, some = flow.name("odd"), flow.name("some")
        flow.raw(f"{mask} = fcmp uno {kind} {total}, {total}")
        if plan.lanes > 1:
            shared.declarations.add(
                f"declare i1 @llvm.vector.reduce.or.v{plan.lanes}i1(<{plan.lanes} x i1>)"
            )
            name, flags = flow.name("odd"), f"<{plan.lanes} x i1> {mask}"
            flow.raw(f"{name} = call i1 @llvm.vector.reduce.or.v{plan.lanes}i1({flags})")
            mask = name
        flow.raw(f"{some} = or i1 {odd}, {mask}")
        odd = some
    first, count = flow.name("first"), flow.name("count")
    live = _get(flow, LIVE)
    flow.raw(f"{first} = select i1 {odd}, i64 {LISTS + 2 * plan.depth + 1}, i64 {LISTS}")
    flow.raw(f"{count} = select i1 {odd}, i64 {plan.depth}, i64 {live}")
    _put(flow, FIRST, first)
    _put(flow, COUNT, count)
    return flow.function(
        f"define internal void {sound_name(shared, panel)}(ptr noalias %panel, ptr noalias %steps)"
    )
