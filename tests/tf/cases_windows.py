"""Windows, blocks, CTC decoders, sampled losses; golden_windows.json holds TensorFlow's results."""

import numpy as np

rng = np.random.default_rng(37)


def _f(*shape):
    return rng.normal(size=shape).astype("float32").round(2)


X = _f(2, 6, 5, 3)
W3 = _f(3, 2, 3)
VOLUME = _f(2, 4, 4, 3, 2)
KERNEL = _f(3, 3, 3, 2)
DEPTHWISE = _f(3, 3, 3, 2)
G2, G6 = _f(2, 6, 5, 2), _f(2, 3, 3, 6)
LOGITS = (3 * _f(7, 3, 5)).round(1)
ROWS = LOGITS.transpose(1, 0, 2)
SQUARE = np.array([[0, 2, 1, 4], [4, 1, 3, 3], [8, 2, 1, 0], [2, 9, 4, 4]], "float32")
COUNTS, PAIRS = np.array([2, 1, 2], "int32"), np.array([[1, 4], [2, 7], [3, 3]], "int32")
LENGTHS = np.array([7, 4, 0])
TABLE, BIAS, INPUTS = _f(10, 4), _f(10), _f(3, 4)
LABELS = np.array([[1, 4], [2, 7], [0, 3]])
EXPECTED = np.full((3, 2), 0.4, "float32"), np.array([0.3, 0.5, 0.1], "float32")
SAMPLED = (np.array([4, 0, 9]), *EXPECTED)
MONOTONE = np.array([[3.0, 1.0, 2.0, 2.0, 5.0], [1.0, 1.0, 0.0, -1.0, -1.0]], "float32")


def ids(tf):
    places = [[0, 0], [0, 1], [2, 0], [2, 1], [3, 0]]
    return tf.sparse.SparseTensor(places, np.array([1, 4, 4, 0, -1]), [5, 2])


def some_ids(tf):
    return tf.sparse.SparseTensor([[0, 0], [0, 1], [2, 0]], np.array([1, 4, 0]), [4, 2])


def weights(tf, which):
    values = np.array([0.5, 2.0, 1.0, -1.0, 3.0], "float32")[: which.values.shape[0]]
    return tf.sparse.SparseTensor(which.indices, values, which.dense_shape)


def pool_in_blocks(tf, x):
    def pool(input, num_spatial_dims, padding):
        return tf.nn.max_pool2d(input, 2, 1, padding)

    return tf.nn.with_space_to_batch(x, [2, 2], "SAME", pool, filter_shape=[2, 2])


def decoded(tf, found):
    return [*(part for one in found[0] for part in (tf.sparse.to_dense(one),)), found[1]]


