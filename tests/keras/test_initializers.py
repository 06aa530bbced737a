"""Initializers, activations, regularizers and constraints."""

import json
import math

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras import activations, constraints, initializers, regularizers
from caudal.keras.initializers.scaling import compute_fans

SHAPE = (200, 300)


@pytest.mark.parametrize(
    ("name", "mean", "stddev", "limit"),
    [
        ("random_normal", 0, 0.05, math.inf),
        ("random_uniform", 0, 0.05 / math.sqrt(3), 0.05),
        ("truncated_normal", 0, 0.05 * 0.87962566, 0.1),
        ("glorot_uniform", 0, math.sqrt(2 / 500), math.sqrt(6 / 500)),
        ("glorot_normal", 0, math.sqrt(2 / 500), 2 * math.sqrt(2 / 500) / 0.87962566),
        ("he_uniform", 0, math.sqrt(2 / 200), math.sqrt(6 / 200)),
        ("he_normal", 0, math.sqrt(2 / 200), 2 * math.sqrt(2 / 200) / 0.87962566),
        ("lecun_uniform", 0, math.sqrt(1 / 200), math.sqrt(3 / 200)),
        ("lecun_normal", 0, math.sqrt(1 / 200), 2 * math.sqrt(1 / 200) / 0.87962566),
        ("variance_scaling", 0, math.sqrt(1 / 200), 2 * math.sqrt(1 / 200) / 0.87962566),
        ("zeros", 0, 0, 0),
        ("ones", 1, 0, 1),
    ],
)
def test_distribution(name, mean, stddev, limit):
    initializer = initializers.get(name)
    values = initializer(SHAPE).numpy()
    assert values.dtype == np.float32
    assert values.shape == SHAPE
    assert values.mean() == pytest.approx(mean, abs=5e-3)
    assert values.std() == pytest.approx(stddev, rel=0.02)
    assert np.abs(values).max() <= limit * (1 + 1e-6)
    again = initializers.deserialize(json.loads(json.dumps(initializers.serialize(initializer))))
    assert type(again) is type(initializer)
    assert again.get_config() == initializer.get_config()


def test_seeds():
    first, second = initializers.HeNormal(seed=1), initializers.HeNormal(seed=1)
    assert np.array_equal(first((3, 4)), second((3, 4)))
    assert np.array_equal(first((3, 4)), first((3, 4)))
    assert not np.array_equal(first((3, 4)), initializers.HeNormal(seed=2)((3, 4)))
    assert not np.array_equal(initializers.HeNormal()((3, 4)), initializers.HeNormal()((3, 4)))
    with pytest.raises(InvalidArgumentError, match="seed"):
        initializers.HeNormal(seed="one")


def test_the_global_seeds_make_weights_reproducible():
    def draw():
        return initializers.GlorotUniform()((3, 4)).numpy()

    def twice(seed):
        found = []
        for _ in range(2):
            seed(7)
            found.append([draw(), draw()])
        return found

    for seed in (keras.utils.set_random_seed, tf.random.set_seed):
        first, second = twice(seed)
        np.testing.assert_array_equal(first, second)
        assert not np.array_equal(first[0], first[1])


def test_matrices():
    for shape in ((4, 6), (6, 4), (2, 3, 5)):
        q = initializers.Orthogonal(gain=2.0)(shape).numpy().reshape(-1, shape[-1])
        small = q @ q.T if q.shape[0] < q.shape[1] else q.T @ q
        np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-5)
    assert np.array_equal(initializers.Identity(3.0)((2, 3)), 3 * np.eye(2, 3))
    with pytest.raises(ShapeError, match="2D"):
        initializers.Identity()((2, 2, 2))
    with pytest.raises(ShapeError, match="two-dimensional"):
        initializers.Orthogonal()((3,))
    assert np.array_equal(initializers.Constant([1, 2])((2,)), [1, 2])


def test_fans():
    shapes = [(), (3,), (3, 4), (2, 3, 4), (2, 2, 3, 4)]
    assert [compute_fans(s) for s in shapes] == [(1, 1), (3, 3), (3, 4), (6, 8), (12, 16)]
    assert compute_fans((2, 3, 4, 5), (0, 1), (2, 3)) == (6, 20)


def test_unknown_names_give_the_nearest():
    with pytest.raises(InvalidArgumentError, match=r"initializer.*'glorot'"):
        initializers.get("glorot")
    with pytest.raises(InvalidArgumentError, match="Did you mean: he_normal"):
        initializers.get("he_norml")
    with pytest.raises(InvalidArgumentError, match="fan_avg"):
        initializers.VarianceScaling(mode="fan")
    assert initializers.get(None) is None


X = np.array([-7, -3.5, -3, -2, -1, -0.5, -0.2, 0, 0.2, 0.5, 1, 2, 3, 3.5, 7], "float32")

