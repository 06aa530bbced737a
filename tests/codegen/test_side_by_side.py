"""Short rows folded as many at a time as a vector has lanes, on every target."""

import numpy as np
import pytest
from vector_function import HOST_TARGETS

from caudal import ops
from caudal.codegen.target import current_target
from caudal.ir import Program, Type
from caudal.ir.dtypes import as_dtype
from caudal.ops.leaf import new_input
from caudal.passes.pipeline import compile_program
from caudal.runtime.executable import Executable

SHAPES = [
    ((32, 64), (1,)),
    ((16, 16), (1,)),
    ((3, 64, 128), (2,)),
    ((4, 32, 5, 32), (2, 3)),
    ((64, 2, 48), (2,)),
    ((33, 64), (1,)),
    ((32, 50), (1,)),
    ((48, 1024), (1,)),
    ((32, 4, 64), (0, 2)),
]


@pytest.fixture(params=HOST_TARGETS, autouse=True)
def target(request, monkeypatch):
    monkeypatch.setenv("CAUDAL_TARGET", request.param)


def run(results, inputs, arrays):
    program = Program(inputs, (), results, (), "rows")
    return Executable(program).run(arrays, []), compile_program(program)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int8", "float16"])
@pytest.mark.parametrize(("shape", "axes"), SHAPES)
def test_sums_and_maxima(shape, axes, dtype):
    x = new_input(Type(as_dtype(dtype), shape))
    array = np.random.default_rng(1).integers(-4, 5, size=shape).astype(dtype)
    results = ops.reduce_sum(x, axes=axes), ops.reduce_max(x, axes=axes)
    (total, most), _ = run(results, (x,), [array])
    np.testing.assert_array_equal(total, array.sum(axis=axes, dtype=dtype))
    np.testing.assert_array_equal(most, array.max(axis=axes))


def test_each_row_gets_its_own_ending():
    x, y = (new_input(Type(as_dtype("float32"), shape)) for shape in ((6, 32, 64), (6, 32)))
    rng = np.random.default_rng(2)
    arrays = [rng.normal(size=node.shape).astype("f") for node in (x, y)]
    total = ops.sqrt(ops.reduce_sum(x * x, axes=(2,))) * y
    (found,), compiled = run((total,), (x, y), arrays)
    expected = np.sqrt((arrays[0] ** 2).sum(axis=2)) * arrays[1]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    lanes = current_target().lanes32
    assert f"[{lanes} x <{lanes} x float>]" in compiled.steps[0].code.text


def test_what_is_not_finite_stays_in_its_row():
    x = new_input(Type(as_dtype("float32"), (32, 64)))
    array = np.ones((32, 64), "f")
    array[3, 7], array[5, 63], array[31, 0] = np.nan, np.inf, -np.inf
    results = ops.reduce_sum(x, axes=(1,)), ops.reduce_max(x, axes=(1,))
    (total, most), _ = run(results, (x,), [array])
    np.testing.assert_array_equal(total, array.sum(axis=1))
    np.testing.assert_array_equal(most, array.max(axis=1))


def test_a_row_has_the_same_bits_wherever_it_stands():
    x = new_input(Type(as_dtype("float32"), (64, 112)))
    row = np.random.default_rng(3).normal(size=112).astype("f")
    (total,), _ = run((ops.reduce_sum(x, axes=(1,)),), (x,), [np.tile(row, (64, 1))])
    assert len(set(total.tolist())) == 1


def test_lanes_do_not_lie_apart_where_two_operands_are_the_same_in_all():
    x = new_input(Type(as_dtype("float32"), (8, 64, 128)))
    rows = [new_input(Type(as_dtype("float32"), (8, 64, 1))) for _ in range(2)]
    rng = np.random.default_rng(4)
    arrays = [rng.normal(size=node.shape).astype("f") for node in (x, *rows)]
    total = ops.reduce_sum((x - rows[0]) * rows[1], axes=(1,))
    (found,), compiled = run((total,), (x, *rows), arrays)
    expected = ((arrays[0] - arrays[1]) * arrays[2]).sum(axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    # A register filled lane by lane has an insertion for each; a splat has one.
    lanes = [line for line in compiled.steps[0].code.text.splitlines() if "insertelement" in line]
    assert all(line.endswith(("i64 0", "i32 0")) for line in lanes)
