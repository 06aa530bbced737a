"""Expressions over the tf namespace; golden.json holds what TensorFlow 2.21 makes of them.

``tools/record_tf_golden.py`` records them. An expression may use tf, np, and the arrays below.
"""

import numpy as np

rng = np.random.default_rng(7)
A = rng.normal(size=(3, 4)).astype("float32").round(3)
B = rng.normal(size=(4, 2)).astype("float32").round(3)
P = (np.abs(A) + 0.1).astype("float32")
X = rng.normal(size=(2, 6, 5, 4)).astype("float32").round(2)
W = rng.normal(size=(3, 2, 4, 6)).astype("float32").round(2)
S = rng.normal(size=(2, 9, 3)).astype("float32").round(2)
V = rng.normal(size=(1, 4, 5, 3, 2)).astype("float32").round(2)
I = np.array([[3, 1, 2], [0, 2, 1]], "int32")
Z = np.array([-2.0, -0.0, 0.0, 0.5, 3.0, np.inf, -np.inf, np.nan], "float32")
F = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.3, -7.2], "float32")
N = np.array([-7, -3, -1, 1, 3, 7], "int32")
L = np.array([[100.0, -100.0, 0.0], [1000.0, 999.0, -1e4]], "float32")

_UNARY = {
    "abs negative sign exp expm1 sin cos tan sinh cosh tanh asinh atan erf erfc sigmoid square "
    "softplus log_sigmoid softsign": "A",
    "log log1p sqrt rsqrt lgamma digamma reciprocal reciprocal_no_nan": "P",
    "acosh": "P + 1",
    "asin acos atanh erfinv": "np.tanh(A)",
    "floor ceil rint round": "F",
    "is_nan is_inf is_finite sign abs square sqrt exp tanh sigmoid softplus": "Z",
    "abs negative sign square": "N",
    "ndtri": "P / 5",
    "erfcinv": "P / 3",
}
CASES = [
    f"tf.math.{name}({arg})" for names, arg in _UNARY.items() for name in names.split()
]
CASES += [
    f"tf.math.{name}(F, np.float32(1.5))"
    for name in "add subtract multiply divide floordiv floormod maximum minimum atan2 "
    "squared_difference equal not_equal less less_equal greater greater_equal".split()
]
CASES += [
    f"tf.math.{name}(N, 3)"
    for name in "add divide truediv floordiv floormod mod maximum pow equal less".split()
]
CASES += [
    "tf.truncatediv(N, -2)",
    "tf.truncatemod(N, 4)",
    "tf.math.pow(P, 2.5)",
    "tf.math.divide_no_nan(Z, [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0])",
    "tf.math.multiply_no_nan(Z, [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0])",
    "tf.math.xlogy([0.0, 1.0, 2.0], [0.0, 0.5, 3.0])",
    "tf.math.xlog1py([0.0, 1.0, 2.0], [-1.0, 0.5, 3.0])",
    "tf.math.xdivy([0.0, 1.0, 2.0], [0.0, 0.5, 3.0])",
    "tf.math.logical_and([True, False], [True, True])",
    "tf.math.logical_xor([True, False], [True, True])",
    "tf.math.logical_not([True, False])",
    "tf.math.add_n([A, A, A])",
    "tf.math.accumulate_n([A, A])",
    "tf.math.scalar_mul(2.0, A)",
    "tf.math.polyval([2.0, 0.0, 1.0], A)",
    "tf.clip_by_value(Z, -1.0, 1.0)",
    "tf.clip_by_value(N, -2, 2)",
    "tf.cast(F, tf.int32)",
    "tf.cast(Z[:5], tf.bool)",
    "tf.cast([True, False], 'float32')",
    "tf.saturate_cast(F * 100, tf.uint8)",
    "tf.saturate_cast(N, tf.uint8)",
    "tf.bitcast(F, tf.int32)",
    "tf.abs(tf.complex(A, A))",
    "tf.math.real(tf.complex(A, 2 * A))",
    "tf.math.angle(tf.complex(A, 2 * A))",
    "tf.math.angle([-1.0, 2.0])",
    "tf.equal(tf.constant([1, 2]), [1, 3])",
]
_AXES = ("None", "0", "1", "-1", "[0, 1]", "[]")
CASES += [
    f"tf.math.reduce_{name}(A, axis={axis}, keepdims={keep})"
    for name in "sum mean max min prod std variance logsumexp euclidean_norm".split()
    for axis in _AXES[:4]
    for keep in (False, True)
]
CASES += [f"tf.reduce_{name}(A, {axis})" for name in ("sum", "mean") for axis in _AXES[4:]]
CASES += [
    "tf.reduce_mean(N)",
    "tf.reduce_mean([-7, 2])",
    "tf.reduce_sum(N)",
    "tf.reduce_sum(np.zeros((0, 3), 'float32'), 0)",
    "tf.reduce_mean(np.zeros((0, 3), 'float32'), 0)",
    "tf.reduce_max(np.zeros((0, 3), 'float32'), 0)",
    "tf.reduce_prod(np.zeros((0, 3), 'float32'), 0)",
    "tf.reduce_max(Z[:7])",
    "tf.reduce_any([[True, False], [False, False]], 1)",
    "tf.reduce_all([[True, True], [False, True]], axis=0, keepdims=True)",
    "tf.reduce_logsumexp(L, 1)",
    "tf.reduce_logsumexp([-np.inf, -np.inf])",
    "tf.reduce_logsumexp([np.inf, 1.0])",
    "tf.argmax(A)",
    "tf.argmax(A, axis=1, output_type=tf.int32)",
    "tf.argmin(A, axis=-1)",
    "tf.argmax([1, 3, 3])",
    "tf.math.count_nonzero(I)",
    "tf.math.count_nonzero(I, axis=0, keepdims=True, dtype=tf.int32)",
    "tf.math.zero_fraction(I)",
    "tf.cumsum(A)",
    "tf.cumsum(A, axis=1, exclusive=True)",
    "tf.cumsum(A, axis=-1, reverse=True)",
    "tf.cumsum(A, axis=1, exclusive=True, reverse=True)",
    "tf.math.cumprod(A, axis=1)",
    "tf.math.cumulative_logsumexp(L, axis=1)",
    "tf.math.cumulative_logsumexp(A, axis=0, reverse=True)",
    "tf.math.cumulative_logsumexp(A, axis=1, exclusive=True)",
    "tf.math.top_k(A, 2)",
    "tf.math.top_k([1, 3, 3, 2], 3)",
    "tf.math.in_top_k([1, 3, 0], A, 2)",
    "tf.math.in_top_k([0, 9, 1], [[1.0, 1.0], [1.0, 2.0], [np.nan, 1.0]], 1)",
    "tf.math.confusion_matrix([0, 1, 2, 2], [0, 2, 2, 1])",
    "tf.math.confusion_matrix([0, 1], [1, 1], num_classes=3, weights=[2, 5])",
    "tf.math.confusion_matrix([[0], [1]], [1, 1], dtype=tf.float32)",
    "tf.math.bincount([1, 1, 3, 5])",
    "tf.math.bincount([1, 1, 3, 5], minlength=8)",
    "tf.math.bincount([1, 1, 3, 5], maxlength=4)",
    "tf.math.bincount([1, 1, 3], weights=[0.5, 1.0, 2.0])",
    "tf.math.bincount(I, axis=-1)",
    "tf.math.bincount(I, axis=-1, minlength=4, binary_output=True)",
    "tf.math.segment_sum(A, [0, 0, 1])",
    "tf.math.segment_mean(A, [0, 0, 2])",
    "tf.math.segment_max(A, [0, 0, 2])",
    "tf.math.segment_min(A, [0, 0, 1])",
    "tf.math.segment_prod(A, [0, 0, 1])",
    "tf.math.unsorted_segment_sum(A, [2, 0, 2], 4)",
    "tf.math.unsorted_segment_sum(A, [2, -1, 2], 4)",
    "tf.math.unsorted_segment_sum(A, I[:, :1].repeat(4, 1).repeat(3, 0)[:3] * 0 + 1, 3)",
    "tf.math.unsorted_segment_mean(A, [2, 0, 2], 4)",
    "tf.math.unsorted_segment_max(A, [2, 0, 2], 4)",
    "tf.math.unsorted_segment_min(A, [2, 0, 2], 4)",
    "tf.math.unsorted_segment_prod(A, [2, 0, 2], 4)",
    "tf.math.unsorted_segment_sqrt_n(A, [2, 0, 2], 4)",
    "tf.math.invert_permutation([2, 0, 1])",
    "tf.math.l2_normalize(A, axis=1)",
    "tf.math.l2_normalize(A)",
    "tf.histogram_fixed_width([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5)",
]

