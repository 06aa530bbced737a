"""keras.distribution: meshes, layouts, and training that a distribution does not change."""

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.errors import CaudalError, CaudalWarning

D = keras.distribution
EIGHT = [f"cpu:{i}" for i in range(8)]


@pytest.fixture
def two_devices():
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    yield
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()])


def grid():
    return D.DeviceMesh((4, 2), ["data", "model"], EIGHT)


def trained():
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(4, "relu", name="a")])
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(32, 5)).astype("float32")
    model.fit(x, x[:, :4], batch_size=8, epochs=2, verbose=0)
    return model.get_weights()


def test_the_devices(two_devices):
    assert D.list_devices() == D.list_devices("CPU") == ["cpu:0", "cpu:1"]
    assert D.get_device_count() == 2
    assert D.list_devices("gpu") == []
    parallel = D.DataParallel()
    assert parallel.num_model_replicas == 2
    assert parallel.device_mesh.devices.tolist() == ["cpu:0", "cpu:1"]


def test_training_gives_the_same_bits():
    alone = trained()
    layouts = D.LayoutMap(grid())
    layouts["a/kernel"] = (None, "model")
    for distribution in (D.DataParallel(devices=EIGHT), D.ModelParallel(layout_map=layouts)):
        with distribution.scope():
            assert D.distribution() is distribution
            for one, other in zip(trained(), alone, strict=True):
                np.testing.assert_array_equal(one, other)
    assert D.distribution() is None


def test_layouts_of_data_and_variables():
    layouts = D.LayoutMap(grid())
    layouts[".*kernel"] = (None, "model")
    model = D.ModelParallel(layout_map=layouts, batch_dim_name="data")
    assert model.num_model_replicas == 4
    assert model.get_data_layout((8, 3, 3)).axes == ("data", None, None)
    kernel = keras.Variable(np.zeros((2, 4)), name="kernel")
    seed = keras.Variable([0, 1], name="seed")
    assert model.get_variable_layout(kernel).axes == (None, "model")
    assert model.get_variable_layout(seed).axes == (None,)
    seed._layout = D.TensorLayout(["data"], grid())
    assert model.get_variable_layout(seed).axes == ("data",)
    assert model.get_tensor_layout("x/kernel").axes == (None, "model")
    assert model.get_tensor_layout("x/output") is None
    data = D.DataParallel(devices=EIGHT)
    assert data.get_variable_layout(kernel).axes == (None, None)
    assert data.get_tensor_layout("x/kernel") is None


def test_a_tensor_keeps_its_values():
    x = np.arange(8.0)
    np.testing.assert_array_equal(D.distribute_tensor(x, D.TensorLayout(["data"], grid())), x)


def test_a_mesh_of_two_axes_warns():
    with pytest.warns(CaudalWarning, match="2 axes"):
        assert D.DataParallel(grid()).batch_dim_name == "data"


def layout_map(**entries):
    found = D.LayoutMap(grid())
    for key, value in entries.items():
        found[key] = value
    return found


def layout_twice():
    layout = D.TensorLayout(["data"], grid())
    layout.device_mesh = grid()


def ambiguous():
    found = layout_map(a=("data",))
    found["d.*"] = found[".*e"] = ("data",)
    return found["dense"]


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("device_type", lambda: D.list_devices("npu")),
        ("cannot be empty", lambda: D.DeviceMesh((8,), "", EIGHT)),
        ("same size", lambda: D.DeviceMesh((4, 2), ["data"], EIGHT)),
        ("6 places", lambda: D.DeviceMesh((3, 2), ["data", "model"], EIGHT)),
        ("invalid axis names", lambda: D.TensorLayout(["rows"], grid())),
        ("already", layout_twice),
        ("already", lambda: layout_map(a=("data",)).__setitem__("a", ("data",))),
        ("several keys", ambiguous),
        ("TensorLayout", lambda: layout_map(a="data")),
        (
            "cannot be divided",
            lambda: D.distribute_tensor(np.ones(6), D.TensorLayout(["data"], grid())),
        ),
        ("has 1 axes", lambda: D.distribute_tensor(np.ones((2, 2)), D.TensorLayout([None]))),
        ("device_mesh", lambda: D.DataParallel(3)),
        ("layout_map", lambda: D.ModelParallel(layout_map=None)),
        ("batch_dim_name", lambda: D.ModelParallel(layout_map=layout_map(), batch_dim_name="b")),
        ("set_distribution", lambda: D.set_distribution("data")),
        ("one process", lambda: D.initialize("10.0.0.1:1,10.0.0.2:1", 2, 0)),
    ],
)
def test_bad_input(match, call):
    with pytest.raises(CaudalError, match=match):
        call()
