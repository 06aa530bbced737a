"""Saving and loading: subclasses, custom objects, old files, by_name, folders."""

from __future__ import annotations

import json
import pathlib

import h5py
import ml_dtypes
import numpy as np
import pytest

from caudal import keras
from caudal.errors import (
    AlreadyExistsError,
    CaudalWarning,
    DataLossError,
    DTypeError,
    InvalidArgumentError,
)
from caudal.keras import layers

X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
MODELS = pathlib.Path(__file__).parents[2].parent / "shared" / "data" / "models"


class Block(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = layers.Dense(units)
        self._hidden = layers.Dense(units)

    def build(self, input_shape):
        self.factor = self.add_weight(shape=(input_shape[-1],), name="factor")

    def call(self, inputs):
        return self._hidden(self.inner(inputs * self.factor))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Net(keras.Model):
    def __init__(self, width=3):
        super().__init__()
        self.width = width
        self.blocks = [Block(4), Block(width)]
        self.heads = {"b": layers.Dense(3), "a": layers.Dense(2)}
        self.row = keras.Sequential([layers.Dense(2), layers.Dropout(0.1)])

    def call(self, inputs):
        for block in self.blocks:
            inputs = block(inputs)
        return self.row(self.heads["a"](self.heads["b"](inputs)))


def net():
    model = Net()
    model.compile("rmsprop", "mse")
    model.fit(X, X[:, :2], verbose=0)
    return model


def assert_same(one, other):
    assert len(one.get_weights()) == len(other.get_weights()) > 0
    for ours, theirs in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


OWN = {"Net": Net, "Block": Block}


class TestSubclasses:
    def test_weights_have_keras_places(self, tmp_path):
        net().save_weights(tmp_path / "n.weights.h5")
        with h5py.File(tmp_path / "n.weights.h5") as file:
            found = []
            file.visititems(
                lambda name, item: found.append(name) if hasattr(item, "dtype") else None
            )
        places = [name for name in found if not name.startswith("optimizer")]
        assert places == [
            f"{place}/vars/{i}"
            for place, count in [
                ("blocks/block/_hidden", 2),
                ("blocks/block/inner", 2),
                ("blocks/block", 1),
                ("blocks/block_1/_hidden", 2),
                ("blocks/block_1/inner", 2),
                ("blocks/block_1", 1),
                ("heads/dense", 2),
                ("heads/dense_1", 2),
                ("layers/sequential/layers/dense", 2),
            ]
            for i in range(count)
        ]

    def test_weights_come_back(self, tmp_path):
        model, fresh = net(), net()
        model.save_weights(tmp_path / "n.weights.h5")
        fresh.load_weights(tmp_path / "n.weights.h5")
        assert_same(fresh, model)

    def test_whole_model_with_custom_objects(self, tmp_path):
        model = net()
        model.save(tmp_path / "n.keras")
        with pytest.raises(DTypeError, match="Net"):
            keras.models.load_model(tmp_path / "n.keras")
        loaded = keras.models.load_model(tmp_path / "n.keras", custom_objects=OWN)
        assert_same(loaded, model)
        np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
        for ours, theirs in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
        with keras.saving.custom_object_scope(OWN):
            assert_same(keras.models.load_model(tmp_path / "n.keras"), model)

    @pytest.mark.parametrize("suffix", ["keras", "h5"])
    def test_own_layer_and_own_loss(self, tmp_path, suffix):
        def own_loss(y_true, y_pred):
            return (y_true - y_pred) ** 2

        model = keras.Sequential([keras.Input((4,)), Block(2)])
        model.compile("sgd", own_loss, metrics=[own_loss])
        model.fit(X, X[:, :2], verbose=0)
        path = tmp_path / f"m.{suffix}"
        model.save(path)
        objects = {"Block": Block, "own_loss": own_loss}
        loaded = keras.models.load_model(path, custom_objects=objects)
        assert_same(loaded, model)
        assert loaded.loss is own_loss
        plain = keras.models.load_model(path, custom_objects={"Block": Block}, compile=False)
        assert not plain.compiled
        with pytest.raises((DTypeError, InvalidArgumentError), match="own_loss"):
            keras.models.load_model(path, custom_objects={"Block": Block})


def row(*widths, names=()):
    named = list(names) + [None] * len(widths)
    dense = [layers.Dense(w, name=n) for w, n in zip(widths, named, strict=False)]
    return keras.Sequential([keras.Input((4,)), *dense])


class TestOldWeights:
    def test_by_order_by_name_and_mismatch(self, tmp_path):
        source = row(3, 2, names=("one", "two"))
        source.save_weights(tmp_path / "w.h5")
        with h5py.File(tmp_path / "w.h5") as file:
            assert list(file.attrs["layer_names"]) == ["one", "two"]
        other = row(3, 2, names=("x", "y"))
        other.load_weights(tmp_path / "w.h5")
        assert_same(other, source)
        swapped = row(3, 3, 2, names=("one", "new", "two"))
        before = swapped.layers[1].get_weights()
        swapped.load_weights(tmp_path / "w.h5", by_name=True, skip_mismatch=False)
        np.testing.assert_array_equal(swapped.layers[0].get_weights()[0], source.get_weights()[0])
        np.testing.assert_array_equal(swapped.layers[1].get_weights()[0], before[0])
        wide = row(3, 5, names=("one", "two"))
        kept = wide.get_weights()
        with pytest.raises(InvalidArgumentError, match="shape"):
            wide.load_weights(tmp_path / "w.h5")
        for ours, theirs in zip(wide.get_weights(), kept, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        with pytest.warns(CaudalWarning, match="two"):
            wide.load_weights(tmp_path / "w.h5", skip_mismatch=True)
        np.testing.assert_array_equal(wide.get_weights()[0], source.get_weights()[0])
        with pytest.raises(InvalidArgumentError, match="2 layers with weights"):
            row(3).load_weights(tmp_path / "w.h5")

    def test_a_weights_file_is_no_model(self, tmp_path):
        row(2).save_weights(tmp_path / "w.h5")
        with pytest.raises(InvalidArgumentError, match="only weights"):
            keras.models.load_model(tmp_path / "w.h5")


class TestNewWeights:
    def test_a_file_that_does_not_fit_changes_nothing(self, tmp_path):
        row(3, 2).save_weights(tmp_path / "w.weights.h5")
        other = row(3, 5)
        kept = other.get_weights()
        with pytest.raises(InvalidArgumentError, match="shape"):
            other.load_weights(tmp_path / "w.weights.h5")
        for ours, theirs in zip(other.get_weights(), kept, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        with pytest.warns(CaudalWarning, match="skipped"):
            other.load_weights(tmp_path / "w.weights.h5", skip_mismatch=True)
        assert not np.array_equal(other.get_weights()[0], kept[0])
        with pytest.raises(InvalidArgumentError, match="by_name"):
            other.load_weights(tmp_path / "w.weights.h5", by_name=True)

    @pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
    @pytest.mark.parametrize("suffix", ["keras", "h5"])
    def test_other_dtypes(self, tmp_path, dtype, suffix):
        model = keras.Sequential([keras.Input((4,)), layers.Dense(2, dtype=dtype)])
        model.save(tmp_path / f"m.{suffix}")
        loaded = keras.models.load_model(tmp_path / f"m.{suffix}")
        kind = ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype
        assert loaded.get_weights()[0].dtype == kind
        assert_same(loaded, model)


class TestPaths:
    def test_a_path_without_suffix_is_a_folder(self, tmp_path):
        model = row(2)
        model.save(tmp_path / "saved" / "model")
        inside = sorted(item.name for item in (tmp_path / "saved/model").iterdir())
        assert inside == ["model.keras", "saved_model.pb", "variables"]
        assert_same(keras.models.load_model(tmp_path / "saved/model"), model)
        other = row(2)
        other.save_weights(tmp_path / "saved" / "model")
        model.load_weights(tmp_path / "saved/model")
        assert_same(model, other)
        # As in Keras 2, a checkpoint goes before a folder of that name.
        third = row(2)
        third.save(tmp_path / "saved" / "model")
        model.load_weights(tmp_path / "saved/model")
        assert_same(model, other)
        (tmp_path / "saved" / "model.index").unlink()
        model.load_weights(tmp_path / "saved/model")
        assert_same(model, third)

    def test_what_cannot_be(self, tmp_path):
        model = row(2)
        model.save(tmp_path / "m.keras")
        with pytest.raises(AlreadyExistsError, match="overwrite"):
            model.save(tmp_path / "m.keras", overwrite=False)
        with pytest.raises(InvalidArgumentError, match="whole model"):
            model.save_weights(tmp_path / "m.keras")
        with pytest.raises(InvalidArgumentError, match="signatures"):
            model.save(tmp_path / "m", signatures={})
        (tmp_path / "tf").mkdir()
        (tmp_path / "tf" / "saved_model.pb").write_bytes(b"")
        with pytest.raises(DataLossError, match="no graph"):
            keras.models.load_model(tmp_path / "tf")


class TestOldConfigurations:
    def test_keras_2_sequential_as_a_list(self):
        config = {
            "class_name": "Sequential",
            "config": [
                {
                    "class_name": "Dense",
                    "config": {
                        "name": "d",
                        "batch_input_shape": [None, 4],
                        "dtype": "float32",
                        "units": 2,
                        "kernel_initializer": {
                            "class_name": "GlorotUniform",
                            "config": {"seed": None, "dtype": "float32"},
                        },
                    },
                },
                {
                    "class_name": "BatchNormalization",
                    "config": {"name": "b", "axis": [1], "fused": None},
                },
            ],
        }
        model = keras.models.model_from_json(json.dumps(config))
        assert model.input_shape == (None, 4) and model.layers[1].axis == 1

    def test_keras_2_functional_nodes(self):
        def entry(kind, name, nodes, **config):
            return {
                "class_name": kind,
                "name": name,
                "config": {"name": name, **config},
                "inbound_nodes": nodes,
            }

        old = {
            "class_name": "Model",
            "config": {
                "name": "m",
                "layers": [
                    entry("InputLayer", "i", [], batch_input_shape=[None, 4], dtype="float32"),
                    entry("Dense", "d", [[["i", 0, 0, {}]], [["d", 0, 0, {}]]], units=4),
                    entry("Add", "a", [[["d", 0, 0, {}], ["d", 1, 0, {}]]]),
                ],
                "input_layers": [["i", 0, 0]],
                "output_layers": [["a", 0, 0]],
            },
        }
        model = keras.models.model_from_json(json.dumps(old))
        kernel, _ = model.get_weights()
        expected = X @ kernel + X @ kernel @ kernel
        np.testing.assert_allclose(model.predict(X, verbose=0), expected, atol=1e-5)


def test_what_cannot_be_written_is_said(tmp_path):
    class Odd(layers.Layer):
        def get_config(self):
            return {**super().get_config(), "odd": b"bytes", "more": {1, 2}}

        def call(self, inputs):
            return inputs

    (tmp_path / "m.keras").write_bytes(b"old")
    with pytest.raises(InvalidArgumentError):
        keras.Sequential([keras.Input((2,)), Odd()]).save(tmp_path / "m.keras")
    assert (tmp_path / "m.keras").read_bytes() == b"old"


def test_a_clone_keeps_its_lambda():
    offset = np.float32(3)
    model = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x + offset)])
    clone = keras.models.clone_model(model)
    np.testing.assert_array_equal(clone.predict(X, verbose=0), X + 3)


