"""The references of structured ops against plain loops, and against values that TensorFlow gave.

Literal numbers were printed by TensorFlow 2.21.
"""

import itertools

import ml_dtypes
import numpy as np
import pytest

from caudal import ops
from caudal.errors import CaudalError, DTypeError, ShapeError
from caudal.ir.dtypes import float32, int32, int64
from caudal.ir.node import walk
from caudal.ir.program import Program
from caudal.ops.leaf import new_input
from caudal.ops.movement import sum_to
from caudal.runtime.reference import ReferenceExecutable

NAN, INF = float("nan"), float("inf")


def samples(op, kind=np.float64):
    found = list(op.samples(np.random.default_rng(5)))
    return [s for s in found if s.inputs and s.inputs[0].dtype == kind]


def each(*records, kind=np.float64):
    return [
        pytest.param(op, sample, id=f"{op.name}-{position}")
        for op in records
        for position, sample in enumerate(samples(op, kind))
    ]


# --- against plain loops ----------------------------------------------------------------------


@pytest.mark.parametrize(("op", "sample"), each(ops.conv))
def test_conv_is_the_sum_of_products(op, sample):
    (x, w), p = sample.inputs, sample.params
    actual = op(x, w, **p)
    expected = np.zeros(actual.shape)
    group_in, group_out = w.shape[-2], w.shape[-1] // p["groups"]
    rank = x.ndim - 2
    for index in np.ndindex(expected.shape):
        n, *at, o = index
        for tap in np.ndindex(w.shape[:-2]):
            source = []
            for axis in range(rank):
                place = at[axis] * p["strides"][axis] + tap[axis] * p["rhs_dilation"][axis]
                place -= p["padding"][axis][0]
                whole, rest = divmod(place, p["lhs_dilation"][axis])
                source.append(whole if rest == 0 and 0 <= whole < x.shape[1 + axis] else None)
            if None in source:
                continue
            for c in range(group_in):
                channel = o // group_out * group_in + c
                expected[index] += x[(n, *source, channel)] * w[(*tap, c, o)]
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)


def _windows(x, window, strides, padding, shape):
    """(output index, the input indices under it that are no padding)."""
    for index in np.ndindex(shape):
        under = []
        for tap in np.ndindex(*window):
            at = [
                i * s + t - lo
                for i, s, t, (lo, _) in zip(index, strides, tap, padding, strict=True)
            ]
            if all(0 <= i < n for i, n in zip(at, x.shape, strict=True)):
                under.append(tuple(at))
        yield index, under


@pytest.mark.parametrize(("op", "sample"), each(ops.window_sum, ops.window_max, ops.window_min))
def test_windows(op, sample):
    (x,), p = sample.inputs, sample.params
    actual = op(x, **p)
    fold = {"window_sum": sum, "window_max": max, "window_min": min}[op.name]
    for index, under in _windows(x, **p, shape=actual.shape):
        assert actual[index] == pytest.approx(fold(x[at] for at in under), rel=1e-12)


@pytest.mark.parametrize(("op", "sample"), each(ops.window_max_grad, ops.window_max_pick))
def test_the_first_maximum_of_a_window_is_the_one(op, sample):
    (x, y, v), p = sample.inputs, sample.params
    x = np.floor(x)  # ties
    y = ops.window_max(x, **p)
    actual = op(x, y, v, **p)
    expected = np.zeros(actual.shape)
    for index, under in _windows(x, **p, shape=y.shape):
        first = max(under, key=lambda at: x[at])
        if op is not ops.window_max_pick:
            expected[first] += v[index]
        else:
            expected[index] = v[first]
    np.testing.assert_allclose(actual, expected, rtol=1e-12)


@pytest.mark.parametrize(("op", "sample"), each(ops.scatter_add))
def test_scatter_add(op, sample):
    (x, indices, updates), axis = sample.inputs, sample.params["axis"]
    expected = x.copy()
    for at in np.ndindex(indices.shape):
        if 0 <= indices[at] < x.shape[axis]:
            before = (slice(None),) * axis
            expected[(*before, indices[at])] += updates[before + at]
    np.testing.assert_allclose(op(x, indices, updates, axis=axis), expected, rtol=1e-12)


