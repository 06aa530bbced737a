"""keras.StatelessScope: other values inside, the own ones outside; the numbers are real Keras's."""

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.errors import CaudalError


def built():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, use_bias=False)])
    model.layers[0].kernel.assign(np.full((3, 2), 0.5))
    return model


def test_reading_and_assigning():
    model, x = built(), np.ones((1, 3), "float32")
    kernel = model.layers[0].kernel
    with keras.StatelessScope([(kernel, np.ones((3, 2)))]) as scope:
        inside = model(x)
        kernel.assign_add(np.ones((3, 2), "float32"))
        after = model(x)
    np.testing.assert_allclose(inside, [[3, 3]])
    np.testing.assert_allclose(after, [[6, 6]])
    np.testing.assert_allclose(model(x), [[1.5, 1.5]])
    np.testing.assert_allclose(scope.get_current_value(kernel), np.full((3, 2), 2.0))
    assert scope.get_current_value(keras.Variable(1.0)) is None


def test_a_layer_that_changes_its_state():
    layer = keras.layers.BatchNormalization(momentum=0.5)
    x = np.array([[1.0], [3.0]], "float32")
    layer.build((None, 1))
    with keras.StatelessScope() as scope:
        layer(x, training=True)
    assert float(layer.moving_mean[0]) == 0.0
    np.testing.assert_allclose(scope.get_current_value(layer.moving_mean), [1.0])


def test_scopes_inside_scopes_and_functions():
    v = keras.Variable(1.0)

    @tf.function
    def doubled(value):
        with keras.StatelessScope([(v, value)]) as scope:
            v.assign(v * 2.0)
        return scope.get_current_value(v), v + 0.0

    assert [float(part) for part in doubled(tf.constant(4.0))] == [8.0, 1.0]
    with keras.StatelessScope([(v, 2.0)]):
        with keras.StatelessScope([(v, 3.0)]):
            assert float(v) == 3.0
        assert float(v) == 2.0
    assert float(v) == 1.0


def test_losses_are_collected():
    layer = keras.layers.ActivityRegularization(l2=1.0)
    with keras.StatelessScope(collect_losses=True) as scope:
        layer(np.full((1, 2), 2.0, "float32"))
    assert [float(loss) for loss in scope.losses] == [8.0]


def a_part():
    v = keras.Variable([1.0, 2.0])
    with keras.StatelessScope():
        v[0].assign(3.0)


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("whole values", a_part),
        ("must be variables", lambda: keras.StatelessScope([("kernel", 1.0)])),
        ("has shape", lambda: keras.StatelessScope([(keras.Variable([1.0, 2.0]), 1.0)])),
        ("initialize_variables", lambda: keras.StatelessScope(initialize_variables=False)),
    ],
)
def test_bad_input(match, call):
    with pytest.raises(CaudalError, match=match):
        call()


def test_a_symbolic_scope_changes_no_value():
    v = keras.Variable(2.0, name="v")
    with keras.StatelessScope([(v, 5.0)]) as scope, keras.SymbolicScope() as symbolic:
        v.assign(v + 1.0)
        with keras.SymbolicScope() as inner:
            assert inner is not symbolic
    assert float(scope.get_current_value(v)) == 6.0
    assert float(v) == 2.0
