"""Weights in several files, archives that are not packed, and changes to files of weights."""

import json
import pathlib

import h5py
import numpy as np
import pytest

from caudal import keras
from caudal.errors import DataLossError, DTypeError, InvalidArgumentError, NotFoundError
from caudal.keras import layers, models
from caudal.keras.saving import KerasFileEditor, deserialize_keras_object, serialize_keras_object

FILES = pathlib.Path(__file__).parent / "files"


def model(*units):
    return models.Sequential(
        [
            layers.Input((4,)),
            *(layers.Dense(n, "relu") for n in units[:-1]),
            layers.Dense(units[-1]),
        ]
    )


def recorded(count=23):
    """The weights that tools/record_keras_shards.py gave the model."""
    return np.arange(count) / 8


def flat(weights):
    return np.concatenate([np.ravel(one) for one in weights])


def test_keras_s_own_shards_and_folder_are_read():
    loaded = models.load_model(FILES / "open")
    np.testing.assert_array_equal(flat(loaded.get_weights()), recorded())
    momenta = [v.numpy() for v in loaded.optimizer.variables[2:]]
    np.testing.assert_array_equal(flat(momenta), 12.5 + recorded())
    plain = model(3, 2)
    plain.load_weights(FILES / "shards.weights.json")
    np.testing.assert_array_equal(flat(plain.get_weights()), recorded())


def test_shards_are_written_as_keras_writes_them(tmp_path):
    loaded = models.load_model(FILES / "open")
    loaded.save_weights(tmp_path / "shards.weights.json", max_shard_size=80 / 1024**3)
    ours = json.loads((tmp_path / "shards.weights.json").read_text())
    theirs = json.loads((FILES / "shards.weights.json").read_text())
    assert ours["weight_map"] == theirs["weight_map"]
    for file in FILES.glob("shards_*.h5"):
        with h5py.File(file) as theirs, h5py.File(tmp_path / file.name) as mine:
            paths = []
            theirs.visit(paths.append)
            for path in paths:
                if isinstance(theirs[path], h5py.Dataset):
                    np.testing.assert_array_equal(mine[path][()], theirs[path][()])
    loaded.save_weights(tmp_path / "shards.weights.h5", max_shard_size=1)
    assert len(list(tmp_path.glob("shards_*.h5"))) == 1


def test_a_folder_is_written_and_read_back(tmp_path):
    loaded = models.load_model(FILES / "open")
    loaded.save(tmp_path / "m", zipped=False)
    again = models.load_model(tmp_path / "m")
    np.testing.assert_array_equal(flat(again.get_weights()), recorded())
    assert again.get_config() == loaded.get_config()
    np.testing.assert_array_equal(
        again.optimizer.variables[2].numpy(), loaded.optimizer.variables[2].numpy()
    )


@pytest.mark.parametrize("suffix", [".weights.h5", ".weights.json"])
def test_objects_are_skipped(suffix, tmp_path):
    first, second = model(3, 2), model(3, 2)
    before = flat(second.layers[0].get_weights())
    first.save_weights(tmp_path / f"m{suffix}", objects_to_skip=[first.layers[0]])
    second.load_weights(tmp_path / f"m{suffix}", objects_to_skip=[second.layers[0]])
    np.testing.assert_array_equal(flat(second.layers[0].get_weights()), before)
    np.testing.assert_array_equal(
        flat(second.layers[1].get_weights()), flat(first.layers[1].get_weights())
    )


def test_an_edited_file_fits_another_model(tmp_path, capsys):
    model(3, 2).save(tmp_path / "m.keras")
    editor = KerasFileEditor(tmp_path / "m.keras")
    editor.summary()
    assert "layers" in capsys.readouterr().out and editor.config["class_name"] == "Sequential"
    assert editor.compare(model(3, 2))["status"] == "success"
    wanted = model(3, 3, 2)
    assert editor.compare(wanted)["error_count"] == 3
    editor.rename_object("dense_1", "dense_2")
    editor.add_object("layers/dense_1", {"0": np.ones((3, 3))})
    editor.add_weights("dense_1", {"1": np.full(7, 2.0)})
    assert editor.compare(wanted)["error_count"] == 1
    editor.delete_weight("layers/dense_1", "1")
    editor.add_weights("dense_1", {"1": np.full(3, 2.0)})
    assert editor.compare(wanted) == {"status": "success", "error_count": 0, "match_count": 9}
    editor.save(tmp_path / "n.weights.h5")
    wanted.load_weights(tmp_path / "n.weights.h5")
    np.testing.assert_array_equal(wanted.layers[1].bias, [2.0] * 3)
    other = KerasFileEditor(tmp_path / "n.weights.h5")
    other.delete_object("dense_1")
    assert other.compare(wanted)["error_count"] == 1
    assert KerasFileEditor(FILES / "sequential.keras").weights_dict["optimizer"]


def test_wrong_changes(tmp_path):
    model(3, 2).save_weights(tmp_path / "m.weights.h5")
    editor = KerasFileEditor(tmp_path / "m.weights.h5")
    editor.add_object("copies", {})
    editor.add_object("copies/dense", {"0": 1.0})
    wrong = [
        ("m.txt", lambda: KerasFileEditor(tmp_path / "m.txt")),
        ("nothing", lambda: editor.delete_object("nothing")),
        ("Several", lambda: editor.delete_object("dense")),
        ("free", lambda: editor.rename_object("layers/dense", "dense_1")),
        ("free", lambda: editor.rename_object("layers/dense", "a/b")),
        ("away", lambda: editor.add_object("away/dense", {"0": 1.0})),
        ("'7'", lambda: editor.delete_weight("dense_1", "7")),
        ("dict", lambda: editor.add_weights("dense_1", [1.0])),
        ("numbers", lambda: editor.add_weights("dense_1", {"0": "text"})),
        ("weights.h5", lambda: editor.save(tmp_path / "m.keras")),
    ]
    for words, call in wrong:
        with pytest.raises(InvalidArgumentError, match=words):
            call()