_NHWC = "'NHWC'"
CASES = [
    *[
        f"tf.nn.{op}2d(X, W3, {strides}, {padding!r}, 'NHWC', {dilations})"
        for op in ("dilation", "erosion")
        for strides, padding, dilations in (
            ([1, 1, 1, 1], "VALID", [1, 1, 1, 1]),
            ([1, 2, 1, 1], "SAME", [1, 1, 1, 1]),
            ([1, 1, 1, 1], "SAME", [1, 2, 2, 1]),
        )
    ],
    "tf.nn.max_pool_with_argmax(X, 2, 2, 'SAME')",
    "tf.nn.max_pool_with_argmax(X, [1, 3, 2, 1], [1, 1, 2, 1], 'VALID', output_dtype=tf.int32)",
    "tf.nn.max_pool_with_argmax(X, 2, 1, 'SAME', include_batch_in_index=True)",
    "tf.space_to_batch(X, [3, 5], [[0, 0], [0, 0]])",
    "tf.space_to_batch_nd(X, [2], [[1, 1]])",
    "tf.nn.space_to_batch(X, [4, 2], [[1, 1], [0, 1]])",
    "tf.batch_to_space(tf.space_to_batch(X, [4, 2], [[1, 1], [0, 1]]), [4, 2], [[1, 1], [0, 1]])",
    "tf.batch_to_space(np.arange(24).reshape(4, 3, 2), [2], [[1, 2]])",
    "tf.required_space_to_batch_paddings([5, 7], [2, 3], base_paddings=[[1, 1], [0, 0]])",
    "tf.required_space_to_batch_paddings([5, 7], [2, 3])",
    "pool_in_blocks(tf, X)",
    "tf.nn.atrous_conv2d_transpose(G2, KERNEL, [2, 6, 5, 3], 2, 'SAME')",
    "tf.nn.batch_norm_with_global_normalization(X, BIAS[:3], TABLE[0, :3]**2, BIAS[3:6], "
    "BIAS[6:9], 1e-3, False)",
    "tf.nn.depthwise_conv2d_backprop_input([2, 6, 5, 3], DEPTHWISE, G6, [1, 2, 2, 1], 'SAME')",
    "tf.nn.depthwise_conv2d_backprop_filter(X, [3, 3, 3, 2], G6, [1, 2, 2, 1], 'SAME')",
    "tf.extract_volume_patches(VOLUME, [1, 2, 3, 2, 1], [1, 1, 2, 1, 1], 'SAME')",
    "tf.extract_volume_patches(VOLUME, [1, 2, 2, 3, 1], [1, 2, 1, 1, 1], 'VALID')",
    "tf.nn.isotonic_regression(MONOTONE)",
    "tf.nn.isotonic_regression(MONOTONE, decreasing=False, axis=0)",
    "tf.nn.collapse_repeated(tf.constant([[1, 1, 2, 2, 1], [1, 1, 1, 1, 0]]), tf.constant([5, 4]))",
    "tf.nn.ctc_unique_labels(tf.constant([[1, 2, 1], [3, 3, 4]]))",
    "decoded(tf, tf.nn.ctc_greedy_decoder(LOGITS, LENGTHS))",
    "decoded(tf, tf.nn.ctc_greedy_decoder(LOGITS, LENGTHS, merge_repeated=False, blank_index=1))",
    "decoded(tf, tf.nn.ctc_beam_search_decoder(LOGITS, [7, 4, 5], beam_width=6, top_paths=3))",
    "decoded(tf, tf.nn.ctc_beam_search_decoder(LOGITS, [7, 4, 5]))",
    "tf.nn.sampled_softmax_loss(TABLE, BIAS, LABELS, INPUTS, 3, 10, 2, sampled_values=SAMPLED)",
    "tf.nn.sampled_softmax_loss(TABLE, BIAS, LABELS, INPUTS, 3, 10, 2, SAMPLED, False)",
    "tf.nn.nce_loss(TABLE, BIAS, LABELS, INPUTS, 3, 10, 2, sampled_values=SAMPLED)",
    "tf.nn.nce_loss(TABLE, BIAS, LABELS, INPUTS, 3, 10, 2, SAMPLED, True)",
    "tf.nn.compute_accidental_hits(LABELS, np.array([4, 0, 9, 2]), 2)",
    "tf.random.all_candidate_sampler(LABELS, 2, 8, True)",
    *[
        f"tf.nn.embedding_lookup_sparse(TABLE, some_ids(tf), {w}, combiner={combiner!r})"
        for combiner in ("sum", "mean", "sqrtn")
        for w in ("None", "weights(tf, some_ids(tf))")
    ],
    "tf.nn.embedding_lookup_sparse(TABLE, some_ids(tf), None, max_norm=1.0)",
    "tf.nn.safe_embedding_lookup_sparse(TABLE, ids(tf))",
    "tf.nn.safe_embedding_lookup_sparse(TABLE, ids(tf), weights(tf, ids(tf)), 'sqrtn')",
    "tf.nn.safe_embedding_lookup_sparse(TABLE, ids(tf), default_id=2)",
    "tf.edit_distance(tf.sparse.from_dense([[1, 2, 3], [1, 0, 0]]), "
    "tf.sparse.from_dense([[1, 3, 0], [2, 2, 0]]))",
    "tf.edit_distance(tf.sparse.from_dense([[1, 2, 3], [1, 0, 0]]), "
    "tf.sparse.from_dense([[1, 3, 0], [0, 0, 0]]), normalize=False)",
    "tf.as_string([1.5, 2.25], precision=2)",
    "tf.keras.ops.ctc_decode(ROWS, np.array([7, 4, 0]))",
    "tf.keras.ops.ctc_decode(ROWS, np.array([7, 4, 5]), mask_index=2, merge_repeated=False)",
    "tf.keras.ops.ctc_decode(ROWS, np.array([7, 4, 5]), 'beam_search', 40, 2, mask_index=1)",
    "tf.keras.ops.lu_factor(SQUARE)",
    "tf.keras.backend.ctc_decode(tf.nn.softmax(ROWS), np.array([7, 4, 5]))",
    "tf.keras.backend.ctc_decode(tf.nn.softmax(ROWS), np.array([7, 4, 5]), False, 6, 2)",
    "tf.sparse.to_dense(tf.keras.backend.ctc_label_dense_to_sparse(tf.constant(PAIRS), COUNTS))",
    "tf.random.create_rng_state(1, 'philox')",
    "tf.random.create_rng_state([1, 2], 'philox')",
    "tf.random.experimental.create_rng_state(5, tf.random.Algorithm.THREEFRY)",
]
GRADIENTS = [
    ("tf.nn.dilation2d(x, W3, [1, 1, 2, 1], 'SAME', 'NHWC', [1, 1, 1, 1])", "X"),
    ("tf.nn.erosion2d(X, x, [1, 1, 1, 1], 'VALID', 'NHWC', [1, 1, 1, 1])", "W3"),
    ("tf.nn.max_pool_with_argmax(x, 2, 2, 'SAME')[0]", "X"),
    ("tf.space_to_batch(x, [4, 2], [[1, 1], [0, 1]])", "X"),
    ("tf.nn.isotonic_regression(x)[0]", "MONOTONE"),
    ("tf.nn.sampled_softmax_loss(TABLE, BIAS, LABELS, x, 3, 10, 2, SAMPLED)", "INPUTS"),
    ("tf.nn.nce_loss(x, BIAS, LABELS, INPUTS, 3, 10, 2, sampled_values=SAMPLED)", "TABLE"),
    ("tf.nn.embedding_lookup_sparse(x, some_ids(tf), weights(tf, some_ids(tf)))", "TABLE"),
    ("tf.nn.safe_embedding_lookup_sparse(x, ids(tf), weights(tf, ids(tf)))", "TABLE"),
]