# Keras 3.15.1's values at X[1::3]: -3.5, -1, 0.0, 1, 3.5 is X[[1, 4, 7, 10, 13]].
ACTIVATIONS = {
    "celu": [-0.9698026, -0.6321205, 0.0, 1.0, 3.5],
    "elu": [-0.9698026, -0.6321205, 0.0, 1.0, 3.5],
    "exponential": [0.030197384, 0.36787945, 1.0, 2.7182817, 33.115452],
    "gelu": [-0.0008142018, -0.15865527, 0.0, 0.8413447, 3.4991858],
    "hard_shrink": [-3.5, -1.0, 0.0, 1.0, 3.5],
    "hard_sigmoid": [0.0, 0.33333334, 0.5, 0.6666667, 1.0],
    "hard_silu": [0.0, -0.33333334, 0.0, 0.6666667, 3.5],
    "hard_tanh": [-1.0, -1.0, 0.0, 1.0, 1.0],
    "leaky_relu": [-0.7, -0.2, 0.0, 1.0, 3.5],
    "linear": [-3.5, -1.0, 0.0, 1.0, 3.5],
    "log_sigmoid": [-3.5297503, -1.3132617, -0.6931472, -0.3132617, -0.029750418],
    "log_softmax": [-10.561181, -8.061181, -7.0611811, -6.061181, -3.5611808],
    "mish": [-0.10409574, -0.30340144, 0.0, 0.8650985, 3.4939907],
    "relu": [0.0, 0.0, 0.0, 1.0, 3.5],
    "relu6": [0.0, 0.0, 0.0, 1.0, 3.5],
    "selu": [-1.7050093, -1.1113307, 0.0, 1.050701, 3.6774535],
    "sigmoid": [0.02931223, 0.26894143, 0.5, 0.7310586, 0.97068775],
    "silu": [-0.10259281, -0.26894143, 0.0, 0.7310586, 3.397407],
    "soft_shrink": [-3.0, -0.5, 0.0, 0.5, 3.0],
    "softmax": [2.5902245e-05, 0.00031555395, 0.00085776456, 0.002331646, 0.028405262],
    "softplus": [0.029750418, 0.3132617, 0.6931472, 1.3132617, 3.5297503],
    "softsign": [-0.7777778, -0.5, 0.0, 0.5, 0.7777778],
    "sparse_plus": [0.0, 0.0, 0.25, 1.0, 3.5],
    "sparse_sigmoid": [0.0, 0.0, 0.5, 1.0, 1.0],
    "sparsemax": [0.0, 0.0, 0.0, 0.0, 0.0],
    "squareplus": [0.26556444, 0.618034, 1.0, 1.618034, 3.7655644],
    "tanh": [-0.99817795, -0.7615942, 0.0, 0.7615942, 0.99817795],
    "tanh_shrink": [-2.5018220, -0.23840582, 0.0, 0.23840582, 2.501822],
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation(name):
    function = activations.get(name)
    found = np.asarray(function(X))[1::3]
    np.testing.assert_allclose(found, ACTIVATIONS[name], rtol=2e-5, atol=1e-6)
    assert activations.serialize(function) == name
    assert activations.deserialize(name) is function


def test_activations_with_arguments():
    np.testing.assert_allclose(
        activations.relu(X, 0.1, 5, 1)[1::3], [-0.45, -0.2, -0.1, 0.0, 3.5], rtol=1e-5, atol=1e-6
    )
    np.testing.assert_array_equal(activations.threshold(X, 1.0, 9.0)[1::3], [9, 9, 9, 9, 3.5])
    np.testing.assert_allclose(activations.glu(X[:14])[:2], [-3.5, -1.9244188], rtol=1e-5)
    np.testing.assert_allclose(activations.gelu(X, True)[10], 0.841192, rtol=1e-5)
    with pytest.raises(InvalidArgumentError, match="even"):
        activations.glu(X)
    assert activations.get(None) is activations.linear
    with pytest.raises(InvalidArgumentError, match="mean: softmax"):
        activations.get("sofmax")


def test_regularizers():
    x = np.array([[1.0, -2.0], [3.0, 0.0]], "float32")
    assert float(regularizers.L1(0.1)(x)) == pytest.approx(0.6)
    assert float(regularizers.L2(0.1)(x)) == pytest.approx(1.4)
    assert float(regularizers.l1_l2(0.1, 0.1)(x)) == pytest.approx(2.0)
    rows = np.arange(6, dtype="float32").reshape(2, 3)
    found = float(regularizers.OrthogonalRegularizer(0.3)(rows))
    assert found == pytest.approx(0.26563132, rel=1e-5)
    for name in ("l1", "l2", "l1_l2", "orthogonal_regularizer"):
        made = regularizers.get(name)
        again = regularizers.deserialize(regularizers.serialize(made))
        assert again.get_config() == made.get_config()
    with pytest.raises(InvalidArgumentError, match="non-negative"):
        regularizers.L2(-1.0)


def test_constraints():
    w = np.array([[3.0, -0.3], [4.0, 0.4]], "float32")
    np.testing.assert_allclose(constraints.MaxNorm(2)(w), [[1.2, -0.3], [1.6, 0.4]], rtol=1e-5)
    np.testing.assert_allclose(constraints.UnitNorm()(w), [[0.6, -0.6], [0.8, 0.8]], rtol=1e-5)
    np.testing.assert_array_equal(constraints.NonNeg()(w), np.maximum(w, 0))
    bounded = constraints.MinMaxNorm(1.0, 2.0, rate=0.5)(w).numpy()
    np.testing.assert_allclose(np.linalg.norm(bounded, axis=0), [3.5, 0.75], rtol=1e-5)
    for name in ("max_norm", "non_neg", "unit_norm", "min_max_norm"):
        made = constraints.get(name)
        again = constraints.deserialize(constraints.serialize(made))
        assert again.get_config() == made.get_config()
