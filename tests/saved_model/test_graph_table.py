"""The two directions of the table: every record that is written is read back as itself."""

from __future__ import annotations

import numpy as np
import pytest

from caudal import convert_to_tensor
from caudal.errors import InvalidArgumentError
from caudal.ir.dtypes import from_numpy
from caudal.ir.program import Program
from caudal.ops import TABLE
from caudal.ops.leaf import new_input
from caudal.ops.record import make_node, type_of
from caudal.saved_model.columns import UnwritableError
from caudal.saved_model.extents import Box
from caudal.saved_model.graph import Library
from caudal.saved_model.schema import LIMITS, SCHEMA
from caudal.saved_model.table import READERS, REFUSED, WRITERS
from caudal.saved_model.translate import Translator

# Records without a counterpart: gradients, random bits, decompositions with other signs.
ABSENT = set(
    "conv_weight_grad cummax eig eigh linear_recurrence matrix_exp qr svd threefry window_argmax "
    "window_max_grad window_max_pick window_put window_take".split()
)
INDEXED = ("gather", "gather_nd")


def samples(name):
    op = TABLE[name]
    for sample in op.samples(np.random.default_rng(1)):
        arrays = [np.asarray(array) for array in sample.inputs]
        known = not arrays or from_numpy(arrays[0].dtype) in op.dtypes
        plain = all(array.dtype.kind != "f" or np.isfinite(array).all() for array in arrays)
        if known and plain:
            yield arrays, sample.params


def written(name, arrays, params):
    op = TABLE[name]
    nodes = tuple(new_input(type_of(array), f"x{i}") for i, array in enumerate(arrays))
    found = make_node(op, nodes, params)
    outputs = found if isinstance(found, tuple) else (found,)
    program = Program(nodes, (), outputs, (), name)
    names = [f"x{i}" for i in range(len(arrays))]
    return Translator(name, [program], Box(0, 2, 3), names, [], len(outputs)).definition


@pytest.mark.parametrize("name", sorted(set(WRITERS) - {"effect", "words"}))
def test_a_record_comes_back(name):
    compared = 0
    for arrays, params in samples(name):
        try:
            definition = written(name, arrays, params)
        except UnwritableError:
            continue
        body = Library([definition]).body(name)
        expected = TABLE[name].evaluate(*arrays, **params)
        try:
            found = body.run(*map(convert_to_tensor, arrays))
        except InvalidArgumentError:
            # An index outside: ours read zeros or leave it out, TensorFlow and the reader raise.
            assert name in (*INDEXED, "scatter_add", "scatter_nd_add")
            continue
        for one, other in zip(
            found, expected if isinstance(expected, tuple) else (expected,), strict=True
        ):
            assert one.numpy().dtype == other.dtype
            np.testing.assert_allclose(
                np.asarray(one.numpy(), other.dtype).astype(complex),
                other.astype(complex),
                rtol=1e-5,
                atol=1e-6,
            )
        compared += 1
    assert compared or name in ("real", "imag", "angle", "fft")


def test_the_table_is_whole():
    leaves = {"input", "state", "constant", "item"}
    missing = {name for name in TABLE if name not in WRITERS} - leaves
    assert missing >= ABSENT
    assert set(WRITERS) <= {*TABLE, "effect", "words"}
    assert not REFUSED & set(READERS)


def test_every_written_op_is_read():
    assert set(SCHEMA) - set(READERS) == set()
    assert set(LIMITS) <= set(SCHEMA)
