"""tf.Tensor: conversion, text, operators, promotion. The values are TensorFlow 2.21's."""

import copy
import pickle

import numpy as np
import pytest

from caudal import ops
from caudal.errors import CaudalError, DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import (
    GradientTape,
    Tensor,
    TensorShape,
    TensorSpec,
    Variable,
    align,
    constant,
    convert_to_tensor,
    from_dlpack,
    is_symbolic,
    is_tensor,
    matmul,
)

F = constant([1.0, 2.0])
I = constant([1, 2])  # noqa: E741
S = constant(3.14159)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            [1.0, 2.0],
            "<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.], dtype=float32)>",
        ),
        ([1, 2], "<tf.Tensor: shape=(2,), dtype=int32, numpy=array([1, 2], dtype=int32)>"),
        ("hi", "<tf.Tensor: shape=(), dtype=string, numpy=b'hi'>"),
        (
            ["a", "b"],
            "<tf.Tensor: shape=(2,), dtype=string, numpy=array([b'a', b'b'], dtype=object)>",
        ),
        (3.14159, "<tf.Tensor: shape=(), dtype=float32, numpy=3.141590118408203>"),
        (True, "<tf.Tensor: shape=(), dtype=bool, numpy=True>"),
        (2**40, "<tf.Tensor: shape=(), dtype=int64, numpy=1099511627776>"),
        (1j, "<tf.Tensor: shape=(), dtype=complex128, numpy=1j>"),
        ([], "<tf.Tensor: shape=(0,), dtype=float32, numpy=array([], dtype=float32)>"),
        (
            [[1.0, 2.0], [3.0, 4.0]],
            "<tf.Tensor: shape=(2, 2), dtype=float32, numpy=\narray([[1., 2.],\n"
            "       [3., 4.]], dtype=float32)>",
        ),
    ],
)
def test_repr(value, expected):
    assert repr(constant(value)) == expected


def test_str_and_format():
    assert str(F) == "tf.Tensor([1. 2.], shape=(2,), dtype=float32)"
    assert str(constant("hi")) == "tf.Tensor(b'hi', shape=(), dtype=string)"
    assert (
        str(constant(7, shape=(2, 2))) == "tf.Tensor(\n[[7 7]\n [7 7]], shape=(2, 2), dtype=int32)"
    )
    assert f"{S:.3f}" == "3.142"
    assert f"{S}" == "3.141590118408203"
    assert str(S) == "tf.Tensor(3.14159, shape=(), dtype=float32)"
    assert repr(constant(1.1, "bfloat16")) == (
        "<tf.Tensor: shape=(), dtype=bfloat16, numpy=1.1015625>"
    )
    assert f"{constant(3):d}" == "3"
    assert f"{F}" == "[1. 2.]"
    assert f"{constant(1.5, 'bfloat16'):.1f}" == "1.5"


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1, "int32"),
        (1.5, "float32"),
        ([1, 2.5], "float32"),
        (np.float64(3), "float64"),
        ([np.float64(3), 1], "float64"),
        (np.arange(3), "int64"),
        (np.ones(2, ">f4"), "float32"),
        (np.array(["a"]), "string"),
        (b"x", "string"),
        ([True], "bool"),
        (range(3), "int32"),
    ],
)
def test_dtype_of_python_and_numpy_values(value, dtype):
    assert constant(value).dtype == dtype


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ([True, 1], ValueError),
        (["a", 1], ValueError),
        ([[1, 2], [3]], ValueError),
        (None, ValueError),
        ({"a": 1}, ValueError),
        (2**70, ValueError),
    ],
)
def test_values_that_are_no_tensor(value, kind):
    with pytest.raises(kind) as info:
        constant(value)
    assert isinstance(info.value, CaudalError)


