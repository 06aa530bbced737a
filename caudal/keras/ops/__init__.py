"""``keras.ops``: NumPy's functions, and a network's, on tensors, arrays, variables, KerasTensors.

``promotion``: Keras's dtypes of results. ``elementwise``, ``reductions``, ``creation``,
``shapes``, ``selection``, ``products``, ``networks``, ``segments``, ``counts``, ``signals``,
``core``, ``matrices``, ``spectra``, ``patches``, ``numbers``, ``notation``, ``image``,
``pictures``: the functions.
``numpy``, ``nn``, ``linalg``: the same by topic.
"""

from __future__ import annotations

from typing import Any

from caudal.framework import Tensor
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.ops.promotion import tensor as _tensor
from caudal.namespaces import lazy, table

_PLACES = table(
    {
        "caudal.keras.ops.image": "*",
        "caudal.keras.ops.linalg": "*",
        "caudal.keras.ops.nn": "*",
        "caudal.keras.ops.numpy": "*",
        "caudal.keras.activations": (
            "celu elu glu hard_shrink hard_sigmoid hard_silu hard_swish=hard_silu hard_tanh "
            "leaky_relu log_sigmoid log_softmax relu relu6 selu sigmoid silu soft_shrink softmax "
            "softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus swish=silu "
            "tanh_shrink threshold"
        ),
        "caudal.keras.ops.core": (
            "array associative_scan cast cond convert_to_numpy convert_to_tensor custom_gradient "
            "fori_loop map saturate_cast scan stop_gradient switch vectorized_map view while_loop"
        ),
        "caudal.keras.ops.creation": (
            "arange bartlett blackman empty empty_like eye full full_like geomspace hamming "
            "hanning identity kaiser linspace logspace meshgrid ones ones_like tri zeros zeros_like"
        ),
        "caudal.keras.ops.elementwise": (
            "abs absolute add allclose angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh "
            "bitwise_and bitwise_invert=bitwise_not bitwise_left_shift=left_shift bitwise_not "
            "bitwise_or bitwise_right_shift=right_shift bitwise_xor cbrt ceil clip conj "
            "conjugate=conj cos cosh deg2rad divide divide_no_nan equal erf erfc erfinv exp exp2 "
            "expm1 fabs floor floor_divide fmax fmin fmod greater greater_equal heaviside hypot "
            "imag isclose isfinite isinf isnan isneginf isposinf ldexp left_shift less less_equal "
            "log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or "
            "logical_xor maximum minimum mod multiply nan_to_num negative nextafter not_equal "
            "power rad2deg real reciprocal right_shift round rsqrt sign signbit sin sinc sinh "
            "sqrt square subtract tan tanh true_divide trunc"
        ),
        "caudal.keras.ops.networks": (
            "average_pool batch_normalization binary_crossentropy categorical_crossentropy conv "
            "conv_transpose depth_to_space depthwise_conv dot_product_attention gelu "
            "layer_normalization max_pool multi_hot one_hot psnr rms_normalization separable_conv "
            "space_to_depth sparse_categorical_crossentropy"
        ),
        "caudal.keras.ops.matrices": (
            "cholesky cholesky_inverse det eig eigh inv jvp logdet lstsq lu_factor matrix_rank "
            "pinv qr slogdet solve solve_triangular svd"
        ),
        "caudal.keras.ops.notation": "rearrange vectorize",
        "caudal.keras.ops.numbers": "gcd i0 lcm nanmedian nanpercentile nanquantile",
        "caudal.keras.ops.patches": "fold unfold",
        "caudal.keras.ops.spectra": (
            "fft fft2 ifft2 irfft istft polar rfft stft view_as_complex view_as_real"
        ),
        "caudal.keras.ops.products": (
            "cross dot einsum inner kron matmul norm normalize outer tensordot vdot"
        ),
        "caudal.keras.ops.reductions": (
            "all amax amin any argmax argmin average count_nonzero cumprod cumsum diff logsumexp "
            "max mean median min moments nancumprod nancumsum nanmax nanmean nanmin nanprod nanstd "
            "nansum nanvar percentile prod ptp quantile std sum var"
        ),
        "caudal.keras.ops.adaptive": "adaptive_average_pool adaptive_max_pool",
        "caudal.keras.ops.alignment": "ctc_decode ctc_loss",
        "caudal.keras.ops.segments": "segment_max segment_min segment_prod segment_sum",
        "caudal.keras.ops.selection": (
            "argsort bincount diag diagflat diagonal digitize get_item in_top_k isin nonzero "
            "scatter scatter_update searchsorted select slice slice_update sort take "
            "take_along_axis top_k trace tril triu unravel_index where"
        ),
        "caudal.keras.ops.counts": "histogram unique",
        "caudal.keras.ops.signals": (
            "argpartition cdist corrcoef correlate extract_sequences isreal nanargmax nanargmin "
            "trapezoid vander"
        ),
        "caudal.keras.ops.shapes": (
            "append array_split broadcast_to concatenate copy dsplit dstack expand_dims flip "
            "fliplr flipud hsplit hstack moveaxis pad ravel repeat reshape roll rot90 split "
            "squeeze stack swapaxes tile transpose unstack vsplit vstack"
        ),
    }
)


def shape(x: Any) -> tuple[Any, ...]:
    """The extents as a tuple; None where a symbolic tensor's is unknown."""
    return x.shape if isinstance(x, KerasTensor) else tuple(int(n) for n in _tensor(x).shape)


def ndim(x: Any) -> int:
    """The number of axes."""
    return len(shape(x))


def size(x: Any) -> Any:
    """The number of elements; None where a symbolic tensor's is unknown."""
    total = 1
    for extent in shape(x):
        if extent is None:
            return None
        total *= extent
    return total


def dtype(x: Any) -> str:
    """The name of the dtype."""
    return x.dtype if isinstance(x, KerasTensor) else str(_tensor(x).dtype.name)


def is_tensor(x: Any) -> bool:
    """Whether x is a Tensor or a symbolic tensor."""
    return isinstance(x, Tensor | KerasTensor)


__getattr__, __dir__ = lazy(__name__, _PLACES, label="keras.ops")
