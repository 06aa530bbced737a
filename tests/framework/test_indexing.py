"""tensor[...] against NumPy: eager, recorded on a tape, and compiled."""

import numpy as np
import pytest

from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import (
    GradientTape,
    boolean_mask,
    constant,
    convert_to_tensor,
    function,
    newaxis,
)

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
KEYS = [
    0,
    -1,
    slice(None),
    slice(1, None),
    slice(None, None, -1),
    (slice(None), 1),
    (0, 1, 2),
    (..., 0),
    (0, ...),
    (..., slice(None, None, 2)),
    (slice(None), slice(None, None, -2), slice(3, 0, -1)),
    (newaxis, 0),
    (slice(None), newaxis, ..., newaxis),
    (slice(5, None), 0),
    (slice(-2, None), slice(0, -1), slice(-3, -1)),
    (..., np.int64(1)),
    (slice(np.int32(0), np.int32(1)),),
    (1, slice(2, 2)),
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_basic_indexing_is_numpys(key):
    expected = X[key]
    assert constant(X)[key].numpy().tolist() == expected.tolist()
    assert function(lambda x: x[key])(constant(X)).numpy().tolist() == expected.tolist()
    x = constant(X)
    with GradientTape() as tape:
        tape.watch(x)
        y = x[key]
    grad = np.zeros_like(X)
    grad[key] = 1
    assert y.numpy().tolist() == expected.tolist()
    if expected.size:
        assert tape.gradient(y, x).numpy().tolist() == grad.tolist()


def test_scalar_tensors_index():
    x = constant([1, 2, 3])
    assert int(x[constant(1)]) == 2
    assert x[constant(0) : constant(2)].numpy().tolist() == [1, 2]


def test_symbolic_scalars_index():
    x = constant(X)

    @function
    def pick(i, j):
        return x[i, :, j]

    for i, j in ((0, 1), (1, -1), (-2, 3)):
        assert pick(constant(i), constant(j)).numpy().tolist() == X[i, :, j].tolist()
    assert pick.experimental_get_tracing_count() == 1


def test_symbolic_scalar_index_has_a_gradient():
    x = constant([1.0, 2.0, 3.0])

    @function
    def pick(x, i):
        return x[i] * 2.0

    with GradientTape() as tape:
        tape.watch(x)
        y = pick(x, constant(-1))
    assert tape.gradient(y, x).numpy().tolist() == [0.0, 0.0, 2.0]


def test_boolean_masks():
    x = constant([[1, 2], [3, 4]])
    assert x[constant([True, False])].numpy().tolist() == [[1, 2]]
    assert x[constant([[True, False], [True, True]])].numpy().tolist() == [1, 3, 4]
    assert x[np.array([False, True])].numpy().tolist() == [[3, 4]]
    assert boolean_mask(x, [True, False], axis=1).numpy().tolist() == [[1], [3]]
    f = constant([1.0, 2.0, 3.0])
    with GradientTape() as tape:
        tape.watch(f)
        y = f[f > 1] * 2.0
    assert y.numpy().tolist() == [4.0, 6.0]
    assert tape.gradient(y, f).numpy().tolist() == [0.0, 2.0, 2.0]


def test_boolean_masks_refuse():
    x = constant([[1, 2], [3, 4]])
    with pytest.raises(ShapeError, match="does not match"):
        x[constant([True, False, True])]
    with pytest.raises(ValueError, match="scalar"):
        x[True]
    with pytest.raises(InvalidArgumentError, match=r"tf\.where"):
        function(lambda t: t[t > 1])(x)


@pytest.mark.parametrize("key", [1.0, "a", np.array([0, 1]), constant(1.0), constant([0, 1])])
def test_what_cannot_index(key):
    with pytest.raises(DTypeError, match="Only integers, slices"):
        constant([1.0, 2.0])[key]


def test_out_of_range():
    x = constant([1, 2, 3])
    for key in (3, -4, constant(3)):
        with pytest.raises(InvalidArgumentError, match="out of bounds"):
            x[key]
    with pytest.raises(InvalidArgumentError, match="2 indices were given"):
        x[0, 0]
    with pytest.raises(InvalidArgumentError, match="given for a tensor with 0 axes"):
        constant(1)[0]
    with pytest.raises(InvalidArgumentError, match="non-zero"):
        x[::0]
    with pytest.raises(InvalidArgumentError, match="ellipsis"):
        x[..., ...]


def test_slice_bounds_must_be_known():
    with pytest.raises(InvalidArgumentError, match=r"slice bound.*'n:0'"):
        function(lambda x, n: x[:n])(constant([1.0, 2.0]), constant(1))


def test_a_slice_does_not_write_through():
    x = convert_to_tensor([1.0, 2.0])
    part = x[0:1].numpy()
    part[0] = 9
    assert x.numpy().tolist() == [1.0, 2.0]