def test_constant_with_dtype_and_shape():
    assert constant([1, 2], "float32").numpy().tolist() == [1.0, 2.0]
    assert constant(np.array([1.5]), "int32").numpy().tolist() == [1]
    with pytest.raises(TypeError, match=r"Cannot convert 1\.5 to a tensor of dtype int32"):
        constant(1.5, "int32")
    with pytest.raises(TypeError):
        constant([1, 2, 3], shape=(2, 2))
    assert constant([1, 2, 3, 4], shape=(2, 2)).numpy().tolist() == [[1, 2], [3, 4]]
    with pytest.raises(ValueError, match=r"tf\.cast"):
        convert_to_tensor(F, "float64")


def test_a_list_of_tensors_is_stacked():
    stacked = convert_to_tensor([constant(1.0), 2.0, Variable(3.0)])
    assert stacked.numpy().tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(InvalidArgumentError, match="shapes differ"):
        convert_to_tensor([constant(1.0), constant([2.0])])


def test_constant_does_not_alias_its_source_or_its_copies():
    source = np.ones(3, np.float32)
    tensor = constant(source)
    source[0] = 9
    copied = tensor.numpy()
    copied[1] = 9
    assert tensor.numpy().tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(tensor)[0] = 5
    assert np.array(tensor).flags.writeable


