"""tf.Variable: assignment, snapshots, slices, memory. The values are TensorFlow 2.21's."""

import copy
import pickle

import numpy as np
import pytest

from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import (
    GradientTape,
    Tensor,
    Variable,
    constant,
    function,
    init_scope,
    name_scope,
    trace,
)


def test_repr():
    assert repr(Variable([1.0, 2.0], name="w")) == (
        "<tf.Variable 'w:0' shape=(2,) dtype=float32, numpy=array([1., 2.], dtype=float32)>"
    )
    assert repr(Variable(1)) == "<tf.Variable 'Variable:0' shape=() dtype=int32, numpy=1>"
    assert str(Variable("a")) == "<tf.Variable 'Variable:0' shape=() dtype=string, numpy=b'a'>"
    open_shape = Variable(1.0, shape=[None] * 0)
    assert open_shape.shape == []


def test_initial_values():
    assert Variable([1, 2], dtype="float32").dtype == "float32"
    assert Variable(lambda: constant([0.0, 0.0])).numpy().tolist() == [0.0, 0.0]
    assert Variable(np.arange(3)).dtype == "int64"
    with pytest.raises(ValueError, match="initial_value"):
        Variable(None)
    with pytest.raises(ValueError, match="float32"):
        Variable(constant(1), dtype="float32")
    with pytest.raises(ShapeError):
        Variable([1.0], shape=[2])


def test_assignment():
    v = Variable([1.0, 2.0], name="w")
    assert v.assign([3, 4]) is v
    assert v.assign_add([1.0, 1.0]).numpy().tolist() == [4.0, 5.0]
    assert v.assign_sub(constant([4.0, 4.0])).numpy().tolist() == [0.0, 1.0]
    assert v.assign([1.0, 1.0], read_value=False) is None


def test_assignment_refuses():
    v = Variable([1.0, 2.0], name="w")
    for value in ([1.0, 2.0, 3.0], 3.0):
        with pytest.raises(ValueError, match=r"'w:0'.*Shape mismatch"):
            v.assign(value)
    with pytest.raises(ValueError, match="Shape mismatch"):
        v.assign_add(1.0)
    with pytest.raises(ValueError, match=r"tf\.cast"):
        v.assign(constant([1, 2]))
    with pytest.raises(DTypeError, match=r"assign\(value\)"):
        v[0] = 1.0


def test_a_reading_keeps_its_value():
    v = Variable([1.0, 2.0])
    before = v.value()
    part = v[1:]
    view = np.asarray(v)
    v.assign_add([10.0, 10.0])
    v[0].assign(5.0)
    assert before.numpy().tolist() == [1.0, 2.0]
    assert part.numpy().tolist() == [2.0]
    assert view.tolist() == [1.0, 2.0]
    assert v.numpy().tolist() == [5.0, 12.0]


def test_a_compiled_update_does_not_change_what_was_read():
    v = Variable([1.0, 2.0])
    traced = trace(lambda: v.assign_add([1.0, 1.0]), [])
    before = v.value()
    assert traced.run(repeat=3).numpy().tolist() == [4.0, 5.0]
    assert before.numpy().tolist() == [1.0, 2.0]
    assert v.numpy().tolist() == [4.0, 5.0]


def test_updates_are_in_place_while_nobody_looks():
    v = Variable(np.zeros((3, 5), np.float32))
    address = v.array().ctypes.data
    for _ in range(3):
        v.assign_add(np.ones((3, 5), np.float32))
        v.assign(v * 2.0)
    assert v.array().ctypes.data == address
    assert address % 64 == 0
    assert v.array().flags.c_contiguous


def test_assigning_a_view_of_itself():
    v = Variable([1.0, 2.0, 3.0])
    v.assign(v[::-1])
    assert v.numpy().tolist() == [3.0, 2.0, 1.0]