# --- arrays -------------------------------------------------------------------------------------

CASES += [
    "tf.constant(7, shape=[2, 3])",
    "tf.constant([1, 2, 3, 4], shape=(2, 2))",
    "tf.constant([1, 2], dtype=tf.float64)",
    "tf.zeros([2, 3])",
    "tf.zeros((), tf.int32)",
    "tf.ones([2], dtype='bool')",
    "tf.fill([2, 2], 9)",
    "tf.eye(2, 3)",
    "tf.eye(2, batch_shape=[2], dtype=tf.int32)",
    "tf.range(5)",
    "tf.range(1, 10, 3)",
    "tf.range(3, 0, -1)",
    "tf.range(0.0, 1.0, 0.25)",
    "tf.range(3, dtype=tf.int64)",
    "tf.range(1, 4.0)",
    "tf.linspace(0.0, 1.0, 5)",
    "tf.linspace(0, 10, 3)",
    "tf.linspace([0.0, 1.0], [10.0, 11.0], 3, axis=1)",
    "tf.shape(X)",
    "tf.shape(X, out_type=tf.int64)",
    "tf.size(X)",
    "tf.rank(X)",
    "tf.reshape(A, [2, -1])",
    "tf.reshape(A, (-1,))",
    "tf.squeeze(np.zeros((1, 2, 1)))",
    "tf.squeeze(np.zeros((1, 2, 1)), axis=[-1])",
    "tf.expand_dims(A, -1)",
    "tf.expand_dims(A, 1)",
    "tf.concat([A, A], axis=-1)",
    "tf.concat([[1, 2], [3]], 0)",
    "tf.stack([A, A], axis=1)",
    "tf.stack([1, 2.0])",
    "tf.unstack(A, axis=1)",
    "tf.split(A, 2, axis=1)",
    "tf.split(A, [1, -1], axis=1)",
    "tf.tile(A, [2, 1])",
    "tf.repeat(A, 2, axis=1)",
    "tf.repeat([1, 2], [2, 3])",
    "tf.repeat([[1, 2], [3, 4]], 2)",
    "tf.transpose(A)",
    "tf.transpose(X, [0, 3, 1, 2])",
    "tf.reverse(A, [0])",
    "tf.reverse(A, [-1, 0])",
    "tf.roll(A, 1, 0)",
    "tf.roll(A, [1, -2], [0, 1])",
    "tf.pad(A, [[1, 2], [0, 1]])",
    "tf.pad(A, [[1, 2], [0, 1]], constant_values=5)",
    "tf.pad(A, [[1, 2], [0, 1]], 'REFLECT')",
    "tf.pad(A, [[1, 2], [0, 1]], mode='symmetric')",
    "tf.pad(I, [[0, 0], [1, 1]], constant_values=-1)",
    "tf.gather(A, [2, 0])",
    "tf.gather(A, [[1, 0], [3, 3]], axis=1)",
    "tf.gather(A, [[1], [0], [2]], batch_dims=1)",
    "tf.gather(X, [[1, 2, 0], [3, 3, 1]], axis=3, batch_dims=1)",
    "tf.gather(X, [[1, 2, 0], [3, 3, 1]], axis=-1, batch_dims=1)",
    "tf.gather_nd(A, [[0, 1], [2, 3]])",
    "tf.gather_nd(A, [[0], [2]])",
    "tf.gather_nd(A, [[0], [2], [3]], batch_dims=1)",
    "tf.scatter_nd([[1], [3], [1]], [9, 10, 11], [5])",
    "tf.tensor_scatter_nd_update(A, [[0, 1], [2, 3]], [9.0, 8.0])",
    "tf.tensor_scatter_nd_update(A, [[1]], [[1.0, 2.0, 3.0, 4.0]])",
    "tf.tensor_scatter_nd_add(A, [[0, 1], [0, 1]], [9.0, 8.0])",
    "tf.tensor_scatter_nd_sub(A, [[1]], [[1.0, 2.0, 3.0, 4.0]])",
    "tf.tensor_scatter_nd_max(A, [[0, 1], [2, 3]], [9.0, -8.0])",
    "tf.tensor_scatter_nd_min(A, [[0, 1], [2, 3]], [9.0, -8.0])",
    "tf.boolean_mask(A, [True, False, True])",
    "tf.boolean_mask(A, A > 0)",
    "tf.boolean_mask(A, [True, False, True, True], axis=1)",
    "tf.where(A > 0, A, 0.0)",
    "tf.where([True, False], [1, 2], [3, 4])",
    "tf.where([[True], [False]], 1.0, [[1.0, 2.0, 3.0]])",
    "tf.where(A > 0)",
    "tf.where([0, 3, 0, 4])",
    "tf.one_hot([0, 2, -1, 5], 3)",
    "tf.one_hot([[0, 2], [1, 1]], 3, axis=1)",
    "tf.one_hot([0, 1], 2, on_value=5.0, off_value=-1.0)",
    "tf.one_hot([0, 1], 2, on_value=5, off_value=-1, axis=0)",
    "tf.one_hot([0, 1], 2, dtype=tf.uint8)",
    "tf.one_hot([0, 1], 2, True, False, dtype=tf.bool)",
    "tf.sort(A, axis=0)",
    "tf.sort(A, direction='DESCENDING')",
    "tf.argsort(A, axis=1)",
    "tf.argsort([1, 1, 0], direction='DESCENDING', stable=True)",
    "tf.unique([7, 3, 7, 1])",
    "tf.unique_with_counts([7, 3, 7, 1], out_idx=tf.int64)",
    "tf.meshgrid([1, 2, 3], [4, 5])",
    "tf.meshgrid([1, 2, 3], [4, 5], indexing='ij')",
    "tf.slice(A, [1, 0], [2, -1])",
    "tf.strided_slice(A, [0, 1], [3, 4], [2, 1])",
    "tf.strided_slice(A, [0, 1], [3, 2], [1, 1], shrink_axis_mask=2, begin_mask=1)",
    "tf.zeros_like(A)",
    "tf.ones_like(A, dtype=tf.int32)",
    "tf.broadcast_to([1, 2], [3, 2])",
    "tf.broadcast_dynamic_shape([2, 1], [3])",
    "tf.searchsorted([1.0, 3.0, 5.0], [0.0, 3.0, 9.0])",
    "tf.searchsorted([1.0, 3.0, 5.0], [0.0, 3.0, 9.0], side='right')",
    "tf.searchsorted([[1, 3], [2, 4]], [[2, 3], [4, 9]])",
    "tf.sequence_mask([1, 3, 2])",
    "tf.sequence_mask([[1], [2]], 3, dtype=tf.float32)",
    "tf.reverse_sequence(A, [2, 4, 1], seq_axis=1, batch_axis=0)",
    "tf.reverse_sequence(A, [2, 3, 1, 0], seq_axis=0, batch_axis=1)",
    "tf.dynamic_partition(A, [1, 0, 1], 2)",
    "tf.dynamic_stitch([[0, 2], [1]], [[1.0, 2.0], [3.0]])",
    "tf.unravel_index([2, 5, 7], [3, 4])",
    "tf.nn.space_to_depth(X[:, :, :4], 2)",
    "tf.nn.depth_to_space(X, 2)",
    "tf.ensure_shape(A, [None, 4])",
    "tf.identity_n([A, I])",
    "tf.map_fn(lambda x: x * 2, A)",
    "tf.scan(lambda a, x: a + x, A)",
    "tf.foldl(lambda a, x: a - x, A)",
    "tf.foldr(lambda a, x: a - x, A)",
    "tf.foldl(lambda a, x: a + x, A, initializer=tf.zeros(4))",
    "tf.cond(tf.constant(True), lambda: 1, lambda: 2)",
    "tf.case([(tf.constant(False), lambda: 1), (tf.constant(True), lambda: 2)])",
    "tf.switch_case(tf.constant(1), [lambda: 1, lambda: 2])",
    "tf.while_loop(lambda i, s: i < 5, lambda i, s: (i + 1, s + i), (0, 10))",
    "tf.vectorized_map(lambda x: x + 1, A)",
]

