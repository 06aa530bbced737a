"""keras.Operation and keras.Function: symbolic calls, configurations, parts of a graph."""

import numpy as np
import pytest

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.keras import Function, Input, KerasTensor, Model, Operation
from caudal.keras.layers import Dense


class Affine(Operation):
    def __init__(self, factor, *, offset=0.0, name=None):
        super().__init__(name=name)
        self.factor, self.offset = factor, offset

    def call(self, x, shift=None):
        found = x * self.factor + self.offset
        return found if shift is None else found + shift


def test_a_subclass_is_called_on_symbols_and_on_values():
    op = Affine(2.0, offset=1.0)
    x = KerasTensor((None, 3))
    y = op(x, shift=x)
    assert y.shape == (None, 3) and op.output is y and op.input == [x, x]
    np.testing.assert_array_equal(op(np.ones((1, 3), "float32")), np.full((1, 3), 3.0))
    with pytest.raises(UnimplementedError, match="call"):
        Operation()(np.ones(2))


def test_the_configuration_is_the_constructor_s_arguments():
    op = Affine(2.0, name="affine")
    assert op.get_config() == {"factor": 2.0, "offset": 0.0, "name": "affine"}
    assert Affine.from_config(op.get_config()).get_config() == op.get_config()
    with pytest.raises(UnimplementedError, match="'factor'"):
        Affine(object()).get_config()


def test_a_function_is_what_lies_between_symbolic_tensors():
    x = Input((3,), name="x")
    a = x * 2.0
    b = a + 1.0
    part = Function(b, {"square": b**2.0})
    assert [op.name for op in part.operations] == [part.outputs[0]._keras_history.operation.name]
    found = part(np.full((2, 3), 3.0, "float32"))["square"]
    np.testing.assert_array_equal(found, np.full((2, 3), 9.0))
    assert part.compute_output_shape((None, 3)) == {"square": (None, 3)}
    assert part(KerasTensor((5, 3)))["square"].shape == (5, 3)


def test_a_function_refuses_what_does_not_fit():
    x = KerasTensor((2, 3))
    twice = Function([x, x * 1.0], x + 1.0)
    with pytest.raises(InvalidArgumentError, match="structure"):
        twice(np.ones((2, 3)))
    with pytest.raises(InvalidArgumentError, match="expected an input of shape"):
        twice([np.ones((4, 3)), np.ones((2, 3))])
    with pytest.raises(InvalidArgumentError, match="empty"):
        Function(x, [])
    with pytest.raises(InvalidArgumentError, match="made by no layer"):
        Function(x, KerasTensor((2, 3)) + 1.0)


def test_a_model_may_begin_at_any_layer():
    x = Input((4,))
    hidden = Dense(3, name="hidden")(x)
    y = Dense(2, name="out")(hidden)
    whole = Model(x, y)
    part = Model(hidden, y)
    assert [layer.__class__.__name__ for layer in part.layers] == ["InputLayer", "Dense"]
    values = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    middle = Model(x, hidden).predict(values, verbose=0)
    np.testing.assert_allclose(
        part.predict(middle, verbose=0), whole.predict(values, verbose=0), rtol=1e-6
    )
    assert part.get_layer("out") is whole.get_layer("out")


def test_an_error_is_not_its_own_cause():
    from caudal import keras

    with pytest.raises(TypeError, match="index") as found:
        keras.ops.switch(0, [len], [1.0], index=0)
    assert found.value.__cause__ is not found.value
