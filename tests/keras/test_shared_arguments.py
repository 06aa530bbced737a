"""Arguments by place behind a constructor's own, as Keras has them, and optimizers as functions."""

import numpy as np
import pytest

from caudal import keras
from caudal.errors import CaudalError


def test_optimizers_take_all_by_place():
    adam = keras.optimizers.Adam(0.01, 0.8, 0.9, 1e-6, True, 0.02, None, 3.0)
    assert (adam.weight_decay, adam.clipnorm, adam.clipvalue) == (0.02, None, 3.0)
    muon = keras.optimizers.Muon(0.01, 0.9, 0.99, 0.004, 1e-7, 0.01, 2.0)
    assert (muon.weight_decay, muon.clipnorm) == (0.01, 2.0)


def test_layers_take_all_by_place():
    attention = keras.layers.MultiHeadAttention(
        2, 4, None, 0.0, True, None, None, None, None, "ones", "zeros", None, None, None, None,
        None, True, 7,
    )  # fmt: skip
    assert attention.use_gate
    assert attention.seed == 7
    dense = keras.layers.Dense(
        2, None, True, "ones", "zeros", None, None, None, None, None, 2, 4.0
    )  # fmt: skip
    dense.build((None, 3))
    assert (dense.lora_enabled, dense.lora_alpha) == (True, 4.0)
    pooling = keras.layers.GlobalAveragePooling1D("channels_first", True)
    assert pooling(np.ones((2, 3, 4))).shape == (2, 3, 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: keras.optimizers.SGD(0.1, 0.9, False, None, None, None, None, False, 7.0),
        lambda: keras.optimizers.Adam(*[None] * 20),
        lambda: keras.optimizers.Adam(0.1, 0.9, 0.99, 1e-7, False, 0.1, weight_decay=0.1),
        lambda: keras.export.ExportArchive("onnx"),
    ],
)
def test_wrong(call):
    with pytest.raises((CaudalError, TypeError)):
        call()


def test_an_optimizer_as_a_function():
    """Values of one step of Adam, in place and not."""
    weight = keras.Variable([1.0, 2.0])
    adam = keras.optimizers.Adam(0.1)
    adam.build([weight])
    state = [variable.numpy() for variable in adam.variables]
    (new,), after = adam.stateless_apply(state, [np.array([0.5, -1.0], "float32")], [[1.0, 2.0]])
    np.testing.assert_array_equal(weight, [1.0, 2.0])
    assert int(adam.iterations) == 0
    adam.apply([np.array([0.5, -1.0], "float32")], [weight])
    np.testing.assert_array_equal(weight, new)
    for variable, value in zip(adam.variables, after, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_an_optimizer_as_a_function_wrong():
    weight, adam = keras.Variable([1.0, 2.0]), keras.optimizers.Adam(0.1)
    with pytest.raises(CaudalError, match="build the optimizer"):
        adam.stateless_apply([], [[1.0, 1.0]], [weight])
    adam.build([weight])
    with pytest.raises(CaudalError, match="optimizer_variables"):
        adam.stateless_apply([], [[1.0, 1.0]], [weight])
    with pytest.raises(CaudalError, match="trainable_variables"):
        adam.stateless_apply(adam.variables, [[1.0, 1.0]], [])


def test_config_as_a_dict():
    config = keras.utils.Config(a=1)
    config.update({"b": 2}, c=3)
    assert list(config.values()) == [1, 2, 3]
    assert config.pop("missing", 4) == 4
    assert config.get(keyname="b", value=5) == 2
    assert not config.frozen
    config.freeze()
    assert config.frozen
