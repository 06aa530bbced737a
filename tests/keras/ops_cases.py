"""Calls of keras.ops, as expressions; tools/record_keras_ops.py records what real Keras gives.

Names in an expression: ``o`` (keras.ops), ``np``, and the arrays of `arrays`.
"""

from typing import Any

import numpy as np


def arrays() -> dict[str, Any]:
    """The arguments by name."""
    rng = np.random.default_rng(7)
    return {
        "np": np,
        "x": rng.normal(size=(2, 3)).astype("float32"),
        "y": rng.normal(size=(2, 3)).astype("float32"),
        "p": rng.uniform(0.1, 0.9, size=(2, 3)).astype("float32"),
        "h": rng.normal(size=(2, 3)).astype("float16"),
        "i": np.array([[3, -1, 2], [0, 5, -4]], "int32"),
        "b8": np.array([[3, -1, 2], [0, 5, -4]], "int8"),
        "j": np.array([[1, 2, 4], [3, 1, 2]], "int64"),
        "t": np.array([[True, False, True], [False, False, True]]),
        "n": np.array([[1.0, np.nan, 3.0], [np.inf, 0.0, -np.inf]], "float32"),
        "s": rng.normal(size=(2, 3, 4)).astype("float32"),
        "m": rng.normal(size=(1, 4, 4, 2)).astype("float32"),
        "k": rng.normal(size=(2, 2, 2, 3)).astype("float32"),
        "d": rng.normal(size=(2, 2, 2, 1)).astype("float32"),
        "w": rng.normal(size=(1, 6, 2)).astype("float32"),
        "u": rng.integers(0, 255, size=(1, 4, 6, 3)).astype("uint8"),
        "a": np.array([[1.0, 0.1, 2.3, -0.1, 0.9, -1.4, 0.0, 0.0]], "float32"),
        "q": rng.normal(size=(1, 3, 2, 4)).astype("float32"),
    }


_UNARY = (
    "abs absolute arccos arccosh arcsin arcsinh arctan arctanh bitwise_not? cbrt ceil cos cosh "
    "deg2rad? erf erfc erfinv exp exp2 expm1 fabs floor isfinite isinf isnan isneginf? isposinf? "
    "log log10 log1p log2 logical_not negative rad2deg? reciprocal round rsqrt sign signbit sin "
    "sinc sinh sqrt square tan tanh trunc"
)
_BINARY = (
    "add arctan2 divide divide_no_nan equal floor_divide fmax fmin greater greater_equal heaviside "
    "hypot isclose less less_equal logaddexp logaddexp2 logical_and logical_or logical_xor maximum "
    "minimum mod multiply not_equal power subtract true_divide"
)
# Keras 3.15.1 on TensorFlow gives sparsemax rows that do not sum to 1: it is tested by itself.
_NN = (
    "celu elu gelu glu? hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu log_sigmoid "
    "log_softmax relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus "
    "sparse_sigmoid squareplus tanh_shrink"
)
_FOLDS = "all any argmax argmin max mean median min prod ptp std sum var logsumexp"
_NANS = "nanmax nanmin nanmean nanprod nanstd nansum nanvar"

