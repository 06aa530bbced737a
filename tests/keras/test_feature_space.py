import zipfile
from pathlib import Path

import numpy as np
import pytest

from caudal import keras
from caudal.data import Dataset
from caudal.errors import DataLossError, InvalidArgumentError
from caudal.keras.utils import FeatureSpace

FILES = Path(__file__).parent / "files"
DATA = {"size": np.arange(8.0), "kind": np.array(list("abcabcab"))}


def adapted(**options):
    space = FeatureSpace({"size": "float_normalized", "kind": "string_categorical"}, **options)
    space.adapt(Dataset.from_tensor_slices(DATA))
    return space


def test_two_models_of_one_graph():
    space = adapted()
    inputs, encoded = space.get_inputs(), space.get_encoded_features()
    end = keras.layers.Dense(1)(encoded)
    training, whole = keras.Model(encoded, end), keras.Model(inputs, end)
    training.compile("sgd", "mse")
    rows = Dataset.from_tensor_slices((DATA, np.arange(8.0))).batch(4)
    training.fit(rows.map(lambda x, y: (space(x), y)), epochs=2, verbose=0)
    columns = {key: value.reshape(-1, 1) for key, value in DATA.items()}
    expected = training.predict(space(DATA), verbose=0)
    np.testing.assert_allclose(whole(columns).numpy(), expected, rtol=1e-6)


def test_configuration():
    space = adapted(crosses=[("size", "kind")], crossing_dim=7)
    again = FeatureSpace.from_config(space.get_config())
    assert again.get_config() == space.get_config()
    assert [one.name for one in again.crosses] == ["size_X_kind"]


def test_own_layer_and_boundaries():
    space = FeatureSpace(
        {
            "size": FeatureSpace.float_discretized(None, bin_boundaries=[2.0, 5.0]),
            "kind": FeatureSpace.feature(
                "string", keras.layers.StringLookup(vocabulary=["a", "b"]), "one_hot"
            ),
        }
    )
    found = space(DATA).numpy()
    np.testing.assert_array_equal(found[:, 3:].argmax(1), np.digitize(DATA["size"], [2, 5]))
    np.testing.assert_array_equal(found[:, :3].argmax(1), [1, 2, 0, 1, 2, 0, 1, 2])


def test_what_is_wrong():
    with pytest.raises(InvalidArgumentError, match="Did you mean: float_rescaled"):
        FeatureSpace({"a": "float_rescale"})
    with pytest.raises(InvalidArgumentError, match=r"tf\.data\.Dataset"):
        FeatureSpace({"a": "float_normalized"}).adapt([DATA])
    with pytest.raises(InvalidArgumentError, match="no column 'a'"):
        FeatureSpace({"a": "float_normalized"}).adapt(Dataset.from_tensor_slices(DATA))
    with pytest.raises(InvalidArgumentError, match="lack the columns"):
        adapted()({"size": [1.0]})
    with pytest.raises(InvalidArgumentError, match="adapt"):
        FeatureSpace({"a": "string_categorical"}).get_encoded_features()


def test_a_space_is_saved_and_read_again(tmp_path):
    space = FeatureSpace(
        {"size": "float_discretized", "kind": "string_categorical"},
        crosses=[("size", "kind")],
        num_discretization_bins=3,
    )
    space.adapt(DATA)
    space.save(tmp_path / "space.keras")
    again = keras.models.load_model(tmp_path / "space.keras")
    assert isinstance(again, FeatureSpace)
    assert np.array_equal(again(DATA), space(DATA))
    assert again.get_config() == space.get_config()


def test_a_space_of_keras():
    space = keras.models.load_model(FILES / "feature_space.keras")
    row = {"age": 1.0, "cat": "a", "n": 2, "d": 0.4}
    # What Keras 3.15.1 gives for it; tools/record_keras_assets.py wrote the file.
    expected = np.zeros(19, "float32")
    expected[[2, 5, 10, 14]], expected[0] = 1, -1.2247448
    np.testing.assert_allclose(space(row), expected, rtol=1e-6)


def test_files_that_are_no_spaces(tmp_path):
    with pytest.raises(InvalidArgumentError, match=r"\.keras` extension"):
        adapted().save(tmp_path / "space.h5")
    FeatureSpace({"a": "float_normalized"}).save(tmp_path / "new.keras")
    with pytest.raises(InvalidArgumentError, match="adapt"):
        keras.models.load_model(tmp_path / "new.keras")({"a": [1.0]})
    with zipfile.ZipFile(FILES / "feature_space.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["config.json"] = parts["config.json"].replace(b'"output_mode": "float"', b'"x": 1')
    with zipfile.ZipFile(tmp_path / "bad.keras", "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(DataLossError, match=r"bad\.keras.*config\.json"):
        keras.models.load_model(tmp_path / "bad.keras")
