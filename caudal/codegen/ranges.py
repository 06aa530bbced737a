"""What is known of a node's values from how they are made, so that a shorter function will do.

An interval holds every value that is not NaN; 0 stands for -0 too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from caudal.ir.node import Node

Interval = tuple[float, float]
ANY: Interval = (-math.inf, math.inf)
_LIMITS: dict[str, Callable[[float], tuple[Interval, Interval]]] = {
    "greater": lambda c: ((c, math.inf), (-math.inf, c)),
    "greater_equal": lambda c: ((c, math.inf), (-math.inf, c)),
    "less": lambda c: ((-math.inf, c), (c, math.inf)),
    "less_equal": lambda c: ((-math.inf, c), (c, math.inf)),
}
"""Where x lies if x compares so with c, and where if it does not."""
_NARROWED: dict[str, tuple[Interval, str]] = {
    "exp": ((-math.inf, 0.0), "exp_negative"),
    "log1p": ((0.0, 1.0), "log1p_unit"),
}
"""Functions that have a shorter form for arguments of an interval, by its name in vecmath."""
_DEPTH = 6


def narrowed(node: Node) -> str | None:
    """The vector function that will do for this node's argument instead of the op's own."""
    found = _NARROWED.get(node.op.name)
    if found is None:
        return None
    (low, high), name = found
    at_least, at_most = interval_of(node.inputs[0])
    return name if low <= at_least and at_most <= high else None


def interval_of(node: Node) -> Interval:
    """Where the elements of a node lie."""
    return _interval(node, {}, _DEPTH)


def _interval(node: Node, known: Mapping[Node, Interval], depth: int) -> Interval:
    if node in known:
        return known[node]
    rule = _RULES.get(node.op.name)
    if rule is None or depth == 0 or not node.dtype.is_floating:
        return ANY
    return rule(node, lambda x, more: _interval(x, {**known, **more}, depth - 1))


_Ask = Callable[[Node, Mapping[Node, Interval]], Interval]


def _number(node: Node) -> float | None:
    """The value of a constant that is one number."""
    if node.op.name != "constant" or node.params["value"].array.size != 1:
        return None
    value = float(node.params["value"].array.item())
    return None if math.isnan(value) else value


def _constant(node: Node, ask: _Ask) -> Interval:
    value = _number(node)
    return ANY if value is None else (value, value)


def _neg(node: Node, ask: _Ask) -> Interval:
    low, high = ask(node.inputs[0], {})
    return -high, -low


def _exp(node: Node, ask: _Ask) -> Interval:
    return 0.0, 1.0 if ask(node.inputs[0], {})[1] <= 0 else math.inf


def _select(node: Node, ask: _Ask) -> Interval:
    """Each branch where its condition holds: ``where(x >= 0, -x, x)`` is never above 0."""
    condition, yes, no = node.inputs
    holds: Mapping[Node, Interval] = {}
    fails: Mapping[Node, Interval] = {}
    limits = _LIMITS.get(condition.op.name)
    value = _number(condition.inputs[1]) if limits is not None else None
    if limits is not None and value is not None:
        x, (inside, outside) = condition.inputs[0], limits(value)
        holds, fails = {x: inside}, {x: outside}
    (a, b), (c, d) = ask(yes, holds), ask(no, fails)
    return min(a, c), max(b, d)


_RULES: dict[str, Callable[[Node, _Ask], Interval]] = {
    "abs": lambda node, ask: (0.0, math.inf),
    "constant": _constant,
    "exp": _exp,
    "neg": _neg,
    "select": _select,
    "sigmoid": lambda node, ask: (0.0, 1.0),
}
