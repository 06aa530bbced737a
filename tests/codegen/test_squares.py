"""Maps that read a matrix the other way round, square by square, on every target."""

import numpy as np
import pytest
from vector_function import HOST_TARGETS

from caudal import ops
from caudal.ir import Program, Type
from caudal.ir.dtypes import as_dtype
from caudal.ops.leaf import new_input
from caudal.passes.pipeline import compile_program
from caudal.runtime.executable import Executable

CASES = [
    ((32, 48), (1, 0)),
    ((16, 16), (1, 0)),
    ((3, 32, 64), (0, 2, 1)),
    ((4, 32, 48), (1, 2, 0)),
    ((4, 3, 32, 64), (0, 3, 1, 2)),
    ((2, 64, 3, 32), (3, 0, 2, 1)),
    ((33, 48), (1, 0)),
    ((48, 33), (1, 0)),
    ((32, 48, 5), (2, 1, 0)),
]


@pytest.fixture(params=HOST_TARGETS, autouse=True)
def target(request, monkeypatch):
    monkeypatch.setenv("CAUDAL_TARGET", request.param)


def values(shape, dtype):
    numbers = np.random.default_rng(3).integers(-50, 50, size=shape)
    return (numbers % 2 if dtype == "bool" else numbers).astype(dtype)


def run(result, *inputs, arrays):
    program = Program(inputs, (), (result,), (), "turned")
    found = Executable(program).run(arrays, [])
    return compile_program(program).steps, found[0]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64", "int8", "bool"])
@pytest.mark.parametrize(("shape", "perm"), CASES)
def test_a_transposition(shape, perm, dtype):
    x = new_input(Type(as_dtype(dtype), shape))
    array = values(shape, dtype)
    _, found = run(ops.transpose(x, perm=perm), x, arrays=[array])
    np.testing.assert_array_equal(found, array.transpose(perm))


def test_it_loads_rows_instead_of_elements():
    x = new_input(Type(as_dtype("float32"), (64, 128)))
    array = values((64, 128), "float32")
    (step,), found = run(ops.transpose(x, perm=(1, 0)), x, arrays=[array])
    np.testing.assert_array_equal(found, array.T)
    assert "shufflevector" in step.code.text
    assert "insertelement" not in step.code.text


def test_what_is_computed_from_both_ways_of_reading():
    x = new_input(Type(as_dtype("float32"), (64, 64)))
    y = new_input(Type(as_dtype("float32"), (64, 1)))
    array, column = values((64, 64), "float32"), values((64, 1), "float32")
    turned = ops.transpose(x, perm=(1, 0))
    _, found = run(turned * y - x, x, y, arrays=[array, column])
    np.testing.assert_array_equal(found, array.T * column - array)


def test_a_part_of_a_matrix_and_one_with_a_margin():
    x = new_input(Type(as_dtype("float32"), (40, 64)))
    array = values((40, 64), "float32")
    turned = ops.transpose(x, perm=(1, 0))
    part = ops.slice(turned, begin=(16, 4), end=(48, 36), strides=(1, 1))
    _, found = run(part + 1.0, x, arrays=[array])
    np.testing.assert_array_equal(found, array.T[16:48, 4:36] + 1.0)
    padded = ops.pad(x, low=(4, 0), high=(4, 0), interior=(0, 0), value=0.0)
    wide = ops.transpose(padded, perm=(1, 0))
    _, found = run(wide, x, arrays=[array])
    np.testing.assert_array_equal(found, np.pad(array, ((4, 4), (0, 0))).T)