@pytest.mark.parametrize(("op", "sample"), each(ops.scatter_nd_add))
def test_scatter_nd_add(op, sample):
    x, indices, updates = sample.inputs
    expected = x.copy()
    for at in np.ndindex(indices.shape[:-1]):
        place = tuple(indices[at])
        if all(0 <= i < n for i, n in zip(place, x.shape, strict=False)):
            expected[place] += updates[at]
    np.testing.assert_allclose(op(x, indices, updates), expected, rtol=1e-12)


def test_dot_general_orders_batch_left_right():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 3, 2)), rng.normal(size=(3, 5, 4, 2))
    actual = ops.dot_general(x, y, contract=((0, 2), (2, 3)), batch=((1,), (0,)))
    np.testing.assert_allclose(actual, np.einsum("abc,bdac->bd", x, y), rtol=1e-12)


def test_gather_puts_the_indices_in_place_of_the_axis():
    x = np.arange(12.0).reshape(2, 3, 2)
    actual = ops.gather(x, np.array([[2, 0], [1, 5]]), axis=1)
    assert actual.shape == (2, 2, 2, 2)
    assert actual[1].tolist() == [[[10, 11], [6, 7]], [[8, 9], [0, 0]]]


def test_pad_with_interior():
    actual = ops.pad(np.array([1, 2, 3]), low=(1,), high=(2,), interior=(1,), value=9)
    assert actual.tolist() == [9, 1, 9, 2, 9, 3, 9, 9]


def test_dynamic_slices_clamp_their_start():
    x = np.arange(5)
    assert ops.dynamic_slice(x, np.array([4]), sizes=(3,)).tolist() == [2, 3, 4]
    assert ops.dynamic_update_slice(x, np.array([7, 8]), np.array([-3])).tolist() == [7, 8, 2, 3, 4]


@pytest.mark.parametrize("reverse", [False, True])
def test_linear_recurrence(reverse):
    a, b = np.array([2.0, 0.5, 3.0]), np.array([1.0, 2.0, 4.0])
    total, line = 0.0, []
    for factor, term in list(zip(a, b, strict=True))[:: -1 if reverse else 1]:
        total = factor * total + term
        line.append(total)
    expected = line[::-1] if reverse else line
    assert ops.linear_recurrence(a, b, axis=0, reverse=reverse).tolist() == expected


# --- values of TensorFlow ---------------------------------------------------------------------


def test_extremes_of_nothing():
    nothing = np.zeros(0, np.float32)
    assert ops.reduce_max(nothing, axes=(0,)) == -INF
    assert ops.reduce_min(nothing, axes=(0,)) == INF
    assert ops.reduce_max(np.zeros(0, np.int32), axes=(0,)) == -2147483648


@pytest.mark.parametrize(
    ("values", "largest", "least"),
    [([1, NAN, 3], 2, 0), ([NAN, 1, 3], 2, 1), ([3, 1, NAN], 0, 1), ([NAN] * 3, 0, 0)],
)
def test_an_arg_extreme_is_never_nan(values, largest, least):
    for dtype in (np.float32, np.float64, np.float16, ml_dtypes.bfloat16):
        x = np.array(values, dtype)
        assert ops.argmax(x, axis=0, dtype=int64) == largest
        assert ops.argmin(x, axis=0, dtype=int32) == least
        assert np.isnan(ops.reduce_max(x, axes=(0,)))
        assert np.isnan(ops.reduce_min(x, axes=(0,)))


def test_sums_stay_in_their_dtype():
    total = ops.reduce_sum(np.array([2**31 - 1, 1], np.int32), axes=(0,))
    assert (total.dtype, total) == (np.int32, -2147483648)
    total = ops.reduce_sum(np.array([200, 100], np.uint8), axes=(0,))
    assert (total.dtype, total) == (np.uint8, 44)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_halves_are_summed_in_float32(dtype):
    ones = np.ones(5000, dtype)
    assert ops.reduce_sum(ones, axes=(0,)) == np.float32(5000).astype(dtype)
    product = ops.dot_general(ones, ones, contract=((0,), (0,)), batch=((), ()))
    assert (product.dtype, product) == (dtype, np.float32(5000).astype(dtype))


def test_argsort_is_stable_in_both_directions():
    x = np.array([2, 1, 2, 1, 2])
    assert ops.argsort(x, axis=0, descending=False).tolist() == [1, 3, 0, 2, 4]
    assert ops.argsort(x, axis=0, descending=True).tolist() == [0, 2, 4, 1, 3]
    assert ops.argsort(x, axis=0, descending=True).dtype == np.int32


