"""Random programs, compiled against the reference: fusion, memory and ordering at every corner."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from caudal import ops
from caudal.ir import Node, Program, Type
from caudal.ir.dtypes import float32
from caudal.ops.leaf import new_input, new_state
from caudal.runtime.executable import Executable
from caudal.runtime.reference import ReferenceExecutable

SHAPES = [(), (7,), (6, 7), (1, 7), (6, 1), (4, 6, 7), (34, 20), (20, 34)]


def _elementwise(rng: np.random.Generator, pool: list[Node]) -> Node:
    x = _pick(rng, pool)
    kind = rng.integers(6)
    if kind == 0:
        return ops.tanh(x)
    if kind == 1:
        return ops.maximum(x, 0.25)
    if kind == 2:
        return ops.select(x > 0.0, x * 0.5, -x)
    if kind == 3:
        return ops.exp(-ops.abs(x))
    partners = [y for y in pool if _broadcasts(x.shape, y.shape)]
    y = partners[rng.integers(len(partners))]
    return x * y * 0.5 if kind == 4 else (x + y) * 0.7


def _broadcasts(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True


def _move(rng: np.random.Generator, pool: list[Node]) -> Node:
    x = _pick(rng, [y for y in pool if y.shape])
    rank, kind = len(x.shape), rng.integers(6)
    if kind == 0:
        return ops.transpose(x, perm=tuple(int(a) for a in rng.permutation(rank)))
    if kind == 1:
        return ops.reverse(x, axes=(int(rng.integers(rank)),))
    if kind == 2:
        return ops.reshape(x, shape=(x.type.size,))
    if kind == 3:
        low = tuple(int(n) for n in rng.integers(0, 2, rank))
        return ops.pad(x, low=low, high=(1,) * rank, interior=(0,) * rank, value=0.5)
    if kind == 4:
        begin = tuple(int(rng.integers(extent)) for extent in x.shape)
        step = int(rng.integers(1, 3))
        return ops.slice(x, begin=begin, end=x.shape, strides=(step,) * rank)
    return ops.concat(x, x * 2.0, axis=int(rng.integers(rank)))


def _fold(rng: np.random.Generator, pool: list[Node]) -> Node:
    x = _pick(rng, [y for y in pool if y.shape])
    axes = tuple(int(a) for a in range(len(x.shape)) if rng.integers(2)) or (0,)
    if rng.integers(2):
        return ops.reduce_max(x, axes=axes)
    count = float(np.prod([x.shape[axis] for axis in axes]))
    return ops.reduce_sum(x, axes=axes) * (1 / count)


def _product(rng: np.random.Generator, pool: list[Node]) -> Node:
    flat = [y for y in pool if len(y.shape) == 2]
    x = _pick(rng, flat)
    partners = [y for y in flat if y.shape[0] == x.shape[1]] or [ops.transpose(x, perm=(1, 0))]
    y = _pick(rng, partners)
    made: Node = ops.dot_general(x, y, contract=((1,), (0,)), batch=((), ()))
    return made * (1 / x.shape[1])


def _pick(rng: np.random.Generator, pool: list[Node]) -> Node:
    return pool[int(rng.integers(max(0, len(pool) - 12), len(pool)))]


def random_program(seed: int) -> tuple[Program, list[Any], list[Any]]:
    """A program of some thirty nodes, its inputs and its states."""
    rng = np.random.default_rng(seed)
    inputs = tuple(new_input(Type(float32, shape)) for shape in SHAPES)
    states = tuple(new_state(Type(float32, shape)) for shape in SHAPES)
    pool = [*inputs, *states]
    makers = [_elementwise, _elementwise, _elementwise, _elementwise, _move, _fold, _product]
    for _ in range(30):
        node = makers[int(rng.integers(len(makers)))](rng, pool)
        if 0 < node.type.size < 4000:
            pool.append(node)
    outputs = tuple(pool[-1 - int(n)] for n in rng.integers(0, 20, 4))
    updates = []
    for index, state in enumerate(states):
        same = [node for node in pool if node.shape == state.shape and node is not state]
        if same and rng.integers(3):
            updates.append((index, same[-1]))
    program = Program(inputs, states, outputs, tuple(updates), f"random{seed}")
    arrays = [rng.normal(size=shape).astype("f") for shape in SHAPES]
    memory = [rng.normal(size=shape).astype("f") for shape in SHAPES]
    return program, [np.asarray(a, "f") for a in arrays], [np.asarray(a, "f") for a in memory]


@pytest.mark.parametrize("seed", range(20))
def test_a_random_program_equals_the_reference(seed: int) -> None:
    program, inputs, states = random_program(seed)
    ours, theirs = [s.copy() for s in states], [s.copy() for s in states]
    found = Executable(program).run(inputs, ours, 2)
    expected = ReferenceExecutable(program).run(inputs, theirs, 2)
    for a, b in zip([*found, *ours], [*expected, *theirs], strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-4)