def test_wrong_names_and_sizes(tmp_path):
    one = model(3, 2)
    wrong = [
        lambda: one.save_weights(tmp_path / "m.weights.json", max_shard_size=-1),
        lambda: one.save_weights(tmp_path / "m.weights.json", max_shard_size="big"),
        lambda: one.save_weights(tmp_path / "m.h5", max_shard_size=1),
        lambda: one.save_weights(tmp_path / "m.h5", objects_to_skip=one.layers),
        lambda: one.save(tmp_path / "m.keras", zipped=False),
    ]
    for call in wrong:
        with pytest.raises(InvalidArgumentError):
            call()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"weight_map": {}}',
        '{"weight_map": {"/layers": "../m_00000.weights.h5"}}',
        '{"weight_map": {"/layers": ["other_00000.weights.h5"]}}',
        '{"weight_map": {"/layers": [7]}}',
    ],
)
def test_listings_that_are_no_good(text, tmp_path):
    (tmp_path / "m.weights.json").write_text(text)
    with pytest.raises(DataLossError):
        model(3, 2).load_weights(tmp_path / "m.weights.json")


def test_files_that_are_gone_and_folders_that_lead_away(tmp_path):
    one = model(3, 2)
    one.save_weights(tmp_path / "m.weights.json")
    (tmp_path / "m_00000.weights.h5").unlink()
    with pytest.raises(NotFoundError, match="m_00000"):
        one.load_weights(tmp_path / "m.weights.json")
    one.save(tmp_path / "m", zipped=False)
    weights = tmp_path / "m" / "model.weights.h5"
    weights.rename(tmp_path / "elsewhere.h5")
    with pytest.raises(DataLossError, match="absent"):
        models.load_model(tmp_path / "m")
    weights.symlink_to(tmp_path / "elsewhere.h5")
    with pytest.raises(DataLossError, match="link"):
        models.load_model(tmp_path / "m")


def test_plain_values_go_there_and_back():
    tensor = keras.ops.array([[1.0, 2.0]], dtype="float64")
    for value in (b"ab", Ellipsis, slice(None, 3, -1), np.arange(3), [b"x", {"a": ...}]):
        written = json.loads(json.dumps(serialize_keras_object(value)))
        np.testing.assert_equal(deserialize_keras_object(written), value)
    found = deserialize_keras_object(serialize_keras_object({"x": tensor, "s": tensor.shape}))
    assert found["x"].dtype == "float64" and tuple(found["s"]) == (1, 2)
    np.testing.assert_array_equal(found["x"], tensor)


def test_registered_functions_are_written_by_their_whole_name():
    @keras.saving.register_keras_serializable("parts")
    def doubled_parts(x):
        return x * 2

    layer = layers.Dense(2, activation=doubled_parts)
    config = serialize_keras_object(layer)
    assert config["config"]["activation"]["config"] == "parts>doubled_parts"
    assert deserialize_keras_object(config).activation is doubled_parts
    old = {**config["config"]["activation"], "config": "doubled_parts"}
    assert deserialize_keras_object(old) is doubled_parts


@pytest.mark.parametrize("name", ["my_pkg>Dense", "builtins.eval"])
def test_a_registered_class_never_becomes_a_built_in_one(name):
    config = {**serialize_keras_object(layers.Dense(2)), "registered_name": name}
    with pytest.raises(InvalidArgumentError, match="built-in"):
        deserialize_keras_object(config)
    with pytest.raises(InvalidArgumentError, match="built-in"):
        deserialize_keras_object(
            {"class_name": "function", "registered_name": name, "config": "relu"}
        )


def test_arguments_of_a_lambda_come_back():
    layer = layers.Lambda(keras.ops.multiply, arguments={"x2": keras.ops.array([1.0, 3.0])})
    again = layers.Lambda.from_config(
        layer.get_config(), custom_objects={"multiply": keras.ops.multiply}
    )
    np.testing.assert_array_equal(again(np.ones((1, 2), "float32")), [[1.0, 3.0]])


def test_a_model_with_a_compile_of_its_own_is_loaded_uncompiled(tmp_path):
    @keras.saving.register_keras_serializable("parts")
    class Rivals(models.Sequential):
        def compile(self, first, second):
            super().compile(first, "mse")
            self.second = second

    one = Rivals([layers.Input((2,)), layers.Dense(1)])
    one.compile("sgd", "adam")
    one.save(tmp_path / "m.keras")
    with pytest.warns(UserWarning, match="compile"):
        again = models.load_model(tmp_path / "m.keras")
    assert not again.compiled
    np.testing.assert_array_equal(flat(again.get_weights()), flat(one.get_weights()))


def test_formats_of_export(tmp_path):
    with pytest.raises(InvalidArgumentError, match="format"):
        model(3, 2).export(tmp_path / "m", format="bad")
    with pytest.raises(NotImplementedError, match="format"):
        model(3, 2).export(tmp_path / "m", format="litert")


def test_a_class_without_from_config_is_named():
    class Factor:
        def __init__(self, factor):
            self.factor = factor

        def get_config(self):
            return {"factor": self.factor}

    config = serialize_keras_object(Factor(2))
    with pytest.raises(DTypeError, match=r"Factor.*from_config"):
        deserialize_keras_object(config, {"Factor": Factor})