def test_cumprod():
    x = np.array([2.0, 3.0, 4.0], np.float32)
    assert ops.cumprod(x, axis=0, exclusive=True, reverse=True).tolist() == [12, 4, 1]


CONV_GRAD_X = """-12.168 -8.064 -3.96 0.144 -1.5 -0.96 4.248 8.352 12.456 16.56 0.66 1.2 -19.56
-12.864 -6.168 0.528 2.58 1.824 7.224 13.92 20.616 27.312 -0.444 -1.2"""
CONV_GRAD_W = """1.92 7.824 13.728 2.544 9.0 15.456 7.488 11.328 15.168 8.352 12.528 16.704 5.664
14.88 24.096 6.288 16.056 25.824 12.672 18.528 24.384 13.536 19.728 25.92"""


def test_a_strided_convolution_and_its_gradients():
    x = (np.arange(24) / 10).reshape(1, 4, 3, 2)
    w = (np.arange(24) / 10 - 1).reshape(2, 2, 2, 3)
    params = {
        "strides": (2, 2),
        "padding": ((0, 0), (0, 1)),
        "lhs_dilation": (1, 1),
        "rhs_dilation": (1, 1),
        "groups": 1,
    }
    y = ops.conv(x, w, **params)
    expected = [1.92, 2.28, 2.64, 0, 0.3, 0.6, 2.4, 3.72, 5.04, -1.2, -0.42, 0.36]
    np.testing.assert_allclose(y.ravel(), expected, atol=1e-6)
    dx, dw = ops.conv.grad(2 * y, y, x, w, **params)
    np.testing.assert_allclose(dx.ravel(), list(map(float, CONV_GRAD_X.split())), atol=1e-4)
    np.testing.assert_allclose(dw.ravel(), list(map(float, CONV_GRAD_W.split())), atol=1e-4)


def test_gradient_of_a_product_with_zeros():
    x = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0]])
    (grad,) = ops.reduce_prod.grad(np.ones(2), None, x, axes=(1,))
    assert grad.tolist() == [[0, 6, 0], [0, 0, 0]]


def test_gradient_of_an_extreme_is_shared_among_ties():
    x = np.array([1.0, 3.0, 3.0, 2.0], np.float32)
    y = ops.reduce_max(x, axes=(0,))
    (grad,) = ops.reduce_max.grad(np.float32(1), y, x, axes=(0,))
    assert (grad.dtype, grad.tolist()) == (np.float32, [0, 0.5, 0.5, 0])


def test_gradient_of_a_padded_maximum_window():
    x = (np.arange(15) * 1.1).reshape(1, 3, 5, 1)
    p = {
        "window": (1, 2, 2, 1),
        "strides": (1, 2, 2, 1),
        "padding": ((0, 0), (0, 1), (0, 1), (0, 0)),
    }
    y = ops.window_max(x, **p)
    np.testing.assert_allclose(y.ravel(), [6.6, 8.8, 9.9, 12.1, 14.3, 15.4])
    (grad,) = ops.window_max.grad(np.ones(y.shape), y, x, **p)
    assert grad.ravel().tolist() == [0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1]


def test_threefry_known_answers():
    """The test vectors that come with Random123: word 0 for counter 0 under three keys."""
    assert int(ops.threefry(np.zeros(2, np.uint32), shape=())) == 0x6B200159
    key = np.array([0x13198A2E, 0x03707344], np.uint32)
    low = np.array([0x243F6A88], np.uint32)
    high = np.array([0x85A308D3], np.uint32)

    def rotate(value, bits):
        return (value << np.uint32(bits)) | (value >> np.uint32(32 - bits))

    from caudal.ops.random_bits import threefry_block

    with np.errstate(over="ignore"):
        word = threefry_block(low, high, (key[0], key[1]), rotate, np.uint32)
    assert int(word[0]) == 0xC4923A9C
    long = ops.threefry(key, shape=(3, 5))
    assert long.dtype == np.uint32
    assert np.array_equal(long.ravel()[:7], ops.threefry(key, shape=(7,)))


# --- types, dtypes and errors -----------------------------------------------------------------

STRUCTURED = [
    op
    for op in ops.TABLE.values()
    if op.infer.__module__.rpartition(".")[2]
    in {
        "reduce", "movement", "dynamic", "contract", "convolution", "window", "gather", "sort",
        "cumulative", "random_bits", "window_argmax",
    }
]  # fmt: skip


def test_every_family_is_here():
    assert len(STRUCTURED) >= 33


