import numpy as np
import pytest

from caudal import keras
from caudal.errors import CaudalError
from caudal.framework import function
from caudal.keras import random


@pytest.mark.parametrize(
    ("draw", "mean", "deviation"),
    [
        (lambda seed: random.gamma((20000,), 3.0, seed=seed), 3.0, 3**0.5),
        (lambda seed: random.beta((20000,), 2.0, 3.0, seed=seed), 0.4, 0.2),
        (lambda seed: random.binomial((20000,), 10, 0.3, seed=seed), 3.0, 2.1**0.5),
        (lambda seed: random.categorical(np.log([[0.2, 0.8]]), 20000, seed=seed), 0.8, 0.4),
    ],
)
def test_distributions(draw, mean, deviation):
    found = draw(3).numpy()
    np.testing.assert_array_equal(found, draw(3).numpy())
    np.testing.assert_array_equal(function(lambda: draw(3))().numpy(), found)
    assert found.mean() == pytest.approx(mean, abs=5 * deviation / 20000**0.5)
    assert found.std() == pytest.approx(deviation, rel=0.05)
    generator = keras.random.SeedGenerator(1)
    assert (draw(generator).numpy() != draw(generator).numpy()).any()


def test_shapes_and_dtypes():
    assert random.beta((2, 3), [1.0, 2.0, 3.0], 1.0).shape == (2, 3)
    assert random.gamma((4,), 1.0, dtype="float64").dtype.name == "float64"
    assert random.categorical(np.zeros((2, 5), "float32"), 7).dtype.name == "int32"
    with pytest.raises(CaudalError):
        random.gamma((2,), [1.0, 2.0, 3.0])
    with pytest.raises(CaudalError):
        random.categorical(np.zeros(3, "float32"), 2)