# --- products -----------------------------------------------------------------------------------

CASES += [
    "tf.matmul(A, B)",
    "tf.matmul(A, A, transpose_b=True)",
    "tf.matmul(A, A, transpose_a=True)",
    "tf.matmul(B, A, True, True)",
    "tf.matmul(X, X, transpose_b=True)",
    "tf.matmul(X, B)",
    "tf.matmul(A, np.stack([B, B]))",
    "tf.matmul(I, I, transpose_b=True)",
    "tf.linalg.matvec(A, [1.0, 2.0, 3.0, 4.0])",
    "tf.linalg.matvec(A, [1.0, 2.0, 3.0], transpose_a=True)",
    "tf.tensordot(A, B, 1)",
    "tf.tensordot(X, W, axes=[[3], [2]])",
    "tf.tensordot(A, A, axes=[[0, 1], [0, 1]])",
    "tf.tensordot(A, B, 0)",
    "tf.einsum('ij,jk->ik', A, B)",
    "tf.einsum('ij,jk', A, B)",
    "tf.einsum('ij->ji', A)",
    "tf.einsum('ij->', A)",
    "tf.einsum('ij->j', A)",
    "tf.einsum('ii->i', A[:, :3])",
    "tf.einsum('ii', A[:, :3])",
    "tf.einsum('...ij,...kj->...ik', X, X)",
    "tf.einsum('...ij,jk->...ik', X, B)",
    "tf.einsum('bijc,bkjc->bik', X, X)",
    "tf.einsum('ij,kl,il->kj', A, B, A[:, :2])",
    "tf.einsum('i,j->ij', A[0], A[1])",
    "tf.einsum('ij,ij->ij', A, A)",
    "tf.norm(A)",
    "tf.norm(A, axis=1)",
    "tf.norm(A, ord=1, axis=0, keepdims=True)",
    "tf.norm(A, ord=np.inf)",
    "tf.norm(A, ord=3, axis=1)",
    "tf.norm(A, ord='fro', axis=[0, 1])",
    "tf.norm(A, ord=1, axis=[0, 1])",
    "tf.linalg.normalize(A, axis=1)",
    "tf.linalg.global_norm([A, B])",
    "tf.linalg.diag([1, 2, 3])",
    "tf.linalg.diag(A)",
    "tf.linalg.diag([1, 2], k=1)",
    "tf.linalg.diag([1, 2], k=-1, padding_value=7)",
    "tf.linalg.diag_part(A)",
    "tf.linalg.diag_part(X, k=1)",
    "tf.linalg.diag_part(A, k=-1)",
    "tf.linalg.set_diag(A, [1.0, 2.0, 3.0])",
    "tf.linalg.band_part(A, 1, 0)",
    "tf.linalg.band_part(A, -1, 1)",
    "tf.linalg.trace(A)",
    "tf.linalg.cross([1.0, 2.0, 3.0], [3.0, 0.0, 1.0])",
    "tf.linalg.matrix_transpose(X)",
    "tf.linalg.tensor_diag([1, 2])",
    "tf.linalg.tensor_diag_part(np.eye(3))",
    "tf.clip_by_norm(A, 1.0)",
    "tf.clip_by_norm(A, 1.0, axes=[1])",
    "tf.clip_by_norm(np.zeros(3, 'float32'), 1.0)",
    "tf.clip_by_global_norm([A, B], 1.0)",
    "tf.clip_by_global_norm([A, None, B], 100.0)",
]

