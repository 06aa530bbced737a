"""IndexedSlices, and the scatter methods of variables, against golden_rows.json."""

import numpy as np

rng = np.random.default_rng(3)
V = rng.normal(size=(5, 3)).astype("float32").round(2)
R = rng.normal(size=(3, 3)).astype("float32").round(2)
I = np.array([4, 0, 4])  # noqa: E741
CUBE = rng.normal(size=(2, 4, 3)).astype("float32").round(2)


def row_gradient(tf, function):
    v = tf.Variable(V)
    with tf.GradientTape() as tape:
        y = function(v)
    g = tape.gradient(y, v)
    dense = tf.convert_to_tensor(g)
    if not isinstance(g, tf.IndexedSlices):
        return dense
    return [g.values, g.indices, g.dense_shape, dense]


def scattered(tf, method, compiled=False):
    v = tf.Variable(V)

    def run():
        getattr(v, method)(tf.IndexedSlices(tf.constant(R), tf.constant(I)))

    (tf.function(run) if compiled else run)()
    return v.numpy()


def nd_scattered(tf, method):
    v = tf.Variable(V)
    getattr(v, method)([[4, 1], [0, 0]], [7.0, 0.5])
    getattr(v, method)([[3], [1]], R[:2])
    return v.numpy()


def batch_scattered(tf):
    v = tf.Variable(CUBE)
    slices = tf.IndexedSlices(tf.constant(CUBE[:, :2] * 10), tf.constant([[3, 0], [1, 2]]))
    v.batch_scatter_update(slices)
    return v.numpy()


def clipped(tf):
    a = tf.IndexedSlices(tf.constant(R), tf.constant(I), tf.constant([5, 3]))
    (x, y), norm = tf.clip_by_global_norm([a, tf.constant(V)], 1.5)
    return [x.values, x.indices, y, norm, tf.linalg.global_norm([a])]


CASES = [
    "row_gradient(tf, lambda v: tf.reduce_sum(tf.gather(v, I) ** 2))",
    "row_gradient(tf, lambda v: tf.reduce_sum(tf.nn.embedding_lookup(v, [[0, 1], [1, 2]]) ** 3))",
    "row_gradient(tf, lambda v: tf.reduce_sum(tf.gather(v, I)) + tf.reduce_sum(tf.gather(v, [1])))",
    "row_gradient(tf, lambda v: tf.reduce_sum(tf.gather(v, I)) + tf.reduce_sum(v ** 2))",
    "row_gradient(tf, lambda v: tf.reduce_sum(tf.gather(v * 2.0, I)))",
    "row_gradient(tf, lambda v: tf.reduce_sum(tf.gather(v, [0, 2], axis=1)))",
    *[
        f"scattered(tf, 'scatter_{fold}', {compiled})"
        for fold in "add sub update max min mul div".split()
        for compiled in (False, True)
        if not (compiled and fold == "update")
    ],
    *[f"nd_scattered(tf, 'scatter_nd_{fold}')" for fold in "add sub update max min".split()],
    "batch_scattered(tf)",
    "tf.Variable(V).sparse_read([2, 0])",
    "tf.Variable(V).gather_nd([[2, 0], [1, 1]])",
    "clipped(tf)",
    "tf.convert_to_tensor(-tf.IndexedSlices(tf.constant(R), tf.constant(I), tf.constant([5, 3])))",
    "tf.constant(2.0) * tf.IndexedSlices(tf.constant(R), tf.constant(I), tf.constant([5, 3]))",
]
GRADIENTS = []
