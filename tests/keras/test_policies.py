"""Dtype policies, mixed precision and loss scaling against real Keras."""

import numpy as np
import pytest
from case_check import check
from policy_cases import CASES, values

from caudal import keras
from caudal.errors import CaudalError

L = keras.layers
EXACT = ("scaled", "configs")


@pytest.mark.parametrize("case", CASES)
def test_as_keras(case):
    tolerance = {} if case in EXACT else {"rtol": 0.02, "atol": 0.02}
    check("policy", case, CASES[case], **tolerance)


@pytest.fixture
def policy(request):
    """A global policy for the length of a test."""
    keras.mixed_precision.set_global_policy(request.param)
    yield request.param
    keras.mixed_precision.set_global_policy("float32")


def network():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            L.Conv2D(4, 3, activation="relu"),
            L.BatchNormalization(),
            L.MaxPooling2D(),
            L.Flatten(),
            L.Dropout(0.1),
            L.Dense(2, activation="softmax", dtype="float32"),
        ]
    )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"], indirect=True)
def test_training_converges(policy, tmp_path):
    keras.utils.set_random_seed(3)
    x = values((200, 8, 8, 1), 0)
    y = (x[:, :4].mean((1, 2, 3)) > x[:, 4:].mean((1, 2, 3))).astype("int32")
    model = network()
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    history = model.fit(x, y, epochs=12, batch_size=20, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["accuracy"][-1] > 0.9
    wrapped = type(model.optimizer).__name__ == "LossScaleOptimizer"
    assert wrapped == (policy == "mixed_float16")
    assert all(weight.dtype.name == "float32" for weight in model.weights)
    model.save(tmp_path / "mixed.keras")
    again = keras.models.load_model(tmp_path / "mixed.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    assert again.layers[0].compute_dtype == policy.removeprefix("mixed_")


@pytest.mark.parametrize("policy", ["mixed_float16"], indirect=True)
def test_loss_scaling_can_be_left_out(policy):
    model = network()
    model.compile("sgd", "mse", auto_scale_loss=False)
    assert type(model.optimizer) is keras.optimizers.SGD
    own = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), initial_scale=4.0)
    model.compile(own, "mse")
    assert model.optimizer is own


@pytest.mark.parametrize("policy", ["mixed_bfloat16"], indirect=True)
def test_eager_is_compiled(policy):
    x, model = values((4, 8, 8, 1), 1), network()
    np.testing.assert_allclose(model(x), model.predict(x, verbose=0), rtol=0.02, atol=0.01)
    inner = keras.Model(model.inputs, model.layers[0].output)
    assert inner(x).dtype.name == "bfloat16"
    assert inner.outputs[0].dtype == "bfloat16"


def test_the_policy_of_a_layer_can_be_set():
    layer = L.Dense(2)
    layer.dtype_policy = "mixed_bfloat16"
    assert layer(values((2, 3), 0)).dtype.name == "bfloat16"
    assert layer.variable_dtype == "float32"
    assert L.deserialize(L.serialize(layer)).dtype_policy == layer.dtype_policy


def test_optimizers_of_files_keep_their_scale(tmp_path):
    model = keras.Sequential([keras.Input((3,)), L.Dense(1)])
    inner = keras.optimizers.Adam(0.1)
    optimizer = keras.optimizers.LossScaleOptimizer(inner, 64.0, dynamic_growth_steps=1)
    model.compile(optimizer, "mse")
    model.fit(values((8, 3), 0), values((8, 1), 1), batch_size=4, verbose=0)
    assert float(optimizer.dynamic_scale) == 256.0
    model.save(tmp_path / "scaled.keras")
    again = keras.models.load_model(tmp_path / "scaled.keras").optimizer
    assert (float(again.dynamic_scale), int(again.iterations)) == (256.0, 2)
    for one, other in zip(again.variables, optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, other)


POLICIES = keras.dtype_policies


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("Cannot convert 'float5'", lambda: POLICIES.get("float5")),
        ("name=3", lambda: POLICIES.DTypePolicy(3)),
        ("int9", lambda: POLICIES.get("int9_from_float32")),
        ("int8_float32", lambda: POLICIES.get("int8_float32")),
        ("float16", lambda: POLICIES.get("int8_from_mixed_float16")),
        ("weight_bits", lambda: POLICIES.get("gptq/5/1_from_float32")),
        ("block_size", lambda: POLICIES.Int4DTypePolicy("int4/0", "float32")),
        ("Expected format", lambda: POLICIES.AWQDTypePolicy("awq/4", "float32")),
        ("mode='int3'", lambda: POLICIES.QuantizedDTypePolicy("int3", "float32")),
        ("amax_history_length", lambda: POLICIES.QuantizedFloat8DTypePolicy("float8", None, 0.5)),
        ("default_policy", lambda: POLICIES.DTypePolicyMap(POLICIES.DTypePolicyMap())),
        ("policy_map", lambda: POLICIES.DTypePolicyMap("float32", ["a"])),
        ("Other", lambda: POLICIES.deserialize({"class_name": "Other", "config": {}})),
        ("inner_optimizer", lambda: keras.optimizers.LossScaleOptimizer("adam")),
        (
            "clipnorm",
            lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), clipnorm=1.0),
        ),
        (
            "dynamic",
            lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(), dynamic=False),
        ),
    ],
)
def test_bad_input(match, call):
    with pytest.raises(CaudalError, match=match):
        call()


def test_a_path_that_fits_two_keys():
    policies = POLICIES.DTypePolicyMap("float32", {"a/.*": POLICIES.DTypePolicy("float16")})
    policies["a/b.*"] = "bfloat16"
    with pytest.raises(CaudalError, match="matches multiple"):
        policies["a/bc"]
    with pytest.raises(CaudalError, match="already exist"):
        policies["a/.*"] = "float32"
    with pytest.raises(CaudalError, match="Cannot interpret"):
        policies["c"] = "float5"
    del policies["a/b.*"]
    assert [*policies] == ["a/.*"]
    assert policies["a/bc"].name == "float16"
