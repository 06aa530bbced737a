"""Wrong calls of every function end in TensorFlow's class of error, never in a foreign traceback.

The calls are generated (wrong_cases.py); golden_wrong.json says what TensorFlow raises for them.
"""

import builtins
import json
from pathlib import Path

import pytest

import caudal as tf

from . import wrong_cases

GOLDEN = {
    call: kind
    for kind, calls in json.loads((Path(__file__).parent / "golden_wrong.json").read_text()).items()
    for call in calls
}
PLAIN = {"InvalidArgumentError", "ValueError", "TypeError"}
"""Other classes are accidents of TensorFlow's own code: any error of our tree stands for them."""

COMPUTED = frozenset(
    """
    tf.argmax tf.argmin tf.bitcast tf.cast tf.constant tf.convert_to_tensor tf.einsum tf.eye
    tf.gather_nd tf.histogram_fixed_width tf.image.combined_non_max_suppression
    tf.image.convert_image_dtype tf.image.crop_and_resize tf.image.decode_image
    tf.image.draw_bounding_boxes tf.image.extract_patches tf.image.non_max_suppression
    tf.image.non_max_suppression_overlaps tf.image.non_max_suppression_padded
    tf.image.non_max_suppression_with_scores tf.image.psnr tf.image.resize
    tf.image.resize_with_pad tf.image.sobel_edges tf.image.ssim tf.image.ssim_multiscale
    tf.io.decode_csv tf.io.decode_raw tf.io.parse_tensor tf.linalg.lstsq tf.linalg.matvec
    tf.linalg.tensor_diag tf.linspace tf.math.add tf.math.angle tf.math.approx_max_k
    tf.math.bincount tf.math.ceil tf.math.confusion_matrix tf.math.count_nonzero tf.math.floor
    tf.math.in_top_k tf.math.multiply_no_nan tf.math.polyval tf.math.rint tf.math.sobol_sample
    tf.math.softmax tf.matmul tf.meshgrid tf.nn.avg_pool3d tf.nn.compute_average_loss
    tf.nn.conv1d_transpose tf.nn.depthwise_conv2d tf.nn.in_top_k
    tf.nn.local_response_normalization tf.nn.log_poisson_loss tf.nn.lrn tf.nn.max_pool3d
    tf.nn.moments tf.nn.separable_conv2d tf.nn.sigmoid_cross_entropy_with_logits tf.nn.softmax
    tf.nn.weighted_cross_entropy_with_logits tf.nn.weighted_moments tf.one_hot tf.ones_like
    tf.range tf.repeat tf.reverse tf.reverse_sequence tf.saturate_cast tf.searchsorted
    tf.sequence_mask tf.shape tf.signal.fftshift tf.signal.frame tf.signal.overlap_and_add
    tf.signal.stft tf.split tf.squeeze tf.strings.ngrams tf.strings.substr
    tf.strings.to_number tf.switch_case tf.tensordot tf.unique_with_counts tf.where tf.zeros
    """.split()
)
"""Functions that compute some of TensorFlow's refusals: NumPy arrays and lists take the float dtype
of the tensor beside them, dtypes and ranks that TensorFlow has no kernels for work, an argument
that should be a dtype may be anything that has one, and inputs broadcast."""

OTHER = frozenset(
    """
    tf.bitcast tf.cond tf.constant tf.dynamic_stitch tf.ensure_shape tf.eye
    tf.image.decode_png tf.image.resize tf.io.decode_raw tf.io.parse_tensor tf.map_fn
    tf.math.angle tf.math.confusion_matrix tf.norm tf.pad tf.range tf.repeat
    tf.reverse_sequence tf.signal.stft tf.strings.format tf.strings.to_hash_bucket_fast
    tf.switch_case tf.unique_with_counts tf.vectorized_map
    """.split()
)
"""Functions with two things wrong at once in some call, of which we say the other one."""


def by_function():
    found = {}
    for module, call in wrong_cases.calls():
        if call in GOLDEN:
            found.setdefault(call.partition("(")[0], {})[call] = module
    return found


CALLS = by_function()


def mistake(call, module, kind):
    """What is wrong with the way in which a wrong call ends; None if nothing is."""
    expected = getattr(tf.errors, kind, None) if kind in PLAIN else tf.errors.OpError
    expected = expected or getattr(builtins, kind)
    name = call.partition("(")[0]
    try:
        eval(call, {**vars(module), "tf": tf})
    except tf.errors.OpError as error:
        if isinstance(error, expected) or name in OTHER:
            return None if str(error) else "no message"
        return f"{type(error).__name__}: {error}"
    except Exception as error:
        return f"foreign {type(error).__name__}: {error}"
    return None if name in COMPUTED else "no error"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_wrong_calls(name):
    found = {
        call: (GOLDEN[call], wrong)
        for call, module in CALLS[name].items()
        if (wrong := mistake(call, module, GOLDEN[call])) is not None
    }
    assert not found


def test_the_exceptions_are_few():
    assert len(CALLS) > 250
    assert len(GOLDEN) > 4000
    assert CALLS.keys() >= COMPUTED | OTHER
