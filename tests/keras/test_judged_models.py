"""Models where Keras's own tests found a difference (tools/conformance.py)."""

import numpy as np
import pytest

from caudal.errors import InvalidArgumentError
from caudal.keras import Input, Model, Sequential, layers
from caudal.keras.models import clone_model


class AddIfGiven(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(1)

    def call(self, x, y=None):
        return self.dense(x if y is None else x + y)


def optional_model():
    x, y = Input((2,), name="x"), Input((2,), name="y", optional=True)
    return Model({"x": x, "y": y}, AddIfGiven()(x, y))


def test_optional_inputs_may_be_none():
    model = optional_model()
    x = np.ones((4, 2), "float32")
    with_zeros = model({"x": x, "y": np.zeros((4, 2), "float32")})
    np.testing.assert_allclose(model({"x": x, "y": None}), with_zeros, rtol=1e-6)
    np.testing.assert_allclose(model([x, None]), with_zeros, rtol=1e-6)
    model.compile("sgd", "mse")
    model.fit({"x": x, "y": None}, np.ones((4, 1)), verbose=0)
    assert model.predict({"x": x, "y": None}, verbose=0).shape == (4, 1)
    with pytest.raises(InvalidArgumentError, match="x"):
        model({"x": None, "y": x})


def test_nested_dicts_of_inputs():
    a, b = Input((1,)), Input((2,))
    model = Model({"a": a, "more": {"b": b}}, {"a": a * 2.0, "more": {"b": b * 3.0}})
    found = model({"a": np.ones((2, 1)), "more": {"b": np.ones((2, 2))}})
    np.testing.assert_array_equal(found["more"]["b"], np.full((2, 2), 3.0))


def test_a_dict_of_inputs_in_another_order_than_sorted_takes_no_list():
    one, two = Input((3,), name="z"), Input((3,), name="a")
    model = Model({"z": one, "a": two}, layers.Subtract()([one, two]))
    ones, zeros = np.ones((1, 3)), np.zeros((1, 3))
    np.testing.assert_array_equal(model({"z": ones, "a": zeros}), [[1.0] * 3])
    with pytest.raises(InvalidArgumentError, match="call it with a dict"):
        model([ones, zeros])
    with pytest.raises(InvalidArgumentError, match="Missing data"):
        model({"b": ones, "c": zeros})


def test_sequential_with_several_inputs_calls_its_layers_one_by_one():
    class Swap(layers.Layer):
        def call(self, inputs):
            return {"a": inputs["b"], "b": inputs["a"]}

    model = Sequential([Swap()])
    found = model({"a": np.zeros((3, 2)), "b": np.ones((3, 2))})
    assert model.built and float(found["a"][0, 0]) == 1.0


def test_sequential_with_a_layer_that_cannot_tell_its_shape():
    class Plus(layers.Layer):
        def call(self, inputs):
            return inputs + 1.0

        def compute_output_spec(self, *args, **kwargs):
            raise NotImplementedError

    np.testing.assert_array_equal(Sequential([Plus()])(np.ones((1, 2))), [[2.0, 2.0]])


def test_clones_are_compiled_as_the_model_is():
    model = Sequential([Input((3,)), layers.Dense(2)])
    model.compile("adam", "mse", metrics=["mae"])
    clone = clone_model(model)
    assert clone.compiled and type(clone.optimizer) is type(model.optimizer)
    clone.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    assert not clone_model(Sequential([Input((3,)), layers.Dense(2)])).compiled


def test_clones_check_the_structure_of_input_tensors():
    x, y = Input((3,)), Input((3,))
    model = Model({"x": x, "y": y}, layers.Add()([x, y]))
    fresh = {"x": Input((3,)), "y": Input((3,))}
    assert set(clone_model(model, input_tensors=fresh).input) == {"x", "y"}
    with pytest.raises(InvalidArgumentError, match="input_tensors"):
        clone_model(model, input_tensors=(x, y))


def test_a_subclass_that_hands_all_arguments_on_keeps_its_own():
    class Tagged(Model):
        def __init__(self, *args, tag=0, **kwargs):
            super().__init__(*args, **kwargs)
            self.tag = tag

        def get_config(self):
            return {**super().get_config(), "tag": self.tag}

    x = Input((3,))
    model = Tagged(inputs=x, outputs=layers.Dense(5)(x), tag=3)
    again = Tagged.from_config(model.get_config())
    assert again.tag == 3 and len(again.weights) == 2


def test_configurations_whose_layers_wait_for_one_another_are_refused():
    def dense(name, source):
        return {
            "class_name": "Dense",
            "name": name,
            "config": {"units": 2, "name": name},
            "inbound_nodes": [[[source, 0, 0, {}]]],
        }

    start = {
        "class_name": "InputLayer",
        "name": "x",
        "config": {"batch_shape": [None, 2], "dtype": "float32", "name": "x"},
        "inbound_nodes": [],
    }
    config = {"name": "m", "input_layers": [["x", 0, 0]], "output_layers": [["b", 0, 0]]}
    loop = {**config, "layers": [start, dense("a", "b"), dense("b", "a")]}
    with pytest.raises(InvalidArgumentError, match="without its input"):
        Model.from_config(loop)
    chain = {**config, "layers": [start, dense("a", "x"), dense("b", "a")]}
    assert Model.from_config(chain).output_shape == [(None, 2)]
