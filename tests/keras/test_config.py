import pytest

from caudal import keras
from caudal.errors import InvalidArgumentError
from caudal.keras import utils


def test_config():
    config = utils.Config(rate=0.1)
    config.units = 3
    config["name"] = "a"
    assert (config.rate, config["units"], len(config), list(config)) == (
        0.1,
        3,
        3,
        [*config.keys()],
    )
    assert config.to_json() == '{"rate": 0.1, "units": 3, "name": "a"}'
    assert config.get("other", 5) == 5 and "rate" in config
    with pytest.raises(AttributeError, match="Did you mean: units"):
        _ = config.unit
    with pytest.raises(LookupError):
        _ = config["unit"]
    config.freeze()
    with pytest.raises(InvalidArgumentError, match="frozen"):
        config.rate = 1
    config.unfreeze()
    assert config.pop("rate") == 0.1 and "rate" not in config


def test_source_inputs():
    a, b = keras.Input((3,)), keras.Input((3,))
    x = keras.layers.Dense(2)(keras.layers.Add()([a, b]))
    assert [one is other for one, other in zip(utils.get_source_inputs(x), (a, b), strict=True)]
    with pytest.raises(InvalidArgumentError, match="symbolic tensor"):
        utils.get_source_inputs(3)


def test_legacy_configurations():
    legacy = keras.legacy.saving
    layer = keras.layers.Dense(3, activation="relu", name="own")
    config = legacy.serialize_keras_object(layer)
    assert set(config) == {"class_name", "config"}
    again = legacy.deserialize_keras_object(config, {"Dense": keras.layers.Dense})
    assert again.get_config() == layer.get_config()
    assert utils.legacy.deserialize_keras_object(None) is None
    with pytest.raises(InvalidArgumentError, match="Did you mean: Dense"):
        legacy.deserialize_keras_object("Dens", {"Dense": keras.layers.Dense})


def test_backend_is_tensorflow():
    keras.config.set_backend("tensorflow")
    with pytest.raises(NotImplementedError, match="'jax'"):
        keras.config.set_backend("jax")
    with pytest.raises(NotImplementedError, match="custom_objects"):
        keras.config.enable_unsafe_deserialization()
