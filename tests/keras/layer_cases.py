"""The layer calls whose values are recorded from real Keras (tools/record_keras_layers.py).

Each is (class, arguments, input shapes, training). Inputs, weights and cotangents are formulas,
so that only results need recording. This file imports neither framework.
"""

import numpy as np

IMAGE, SEQUENCE, VOLUME, ROWS = (2, 7, 6, 4), (2, 9, 4), (2, 5, 4, 6, 2), (3, 5)
PAIR = [(3, 4), (3, 4)]

CASES = [
    ("Dense", {"units": 4}, [ROWS], False),
    ("Dense", {"units": 3, "activation": "relu", "use_bias": False}, [(2, 3, 5)], False),
    ("Dense", {"units": 3, "activation": "softmax"}, [(2, 2, 3, 5)], False),
    ("Conv1D", {"filters": 3, "kernel_size": 3}, [SEQUENCE], False),
    (
        "Conv1D",
        {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2},
        [SEQUENCE],
        False,
    ),
    (
        "Conv1D",
        {"filters": 4, "kernel_size": 2, "strides": 2, "padding": "same", "groups": 2},
        [SEQUENCE],
        False,
    ),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "activation": "tanh"}, [IMAGE], False),
    (
        "Conv2D",
        {"filters": 3, "kernel_size": (3, 2), "strides": 2, "padding": "same"},
        [IMAGE],
        False,
    ),
    ("Conv2D", {"filters": 4, "kernel_size": 2, "dilation_rate": 2, "groups": 2}, [IMAGE], False),
    (
        "Conv2D",
        {"filters": 3, "kernel_size": 3, "data_format": "channels_first"},
        [(2, 4, 7, 6)],
        False,
    ),
    ("Conv3D", {"filters": 3, "kernel_size": 2, "strides": (1, 2, 1)}, [VOLUME], False),
    ("Conv1DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2}, [SEQUENCE], False),
    (
        "Conv2DTranspose",
        {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"},
        [IMAGE],
        False,
    ),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": (3, 2), "strides": (2, 3)}, [IMAGE], False),
    (
        "Conv2DTranspose",
        {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": 1},
        [IMAGE],
        False,
    ),
    ("Conv2DTranspose", {"filters": 2, "kernel_size": 2, "dilation_rate": 2}, [IMAGE], False),
    ("Conv3DTranspose", {"filters": 2, "kernel_size": 2, "strides": 2}, [(1, 3, 2, 3, 2)], False),
    ("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2}, [SEQUENCE], False),
    (
        "DepthwiseConv2D",
        {"kernel_size": 3, "depth_multiplier": 2, "padding": "same"},
        [IMAGE],
        False,
    ),
    ("DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "activation": "relu"}, [IMAGE], False),
    ("SeparableConv1D", {"filters": 3, "kernel_size": 3}, [SEQUENCE], False),
    ("SeparableConv2D", {"filters": 3, "kernel_size": 3, "depth_multiplier": 2}, [IMAGE], False),
    ("MaxPooling1D", {"pool_size": 3, "strides": 2}, [SEQUENCE], False),
    ("MaxPooling2D", {}, [IMAGE], False),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, [IMAGE], False),
    ("MaxPooling2D", {"data_format": "channels_first"}, [(2, 4, 7, 6)], False),
    ("MaxPooling3D", {}, [VOLUME], False),
    ("AveragePooling1D", {"pool_size": 2}, [SEQUENCE], False),
    ("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, [IMAGE], False),
    ("AveragePooling3D", {"pool_size": 2}, [VOLUME], False),
    ("GlobalAveragePooling1D", {}, [SEQUENCE], False),
    ("GlobalAveragePooling2D", {"keepdims": True}, [IMAGE], False),
    ("GlobalAveragePooling3D", {}, [VOLUME], False),
    ("GlobalMaxPooling1D", {}, [SEQUENCE], False),
    ("GlobalMaxPooling2D", {"data_format": "channels_first"}, [IMAGE], False),
    ("GlobalMaxPooling3D", {"keepdims": True}, [VOLUME], False),
    ("Flatten", {}, [IMAGE], False),
    ("Flatten", {"data_format": "channels_first"}, [IMAGE], False),
    ("Reshape", {"target_shape": (4, -1)}, [IMAGE], False),
    ("Permute", {"dims": (3, 1, 2)}, [IMAGE], False),
    ("RepeatVector", {"n": 3}, [ROWS], False),
    ("Dropout", {"rate": 0.5}, [ROWS], False),
    ("GaussianNoise", {"stddev": 0.5}, [ROWS], False),
    ("Activation", {"activation": "gelu"}, [ROWS], False),
    ("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}, [ROWS], False),
    ("LeakyReLU", {}, [ROWS], False),
    ("ELU", {"alpha": 0.7}, [ROWS], False),
    ("PReLU", {}, [(2, 3, 4)], False),
    ("PReLU", {"shared_axes": [1, 2]}, [IMAGE], False),
    ("Softmax", {}, [ROWS], False),
    ("Softmax", {"axis": [1, 2]}, [(2, 3, 4)], False),
    ("Rescaling", {"scale": 0.5, "offset": -1.0}, [ROWS], False),
    ("BatchNormalization", {}, [ROWS], True),
    ("BatchNormalization", {}, [IMAGE], True),
    ("BatchNormalization", {"momentum": 0.9, "epsilon": 0.01, "scale": False}, [IMAGE], False),
    ("BatchNormalization", {"axis": 1, "center": False}, [IMAGE], True),
    ("BatchNormalization", {"renorm": True, "renorm_momentum": 0.8}, [ROWS], True),
    (
        "BatchNormalization",
        {
            "axis": 1,
            "scale": False,
            "renorm": True,
            "renorm_clipping": {"rmax": 1.5, "rmin": 0.7, "dmax": 0.4},
        },
        [IMAGE],
        True,
    ),
    ("LayerNormalization", {}, [IMAGE], False),
    ("LayerNormalization", {"axis": [1, 2], "epsilon": 0.01, "center": False}, [(2, 3, 4)], False),
    ("GroupNormalization", {"groups": 2}, [IMAGE], False),
    ("UnitNormalization", {}, [ROWS], False),
    ("RMSNormalization", {}, [ROWS], False),
    ("ZeroPadding1D", {"padding": (1, 2)}, [SEQUENCE], False),
    ("ZeroPadding2D", {"padding": ((1, 0), (2, 1))}, [IMAGE], False),
    ("ZeroPadding3D", {"padding": 1}, [VOLUME], False),
    ("Cropping1D", {"cropping": (1, 2)}, [SEQUENCE], False),
    ("Cropping2D", {"cropping": ((1, 0), (2, 1))}, [IMAGE], False),
    ("Cropping3D", {"cropping": 1}, [(2, 5, 4, 6, 2)], False),
    ("UpSampling1D", {"size": 3}, [SEQUENCE], False),
    ("UpSampling2D", {"size": (2, 3)}, [IMAGE], False),
    ("UpSampling3D", {}, [(1, 2, 3, 2, 2)], False),
    ("Add", {}, [*PAIR, (3, 4)], False),
    ("Add", {}, [(3, 2, 4), (3, 4)], False),
    ("Subtract", {}, PAIR, False),
    ("Multiply", {}, PAIR, False),
    ("Average", {}, PAIR, False),
    ("Maximum", {}, PAIR, False),
    ("Minimum", {}, PAIR, False),
    ("Concatenate", {"axis": 1}, [(3, 4), (3, 2)], False),
    ("Dot", {"axes": 1}, PAIR, False),
    ("Dot", {"axes": (2, 1), "normalize": True}, [(2, 3, 4), (2, 4, 5)], False),
    ("Embedding", {"input_dim": 7, "output_dim": 3}, [(2, 5)], False),
    ("Identity", {}, [ROWS], False),
    (
        "EinsumDense",
        {"equation": "abc,cd->abd", "output_shape": (None, 6), "bias_axes": "d"},
        [(2, 3, 4)],
        False,
    ),
]


def label(case: tuple) -> str:
    kind, arguments, shapes, training = case
    shown = ",".join(f"{key}={value}" for key, value in arguments.items())
    return f"{kind}({shown}){shapes}{'training' if training else ''}"


def values(shape: tuple, number: float) -> np.ndarray:
    """Numbers without ties, between -2 and 2."""
    count = int(np.prod(shape))
    angles = np.arange(count) * 1.37 + 0.7 * number + 0.3
    return (2 * np.sin(angles)).astype("float32").reshape(shape)


def inputs(case: tuple) -> list:
    if case[0] == "Embedding":
        return [np.arange(np.prod(shape)).reshape(shape) % 7 for shape in case[2]]
    return [values(shape, number) for number, shape in enumerate(case[2])]


def weight(shape: tuple, number: int, name: str) -> np.ndarray:
    found = values(shape, 10 + number) / 2
    return np.abs(found) + np.float32(0.3) if "variance" in name else found