# --- nn -----------------------------------------------------------------------------------------

CASES += [
    f"tf.nn.{name}({arg})"
    for name in "relu relu6 leaky_relu elu selu gelu silu softplus softsign sigmoid tanh".split()
    for arg in ("3 * A", "Z[:5]")
]
CASES += [
    "tf.nn.relu(Z)",
    "tf.nn.relu(N)",
    "tf.nn.relu6(4 * A)",
    "tf.nn.leaky_relu(A, alpha=0.01)",
    "tf.nn.gelu(A, approximate=True)",
    "tf.nn.silu(A, beta=2.0)",
    "tf.nn.crelu(A)",
    "tf.nn.softmax(A)",
    "tf.nn.softmax(L)",
    "tf.nn.softmax(A, axis=0)",
    "tf.nn.log_softmax(L)",
    "tf.nn.log_softmax(A, axis=0)",
    "tf.nn.l2_loss(A)",
    "tf.nn.l2_normalize(A, axis=-1)",
    "tf.nn.bias_add(X, [1.0, 2.0, 3.0, 4.0])",
    "tf.nn.bias_add(X, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], data_format='NCHW')",
    "tf.nn.moments(X, [0, 1, 2])",
    "tf.nn.moments(X, [1, 2], keepdims=True)",
    "tf.nn.weighted_moments(A, [0], [[1.0], [2.0], [3.0]])",
    "tf.nn.sufficient_statistics(A, [0])[:3]",
    "tf.nn.normalize_moments(3.0, [2.0], [5.0], None)",
    "tf.nn.batch_normalization(A, P[0], P[1], None, 2.0, 1e-3)",
    "tf.nn.batch_normalization(A, 0.5, 2.0, 1.0, None, 1e-3)",
    "tf.nn.local_response_normalization(X, depth_radius=1, bias=1.0, alpha=0.5, beta=0.5)",
    "tf.nn.lrn(X, 2, 2.0, 0.3, 0.75)",
    "tf.nn.sigmoid_cross_entropy_with_logits(labels=[0.0, 1.0, 0.3], logits=[100.0, -100.0, 0.0])",
    "tf.nn.weighted_cross_entropy_with_logits([0.0, 1.0, 0.3], [5.0, -100.0, 0.0], 2.0)",
    "tf.nn.softmax_cross_entropy_with_logits(np.abs(A) / 3, A)",
    "tf.nn.softmax_cross_entropy_with_logits([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], L)",
    "tf.nn.softmax_cross_entropy_with_logits(A, A, axis=0)",
    "tf.nn.sparse_softmax_cross_entropy_with_logits([1, 0], L)",
    "tf.nn.sparse_softmax_cross_entropy_with_logits([3, 0, 1], A)",
    "tf.nn.log_poisson_loss([1.0, 2.0], [0.5, 0.1], compute_full_loss=True)",
    "tf.nn.compute_average_loss([1.0, 2.0, 3.0], global_batch_size=6)",
    "tf.nn.embedding_lookup(A, [[1, 0], [2, 2]])",
    "tf.nn.embedding_lookup(A, [1, 0], max_norm=1.0)",
    "tf.nn.top_k(A, k=1)",
    "tf.nn.in_top_k([1, 0, 2], A, 1)",
    "tf.nn.zero_fraction([0.0, 1.0])",
]
CASES += [
    f"tf.nn.conv2d(X, W, {strides}, {padding!r})"
    for strides in (1, [2, 1], [1, 2, 2, 1])
    for padding in ("SAME", "VALID", [[0, 0], [1, 2], [0, 1], [0, 0]])
]
CASES += [
    "tf.nn.conv2d(X, W, 1, 'SAME', dilations=2)",
    "tf.nn.conv2d(X, W[:, :, :2], 1, 'VALID')",
    "tf.nn.conv1d(S, W[:, 0, :3], 2, 'SAME')",
    "tf.nn.conv1d(S, W[:, 0, :3], 1, 'VALID', dilations=2)",
    "tf.nn.conv3d(V, W[:, :, :2, :1, None].transpose(0, 1, 3, 2, 4), [1, 1, 2, 1, 1], 'SAME')",
    "tf.nn.convolution(X, W, padding='SAME', strides=2)",
    "tf.nn.depthwise_conv2d(X, W[:, :, :, :2], [1, 1, 1, 1], 'SAME')",
    "tf.nn.depthwise_conv2d(X, W[:, :, :, :1], [1, 2, 2, 1], 'VALID')",
    "tf.nn.separable_conv2d(X, W[:, :, :, :2], W[:1, :1].reshape(1, 1, 8, 3), [1, 1, 1, 1], 'SAME')",
    "tf.nn.conv2d_transpose(X, W.transpose(0, 1, 3, 2), [2, 12, 10, 6], 2, 'SAME')",
    "tf.nn.conv2d_transpose(X, W.transpose(0, 1, 3, 2), [2, 11, 9, 6], 2, 'SAME')",
    "tf.nn.conv2d_transpose(X, W.transpose(0, 1, 3, 2), [2, 8, 6, 6], 1, 'VALID')",
    "tf.nn.conv2d_transpose(X, W.transpose(0, 1, 3, 2), [2, 13, 11, 6], 2, 'VALID')",
    "tf.nn.conv1d_transpose(S, W[:, 0, :, :3], [2, 18, 4], 2)",
    "tf.nn.conv3d_transpose(V, W[:2, :, None, :, :2], [1, 8, 10, 3, 4], [2, 2, 1])",
]
CASES += [
    f"tf.nn.{kind}_pool2d(X, {ksize}, {strides}, {padding!r})"
    for kind in ("max", "avg")
    for ksize, strides in ((2, 2), ([3, 2], 1), ([1, 3, 3, 1], [1, 2, 2, 1]))
    for padding in ("SAME", "VALID")
]
CASES += [
    "tf.nn.max_pool(X, 2, 1, 'SAME')",
    "tf.nn.avg_pool(S, 3, 2, 'SAME')",
    "tf.nn.max_pool1d(S, 3, 2, 'VALID')",
    "tf.nn.avg_pool3d(V, 2, 2, 'SAME')",
    "tf.nn.max_pool3d(V, [2, 2, 1], [1, 2, 1], 'SAME')",
    "tf.nn.max_pool2d(X, 3, 2, [[0, 0], [1, 1], [1, 0], [0, 0]])",
    "tf.nn.pool(X, [2, 2], 'AVG', padding='SAME')",
    "tf.nn.pool(X, [2, 2], 'MAX', strides=[2, 2])",
]

