"""Models where Keras's own tests found a difference (tools/conformance.py)."""

from collections import namedtuple

import numpy as np
import pytest

import caudal as tf
from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.keras import Input, Model, Sequential, layers, optimizers
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
    with pytest.warns(CaudalWarning, match="structure of `inputs`"):
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
    assert Model.from_config(chain).output_shape == (None, 2)


def two_outputs(make=list):
    x = Input((3,), name="x")
    a = layers.Dense(1, name="a")(x)
    b = layers.Dense(1, name="b")(x)
    return Model(x, {"a": a, "b": b} if make is dict else make([a, b]))


def fitted(model, y, **compiled):
    model.compile("sgd", **compiled)
    return sorted(model.fit(np.ones((8, 3)), y, verbose=0).history)


def difference(y_true, y_pred):
    """A loss of all outputs at once."""
    return tf.abs((y_true[0] - y_true[1]) - (y_pred[0] - y_pred[1]))


def test_a_list_of_losses_for_one_output():
    y = [np.zeros((8, 1)), np.ones((8, 1))]
    assert fitted(two_outputs(), y, loss=["mse", ["mae"]]) == ["a_loss", "b_loss", "loss"]
    one, both, other = (two_outputs() for _ in range(3))
    both.set_weights(one.get_weights())
    other.set_weights(one.get_weights())
    losses = [["mse", "mae"], ["mse", ["mse", "mae"]], ["mse", "mse"]]
    values = []
    for model, loss in zip((one, both, other), losses, strict=True):
        model.compile("sgd", loss=loss)
        values.append(model.evaluate(np.ones((8, 3)), y, return_dict=True, verbose=0))
    expected = values[0]["loss"] + values[2]["b_loss"]
    np.testing.assert_allclose(values[1]["loss"], expected, rtol=1e-5)


def test_losses_of_several_outputs_at_once():
    y = (np.zeros((8, 1)), np.ones((8, 1)))
    found = fitted(two_outputs(tuple), y, loss=[difference, ("mse", "mae")])
    assert found == ["a_b_loss", "a_loss", "b_loss", "loss"]
    model = two_outputs(tuple)
    model.compile("sgd", loss=[difference, ("mse", None)], loss_weights=[2.0, (0.5, 1.0)])
    logs = model.evaluate(np.ones((8, 3)), y, return_dict=True, verbose=0)
    expected = 2.0 * logs["a_b_loss"] + 0.5 * logs["a_loss"]
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-5)


def test_losses_of_unknown_outputs():
    model = two_outputs(dict)
    model.compile("sgd", loss={"a": "mse", "c": "mse"})
    y = {"a": np.zeros((8, 1)), "b": np.ones((8, 1))}
    for kind in (KeyError, ValueError):
        with pytest.raises(kind, match="no output named 'c'"):
            model.fit(np.ones((8, 3)), y, verbose=0)


def test_labels_of_the_outputs_that_have_a_loss():
    model = two_outputs()
    model.compile("sgd", loss=[None, "mse"])
    model.evaluate(np.ones((8, 3)), np.ones((8, 1)), verbose=0)


def test_values_as_nested_dicts():
    model = Sequential([Input((3,)), layers.Dense(1, name="out")], name="net")
    model.compile(optimizers.Adam(name="adam"), "mse", metrics=["mean_absolute_error"])
    model.fit(np.ones((2, 3)), np.ones((2, 1)), verbose=0)
    tree = model.get_state_tree("numpy_array")
    # The groups and names were recorded from Keras 3.15.1.
    assert list(tree["trainable_variables"]["net"]["out"]) == ["kernel", "bias"]
    assert tree["optimizer_variables"]["adam"]["iteration"] == 1
    assert set(tree["metrics_variables"]["loss"]) == {"total", "count"}
    assert set(tree["metrics_variables"]) == {"loss", "mean_absolute_error"}
    model.set_state_tree({"trainable_variables": {"net": {"out": {"bias": [0.5]}}}})
    assert float(model.layers[0].bias[0]) == 0.5
    with pytest.raises(InvalidArgumentError, match="no variable"):
        model.set_state_tree({"trainable_variables": {"net": {"gone": [0.5]}}})
    with pytest.raises(InvalidArgumentError, match="value_format"):
        model.get_state_tree("list")


def test_variables_of_one_path_have_no_tree():
    class Twins(Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = layers.Dense(1, name="same"), layers.Dense(1, name="same")

        def call(self, x):
            return self.two(self.one(x))

    model = Twins()
    model(np.ones((1, 2), "float32"))
    with pytest.raises(InvalidArgumentError, match="different names"):
        model.get_state_tree()


def test_structures_of_labels_and_outputs():
    Pair = namedtuple("Pair", ["first", "second"])
    x = Input((3,))
    a, b = layers.Dense(1, name="a")(x), layers.Dense(1, name="b")(x)
    model = Model(x, Pair(a, b))
    y = Pair(np.zeros((8, 1)), np.ones((8, 1)))
    found = fitted(model, y, loss=[difference, Pair("mse", "mae")])
    assert found == ["first_loss", "first_second_loss", "loss", "second_loss"]
    nested = Model(x, {"a": (a, b), "d": b})
    labels = {"a": (y[0], y[1]), "d": y[1]}
    found = fitted(nested, labels, loss={"a": [difference, (None, "mse")], "d": "mae"})
    assert found == ["a/b_loss", "a_loss", "d_loss", "loss"]
    again = Model.from_config(Model(x, (a, b)).get_config())
    assert isinstance(again(np.ones((1, 3))), tuple)