_MIXED = """
o.add(i, 1)|o.add(i, 1.5)|o.add(b8, i)|o.add(t, 1)|o.add(h, 1.5)|o.add(h, x)|o.add(j, 1.5)
o.add(1, 2)|o.add(1, 2.5)|o.add(j, i)|o.divide(i, j)|o.subtract(i, 2)|o.power(j, 2)
o.floor_divide(i, j)|o.mod(i, j)|o.fmod(i, j)|o.maximum(i, 2.5)|o.square(t)|o.round(i)|o.round(x, 1)
o.floor(i)|o.ceil(j)|o.trunc(i)|o.sqrt(j)|o.exp(h)|o.abs(t)|o.sum(t)|o.sum(b8)|o.prod(b8)|o.prod(j)
o.mean(i)|o.mean(t)|o.std(j)|o.cumsum(t, 0)|o.cumsum(x, 1)|o.cumprod(x, 0)|o.cumsum(x)
o.bitwise_and(i, 6)|o.bitwise_or(i, j)|o.bitwise_xor(i, 3)|o.left_shift(j, 1)|o.right_shift(j, 1)
o.clip(i, 0, 3)|o.clip(x, -0.5, 0.5)|o.nan_to_num(n)|o.nan_to_num(n, 1.0, 2.0, 3.0)
o.count_nonzero(i, 1)|o.sum(s, (0, 2))|o.sum(s, -1, True)|o.mean(s, (1, 2), keepdims=True)
o.max(x, initial=9.0)|o.max(t, 1)|o.argmax(x, 1)|o.argmin(x, 0, True)|o.argmax(x, keepdims=True)
o.average(x, 1, p)|o.average(x, 1, np.ones(3))|o.diff(x)|o.diff(x, 2)|o.diff(i, axis=0)
o.quantile(x, 0.3)|o.quantile(x, [0.1, 0.6], 1)|o.median(s, (0, 2))
o.quantile(x, 0.5, 1, "lower", True)|o.quantile(x, 0.4, 1, "higher")
o.quantile(x, 0.4, 1, "midpoint")|o.quantile(x, 0.4, 1, "nearest")|o.percentile(x, 30)
o.moments(x, 0)|o.moments(s, [0, 1], keepdims=True)|o.arange(5)|o.arange(2, 9, 3)|o.arange(3.0)
o.arange(0, 1, 0.25)|o.linspace(0, 1, 5)|o.logspace(0, 2, 3)|o.linspace(0, 1, 4, endpoint=False)
o.linspace(x, y, 3, axis=1)|o.zeros((2, 1))|o.ones(2, "int32")|o.eye(3)|o.full((2, 2), 3)
o.full_like(i, 2)|o.zeros_like(t)|o.ones_like(h)|o.eye(2, 3, 1)|o.tri(3)|o.tri(2, 3, 1)
o.identity(2)|o.meshgrid(np.arange(2), np.arange(3))
o.meshgrid(np.arange(2), np.arange(3), indexing="ij")|o.hamming(5)|o.hanning(5)|o.blackman(5)
o.bartlett(5)|o.kaiser(5, 2.0)|o.geomspace(1, 8, 4)|o.reshape(x, (3, 2))|o.reshape(x, (-1,))
o.ravel(s)|o.transpose(s)|o.transpose(s, (1, 0, 2))|o.swapaxes(s, 0, 2)|o.moveaxis(s, 0, -1)
o.moveaxis(s, [0, 1], [2, 0])|o.expand_dims(x, 1)|o.squeeze(m, 0)|o.expand_dims(x, (0, 2))
o.broadcast_to(x, (2, 2, 3))|o.flip(x)|o.flip(x, 1)|o.rot90(x)|o.rot90(x, 3)|o.roll(x, 1)
o.roll(x, 1, 1)|o.roll(x, (1, 2), (0, 1))|o.tile(x, 2)|o.tile(x, (2, 1, 2))|o.repeat(x, 2)
o.repeat(x, 2, 1)|o.repeat(x, [1, 2], 0)|o.concatenate([x, i], 0)|o.concatenate([x, y], -1)
o.append(x, y)|o.stack([x, y], 1)|o.stack([1, 2.5])|o.vstack([x, y])|o.hstack([x, y])
o.dstack([x, y])|o.unstack(x)|o.split(s, 2, 2)|o.split(s, [1, 3], -1)|o.array_split(np.arange(5), 2)
o.pad(x, ((1, 0), (0, 2)))|o.pad(x, ((1, 0), (0, 2)), constant_values=3)
o.pad(x, ((1, 0), (2, 2)), "reflect")|o.take(x, [1, -1], 1)|o.take(x, [4, 0])
o.take(s, [[0, 1], [1, 0]], 0)|o.take_along_axis(x, [[1], [0]], 1)
o.take_along_axis(x, np.array([[1, 0, 0]]), 0)|o.where(t, x, y)|o.where(t, i, 0.5)|o.where(t, 1, 0)
o.where(t)|o.select([x > 0, x < -1], [x, y], 5.0)|o.nonzero(i)|o.sort(x)|o.sort(x, 0)|o.argsort(x)
o.argsort(x, 0)|o.top_k(x, 2)|o.in_top_k(np.array([1, 0]), x, 1)
o.searchsorted(np.array([1.0, 3.0]), np.array([0.5, 1.0, 9.0]))
o.digitize(x, np.array([-0.5, 0.0, 0.5]))|o.bincount(np.array([0, 2, 2, 1]))
o.bincount(np.array([0, 2, 2]), np.array([1.0, 2.0, 0.5]), 5)|o.isin(i, [3, 5])
o.unravel_index(np.array([3, 5]), (2, 3))|o.tril(x)|o.triu(x, 1)|o.tril(s, -1)
o.scatter([[0], [2], [0]], [1.0, 2.0, 4.0], (4,))|o.scatter_update(x, [[0, 1], [1, 2]], [9.0, 8.0])
o.slice(x, [0, 1], [2, 2])|o.slice_update(x, [0, 1], np.ones((1, 2), "float32"))|o.get_item(x, 1)
o.diagonal(x)|o.diagonal(s, 1, 1, 2)|o.diag(np.arange(3.0), 1)|o.diag(x, -1)|o.diagflat(x)
o.trace(x)|o.trace(b8)|o.trace(s, 0, 1, 2)|o.matmul(x, y.T)|o.matmul(s, np.ones(4, "float32"))
o.matmul(b8, b8.T)|o.dot(x, y.T)|o.dot(s, np.ones((4, 2), "float32"))|o.dot(x, 2.0)|o.inner(x, y)
o.vdot(x, y)|o.outer([1, 2], [1.0, 3.0])|o.kron(x, y)|o.tensordot(x, y, [[0, 1], [0, 1]])
o.tensordot(x, y.T, 1)|o.einsum("ij,kj->ik", x, y)|o.einsum("ijk->ki", s)
o.cross([1, 2, 3], [4, 5, 6])|o.cross(x, y)|o.norm(x)|o.norm(x, 1, 1)|o.norm(x, np.inf, 0)
o.norm(x, "fro")|o.normalize(x)|o.normalize(x, 0, 1)|o.segment_sum(x, np.array([0, 1]), 3)
o.segment_max(x, np.array([1, 1]), 2)|o.one_hot(j, 4)
o.one_hot(np.array([0, 2]), 3, axis=0, dtype="int32")|o.multi_hot(j, 5)|o.multi_hot(j[0], 5)
o.relu(i)|o.softmax(s, 1)|o.softmax(s, (1, 2))|o.glu(s)|o.threshold(x, 0.1, 7.0)
o.gelu(x, approximate=False)|o.max_pool(m, 2)|o.max_pool(m, 3, 2, "same")
o.average_pool(m, 3, 1, "same")|o.max_pool(w, 2)|o.average_pool(w, 2)|o.conv(m, k)
o.conv(m, k, 2, "same")|o.conv(m, k, 1, "same", dilation_rate=2)|o.conv(w, k[0])
o.depthwise_conv(m, d)|o.separable_conv(m, d, k[:1, :1])
o.conv_transpose(m, k.transpose(0, 1, 3, 2), 2)
o.conv_transpose(m, k.transpose(0, 1, 3, 2), 2, "same")
o.batch_normalization(m, np.float32([0.1, 0.2]), np.float32([1, 2]), -1)
o.batch_normalization(m, np.float32([0.1, 0.2]), np.float32([1, 2]), 3, np.float32([1, 0]))
o.layer_normalization(x)|o.layer_normalization(x, np.full(3, 2.0, "float32"), np.ones(3, "float32"))
o.rms_normalization(x)|o.binary_crossentropy(t.astype("float32"), p)
o.binary_crossentropy(t.astype("float32"), x, True)|o.categorical_crossentropy(p, y, True)
o.categorical_crossentropy(p, p)|o.psnr(x, y, 2.0)
o.sparse_categorical_crossentropy(np.array([0, 2]), p)
o.depth_to_space(s[None].reshape(1, 2, 3, 4), 2)
o.sparse_categorical_crossentropy(np.array([0, 2]), x, True)|o.space_to_depth(m, 2)
o.dot_product_attention(q, q, q)|o.dot_product_attention(q, q, q, is_causal=True)|o.cast(x, "int32")
o.cast(i, "bool")|o.saturate_cast(x * 400, "uint8")|o.convert_to_tensor([1, 2])
o.convert_to_tensor([1, 2.5])|o.convert_to_tensor(1.5)|o.convert_to_tensor(x, "float16")
o.convert_to_numpy(x)|o.stop_gradient(x)|o.cond(True, lambda: x, lambda: y)
o.while_loop(lambda a, c: a < 5, lambda a, c: (a + 1, c * 2), (o.array(0), o.array(1)))
o.fori_loop(1, 4, lambda a, c: c + a, o.array(0))|o.map(lambda r: r * 2, x)
o.vectorized_map(lambda r: o.sum(r), x)
o.scan(lambda c, v: (c + v, c * v), o.array(1.0), o.array([1.0, 2.0, 3.0]))
o.switch(1, [o.negative, o.abs], x)|o.associative_scan(o.add, o.array([1.0, 2.0, 3.0, 4.0]))
o.allclose(x, x)|o.ldexp(x, 2)|o.logical_not(i)|o.angle(x)|o.nancumsum(n[:1], 1)|o.argmax(i > 0, 1)
o.slice(x, [0, 1], [-1, 1])|o.image.resize(m, (2, 2))|o.image.resize(m, (6, 3))
o.image.resize(u, (2, 3))|o.image.resize(u, (2, 5), "nearest")|o.image.resize(m, (7, 3), "nearest")
o.image.resize(m, (2, 3), antialias=True)|o.image.resize(m, (6, 7), "bicubic")
o.image.resize(u, (4, 4), crop_to_aspect_ratio=True)|o.image.rgb_to_grayscale(u)
o.image.crop_images(u, 1, 2, target_height=2, target_width=3)|o.image.resize(m[0], (3, 3))
o.image.resize(m, (3, 2), "lanczos3")|o.image.affine_transform(m, a / 2)
o.image.affine_transform(m, a, fill_mode="nearest")
o.image.affine_transform(m, a, fill_mode="reflect")|o.image.affine_transform(m, a, fill_mode="wrap")
o.image.affine_transform(m, a, "nearest", fill_value=0.5)
o.correlate([1.0, 2.0, 3.0], [0.0, 1.0, 0.5])|o.correlate([1.0, 2.0, 3.0], [1.0, 0.5], "full")
o.correlate([1.0, 2.0, 3.0], [0.0, 1.0, 0.5], "same")|o.vander(np.array([1, 2, 3], "int32"))
o.vander(x[0], 2, True)|o.trapezoid(x)|o.trapezoid(x, dx=0.5, axis=0)|o.isreal(x)|o.cdist(x, y)
o.trapezoid([1.0, 2.0, 3.0], x=[0.0, 1.0, 3.0])|o.corrcoef(np.float32([[1, 2, 4], [0, 5, 1]]))
o.extract_sequences(y.ravel(), 4, 2)|o.argpartition(np.array([3, 1, 2, 5]), 2)|o.histogram(y[0], 3)
o.unique([3, 1, 1, 2])|o.unique([3, 1, 1, 2], return_inverse=True, return_counts=True)
o.nanargmax(np.float32([[1, np.nan, 3], [np.nan, np.nan, 0]]), 1)|o.nanargmin(n[:1], 1)
"""


def _expressions() -> list[str]:
    made = [f"o.{name}(p)" for name in _UNARY.split() if not name.endswith("?")]
    made += [f"o.{name}(x, y)" for name in _BINARY.split()]
    made += [f"o.{name}(x)" for name in _NN.split() if not name.endswith("?")]
    made += [f"o.{name}(x{rest})" for name in _FOLDS.split() for rest in ("", ", 1")]
    made += [f"o.{name}(n, 1)" for name in _NANS.split()]
    made += [one for line in _MIXED.strip().splitlines() for one in line.split("|")]
    return made


EXPRESSIONS = _expressions()