@pytest.mark.parametrize("op", STRUCTURED, ids=lambda op: op.name)
def test_the_inferred_type_is_the_actual_one(op):
    checked = 0
    for dtype, sample in itertools.product(op.dtypes, op.samples(np.random.default_rng(2))):
        own = {"f": "float complex", "i": "int uint", "u": "int uint", "b": "bool"}
        first = sample.inputs[0].dtype if sample.inputs else np.dtype(float)
        if sample.inputs and dtype.kind not in own[first.kind]:
            continue
        arrays = [
            a.astype(dtype.np_dtype) if a.dtype == first and k != INDICES.get(op.name) else a
            for k, a in enumerate(sample.inputs)
        ]
        result = op.evaluate(*arrays, **sample.params)
        assert ops.type_of(result) == op.infer(*map(ops.type_of, arrays), **sample.params)
        checked += 1
    assert checked


INDICES = {
    "gather": 1,
    "gather_nd": 1,
    "scatter_add": 1,
    "scatter_nd_add": 1,
    "dynamic_slice": 1,
    "dynamic_update_slice": 2,
}

F23, F34 = np.zeros((2, 3)), np.zeros((3, 4))
GEOMETRY = {
    "strides": (1, 1),
    "padding": ((0, 0), (0, 0)),
    "lhs_dilation": (1, 1),
    "rhs_dilation": (1, 1),
    "groups": 1,
}
X, W = np.zeros((1, 4, 4, 2)), np.zeros((3, 3, 2, 5))
ONE = {"window": (1, 2), "strides": (1, 1), "padding": ((0, 0), (0, 0))}
MISTAKES = [
    (ops.reshape, (F23,), {"shape": (4, 2)}, "6 elements"),
    (ops.transpose, (F23,), {"perm": (0, 0)}, "permutation of 2 axes"),
    (ops.broadcast_to, (F23,), {"shape": (4, 3)}, "repeated"),
    (ops.slice, (F23,), {"begin": (0, 0), "end": (2, 4), "strides": (1, 1)}, "end=(2, 4)"),
    (ops.slice, (F23,), {"begin": (0,), "end": (2,), "strides": (1,)}, "2 entries in begin"),
    (ops.pad, (F23,), {"low": (0, -1), "high": (0, 0), "interior": (0, 0), "value": 0}, "low"),
    (
        ops.pad,
        (np.zeros(2, np.uint8),),
        {"low": (1,), "high": (0,), "interior": (0,), "value": 300},
        "uint8 can hold",
    ),
    (ops.concat, (F23, F34), {"axis": 0}, "every axis but 0"),
    (ops.concat, (F23, F23.astype(np.float32)), {"axis": 0}, "one dtype"),
    (ops.reverse, (F23,), {"axes": (2,)}, "axes=(2,)"),
    (ops.reduce_sum, (F23,), {"axes": (1, 0)}, "sorted"),
    (ops.reduce_sum, (F23 > 0,), {"axes": (1,)}, "bool[2,3]"),
    (ops.reduce_and, (F23,), {"axes": (1,)}, "float64[2,3]"),
    (ops.argmax, (np.zeros((2, 0)),), {"axis": 1, "dtype": int64}, "non-empty axis 1"),
    (ops.argmax, (F23,), {"axis": 1, "dtype": float32}, "integer dtype"),
    (ops.dot_general, (F23, F23), {"contract": ((1,), (0,)), "batch": ((), ())}, "float64[2,3]"),
    (ops.conv, (X, W[:, :, :1]), GEOMETRY, "(3, 3, 1, 5)"),
    (ops.conv, (X, W), {**GEOMETRY, "strides": (0, 1)}, "2 positive strides"),
    (ops.conv, (X, W), {**GEOMETRY, "padding": ((-1, 0), (0, 0))}, "non-negative pairs"),
    (ops.conv, (X[0, 0], W), GEOMETRY, "1 to 3 spatial axes"),
    (ops.conv, (X, W.astype(np.float32)), GEOMETRY, "one dtype"),
    (
        ops.conv_weight_grad,
        (X, np.zeros((1, 3, 3, 5))),
        {**GEOMETRY, "kernel_shape": (3, 3, 2, 5)},
        "(1, 2, 2, 5)",
    ),
    (ops.window_max, (F23,), {**ONE, "window": (1,)}, "2 entries in window"),
    (ops.window_max_grad, (F23, F23, F23), ONE, "(2, 2)"),
    (ops.gather, (F23, np.zeros(2)), {"axis": 0}, "integer indices"),
    (ops.gather, (F23, np.zeros(2, int)), {"axis": 2}, "axis=2"),
    (ops.scatter_add, (F23, np.zeros(2, int), F34), {"axis": 0}, "(2, 3)"),
    (ops.gather_nd, (F23, np.zeros((4, 3), int)), {}, "at most 2 entries"),
    (ops.scatter_nd_add, (F23, np.zeros((4, 1), int), F34), {}, "(4, 3)"),
    (ops.sort, (F23,), {"axis": 2, "descending": False}, "axis=2"),
    (ops.cumsum, (F23,), {"axis": -1, "exclusive": False, "reverse": False}, "axis=-1"),
    (ops.dynamic_slice, (F23, np.zeros(1, int)), {"sizes": (1, 1)}, "one start"),
    (ops.dynamic_slice, (F23, np.zeros(2, int)), {"sizes": (3, 1)}, "within"),
    (ops.threefry, (np.zeros(2, np.int32),), {"shape": (3,)}, "uint32"),
    (ops.threefry, (np.zeros(3, np.uint32),), {"shape": (3,)}, "two uint32 words"),
]


