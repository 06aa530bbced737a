"""Max pooling after a ReLU: the gradient needs neither what was pooled nor a mask of it."""

import numpy as np
import pytest

import caudal as tf
from caudal.passes import pipeline


@pytest.fixture
def programs(monkeypatch):
    """The programs that are compiled meanwhile."""
    made = []
    original = pipeline.lower
    monkeypatch.setattr(
        pipeline,
        "lower",
        lambda program, target: made.append(original(program, target)) or made[-1],
    )
    return made


@pytest.mark.parametrize("window, strides", [(2, 2), (3, 2), (2, 3)])
def test_the_gradient_through_a_relu_and_a_pooling(window, strides, programs):
    rng = np.random.default_rng(1)
    x = np.floor(rng.normal(size=(2, 9, 8, 3)) * 2).astype(np.float32)  # with ties and zeros
    x[0, 0, 0, 0] = np.nan
    weights = rng.normal(size=(2, 5, 4, 3)).astype(np.float32)

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            pooled = tf.nn.max_pool2d(tf.nn.relu(x), window, strides, "VALID")
            loss = tf.reduce_sum(pooled * weights[:, : pooled.shape[1], : pooled.shape[2]])
        return tape.gradient(loss, x)

    eager = gradient(tf.constant(x)).numpy()
    programs.clear()
    compiled = tf.function(gradient)(tf.constant(x)).numpy()
    np.testing.assert_array_equal(compiled, eager)
    assert (compiled[x < 0] == 0).all()
    masks = [
        node
        for program in programs
        for node in program.nodes()
        if node.op.name == "select" and node.inputs[2].op.name == "window_put"
    ]
    assert programs
    assert not masks