# --- gradients at special points -----------------------------------------------------------------

_POINTS = "[-2.0, -1e-3, 0.0, 1e-3, 1.0, 6.0, 60.0, -60.0]"
GRADIENTS = [
    (f"tf.nn.{name}(x)", _POINTS)
    for name in "relu relu6 leaky_relu elu selu gelu silu softplus softsign sigmoid tanh".split()
]
GRADIENTS += [
    ("tf.math.log_sigmoid(x)", _POINTS),
    ("tf.abs(x)", _POINTS),
    ("tf.math.sign(x)", _POINTS),
    ("tf.maximum(x, 0.0)", _POINTS),
    ("tf.minimum(x, 6.0)", _POINTS),
    ("tf.clip_by_value(x, 0.0, 1.0)", _POINTS),
    ("tf.where(x > 0.0, tf.sqrt(tf.where(x > 0.0, x, 1.0)), 0.0)", _POINTS),
    ("tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(x), x)", _POINTS),
    ("tf.nn.weighted_cross_entropy_with_logits(tf.ones_like(x), x, 2.0)", _POINTS),
    ("tf.nn.softmax(x)[2]", _POINTS),
    ("tf.nn.log_softmax(x)[1]", _POINTS),
    ("tf.reduce_logsumexp(x)", _POINTS),
    ("tf.reduce_max(x)", "[1.0, 3.0, 3.0, 2.0]"),
    ("tf.reduce_prod(x)", "[2.0, 0.0, 3.0]"),
    ("tf.reduce_std(x)" if False else "tf.math.reduce_std(x)", "[1.0, 3.0, 7.0]"),
    ("tf.math.reduce_variance(x)", "[1.0, 3.0, 7.0]"),
    ("tf.math.divide_no_nan(1.0, x)", "[0.0, 2.0]"),
    ("tf.math.xlogy(2.0, x)", "[0.5, 2.0]"),
    ("tf.math.xlogy(0.0, x)", "[0.0, 2.0]"),
    ("tf.nn.sparse_softmax_cross_entropy_with_logits([1, 0], x)", "L"),
    ("tf.nn.softmax_cross_entropy_with_logits([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]], x)", "L"),
    ("tf.nn.softmax_cross_entropy_with_logits([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]], x)", "L / 100"),
    ("tf.nn.moments(x, [0])[1]", "A"),
    ("tf.nn.l2_normalize(x, axis=1)[0, 0]", "A"),
    ("tf.norm(x)", "A"),
    ("tf.clip_by_norm(x, 1.0)", "A"),
    ("tf.nn.conv2d(x, W, 2, 'SAME')", "X"),
    ("tf.nn.conv2d(X, x, [2, 1], 'VALID')", "W"),
    ("tf.nn.conv2d_transpose(X, x, [2, 12, 10, 6], 2, 'SAME')", "W.transpose(0, 1, 3, 2)"),
    ("tf.nn.depthwise_conv2d(X, x, [1, 1, 1, 1], 'SAME')", "W[:, :, :, :2]"),
    ("tf.nn.max_pool2d(x, 2, 2, 'SAME')", "X"),
    ("tf.nn.avg_pool2d(x, 3, 2, 'SAME')", "X"),
    ("tf.gather(x, [0, 0, 2])", "A"),
    ("tf.gather(x, [[1], [0], [1]], batch_dims=1)", "A"),
    ("tf.math.unsorted_segment_mean(x, [1, 0, 1], 2)", "A"),
    ("tf.pad(x, [[1, 1], [2, 0]], 'REFLECT')", "A"),
    ("tf.cumsum(x, 1, exclusive=True, reverse=True)", "A"),
    ("tf.math.cumprod(x, 1)", "A"),
    ("tf.sort(x, 1)[0]", "A"),
    ("tf.math.top_k(x, 2).values", "A"),
    ("tf.einsum('ij,kj->ik', x, A)", "A"),
    ("tf.matmul(x, x, transpose_b=True)", "A"),
    ("tf.linalg.diag_part(x)", "A"),
    ("tf.linalg.band_part(x, 0, -1)", "A"),
    ("tf.tensor_scatter_nd_update(x, [[0, 1]], [9.0])", "A"),
    ("tf.nn.local_response_normalization(x, 1)", "X"),
    ("tf.scan(lambda a, b: a * b, x)", "A"),
]
"""(expression of x, value of x): the gradient of its sum, weighted 1, 2, 3, … ."""