def test_numpy_gives_a_copy():
    v = Variable([1.0, 2.0])
    v.numpy()[0] = 9
    assert v.numpy().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda v: v[0, 1:].assign([1.0, 2.0]), [[0, 1, 2], [0, 0, 0]]),
        (lambda v: v[:, 0].assign_add([1.0, 2.0]), [[1, 0, 0], [2, 0, 0]]),
        (lambda v: v[1].assign_sub([1.0, 2.0, 3.0]), [[0, 0, 0], [-1, -2, -3]]),
        (lambda v: v[:, ::-1].assign([[1.0, 2.0, 3.0]] * 2), [[3, 2, 1], [3, 2, 1]]),
        (lambda v: v[0:1].assign(5.0), [[5, 5, 5], [0, 0, 0]]),
        (lambda v: v[1, 2].assign(7.0), [[0, 0, 0], [0, 0, 7]]),
        (lambda v: v[..., ::2].assign(7.0), [[7, 0, 7], [7, 0, 7]]),
    ],
)
def test_sliced_assignment(change, expected, compiled):
    v = Variable(np.zeros((2, 3), np.float32))
    if compiled:
        trace(lambda: change(v), []).run()
    else:
        change(v)
    assert v.numpy().tolist() == expected


def test_sliced_assignment_refuses():
    v = Variable([1.0, 2.0, 3.0])
    with pytest.raises(ShapeError, match="Sliced assignment"):
        v[1:].assign([1.0, 2.0, 3.0])
    with pytest.raises(InvalidArgumentError, match="out of bounds"):
        v[5].assign(1.0)


def test_operators_give_tensors():
    v = Variable([1.0, 2.0])
    for result in (v + 1, 1 + v, v * v, -v, v[0], np.ones(2) * v, v / 2):
        assert isinstance(result, Tensor)
    assert (v == v).numpy().tolist() == [True, True]
    assert (v < 1.5).numpy().tolist() == [True, False]
    v += 1.0
    assert isinstance(v, Tensor)


def test_python_protocols():
    v = Variable(3.0)
    assert (float(v), int(v), bool(v), f"{v:.2f}") == (3.0, 3, True, "3.00")
    assert len(Variable([1, 2])) == 2
    assert [int(x) for x in Variable([1, 2])] == [1, 2]
    with pytest.raises(TypeError):
        hash(v)
    assert v.ref() == v.ref()


def test_names_and_scopes():
    with name_scope("a") as scope:
        assert scope == "a/"
        with name_scope("b"):
            assert Variable(1.0, name="w").name == "a/b/w:0"
    assert Variable(1.0, name="w").name == "w:0"


def test_copies():
    v = Variable([1.0], name="w", trainable=False)
    twin = copy.deepcopy(v)
    again = pickle.loads(pickle.dumps(v))
    v.assign([2.0])
    for other in (twin, again):
        assert other.numpy().tolist() == [1.0]
        assert other.name == "w:0"
        assert not other.trainable


def test_open_shapes_may_change():
    v = Variable([1.0], shape=[None])
    v.assign([1.0, 2.0])
    assert v.numpy().tolist() == [1.0, 2.0]
    with pytest.raises(ShapeError):
        v.assign(1.0)


def test_strings():
    v = Variable(["a", "b"])
    before = v.value()
    v.assign(["c", "d"])
    assert v.numpy().tolist() == [b"c", b"d"]
    assert before.numpy().tolist() == [b"a", b"b"]


def test_init_scope_makes_variables_inside_a_function():
    made = []

    @function
    def f(x):
        if not made:
            with init_scope():
                made.append(Variable([2.0]))
        return made[0] * x

    assert f(constant(3.0)).numpy().tolist() == [6.0]
    made[0].assign([5.0])
    assert f(constant(3.0)).numpy().tolist() == [15.0]


def test_trainable_decides_what_tapes_watch():
    v, fixed = Variable(2.0), Variable(3.0, trainable=False)
    with GradientTape() as tape:
        y = v * fixed
    dv, dfixed = tape.gradient(y, [v, fixed])
    assert float(dv) == 3.0
    assert dfixed is None
