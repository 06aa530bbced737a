import numpy as np
import pytest

from caudal import keras
from caudal.data import Dataset
from caudal.errors import InvalidArgumentError
from caudal.keras.utils import FeatureSpace

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
