"""Small programs against what real Keras gave for them (programs.py says how)."""

import functools

import numpy as np
import programs
import pytest

from caudal import keras

EVERY = [
    pytest.param(topic, name, function, id=f"{topic}-{name.removeprefix('case_')}")
    for topic in programs.TOPICS
    for name, function in programs.cases(topic)
]


golden = functools.cache(programs.load)


@pytest.mark.parametrize(("topic", "name", "function"), EVERY)
def test_gives_what_keras_gives(topic, name, function):
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    found = {key: programs.array(value) for key, value in function(keras).items()}
    expected = {
        key.partition("/")[2]: value
        for key, value in golden(topic).items()
        if key.startswith(name + "/")
    }
    assert found.keys() == expected.keys()
    tolerance = getattr(function, "tolerance", 1e-5)
    for key, value in expected.items():
        assert found[key].shape == value.shape, key
        if value.dtype.kind in "fc":
            np.testing.assert_allclose(
                found[key], value, rtol=tolerance, atol=tolerance / 5, err_msg=key
            )
        else:
            np.testing.assert_array_equal(found[key], value, err_msg=key)
