"""SpectralNormalization and rematerialization, against real Keras where there are values."""

import numpy as np
import pytest
from case_check import check
from mask_cases import values
from wrapper_cases import CASES

from caudal import keras
from caudal.errors import InvalidArgumentError
from caudal.framework import GradientTape, convert_to_tensor

L = keras.layers


@pytest.mark.parametrize("case", CASES)
def test_as_keras(case):
    check("wrapper", case, CASES[case], rtol=1e-4, atol=1e-5)


def test_configuration_goes_round():
    layer = L.SpectralNormalization(L.Dense(3), power_iterations=2)
    again = L.deserialize(L.serialize(layer))
    assert again.get_config() == layer.get_config()
    assert layer.compute_output_shape((None, 4)) == (None, 3)


def test_the_table_of_an_embedding():
    layer = L.SpectralNormalization(L.Embedding(5, 3), power_iterations=20)
    layer(np.array([[1, 2]]), training=True)
    found = np.linalg.norm(layer.layer.embeddings.numpy(), 2)
    np.testing.assert_allclose(found, 1.0, rtol=1e-3)


def test_remat_changes_no_value():
    dense, x = L.Dense(3, activation="tanh"), convert_to_tensor(values((2, 4), 0))
    found = []
    for call in (dense, keras.remat(dense)):
        with GradientTape() as tape:
            tape.watch(x)
            y = keras.ops.sum(keras.ops.square(call(x)))
        found.append([y.numpy(), *(g.numpy() for g in tape.gradient(y, [x, dense.kernel]))])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_remat_scopes_nest():
    from caudal.keras.engine.remat import get_current_remat_mode

    with keras.RematScope(), keras.RematScope("larger_than", output_size_threshold=5):
        assert get_current_remat_mode() == ("larger_than", 5, [])
        assert L.Dense(2)(values((2, 3), 0)).shape == (2, 2)
    assert get_current_remat_mode() is None


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("mode", lambda: keras.RematScope("some")),
        ("power_iterations", lambda: L.SpectralNormalization(L.Dense(2), power_iterations=0)),
        ("layer", lambda: L.SpectralNormalization(3)),
        ("kernel", lambda: L.SpectralNormalization(L.ReLU())(values((2, 3), 0))),
    ],
)
def test_bad_input(match, call):
    with pytest.raises(InvalidArgumentError, match=match):
        call()
