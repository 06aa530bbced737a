"""The model files of shared/data/models and what they are given; imports neither framework.

tools/record_corpus.py records what real Keras and TensorFlow make of them.
"""

from pathlib import Path

import numpy as np

MODELS = Path(__file__).absolute().parents[2].parent / "shared" / "data" / "models"
WEIGHTS = "DeepCognition__keras-squeezenet/squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"
SAVED = "mlcommons__tiny/kws_ref_model"
FILES = (
    "mlcommons__tiny/ad01.h5",
    "mlcommons__tiny/pretrainedResnet.h5",
    "mlcommons__tiny/str_ww_ref_model.h5",
    "mlcommons__tiny/vww_96.h5",
    "oarriaga__face_classification/fer2013_big_XCEPTION.54-0.66.hdf5",
    "oarriaga__face_classification/fer2013_mini_XCEPTION.102-0.66.hdf5",
    "oarriaga__face_classification/gender_mini_XCEPTION.21-0.95.hdf5",
    "oarriaga__face_classification/mini_XCEPTION_KDEF.hdf5",
    "oarriaga__face_classification/tiny_XCEPTION_KDEF.hdf5",
)


def values(shape: tuple) -> np.ndarray:
    """Three examples of numbers between 0 and 1, by a formula."""
    shape = (3, *shape[1:])
    angles = np.arange(int(np.prod(shape)), dtype="float64") * 1.37 + 0.3
    return (np.sin(angles) / 2 + 0.5).astype("float32").reshape(shape)


def squeezenet(k):
    """SqueezeNet v1.1 without its top, in the order of the file of weights.

    Iandola et al. 2016, arXiv:1602.07360.
    """
    layers = k.layers

    def fire(x, number, squeeze, expand):
        at = f"fire{number}"
        x = layers.Conv2D(squeeze, 1, name=f"{at}_squeeze1x1")(x)
        x = layers.Activation("relu", name=f"{at}_relu_squeeze1x1")(x)
        a = layers.Conv2D(expand, 1, name=f"{at}_expand1x1")(x)
        b = layers.Conv2D(expand, 3, padding="same", name=f"{at}_expand3x3")(x)
        a = layers.Activation("relu", name=f"{at}_relu_expand1x1")(a)
        b = layers.Activation("relu", name=f"{at}_relu_expand3x3")(b)
        return layers.Concatenate(name=f"{at}_concat")([a, b])

    inputs = k.Input((96, 96, 3), name="input_1")
    x = layers.Conv2D(64, 3, strides=2, name="conv1")(inputs)
    x = layers.Activation("relu", name="relu_conv1")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    x = fire(fire(x, 2, 16, 64), 3, 16, 64)
    x = layers.MaxPooling2D(3, strides=2, name="pool3")(x)
    x = fire(fire(x, 4, 32, 128), 5, 32, 128)
    x = layers.MaxPooling2D(3, strides=2, name="pool5")(x)
    for number, squeeze, expand in ((6, 48, 192), (7, 48, 192), (8, 64, 256), (9, 64, 256)):
        x = fire(x, number, squeeze, expand)
    return k.Model(inputs, layers.Dropout(0.5, name="drop9")(x))