@pytest.mark.parametrize(
    ("op", "arrays", "params", "part"),
    MISTAKES,
    ids=[f"{op.name}-{k}" for k, (op, *_) in enumerate(MISTAKES)],
)
def test_mistakes_name_the_op_what_is_due_and_what_came(op, arrays, params, part):
    with pytest.raises(CaudalError) as inferred:
        op.infer(*map(ops.type_of, arrays), **params)
    assert str(inferred.value).startswith(op.name)
    assert part in str(inferred.value)
    assert isinstance(inferred.value, ShapeError | DTypeError | ValueError)
    if part != "sorted":  # NumPy takes axes in any order.
        with pytest.raises(type(inferred.value)):
            op(*arrays, **params)


# --- gradients --------------------------------------------------------------------------------


def _backprop(root, grad, wrt):
    grads = {root: grad}
    for node in reversed(walk([root])):
        if node in wrt or node not in grads or not node.inputs or not node.op.differentiable:
            continue
        parts = node.op.grad(grads[node], node, *node.inputs, **node.params)
        for x, part in zip(node.inputs, parts, strict=True):
            if part is not None:
                part = sum_to(part, x.shape)
                assert part.type == x.type
                grads[x] = grads[x] + part if x in grads else part
    return [grads.get(x) for x in wrt]


def _run(root, inputs, arrays):
    return ReferenceExecutable(Program(tuple(inputs), (), (root,))).run(arrays, [])[0]


def _check(root, inputs, arrays, rng, order):
    """Directional derivatives of ``root`` against central differences, up to ``order``."""
    weights = rng.normal(size=root.shape)
    cotangent = new_input(ops.type_of(weights))
    smooth = [k for k, array in enumerate(arrays) if array.dtype == np.float64]
    grads = _backprop(root, cotangent, [inputs[k] for k in smooth])
    for k, grad in zip(smooth, grads, strict=True):
        way = rng.normal(size=arrays[k].shape)
        ends = []
        for step in (1e-5, -1e-5):
            moved = list(arrays)
            moved[k] = arrays[k] + step * way
            ends.append(np.sum(_run(root, inputs, moved) * weights))
        numeric = (ends[0] - ends[1]) / 2e-5
        more = ([*inputs, cotangent], [*arrays, weights])
        exact = 0.0 if grad is None else np.sum(_run(grad, *more) * way)
        assert exact == pytest.approx(numeric, rel=1e-4, abs=1e-5)
        if grad is not None and order > 1:
            _check(grad, *more, rng, order - 1)


@pytest.mark.parametrize(("op", "sample"), each(*(op for op in STRUCTURED if op.differentiable)))
def test_gradients_to_second_order(op, sample):
    arrays = [np.asarray(array) for array in sample.inputs]
    if not sample.differentiable and not op.name.startswith("window_max_"):
        return
    inputs = [new_input(ops.type_of(array)) for array in arrays]
    rng = np.random.default_rng(7)
    if op.name.startswith("window_max_"):
        # Linear in the third input only; the others choose where.
        root = op(*arrays[:2], inputs[2], **sample.params)
        _check(root, inputs[2:], arrays[2:], rng, 2)
        return
    _check(op(*inputs, **sample.params), inputs, arrays, rng, 2)