@pytest.mark.parametrize(
    ("compute", "dtype", "expected"),
    [
        (lambda: F + 1, "float32", [2, 3]),
        (lambda: I + 1, "int32", [2, 3]),
        (lambda: 1 - F, "float32", [0, -1]),
        (lambda: F + np.float64(1), "float32", [2, 3]),
        (lambda: np.float64(2) * F, "float32", [2, 4]),
        (lambda: np.float64(2) * I, "int32", [2, 4]),
        (lambda: np.array([1.0, 2.0]) * F, "float32", [1, 4]),
        (lambda: np.array([1.0, 2.0]) * I, "int32", [1, 4]),
        (lambda: F + [1, 2], "float32", [2, 4]),
        (lambda: I + True, "int32", [2, 3]),
        (lambda: I / I, "float64", [1, 1]),
        (lambda: I / 2, "float64", [0.5, 1]),
        (lambda: 2 / constant([1, 2], "int8"), "float32", [2, 1]),
        (lambda: F // 2.0, "float32", [0, 1]),
        (lambda: constant([-3, 3]) // 2, "int32", [-2, 1]),
        (lambda: constant([-3, 3]) % 2, "int32", [1, 1]),
        (lambda: F**2, "float32", [1, 4]),
        (lambda: 2**F, "float32", [2, 4]),
        (lambda: I ** constant([2, 3]), "int32", [1, 8]),
        (lambda: -F, "float32", [-1, -2]),
        (lambda: abs(constant([-1, 2])), "int32", [1, 2]),
        (lambda: ~constant([True]), "bool", [False]),
        (lambda: ~constant([5]), "int32", [-6]),
        (lambda: I & 3, "int32", [1, 2]),
        (lambda: constant([True]) & constant([False]), "bool", [False]),
        (lambda: constant([True]) ^ True, "bool", [False]),
        (lambda: F < 1.5, "bool", [True, False]),
        (lambda: F <= 1.5, "bool", [True, False]),
        (lambda: F == F, "bool", [True, True]),
        (lambda: F != [1.0, 3.0], "bool", [False, True]),
        (lambda: constant([1.0, 2.0, 3.0]) == F, "bool", False),
        (lambda: constant([200], "uint8") - (-1), "uint8", [201]),
        (lambda: constant([200], "uint8") + 300, "uint8", [244]),
        (lambda: constant([[1.0, 2.0]]) @ constant([[3.0], [4.0]]), "float32", [[11]]),
        (lambda: np.eye(2) @ constant([[3.0], [4.0]]), "float32", [[3], [4]]),
        (lambda: "a" + constant(["b"]), "string", [b"ab"]),
        (lambda: F + Variable([1.0, 1.0]), "float32", [2, 3]),
    ],
)
def test_operators_promote_as_tensorflow(compute, dtype, expected):
    result = compute()
    assert isinstance(result, Tensor)
    assert result.dtype == dtype
    assert result.numpy().tolist() == expected


@pytest.mark.parametrize(
    "compute",
    [
        lambda: F + I,
        lambda: I + 1.5,
        lambda: constant(1, "int64") + constant(1),
        lambda: constant(True) + 1,
        lambda: constant([True]) + constant([True]),
        lambda: ~F,
        lambda: F & F,
        lambda: I // 0,
        lambda: I % 0,
        lambda: I**-1,
        lambda: F @ F,
        lambda: F + "a",
        lambda: constant([1.0, 2.0, 3.0]) + F,
        lambda: constant(1) == constant(1.0),
    ],
)
def test_operators_refuse_as_tensorflow(compute):
    with pytest.raises(InvalidArgumentError):
        compute()


def test_comparison_with_a_value_of_another_kind_is_a_type_error():
    for compute in (lambda: F == "a", lambda: F < "a", lambda: I == 1.5):
        with pytest.raises(DTypeError, match="Cannot convert"):
            compute()
    assert (F == None) is False  # noqa: E711
    assert (F != None) is True  # noqa: E711


def test_the_dtype_error_names_the_fix():
    with pytest.raises(InvalidArgumentError, match=r"input #1.*float32.*int32.*tf\.cast"):
        F + I


def test_python_protocols():
    assert (int(S), float(S), bool(constant(0)), bool(constant([1]))) == (
        3,
        pytest.approx(3.14159),
        False,
        True,
    )
    assert [10, 20][constant(1)] == 20
    assert list(range(constant(3))) == [0, 1, 2]
    assert len(F) == 2
    assert [float(x) for x in F] == [1.0, 2.0]
    assert 1 in F
    assert copy.deepcopy(F) is F
    assert pickle.loads(pickle.dumps(F)).numpy().tolist() == [1.0, 2.0]
    assert complex(constant(1j)) == 1j


def test_python_protocols_refuse():
    with pytest.raises(ValueError, match=r"reduce_any"):
        bool(F)
    with pytest.raises(TypeError, match="scalar"):
        float(I)
    with pytest.raises(TypeError, match="no length"):
        len(S)
    with pytest.raises(TypeError, match="iterated"):
        list(S)
    with pytest.raises(TypeError):
        F.__index__()
    with pytest.raises(TypeError, match=r"\.ref\(\)"):
        hash(F)
    with pytest.raises(TypeError, match="assign"):
        F[0] = 1.0
    with pytest.raises(AttributeError, match=r"numpy\(\)\.reshape"):
        F.reshape(1)
    with pytest.raises(AttributeError):
        F.graph  # noqa: B018
    assert not hasattr(F, "assign")


def test_ref_is_hashable_and_by_identity():
    refs = {F.ref(): 1}
    assert F.ref() in refs
    assert constant([1.0, 2.0]).ref() not in refs
    assert F.ref().deref() is F


def test_attributes():
    assert F.device == "/job:localhost/replica:0/task:0/device:CPU:0"
    assert F.ndim == 1
    assert F.get_shape() == F.shape == [2]
    assert F.dtype == np.float32
    assert is_tensor(F)
    assert is_tensor(Variable(1.0))
    assert not is_tensor(np.ones(2))
    assert not is_symbolic(F)
    assert np.add(F, 1).tolist() == [2.0, 3.0]


def test_dlpack():
    assert np.from_dlpack(F).tolist() == [1.0, 2.0]
    source = np.arange(3.0)
    tensor = from_dlpack(source)
    source[0] = 7
    assert tensor.numpy().tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(DTypeError, match="__dlpack__"):
        from_dlpack(3)


def test_tensor_shape():
    shape = TensorShape([None, 3])
    assert repr(shape) == "TensorShape([None, 3])"
    assert str(shape) == "(None, 3)"
    assert shape == [None, 3] == shape
    assert shape.is_compatible_with([2, 3])
    assert not shape.is_compatible_with([2, 4])
    assert shape.merge_with([2, None]) == (2, 3)
    assert TensorShape([1, 2]) + [3] == [1, 2, 3]
    assert shape[1:] == TensorShape(3)
    assert isinstance(shape[1:], TensorShape)
    assert TensorShape([2, 3]).num_elements() == 6
    assert shape.num_elements() is None
    assert hash(TensorShape([2])) == hash((2,))
    with pytest.raises(ShapeError):
        TensorShape([2]).assert_is_compatible_with([3])


def test_unknown_tensor_shape():
    unknown = TensorShape(None)
    assert repr(unknown) == "TensorShape(None)"
    assert str(unknown) == "<unknown>"
    assert unknown.rank is None
    assert unknown != []
    assert unknown == TensorShape(None)
    assert unknown.is_compatible_with([1, 2])
    for use in (len, list, lambda s: s.as_list()):
        with pytest.raises(ValueError, match="rank"):
            use(unknown)
    assert copy.copy(unknown) is unknown


def test_tensor_spec():
    spec = TensorSpec([None, 2], "float32", "x")
    assert repr(spec) == "TensorSpec(shape=(None, 2), dtype=tf.float32, name='x')"
    assert spec == pickle.loads(pickle.dumps(spec))
    assert spec.is_compatible_with(constant([[1.0, 2.0]]))
    assert TensorSpec.from_tensor(F) == TensorSpec([2], "float32")
    with pytest.raises(ShapeError, match="not fully known"):
        spec.type  # noqa: B018


def test_align_follows_the_tensors():
    a, b = align((2, constant(1.5)))
    assert (a.dtype, b.dtype) == ("float32", "float32")
    a, b = align((2, 3))
    assert a.dtype == "int32"
    with pytest.raises(InvalidArgumentError, match="maximum"):
        align((F, I), "maximum")


def test_matmul_broadcasts_batches():
    a = np.arange(12, dtype=np.float32).reshape(2, 1, 2, 3)
    b = np.arange(18, dtype=np.float32).reshape(3, 3, 2)
    np.testing.assert_allclose(matmul(constant(a), constant(b)).numpy(), a @ b)
    weights = np.arange(6, dtype=np.float32).reshape(2, 3)
    out = matmul(constant(a), constant(weights), transpose_b=True)
    np.testing.assert_allclose(out.numpy(), a @ weights.T)
    with pytest.raises(ShapeError, match="incompatible"):
        matmul(constant([[1.0]]), constant([[1.0], [2.0]]))


def test_large_convolutions_agree_with_the_reference():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 20, 20, 8)).astype(np.float32)
    w = rng.standard_normal((3, 3, 8, 16)).astype(np.float32)
    params = {
        "strides": (1, 1),
        "padding": ((1, 1), (1, 1)),
        "lhs_dilation": (1, 1),
        "rhs_dilation": (1, 1),
        "groups": 1,
    }
    out = ops.conv(constant(x), constant(w), **params)
    np.testing.assert_allclose(out.numpy(), ops.conv(x, w, **params), rtol=1e-4, atol=1e-4)
    with GradientTape() as tape:
        weights = constant(w)
        tape.watch(weights)
        y = ops.conv(constant(x), weights, **params)
    g = tape.gradient(y, weights).numpy()
    expected = ops.conv_weight_grad(x, np.ones(y.shape, np.float32), kernel_shape=w.shape, **params)
    np.testing.assert_allclose(g, expected, rtol=1e-3, atol=1e-3)


def test_shape_truth():
    assert TensorShape([])
    assert not TensorShape(None)
    assert TensorShape(None) == None  # noqa: E711
    assert TensorShape(None)[0] is None
    with pytest.raises(DTypeError):
        TensorShape(["a"])
