"""``tf.nn``: activations, normalisation, convolution, pooling, losses and lookups."""

from caudal.array.blocks import space_to_batch
from caudal.array.movement import depth_to_space, space_to_depth
from caudal.math.counting import in_top_k, l2_normalize, top_k
from caudal.math.greatest import approx_max_k, approx_min_k
from caudal.math.reduce import zero_fraction
from caudal.namespaces import strict, table
from caudal.nn import experimental
from caudal.nn.activations import (
    batch_norm_with_global_normalization,
    batch_normalization,
    bias_add,
    crelu,
    dropout,
    elu,
    gelu,
    l2_loss,
    leaky_relu,
    local_response_normalization,
    log_sigmoid,
    log_softmax,
    moments,
    normalize_moments,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    sufficient_statistics,
    swish,
    tanh,
    weighted_moments,
)
from caudal.nn.backprop import depthwise_conv2d_backprop_filter, depthwise_conv2d_backprop_input
from caudal.nn.convolution import (
    atrous_conv2d,
    conv1d,
    conv1d_transpose,
    conv2d,
    conv2d_transpose,
    conv3d,
    conv3d_transpose,
    conv_transpose,
    convolution,
    depthwise_conv2d,
    separable_conv2d,
)
from caudal.nn.ctc_labels import collapse_repeated, ctc_unique_labels
from caudal.nn.ctc_loss import ctc_loss
from caudal.nn.holes import atrous_conv2d_transpose, with_space_to_batch
from caudal.nn.isotonic import isotonic_regression
from caudal.nn.lookup import embedding_lookup
from caudal.nn.losses import (
    compute_average_loss,
    log_poisson_loss,
    scale_regularization_loss,
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
    weighted_cross_entropy_with_logits,
)
from caudal.nn.morphology import dilation2d, erosion2d
from caudal.nn.pooled_places import fractional_avg_pool, fractional_max_pool, max_pool_with_argmax
from caudal.nn.pooling import (
    avg_pool,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    pool,
)
from caudal.nn.sampled import nce_loss, sampled_softmax_loss
from caudal.random.candidates import (
    all_candidate_sampler,
    compute_accidental_hits,
    fixed_unigram_candidate_sampler,
)

lrn = local_response_normalization

__all__ = [
    "all_candidate_sampler",
    "approx_max_k",
    "approx_min_k",
    "atrous_conv2d",
    "atrous_conv2d_transpose",
    "avg_pool",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm_with_global_normalization",
    "batch_normalization",
    "bias_add",
    "collapse_repeated",
    "compute_accidental_hits",
    "compute_average_loss",
    "conv1d",
    "conv1d_transpose",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "conv_transpose",
    "convolution",
    "crelu",
    "ctc_loss",
    "ctc_unique_labels",
    "depth_to_space",
    "depthwise_conv2d",
    "depthwise_conv2d_backprop_filter",
    "depthwise_conv2d_backprop_input",
    "dilation2d",
    "dropout",
    "elu",
    "embedding_lookup",
    "erosion2d",
    "experimental",
    "fixed_unigram_candidate_sampler",
    "fractional_avg_pool",
    "fractional_max_pool",
    "gelu",
    "in_top_k",
    "isotonic_regression",
    "l2_loss",
    "l2_normalize",
    "leaky_relu",
    "local_response_normalization",
    "log_poisson_loss",
    "log_sigmoid",
    "log_softmax",
    "lrn",
    "max_pool",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_pool_with_argmax",
    "moments",
    "nce_loss",
    "normalize_moments",
    "pool",
    "relu",
    "relu6",
    "sampled_softmax_loss",
    "scale_regularization_loss",
    "selu",
    "separable_conv2d",
    "sigmoid",
    "sigmoid_cross_entropy_with_logits",
    "silu",
    "softmax",
    "softmax_cross_entropy_with_logits",
    "softplus",
    "softsign",
    "space_to_batch",
    "space_to_depth",
    "sparse_softmax_cross_entropy_with_logits",
    "sufficient_statistics",
    "swish",
    "tanh",
    "top_k",
    "weighted_cross_entropy_with_logits",
    "weighted_moments",
    "with_space_to_batch",
    "zero_fraction",
]

_ABOVE = table(
    {
        "caudal.sparse.decoding": "ctc_beam_search_decoder ctc_greedy_decoder",
        "caudal.sparse.lookup": "embedding_lookup_sparse safe_embedding_lookup_sparse",
    }
)
__all__ += list(_ABOVE)

__getattr__ = strict(__name__, places=_ABOVE)
