"""hub.KerasLayer: objects and modules as layers, configurations, wrong arguments."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hub_files import handle

import caudal as tf
from caudal import errors, hub, keras
from caudal.hub.loading import opened

PICTURES = np.random.default_rng(0).random((4, 16, 16, 3)).astype("float32")
CUSTOM = {"KerasLayer": hub.KerasLayer}


class Scale(tf.Module):
    def __init__(self):
        super().__init__()
        self.factor = tf.Variable(3.0)
        self.seen = tf.Variable(0, trainable=False)
        self.regularization_losses = [lambda: self.factor * self.factor]

    @tf.function
    def __call__(self, x, training=False, power=1.0):
        if training:
            self.seen.assign_add(1)
        return self.factor * x**power


# --- what works -------------------------------------------------------------------------------


def test_an_object_of_the_program():
    module = Scale()
    layer = hub.KerasLayer(module, trainable=True, arguments={"power": 2.0})
    assert layer.resolved_object is module
    assert layer.trainable_weights == [module.factor]
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    before = float(module.factor)
    history = model.fit(np.ones((8, 2)), np.zeros((8, 2)), batch_size=4, epochs=3, verbose=0)
    assert float(module.factor) < before
    assert int(module.seen) == 6
    # 9 of the outputs' squares and 9 of the regularization, at first.
    assert 12 < history.history["loss"][0] < 18
    layer.trainable = False
    assert layer.losses == [0.0]
    model.compile("sgd", "mse")
    after = float(module.factor)
    model.fit(np.ones((8, 2)), np.zeros((8, 2)), verbose=0)
    assert float(module.factor) == after and int(module.seen) == 6


def test_a_plain_function():
    layer = hub.KerasLayer(lambda x: {"y": x + 1.0}, output_key="y", name="plus")
    assert layer(tf.zeros((2, 3))).numpy().tolist() == [[1.0] * 3] * 2
    assert layer.name == "plus" and layer.weights == []
    inputs = keras.Input((3,))
    assert layer(inputs).shape == (None, 3)


def test_the_first_layer_says_the_input():
    layer = hub.KerasLayer(handle("mobile"), input_shape=(16, 16, 3))
    model = keras.Sequential([layer, keras.layers.Dense(2)])
    assert model.output_shape == (None, 2) and model.input_shape == (None, 16, 16, 3)
    assert layer.output_shape == (None, 6)
    assert model.count_params() == layer.count_params() + 14


def test_floats_are_cast_to_what_the_module_takes():
    layer = hub.KerasLayer(handle("mobile"))
    np.testing.assert_array_equal(layer(PICTURES.astype("float64")), layer(PICTURES))
    half = hub.KerasLayer(handle("mobile"), dtype="mixed_float16")
    assert half(PICTURES).dtype == tf.float32


def test_output_shape_is_checked():
    layer = hub.KerasLayer(handle("mobile"), output_shape=[6])
    assert layer(PICTURES).shape == (4, 6)
    assert layer.compute_output_shape((None, 16, 16, 3)) == (None, 6)
    with pytest.raises(ValueError, match=r"output_shape says \[4, 7\]"):
        hub.KerasLayer(handle("mobile"), output_shape=[7])(PICTURES)
    several = hub.KerasLayer(lambda x: {"a": x, "b": x[:, 0]}, output_shape={"a": [2], "b": ()})
    assert several(tf.ones((3, 2)))["b"].shape == (3,)


def test_in_a_functional_model_and_a_tf_function():
    inputs = keras.Input((16, 16, 3))
    layer = hub.KerasLayer(handle("mobile"))
    model = keras.Model(inputs, keras.layers.Dense(1)(layer(inputs)))
    np.testing.assert_allclose(model.predict(PICTURES, verbose=0), model(PICTURES), rtol=1e-5)
    traced = tf.function(lambda x: layer(x))
    np.testing.assert_allclose(traced(PICTURES), layer(PICTURES), rtol=1e-5)


def test_a_gradient_tape_trains_a_loaded_module():
    module = hub.load(handle("mobile"))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(module(PICTURES, training=True) ** 2)
    gradients = tape.gradient(loss, module.trainable_variables)
    assert all(one is not None and np.abs(one).sum() > 0 for one in gradients)


# --- configurations and files -----------------------------------------------------------------


def test_the_configuration():
    layer = hub.KerasLayer(
        handle("mobile"), arguments={"batch_norm_momentum": 0.5}, output_shape=[6], name="m"
    )
    config = layer.get_config()
    assert config["handle"] == handle("mobile") and config["trainable"] is False
    assert config["arguments"] == {"batch_norm_momentum": 0.5} and config["output_shape"] == [6]
    again = hub.KerasLayer.from_config(json.loads(json.dumps(config)))
    np.testing.assert_array_equal(again(PICTURES), layer(PICTURES))
    signed = hub.KerasLayer(handle("several"), signature="both", output_key="sum")
    config = signed.get_config()
    assert (config["signature"], config["output_key"]) == ("both", "sum")


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_a_saved_model_that_holds_a_module(tmp_path, name):
    layer = hub.KerasLayer(handle("mobile"), trainable=True)
    model = keras.Sequential([keras.Input((16, 16, 3)), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(PICTURES, np.ones((4, 1)), verbose=0)
    model.save(tmp_path / name)
    again = keras.models.load_model(tmp_path / name, custom_objects=CUSTOM)
    np.testing.assert_allclose(
        again.predict(PICTURES, verbose=0), model.predict(PICTURES, verbose=0), rtol=1e-5
    )
    assert len(again.trainable_weights) == 11
    # The weights are the trained ones, not those of the module.
    fresh = hub.KerasLayer(handle("mobile"))
    assert not np.allclose(again.layers[0].get_weights()[0], fresh.get_weights()[0], atol=1e-7)


def test_weights_alone_and_clones(tmp_path):
    model = keras.Sequential([keras.Input((16, 16, 3)), hub.KerasLayer(handle("mobile"))])
    clone = keras.models.clone_model(model)
    clone.set_weights([weight + 1.0 for weight in clone.get_weights()])
    clone.save_weights(tmp_path / "m.weights.h5")
    model.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(model.get_weights()[0], clone.get_weights()[0])
    tf.train.Checkpoint(model=clone).write(str(tmp_path / "checkpoint"))
    model.set_weights([weight * 0 for weight in model.get_weights()])
    tf.train.Checkpoint(model=model).read(str(tmp_path / "checkpoint"))
    np.testing.assert_array_equal(model.get_weights()[-1], clone.get_weights()[-1])


def test_an_exported_model_holds_the_module(tmp_path):
    model = keras.Sequential([keras.Input((16, 16, 3)), hub.KerasLayer(handle("mobile"))])
    model.export(tmp_path / "exported", verbose=False)
    again = tf.saved_model.load(tmp_path / "exported")
    np.testing.assert_allclose(again.serve(PICTURES), model(PICTURES), rtol=1e-5)


def test_a_file_opens_no_module_by_itself(tmp_path, monkeypatch):
    model = keras.Sequential([keras.Input((16, 16, 3)), hub.KerasLayer(handle("mobile"))])
    model.save(tmp_path / "m.keras")
    monkeypatch.setattr(opened, "known", set())
    with pytest.raises(errors.PermissionDeniedError, match="safe_mode=False"):
        keras.models.load_model(tmp_path / "m.keras", custom_objects=CUSTOM)
    keras.models.load_model(tmp_path / "m.keras", custom_objects=CUSTOM, safe_mode=False)
    monkeypatch.setattr(opened, "known", set())
    hub.load(handle("mobile"))
    keras.models.load_model(tmp_path / "m.keras", custom_objects=CUSTOM)


# --- what does not ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"signature": "nope", "output_key": "x"}, r"Unknown signature nope .*\['both'\]"),
        ({"signature": "both"}, "either output_key or signature_outputs_as_dict=True"),
        (
            {"signature": "both", "output_key": "sum", "signature_outputs_as_dict": True},
            "either output_key or signature_outputs_as_dict=True",
        ),
        ({"signature_outputs_as_dict": True}, "only valid if specifying a signature"),
        ({"tags": {"serving"}, "handle": Scale()}, "mutually exclusive with setting tags"),
        ({"load_options": 1, "handle": Scale()}, "mutually exclusive with setting load_options"),
        ({"tags": {"nope"}}, "no graph has the tags"),
        ({"handle": 7}, "Expected a string, got 7"),
        ({"handle": None}, "Expected a string, got None"),
        ({"unknown": 1}, "unknown"),
        ({"trainable": "yes"}, "to be a boolean"),
        ({"output_shape": 20}, "output_shape to be a shape"),
        ({"handle": lambda x: x, "signature": "a", "output_key": "b"}, "has no signatures"),
    ],
)
def test_wrong_arguments(arguments, text):
    with pytest.raises((ValueError, TypeError, NotImplementedError), match=text) as caught:
        hub.KerasLayer(arguments.pop("handle", handle("several")), **arguments)
    assert isinstance(caught.value, errors.CaudalError)


def test_a_module_that_is_not_callable():
    text = r"Signature name has to be specified.*\['serve', 'serving_default'\]"
    with pytest.raises(ValueError, match=text):
        hub.KerasLayer(handle("keras3"))


def test_wrong_calls():
    inputs = {"a": np.ones((2, 3), "float32"), "b": np.ones((2, 3), "float32")}
    layer = hub.KerasLayer(handle("several"), output_key="nope")
    with pytest.raises(ValueError, match=r"output key nope \(available: \['default', 'mean'\]"):
        layer(inputs)
    with pytest.raises(ValueError, match="forbidden if output type"):
        hub.KerasLayer(handle("mobile"), output_key="x")(PICTURES)
    signed = hub.KerasLayer(handle("several"), signature="both", output_key="sum", trainable=True)
    with pytest.raises(ValueError, match="unsupported when calling a SavedModel signature"):
        signed(inputs)
    signed = hub.KerasLayer(handle("several"), signature="both", output_key="sum")
    with pytest.raises(ValueError, match=r"the keywords \['a', 'b'\]"):
        signed({"a": inputs["a"]})


@pytest.mark.parametrize(
    "wrong",
    [PICTURES[:, :8], PICTURES[0], PICTURES[..., :1], np.ones((1, 16, 16, 3), "int32")],
)
def test_wrong_inputs(wrong):
    with pytest.raises(ValueError, match="matching concrete function") as caught:
        hub.KerasLayer(handle("mobile"))(wrong)
    assert isinstance(caught.value, errors.CaudalError)


def test_folders_that_are_no_module(tmp_path):
    with pytest.raises(ValueError, match=r"incompatible/unknown type.*empty"):
        hub.load(str(tmp_path))
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ValueError, match=r"notes\.txt"):
        hub.load(str(tmp_path))
    with pytest.raises(ValueError, match="a file, and no tar"):
        hub.load(str(tmp_path / "notes.txt"))
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "saved_model.pb").write_bytes(b"\xff\xff")
    with pytest.raises(ValueError, match="the folder '1' in it does"):
        hub.load(str(tmp_path))
    with pytest.raises(errors.DataLossError):
        hub.load(str(tmp_path / "1"))


def test_what_has_no_configuration():
    with pytest.raises(NotImplementedError, match="string `handle`"):
        hub.KerasLayer(lambda x: x).get_config()
    layer = hub.KerasLayer(handle("mobile"), arguments={"batch_norm_momentum": tf.constant(0.5)})
    with pytest.raises(ValueError, match="non json-serializable values in key: batch_norm"):
        layer.get_config()


def test_regularization_losses_are_functions():
    module = Scale()
    module.regularization_losses = [tf.constant(1.0)]
    with pytest.raises(ValueError, match="iterable of callables"):
        hub.KerasLayer(module)


def test_a_trainable_layer_without_weights_is_said():
    layer = hub.KerasLayer(lambda x: x, trainable=True)
    with pytest.warns(errors.CaudalWarning, match="zero trainable weights"):
        layer(tf.ones(2))
    layer(tf.ones(2))


def test_missing_names():
    with pytest.raises(AttributeError, match=r"KerasLayer"):
        hub.KerasLayers  # noqa: B018
    assert hub.__version__ == "0.16.1"
