"""Adaptive pooling against its definition: window i is floor(i L / n) to ceil((i + 1) L / n)."""

import itertools

import numpy as np
import pytest

from caudal import keras
from caudal.errors import InvalidArgumentError
from caudal.keras import layers

X = {
    rank: np.random.default_rng(rank).normal(size=shape).astype("float32")
    for rank, shape in {1: (2, 7, 3), 2: (2, 7, 5, 3), 3: (1, 4, 5, 6, 2)}.items()
}


def by_definition(x, sizes, fold):
    spans = [
        [(i * extent // n, -(-(i + 1) * extent // n)) for i in range(n)]
        for extent, n in zip(x.shape[1:-1], sizes, strict=True)
    ]
    found = np.zeros((x.shape[0], *sizes, x.shape[-1]), "float32")
    axes = tuple(range(1, len(sizes) + 1))
    for place in itertools.product(*(range(n) for n in sizes)):
        window = tuple(slice(*spans[axis][i]) for axis, i in enumerate(place))
        found[(slice(None), *place)] = fold(x[(slice(None), *window)], axis=axes)
    return found


@pytest.mark.parametrize(("kind", "fold"), [("Average", np.mean), ("Max", np.max)])
@pytest.mark.parametrize(
    ("rank", "sizes"),
    [(1, (1,)), (1, (3,)), (1, (7,)), (1, (9,)), (2, (3, 5)), (2, (4, 1)), (3, (2, 3, 4))],
)
def test_windows(kind, fold, rank, sizes):
    make = getattr(layers, f"Adaptive{kind}Pooling{rank}D")
    expected = by_definition(X[rank], sizes, fold)
    layer = make(sizes if rank > 1 else sizes[0])
    np.testing.assert_allclose(layer(X[rank]).numpy(), expected, rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape(X[rank].shape) == expected.shape
    first = make(sizes, data_format="channels_first")
    found = first(np.moveaxis(X[rank], -1, 1)).numpy()
    np.testing.assert_allclose(np.moveaxis(found, 1, -1), expected, rtol=1e-5, atol=1e-6)
    again = make.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_in_a_model():
    model = keras.Sequential(
        [
            keras.Input((7, 5, 3)),
            layers.AdaptiveMaxPooling2D(3),
            layers.AdaptiveAveragePooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    history = model.fit(X[2], np.ones((2, 1)), epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]


def test_bad_sizes():
    for size in (0, -1, "x", (2, 2, 2)):
        with pytest.raises(InvalidArgumentError, match="output_size"):
            layers.AdaptiveMaxPooling2D(size)
