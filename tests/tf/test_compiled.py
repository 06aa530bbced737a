"""The same expressions inside tf.function: a program gives what eager execution gives."""

import numpy as np
import pytest

import caudal as tf

from . import cases
from .test_golden import GOLDEN, agree, evaluate, unpacked

TRACED = [
    ("tf.nn.softmax(x)", "L"),
    ("tf.nn.conv2d(x, W, 2, 'SAME')", "X"),
    ("tf.nn.depthwise_conv2d(x, W[:, :, :, :2], [1, 1, 1, 1], 'SAME')", "X"),
    ("tf.nn.conv2d_transpose(x, W.transpose(0, 1, 3, 2), [2, 12, 10, 6], 2, 'SAME')", "X"),
    ("tf.nn.avg_pool2d(x, 3, 2, 'SAME')", "X"),
    ("tf.nn.max_pool2d(x, 3, 2, 'SAME')", "X"),
    ("tf.nn.moments(x, [0, 1, 2])", "X"),
    ("tf.nn.gelu(x)", "A"),
    ("tf.nn.selu(x)", "A"),
    ("tf.nn.softplus(x)", "Z"),
    ("tf.nn.relu(x)", "Z"),
    ("tf.nn.softmax_cross_entropy_with_logits([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], x)", "L"),
    ("tf.nn.sparse_softmax_cross_entropy_with_logits([1, 0], x)", "L"),
    ("tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(x), x)", "L"),
    ("tf.reduce_mean(x, axis=1, keepdims=True)", "A"),
    ("tf.reduce_logsumexp(x, 1)", "L"),
    ("tf.math.reduce_std(x)", "A"),
    ("tf.math.top_k(x, 2)", "A"),
    ("tf.argmax(x, 1)", "A"),
    ("tf.einsum('...ij,...kj->...ik', x, x)", "X"),
    ("tf.tensordot(x, W, axes=[[3], [2]])", "X"),
    ("tf.pad(x, [[1, 2], [0, 1]], 'REFLECT')", "A"),
    ("tf.gather(x, [[1], [0], [2]], batch_dims=1)", "A"),
    ("tf.tensor_scatter_nd_update(x, [[0, 1], [2, 3]], [9.0, 8.0])", "A"),
    ("tf.scatter_nd([[1], [3], [1]], x, [5, 4])", "A"),
    ("tf.one_hot(x, 3)", "J"),
    ("tf.cumsum(x, 1, exclusive=True)", "A"),
    ("tf.reshape(x, [tf.shape(x)[1], -1])", "A"),
    ("tf.transpose(x, [0, 3, 1, 2])", "X"),
    ("tf.split(x, [1, 3], axis=1)", "A"),
    ("tf.tile(x, [2, 3])", "A"),
    ("tf.roll(x, [1, -2], [0, 1])", "A"),
    ("tf.sort(x, axis=0)", "A"),
    ("tf.where(x > 0, x, 0.0)", "A"),
    ("tf.clip_by_norm(x, 1.0, axes=[1])", "A"),
    ("tf.linalg.band_part(x, 1, 0)", "A"),
    ("tf.linalg.diag(x)", "A"),
    ("tf.math.unsorted_segment_sum(x, [2, -1, 2], 4)", "A"),
    ("tf.math.confusion_matrix(x[0], x[1], num_classes=4)", "J"),
    ("tf.math.bincount(x[0], minlength=4, maxlength=4)", "J"),
    ("tf.nn.batch_normalization(x, P[0], P[1], None, 2.0, 1e-3)", "A"),
    ("tf.nn.local_response_normalization(x, 1)", "X"),
    ("tf.math.floormod(x, 3)", "N"),
    ("tf.cond(x[0] > 0, lambda: x * 2, lambda: x - 1)", "N"),
    ("tf.map_fn(lambda r: r * 2, x)", "A"),
    ("tf.slice(x, tf.cast([x[0, 0] * 0 + 1, 0], tf.int32), [1, 2])", "A"),
]


@pytest.mark.parametrize(("expression", "at"), TRACED)
def test_program_gives_eager_values(expression, at):
    x = tf.constant(evaluate(at))
    eager = evaluate(expression, x=x)
    compiled = tf.function(lambda x: evaluate(expression, x=x))(x)
    wanted = tf.nest.map_structure(np.asarray, eager)
    wanted = list(wanted) if isinstance(wanted, list | tuple) else wanted
    agree(compiled, wanted, 3e-6)


@pytest.mark.parametrize("expression", ["tf.unique(x)", "tf.where(x)", "tf.boolean_mask(x, x > 0)"])
def test_shapes_of_data_raise_while_tracing(expression):
    with pytest.raises(tf.errors.UnimplementedError, match=r"tf\.function"):
        tf.function(lambda x: evaluate(expression, x=x))(tf.constant([1, 0, 2]))


def test_golden_holds_every_case():
    assert set(GOLDEN["cases"]) == set(cases.CASES)
    assert all(f"{expression} at {at}" in GOLDEN["gradients"] for expression, at in cases.GRADIENTS)
    assert unpacked(GOLDEN["cases"]["tf.rank(X)"]) == 4
