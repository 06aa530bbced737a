"""Loops over values that are held within bounds: padding and joins of narrow rows, as one loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from caudal import ops
from caudal.codegen.target import TARGETS, current_target, host_target
from caudal.ir import Node, Program, Type
from caudal.ir.dtypes import bfloat16, float32, float64, int64
from caudal.ops.leaf import new_input
from caudal.passes.pipeline import compile_program
from caudal.runtime.executable import Executable
from caudal.runtime.reference import ReferenceExecutable


def padded(x: Node, *pads: tuple[int, int], interior: int = 0) -> Node:
    low, high = zip(*pads, strict=True)
    gaps = (interior,) * len(pads)
    result: Node = ops.pad(x, low=low, high=high, interior=gaps, value=0.25)
    return result


def image(n: int, h: int, w: int, c: int) -> list[Node]:
    return [new_input(Type(float32, (n, h, w, c)))]


def rows_of(x: Node, order: Node, at: Node) -> Node:
    """As a training step takes its batch: one number is the same in all lanes."""
    start = ops.reshape(at, shape=(1,))
    result: Node = ops.gather(x, ops.dynamic_slice(order, start, sizes=(3,)), axis=0)
    return result


AROUND = (0, 0), (1, 2), (2, 1), (0, 0)
BATCH = [new_input(Type(float32, (6, 5, 7, 3))), *[new_input(Type(int64, s)) for s in ((6,), ())]]
ROW = [new_input(Type(float32, s)) for s in ((4, 6, 5), (4, 3, 5), (4, 6, 1))]
CASES: dict[str, tuple[list[Node], Callable[..., Node]]] = {
    "three channels": (image(3, 5, 7, 3), lambda x: padded(x, *AROUND)),
    "one channel": (image(3, 5, 17, 1), lambda x: padded(x, *AROUND)),
    "a vector of channels": (image(2, 5, 7, 16), lambda x: padded(x, *AROUND)),
    "channels too": (image(2, 5, 7, 3), lambda x: padded(x, (0, 0), (1, 0), (0, 1), (1, 0))),
    "gaps": (image(2, 5, 7, 3), lambda x: padded(x, *AROUND, interior=1)),
    "the batch": (image(3, 2, 2, 2), lambda x: padded(x, (2, 1), (0, 0), (0, 0), (0, 0))),
    "gathered": (BATCH, lambda x, order, at: padded(rows_of(x, order, at), *AROUND)),
    "turned": (image(2, 3, 7, 5), lambda x: padded(ops.transpose(x, perm=(0, 2, 3, 1)), *AROUND)),
    "joined": (ROW, lambda x, y, _: ops.exp(ops.concat(x, y, axis=1))),
    "joined, spread": (
        ROW,
        lambda x, y, z: ops.exp(ops.concat(ops.broadcast_to(z, shape=(4, 6, 5)), y, axis=1)),
    ),
    "summed": (image(3, 5, 7, 3), lambda x: ops.reduce_sum(padded(x, *AROUND), axes=(0, 1))),
    "summed rows": (image(3, 5, 7, 3), lambda x: ops.reduce_sum(padded(x, *AROUND), axes=(2, 3))),
}


def program_of(name: str) -> tuple[Program, list[np.ndarray[Any, Any]]]:
    inputs, function = CASES[name]
    rng = np.random.default_rng(6)
    numbers = {int64: lambda shape: rng.permutation(6) if shape else np.asarray(2)}
    arrays = [
        np.asarray(numbers.get(x.dtype, lambda shape: rng.integers(-4, 5, shape))(x.shape)).astype(
            x.dtype.np_dtype
        )
        for x in inputs
    ]
    return Program(tuple(inputs), (), (function(*inputs),), ()), arrays


@pytest.mark.parametrize("target", ["avx512", "avx2", "baseline"])
@pytest.mark.parametrize("name", CASES)
def test_against_the_reference(name: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    order = list(TARGETS)
    if order.index(host_target().name) > order.index(target):
        pytest.skip("the host cannot run such code")
    monkeypatch.setenv("CAUDAL_TARGET", target)
    program, arrays = program_of(name)
    (expected,) = ReferenceExecutable(program).run(arrays, [])
    np.testing.assert_allclose(Executable(program).run(arrays, [])[0], expected, rtol=2e-6)


@pytest.mark.parametrize("name", ["three channels", "gathered", "joined"])
def test_narrow_rows_fill_whole_vectors(name: str) -> None:
    if not current_target().masked:
        pytest.skip("no loads of chosen lanes")
    program, _ = program_of(name)
    (text,) = [
        s.code.text for s in compile_program(program).steps if s.code and "float" in s.code.text
    ]
    assert f"store <{current_target().lanes32} x float>" in text
    assert "<3 x float>" not in text


@pytest.mark.parametrize("dtype", [bfloat16, float64, int64])
def test_other_dtypes(dtype: Any) -> None:
    x = new_input(Type(dtype, (2, 6, 7, 3)))
    result = ops.pad(x, low=(0, 1, 2, 0), high=(0, 2, 1, 0), interior=(0,) * 4, value=1)
    program = Program((x,), (), (result,), ())
    data = np.arange(x.type.size).reshape(x.shape).astype(dtype.np_dtype)
    (expected,) = ReferenceExecutable(program).run([data], [])
    np.testing.assert_array_equal(Executable(program).run([data], [])[0], expected)
