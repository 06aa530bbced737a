"""A loop inside a program: its body is a program of its own, whose states are carried along.

One op serves every kind of loop and branch. ``guarded``: state 0 is a bool scalar, looked at before
each turn; the loop ends when it is false. ``count``: turns at most (exactly so many without a
guard). A while loop is guarded without a count, a scan has a count, a branch is a loop that is
guarded and of one turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from caudal.ir.node import Node
from caudal.ir.program import Program
from caudal.ir.types import Type
from caudal.ops.checks import ANY, require
from caudal.ops.record import NOT_DIFFERENTIABLE, Loop, Op, Sample

Array = np.ndarray[Any, Any]


def run_once(
    program: Program, order: Sequence[Node], inputs: Sequence[Array], states: Sequence[Array]
) -> list[Array]:
    """One run of a program, node by node in NumPy; ``states`` are updated in place.

    ``order`` is ``program.nodes()``.
    """
    values: dict[Node, Any] = dict(zip(program.inputs, inputs, strict=True))
    values.update(zip(program.states, states, strict=True))
    for node in order:
        if node in values:
            continue
        if node.op.name == "item":
            values[node] = values[node.inputs[0]][node.params["index"]]
            continue
        values[node] = node.op.evaluate(*(values[x] for x in node.inputs), **node.params)
    # A result may alias a state that is about to change: copy first, write after.
    outputs = [np.array(values[node], copy=True) for node in program.outputs]
    updates = [(index, np.array(values[node])) for index, node in program.updates]
    for index, value in updates:
        states[index][...] = value
    return outputs


def _infer(
    *types: Type, body: Program, carried: int, count: int | None, guarded: bool
) -> tuple[Type, ...]:
    expected = [*body.states[:carried], *body.inputs]
    require(
        len(types) == len(expected)
        and all(kind == node.type for kind, node in zip(types, expected, strict=True)),
        "loop: expected values of the types {expected}, received {received}.",
        expected=[str(node.type) for node in expected],
        received=[str(kind) for kind in types],
    )
    require(count is not None or guarded, "loop: expected a count or a guard: it would never end.")
    return tuple(node.type for node in body.states)


def _reference(
    xp: Any, *arrays: Any, body: Program, carried: int, count: int | None, guarded: bool
) -> tuple[Array, ...]:
    if len(arrays) != carried + len(body.inputs):
        raise ValueError
    states = [np.array(array) for array in arrays[:carried]]
    states += [np.zeros(s.shape, s.dtype.np_dtype) for s in body.states[carried:]]
    order, turn = body.nodes(), 0
    while (count is None or turn < count) and not (guarded and not states[0]):
        run_once(body, order, arrays[carried:], states)
        turn += 1
    return tuple(states)


def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    return iter(())


loop = Op(
    "loop",
    infer=_infer,
    reference=_reference,
    # framework/loops.py takes gradients: it keeps what was recorded while the body was traced.
    grad=NOT_DIFFERENTIABLE,
    emit=Loop(),
    samples=_samples,
    dtypes=ANY,
    internal=True,
)
"""``loop(*initial, *captured, body=, carried=, count=, guarded=) -> tuple of the last states``.

The first ``carried`` states of ``body`` begin as ``initial``, the others undefined: each turn must
write what a later one reads. ``captured`` are the body's inputs, the same in every turn.
"""
