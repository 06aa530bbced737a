"""Modules that real TensorFlow made, against what real TensorFlow Hub made of them."""

from __future__ import annotations

import numpy as np
import pytest
from hub_files import golden, handle

import caudal as tf
from caudal import hub, keras


def close(found, name, tolerance=1e-5):
    np.testing.assert_allclose(found, golden[name], rtol=tolerance, atol=tolerance)


def counts(thing):
    return [len(thing.trainable_weights), len(thing.non_trainable_weights)]


def test_both_functions_of_a_picture_module():
    module = hub.load(handle("mobile"))
    close(module(golden["mobile/x"]), "mobile/features")
    close(module(golden["mobile/x"], training=True), "mobile/training")
    assert len(module.variables) == 15 and len(module.trainable_variables) == 9
    assert module.variables[0].name == "stem:0"


@pytest.mark.parametrize(("case", "trainable"), [("frozen", False), ("trained", True)])
def test_training_steps(case, trainable):
    """Gradients, momentum and moving averages through the loaded functions, step by step."""
    layer = hub.KerasLayer(
        handle("mobile"), trainable=trainable, arguments={"batch_norm_momentum": 0.8}
    )
    model = keras.Sequential([layer, keras.layers.Dense(2)])
    model.build((None, 16, 16, 3))
    model.layers[-1].set_weights([golden["mobile/head"], np.zeros(2, "float32")])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x, y = golden["mobile/x"], golden["mobile/y"]
    close([float(model.train_on_batch(x, y)) for _ in range(3)], f"mobile/{case}/losses")
    close(model.predict(x, verbose=0), f"mobile/{case}/predictions", 1e-4)
    assert counts(model) == golden[f"mobile/{case}/counts"].tolist()
    for i, weight in enumerate(layer.resolved_object.variables):
        close(weight, f"mobile/{case}/weight{i}", 1e-4)


def test_a_model_of_keras_2():
    layer = hub.KerasLayer(handle("keras2"), trainable=True)
    close(layer(golden["keras2/x"]), "keras2/y")
    close([float(loss) for loss in layer.losses], "keras2/losses")
    assert counts(layer) == golden["keras2/counts"].tolist()
    layer.trainable = False
    assert [float(loss) for loss in layer.losses] == [0.0]
    assert counts(layer) == [0, int(golden["keras2/counts"].sum())]


def test_dropout_counts_only_where_the_layer_trains():
    module = hub.load(handle("several"))
    ones = {"a": np.ones((8, 3), "float32"), "b": np.ones((8, 3), "float32")}
    frozen = hub.KerasLayer(module, output_key="default")
    assert (frozen(ones, training=True) == 3.0).numpy().all()
    trained = hub.KerasLayer(module, output_key="default", trainable=True)
    found = trained(ones, training=True).numpy()
    assert set(np.unique(found)) == {0.0, 6.0}
    assert (trained(ones, training=False) == 3.0).numpy().all()
    symbolic = trained(ones, training=tf.constant(True)).numpy()
    assert set(np.unique(symbolic)) == {0.0, 6.0}


def test_a_model_that_keras_3_exported():
    key = str(golden["keras3/key"])
    layer = hub.KerasLayer(handle("keras3"), signature="serving_default", output_key=key)
    close(layer(golden["keras3/x"]), "keras3/y")


def test_several_inputs_and_outputs():
    module = hub.load(handle("several"))
    inputs = {name: golden[f"several/{name}"] for name in ("a", "b")}
    for name, value in module(inputs).items():
        close(value, f"several/{name}")
    close(hub.KerasLayer(module, output_key="mean")(inputs), "several/mean")
    assert module.calls.numpy() == 2
    signed = hub.KerasLayer(handle("several"), signature="both", signature_outputs_as_dict=True)
    found = signed(inputs)
    assert sorted(found) == ["scaled", "sum"]
    for name, value in found.items():
        close(value, f"several/both/{name}")


def test_a_module_of_tensorflow_1():
    close(hub.KerasLayer(handle("old"))(golden["old/x"]), "old/y")
    close(hub.KerasLayer(handle("old"), output_key="double")(golden["old/x"]), "old/double")
    module = hub.load(handle("old"), tags={"train"})
    assert [one.name for one in module.variables] == ["kernel:0"]
    assert list(module.signatures) == ["default"]
    layer = hub.KerasLayer(handle("old"), trainable=True)
    with pytest.raises(ValueError, match="unsupported when loading from the TF1 Hub format"):
        layer(golden["old/x"])
