"""Convolutions by Winograd's tiles in whole programs, against the reference executor."""

from __future__ import annotations

import numpy as np
import pytest

import caudal as tf
from caudal.passes import pipeline

SHAPES = [
    # batch, height, width, channels, filters, padding
    (4, 15, 13, 32, 48, "SAME"),
    (5, 15, 14, 24, 33, "VALID"),
    (3, 18, 18, 32, 32, [[0, 0], [2, 1], [0, 2], [0, 0]]),
]


@pytest.fixture
def ops_made(monkeypatch):
    """Names of the ops of all programs that are compiled meanwhile."""
    made: list[str] = []
    original = pipeline.lower

    def lower(program, target):
        lowered = original(program, target)
        made.extend(node.op.name for node in lowered.nodes())
        return lowered

    monkeypatch.setattr(pipeline, "lower", lower)
    return made


def arrays(n, h, w, c, o):
    rng = np.random.default_rng(3)
    shapes = (n, h, w, c), (3, 3, c, o), (o,)
    return [rng.normal(size=shape).astype("f") for shape in shapes]


def both_ways(function, values, monkeypatch, targets=(None,)):
    """Results of the compiled function, one list a target, and of the reference."""
    found = []
    for engine, target in [("compiled", target) for target in targets] + [("reference", None)]:
        monkeypatch.delenv("CAUDAL_TARGET", raising=False)
        monkeypatch.delenv("CAUDAL_ENGINE", raising=False)
        if target is not None:
            monkeypatch.setenv("CAUDAL_TARGET", target)
        if engine == "reference":
            monkeypatch.setenv("CAUDAL_ENGINE", engine)
        results = tf.function(function)(*map(tf.constant, values))
        found.append([result.numpy() for result in results])
    return found[:-1], found[-1]


def assert_close(found, expected):
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        assert np.abs(a - b).max() <= 3e-6 * np.abs(b).max()


@pytest.mark.parametrize("n, h, w, c, o, padding", SHAPES)
def test_results_and_gradients_of_first_order(n, h, w, c, o, padding, monkeypatch, ops_made):
    def step(x, k, b):
        with tf.GradientTape() as tape:
            tape.watch([x, k, b])
            y = tf.nn.relu(tf.nn.conv2d(x, k, 1, padding) + b)
            loss = tf.reduce_sum(y * y)
        return [y, *tape.gradient(loss, [x, k, b])]

    found, expected = both_ways(step, arrays(n, h, w, c, o), monkeypatch)
    assert_close(found[0], expected)
    assert ops_made.count("winograd_conv") == 2
    assert ops_made.count("winograd_weight_grad") == 1
    assert "pad" not in ops_made


def test_gradients_of_second_order(monkeypatch, ops_made):
    def step(x, k, b):
        with tf.GradientTape() as outer:
            outer.watch([x, k])
            with tf.GradientTape() as inner:
                inner.watch([x, k])
                y = tf.nn.conv2d(x, k, 1, "SAME") + b
                loss = tf.reduce_sum(tf.tanh(0.05 * y))
            first = inner.gradient(loss, [x, k])
            total = tf.reduce_sum(first[0] * first[0]) + tf.reduce_sum(first[1] ** 2)
        return outer.gradient(total, [x, k])

    found, expected = both_ways(step, arrays(3, 12, 11, 16, 32), monkeypatch)
    for a, b in zip(found[0], expected, strict=True):
        assert np.abs(a - b).max() <= 2e-5 * np.abs(b).max()
    assert "winograd_conv" in ops_made


def test_every_number_of_threads_gives_the_same_bits(monkeypatch):
    def step(x, k, b):
        with tf.GradientTape() as tape:
            tape.watch([x, k])
            y = tf.nn.conv2d(x, k, 1, "SAME") + b
            loss = tf.reduce_sum(y * y)
        return [y, *tape.gradient(loss, [x, k])]

    values = arrays(5, 15, 13, 32, 40)
    found = []
    for threads in (1, 2, 3, 7):
        monkeypatch.setenv("CAUDAL_THREADS", str(threads))
        results = tf.function(step)(*map(tf.constant, values))
        found.append(b"".join(result.numpy().tobytes() for result in results))
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"strides": 2},
        {"dilations": 2},
        {"k": (3, 3, 16, 32)},
        {"k": (5, 5, 32, 32)},
        {"k": (3, 3, 32, 1)},
        {"dtype": "d"},
    ],
    ids=str,
)
def test_other_convolutions_are_as_before(change, monkeypatch, ops_made):
    rng = np.random.default_rng(5)
    change = {"strides": 1, "dilations": 1, "k": (3, 3, 32, 32), "dtype": "f", **change}
    x = rng.normal(size=(4, 16, 16, 32)).astype(change["dtype"])
    k = rng.normal(size=change["k"]).astype(change["dtype"])

    def call(x, k):
        return [tf.nn.conv2d(x, k, change["strides"], "SAME", dilations=change["dilations"])]

    found, expected = both_ways(call, [x, k], monkeypatch)
    assert_close(found[0], expected)
    assert "winograd_conv" not in ops_made


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_reaches_its_windows_only(bad):
    x, k, _ = arrays(4, 14, 14, 32, 32)
    x[1, 4, 5, 7] = bad
    y = tf.function(lambda x, k: tf.nn.conv2d(x, k, 1, "VALID"))(x, k).numpy()
    reached = ~np.isfinite(y)
    assert reached[1, 2:5, 3:6].all()
    reached[1, 2:5, 3:6] = False
    assert not reached.any()


def test_a_training_step_of_layers(monkeypatch, ops_made):
    rng = np.random.default_rng(7)
    x = rng.normal(size=(16, 14, 14, 8)).astype("f")
    y = rng.integers(0, 4, 16)
    weights, losses = [], []
    for engine in (None, "reference"):
        monkeypatch.setenv("CAUDAL_ENGINE", engine) if engine else None
        tf.keras.utils.set_random_seed(1)
        layer = tf.keras.layers
        model = tf.keras.Sequential(
            [
                tf.keras.Input((14, 14, 8)),
                layer.Conv2D(32, 3, padding="same", activation="relu"),
                layer.Conv2D(32, 3, activation="gelu"),
                layer.MaxPooling2D(2),
                layer.Flatten(),
                layer.Dense(4),
            ]
        )
        loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer=tf.keras.optimizers.SGD(0.01), loss=loss)
        history = model.fit(x, y, batch_size=16, epochs=3, verbose=0)
        losses.append(history.history["loss"])
        weights.append(model.get_weights())
    assert ops_made.count("winograd_conv") >= 3
    np.testing.assert_allclose(*losses, rtol=1e-5)
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
