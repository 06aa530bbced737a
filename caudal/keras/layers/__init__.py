"""The layers, one file each, under Keras's names; a file loads when its layer is first used.

Files named for what several layers share: ``arguments``, ``weight_arguments``, ``convolution``,
``recurrence``, ``recurrent_*``, ``dropout_masks``, ``conv_lstm``, ``conv_lstm_cell``,
``adaptive_pooling``,
``masked_moments``, ``wide_floats``, ``attention_masks``, ``attention_heads``,
``projected_attention``, ``low_rank``, ``conv_transpose``, ``depthwise``, ``pooling``,
``global_pooling``, ``noise``,
``shape_preserving``, ``merging``, ``edges``, ``zero_padding``, ``cropping``, ``up_sampling``,
``image_layer``, ``image_values``, ``geometric_layer``, ``colour_layer``, ``dense_boxes``,
``random_extent``, ``augmentations``, ``encodings``, ``index_lookup``, ``lookup_layer``,
``text_rules``.
"""

import importlib
from typing import Any

from caudal.keras.engine.serialization import (
    deserialize_keras_object,
    serialize_keras_object,
)
from caudal.keras.engine.signatures import say_once
from caudal.namespaces import lazy, table

_PLACES = table(
    {
        "caudal.keras.engine.layer": "Layer",
        "caudal.keras.engine.input_spec": "InputSpec",
        "caudal.keras.layers.activation": "Activation",
        "caudal.keras.layers.activity_regularization": "ActivityRegularization",
        "caudal.keras.layers.adaptive_average_pooling1d": "AdaptiveAveragePooling1D",
        "caudal.keras.layers.adaptive_average_pooling2d": "AdaptiveAveragePooling2D",
        "caudal.keras.layers.adaptive_average_pooling3d": "AdaptiveAveragePooling3D",
        "caudal.keras.layers.adaptive_max_pooling1d": "AdaptiveMaxPooling1D",
        "caudal.keras.layers.adaptive_max_pooling2d": "AdaptiveMaxPooling2D",
        "caudal.keras.layers.adaptive_max_pooling3d": "AdaptiveMaxPooling3D",
        "caudal.keras.layers.add_layer": "Add add",
        "caudal.keras.layers.alpha_dropout": "AlphaDropout",
        "caudal.keras.layers.average_layer": "Average average",
        "caudal.keras.layers.average_pooling1d": "AveragePooling1D AvgPool1D=AveragePooling1D",
        "caudal.keras.layers.average_pooling2d": "AveragePooling2D AvgPool2D=AveragePooling2D",
        "caudal.keras.layers.average_pooling3d": "AveragePooling3D AvgPool3D=AveragePooling3D",
        "caudal.keras.layers.batch_normalization": "BatchNormalization",
        "caudal.keras.layers.concatenate_layer": "Concatenate concatenate",
        "caudal.keras.layers.conv1d": "Conv1D Convolution1D=Conv1D",
        "caudal.keras.layers.conv2d": "Conv2D Convolution2D=Conv2D",
        "caudal.keras.layers.conv3d": "Conv3D Convolution3D=Conv3D",
        "caudal.keras.layers.conv_lstm1d": "ConvLSTM1D",
        "caudal.keras.layers.conv_lstm2d": "ConvLSTM2D",
        "caudal.keras.layers.conv_lstm3d": "ConvLSTM3D",
        "caudal.keras.layers.cropping1d": "Cropping1D",
        "caudal.keras.layers.cropping2d": "Cropping2D",
        "caudal.keras.layers.cropping3d": "Cropping3D",
        "caudal.keras.layers.dense": "Dense",
        "caudal.keras.layers.dot_layer": "Dot dot",
        "caudal.keras.layers.dropout": "Dropout",
        "caudal.keras.layers.elu": "ELU",
        "caudal.keras.layers.embedding": "Embedding",
        "caudal.keras.layers.reversible_embedding": "ReversibleEmbedding",
        "caudal.keras.layers.flatten": "Flatten",
        "caudal.keras.layers.gaussian_dropout": "GaussianDropout",
        "caudal.keras.layers.gaussian_noise": "GaussianNoise",
        "caudal.keras.layers.global_average_pooling1d": (
            "GlobalAveragePooling1D GlobalAvgPool1D=GlobalAveragePooling1D"
        ),
        "caudal.keras.layers.global_average_pooling2d": (
            "GlobalAveragePooling2D GlobalAvgPool2D=GlobalAveragePooling2D"
        ),
        "caudal.keras.layers.global_average_pooling3d": (
            "GlobalAveragePooling3D GlobalAvgPool3D=GlobalAveragePooling3D"
        ),
        "caudal.keras.layers.global_max_pooling1d": (
            "GlobalMaxPooling1D GlobalMaxPool1D=GlobalMaxPooling1D"
        ),
        "caudal.keras.layers.global_max_pooling2d": (
            "GlobalMaxPooling2D GlobalMaxPool2D=GlobalMaxPooling2D"
        ),
        "caudal.keras.layers.global_max_pooling3d": (
            "GlobalMaxPooling3D GlobalMaxPool3D=GlobalMaxPooling3D"
        ),
        "caudal.keras.layers.identity": "Identity",
        "caudal.keras.layers.input_layer": "Input InputLayer",
        "caudal.keras.layers.lambda_layer": "Lambda",
        "caudal.keras.layers.layer_normalization": "LayerNormalization",
        "caudal.keras.layers.leaky_relu": "LeakyReLU",
        "caudal.keras.layers.max_pooling1d": "MaxPooling1D MaxPool1D=MaxPooling1D",
        "caudal.keras.layers.max_pooling2d": "MaxPooling2D MaxPool2D=MaxPooling2D",
        "caudal.keras.layers.max_pooling3d": "MaxPooling3D MaxPool3D=MaxPooling3D",
        "caudal.keras.layers.maximum_layer": "Maximum maximum",
        "caudal.keras.layers.minimum_layer": "Minimum minimum",
        "caudal.keras.layers.multiply_layer": "Multiply multiply",
        "caudal.keras.layers.permute": "Permute",
        "caudal.keras.layers.prelu": "PReLU",
        "caudal.keras.layers.relu": "ReLU",
        "caudal.keras.layers.repeat_vector": "RepeatVector",
        "caudal.keras.layers.rescaling": "Rescaling",
        "caudal.keras.layers.reshape": "Reshape",
        "caudal.keras.layers.softmax": "Softmax",
        "caudal.keras.layers.spatial_dropout1d": "SpatialDropout1D",
        "caudal.keras.layers.spatial_dropout2d": "SpatialDropout2D",
        "caudal.keras.layers.spatial_dropout3d": "SpatialDropout3D",
        "caudal.keras.layers.subtract_layer": "Subtract subtract",
        "caudal.keras.layers.up_sampling1d": "UpSampling1D",
        "caudal.keras.layers.up_sampling2d": "UpSampling2D",
        "caudal.keras.layers.up_sampling3d": "UpSampling3D",
        "caudal.keras.layers.depthwise_conv1d": "DepthwiseConv1D",
        "caudal.keras.layers.depthwise_conv2d": "DepthwiseConv2D",
        "caudal.keras.layers.separable_conv1d": (
            "SeparableConv1D SeparableConvolution1D=SeparableConv1D"
        ),
        "caudal.keras.layers.separable_conv2d": (
            "SeparableConv2D SeparableConvolution2D=SeparableConv2D"
        ),
        "caudal.keras.layers.conv1d_transpose": (
            "Conv1DTranspose Convolution1DTranspose=Conv1DTranspose"
        ),
        "caudal.keras.layers.conv2d_transpose": (
            "Conv2DTranspose Convolution2DTranspose=Conv2DTranspose"
        ),
        "caudal.keras.layers.conv3d_transpose": (
            "Conv3DTranspose Convolution3DTranspose=Conv3DTranspose"
        ),
        "caudal.keras.layers.group_normalization": "GroupNormalization",
        "caudal.keras.layers.unit_normalization": "UnitNormalization",
        "caudal.keras.layers.rms_normalization": "RMSNormalization",
        "caudal.keras.layers.einsum_dense": "EinsumDense",
        "caudal.keras.layers.category_encoding": "CategoryEncoding",
        "caudal.keras.layers.center_crop": "CenterCrop",
        "caudal.keras.layers.discretization": "Discretization",
        "caudal.keras.layers.hashed_crossing": "HashedCrossing",
        "caudal.keras.layers.hashing": "Hashing",
        "caudal.keras.layers.integer_lookup": "IntegerLookup",
        "caudal.keras.layers.normalization": "Normalization",
        "caudal.keras.layers.string_lookup": "StringLookup",
        "caudal.keras.layers.text_vectorization": "TextVectorization",
        "caudal.keras.layers.random_brightness": "RandomBrightness",
        "caudal.keras.layers.random_contrast": "RandomContrast",
        "caudal.keras.layers.random_crop": "RandomCrop",
        "caudal.keras.layers.random_flip": "RandomFlip",
        "caudal.keras.layers.random_rotation": "RandomRotation",
        "caudal.keras.layers.random_translation": "RandomTranslation",
        "caudal.keras.layers.random_zoom": "RandomZoom",
        "caudal.keras.layers.random_height": "RandomHeight",
        "caudal.keras.layers.random_width": "RandomWidth",
        "caudal.keras.layers.aug_mix": "AugMix",
        "caudal.keras.layers.auto_contrast": "AutoContrast",
        "caudal.keras.layers.contrast_limited_equalization": (
            "ContrastLimitedAdaptiveHistogramEqualization"
        ),
        "caudal.keras.layers.cut_mix": "CutMix",
        "caudal.keras.layers.equalization": "Equalization",
        "caudal.keras.layers.max_num_bounding_boxes": "MaxNumBoundingBoxes",
        "caudal.keras.layers.mel_spectrogram": "MelSpectrogram",
        "caudal.keras.layers.mix_up": "MixUp",
        "caudal.keras.layers.pipeline": "Pipeline",
        "caudal.keras.layers.rand_augment": "RandAugment",
        "caudal.keras.layers.random_color_degeneration": "RandomColorDegeneration",
        "caudal.keras.layers.random_color_jitter": "RandomColorJitter",
        "caudal.keras.layers.random_elastic_transform": "RandomElasticTransform",
        "caudal.keras.layers.random_erasing": "RandomErasing",
        "caudal.keras.layers.random_gaussian_blur": "RandomGaussianBlur",
        "caudal.keras.layers.random_grayscale": "RandomGrayscale",
        "caudal.keras.layers.random_hue": "RandomHue",
        "caudal.keras.layers.random_invert": "RandomInvert",
        "caudal.keras.layers.random_perspective": "RandomPerspective",
        "caudal.keras.layers.random_posterization": "RandomPosterization",
        "caudal.keras.layers.random_saturation": "RandomSaturation",
        "caudal.keras.layers.random_sharpness": "RandomSharpness",
        "caudal.keras.layers.random_shear": "RandomShear",
        "caudal.keras.layers.solarization": "Solarization",
        "caudal.keras.layers.stft_spectrogram": "STFTSpectrogram",
        "caudal.keras.layers.resizing": "Resizing",
        "caudal.keras.layers.zero_padding1d": "ZeroPadding1D",
        "caudal.keras.layers.zero_padding2d": "ZeroPadding2D",
        "caudal.keras.layers.zero_padding3d": "ZeroPadding3D",
        "caudal.keras.layers.simple_rnn": "SimpleRNN",
        "caudal.keras.layers.simple_rnn_cell": "SimpleRNNCell",
        "caudal.keras.layers.lstm": "LSTM",
        "caudal.keras.layers.lstm_cell": "LSTMCell",
        "caudal.keras.layers.gru": "GRU",
        "caudal.keras.layers.gru_cell": "GRUCell",
        "caudal.keras.layers.rnn": "RNN",
        "caudal.keras.layers.stacked_rnn_cells": "StackedRNNCells",
        "caudal.keras.layers.wrapper": "Wrapper",
        "caudal.keras.layers.bidirectional": "Bidirectional",
        "caudal.keras.layers.thresholded_relu": "ThresholdedReLU",
        "caudal.keras.layers.time_distributed": "TimeDistributed",
        "caudal.keras.layers.masking": "Masking",
        "caudal.keras.layers.tfsm_layer": "TFSMLayer",
        "caudal.keras.layers.spectral_normalization": "SpectralNormalization",
        "caudal.keras.layers.additive_attention": "AdditiveAttention",
        "caudal.keras.layers.attention": "Attention",
        "caudal.keras.layers.grouped_query_attention": (
            "GroupedQueryAttention GroupQueryAttention=GroupedQueryAttention"
        ),
        "caudal.keras.layers.multi_head_attention": "MultiHeadAttention",
    }
)


def serialize(layer: Any) -> Any:
    """The configuration of a layer, with its class."""
    return serialize_keras_object(layer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The layer of a configuration, with fresh weights."""
    return deserialize_keras_object(config, custom_objects)


# For `from keras.layers import *`, which asks for nothing that is not listed.
__all__ = sorted([*_PLACES, "deserialize", "serialize"])

_get, __dir__ = lazy(__name__, _PLACES, label="keras.layers")


def __getattr__(name: str) -> Any:
    if name == "experimental":
        # Keras 2's place of the preprocessing layers: found, but not listed.
        say_once("keras.layers.experimental is gone from Keras: use keras.layers.")
        return importlib.import_module("caudal.keras.layers.experimental")
    if name == "preprocessing":
        # What is left of keras.layers.experimental.preprocessing without its middle.
        return importlib.import_module("caudal.keras.layers.experimental.preprocessing")
    return _get(name)