FILES = sorted(MODELS.glob("*/*.h5")) + sorted(MODELS.glob("*/*.hdf5"))


@pytest.mark.skipif(not FILES, reason="shared/data/models is not here")
@pytest.mark.filterwarnings("ignore:.*starts afresh")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_corpus_loads(path):
    if "weights" in path.name:
        pytest.skip("weights alone: its model is not in the file")
    model = keras.models.load_model(path)
    shape = tuple(extent or 2 for extent in model.input_shape)
    inputs = np.random.default_rng(0).normal(size=shape).astype("float32")
    assert np.isfinite(model.predict(inputs, verbose=0)).all()
    with h5py.File(path) as file:
        group = file["model_weights"]
        for layer in model.layers:
            names = group[layer.name].attrs["weight_names"]
            variables = layer.trainable_weights + layer.non_trainable_weights
            for name, variable in zip(names, variables, strict=True):
                np.testing.assert_array_equal(group[layer.name][name][()], variable.numpy())


CIFAR = MODELS.parent / "cifar10_subset.npz"
RESNET = MODELS / "mlcommons__tiny" / "pretrainedResnet.h5"


@pytest.mark.skipif(not (CIFAR.exists() and RESNET.exists()), reason="shared/data is not here")
def test_a_trained_network_of_keras_2_is_as_good_as_it_was():
    data = np.load(CIFAR)
    x, y = data["x_test"][:500].astype("float32"), data["y_test"][:500].ravel()
    found = keras.models.load_model(RESNET).predict(x, verbose=0).argmax(-1)
    assert (found == y).mean() >= 0.84


def test_operators_in_an_h5_file(tmp_path):
    """Keras 3 leaves the modules of operations out there, and cannot read its own file."""
    x = keras.Input((4,))
    y = keras.layers.Dense(3)(x + 1.0)
    model = keras.Model(x, keras.ops.mean(y[:, :2] * 2.0, axis=1, keepdims=True))
    model.save(tmp_path / "m.h5")
    again = keras.models.load_model(tmp_path / "m.h5")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
