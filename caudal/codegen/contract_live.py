"""Steps of a sum that count: those where lhs is not zero in every row.

The gradient behind a ReLU is zero wherever a unit was off for the whole batch, often for half of
the units. A step whose lhs is all zeros adds nothing to any sum, so tiles go through a list of
the others. That is exact, to the sign of a zero: only where rhs is infinite or NaN at a step left
out would 0 have become NaN, and a panel with such a step takes all of them.

What the functions here share is an array of i64: how many steps count, how many do not, where
the list to go through begins and how long it is, and then three lists: live, dead, all.
"""

from __future__ import annotations

from caudal.codegen.builder import Value, llvm_type
from caudal.codegen.contract_flow import Flow
from caudal.codegen.contract_plan import Panel, Plan
from caudal.codegen.contract_tile import (
    COUNT,
    DEAD,
    FIRST,
    LISTS,
    LIVE,
    Shared,
    rhs_step,
    zero_text,
)
from caudal.ir.dtypes import DType, bool_, int32, int64


def words(depth: int) -> int:
    """The length of the shared array for a sum of so many steps."""
    return LISTS + 3 * depth


def live_name(shared: Shared) -> str:
    """The function that finds the steps that count."""
    return f"@{shared.name}.live"


def sound_name(shared: Shared, panel: Panel) -> str:
    """The function that chooses a packed panel's list."""
    return f"@{shared.name}.sound{panel.width}"


def magnitudes(flow: Flow, near: str, dtype: DType, step: int, count: int, lanes: int) -> Value:
    """The bits besides the sign that any of ``count`` vectors, ``step`` elements apart, has."""
    whole = int32 if dtype.size == 4 else int64
    kind = llvm_type(whole, lanes)

    def join(at: str, seen: list[str]) -> list[str]:
        bits = flow.load(flow.at(near, dtype, flow.imul(at, step)), whole, lanes)
        return [flow.or_(Value(seen[0], whole, lanes), bits).text]

    zero = "0" if lanes == 1 else "zeroinitializer"
    (seen,) = flow.accumulate(str(count), [kind], [zero], join)
    return flow.shl(Value(seen, whole, lanes), flow.const(1, whole))


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
    """Notes in ``seen`` which of ``width`` steps have anything but zeros."""
    rows, near = plan.rows[0], flow.at("%lhs", plan.dtype, first)
    found = magnitudes(flow, near, plan.dtype, rows.lhs, rows.extent, width)
    flow.store(flow.at(seen, plan.dtype, first), found, width)


def _sort(flow: Flow, plan: Plan, seen: str) -> None:
    """Lists the steps that count, the others, and all."""
    depth, bits = plan.depth, int32 if plan.dtype.size == 4 else int64

    def step(k: str, carried: list[str]) -> list[str]:
        (live,) = carried
        dead = flow.iadd(k, flow.imul(live, -1))
        # Whatever stands behind a list's last is overwritten, or never read.
        for place, first in ((live, LISTS), (dead, LISTS + depth), (k, LISTS + 2 * depth)):
            flow.put_word("%steps", flow.iadd(place, first), k)
        size = flow.load(flow.at(seen, plan.dtype, k), bits)
        counts = flow.convert(flow.ne(size, flow.const(0, bits)), int64)
        return [flow.iadd(live, counts.text)]

    (live,) = flow.accumulate(str(depth), ["i64"], ["0"], step)
    # A tile takes one step at least; if none counts, the first list holds the last of all.
    flow.put_word("%steps", LIVE, flow.larger(live, "1"))
    dead = flow.iadd(str(depth), flow.imul(live, -1))
    flow.put_word("%steps", DEAD, flow.larger(dead, "1"))


def sound_function(shared: Shared, panel: Panel) -> str:
    """Chooses the live steps, or all where a dead one of ``%panel`` is not finite."""
    flow, plan = shared.flow(), shared.plan
    dtype, lanes, step = plan.dtype, plan.lanes, rhs_step(shared, panel, 0)
    kind, zero = zero_text(plan)
    nothing = Value(zero, dtype, lanes)

    def add(j: str, carried: list[str]) -> list[str]:
        k = flow.word("%steps", flow.iadd(j, LISTS + plan.depth))
        row = flow.at("%panel", dtype, flow.imul(k, step))
        sums = []
        for v, total in enumerate(carried):
            value = flow.load(flow.at(row, dtype, v * lanes), dtype, lanes)
            # Nothing but infinity and NaN makes other than zero of this.
            product = flow.mul(value, nothing)
            sums.append(flow.add(Value(total, dtype, lanes), product).text)
        return sums

    vectors = len(panel.lanes)
    count = flow.word("%steps", DEAD)
    totals = flow.accumulate(count, [kind] * vectors, [zero] * vectors, add)
    odd = flow.const(False, bool_)
    for text in totals:
        total = Value(text, dtype, lanes)
        odd = flow.or_(odd, flow.any_lane(flow.ne(total, total)))
    every, live = flow.const(LISTS + 2 * plan.depth, int64), flow.const(LISTS, int64)
    flow.put_word("%steps", FIRST, flow.select(odd, every, live).text)
    most, some = flow.const(plan.depth, int64), Value(flow.word("%steps", LIVE), int64)
    flow.put_word("%steps", COUNT, flow.select(odd, most, some).text)
    return flow.function(
        f"define internal void {sound_name(shared, panel)}(ptr noalias %panel, ptr noalias %steps)"
    )
