"""The networks of `keras.applications` as cases, and what is recorded of each from real Keras."""

import json
import math

import numpy as np

_NAMES = """MobileNet MobileNetV2 MobileNetV3Small MobileNetV3Large VGG16 VGG19 ResNet50 ResNet101
    ResNet152 ResNet50V2 ResNet101V2 ResNet152V2 InceptionV3 InceptionResNetV2 Xception DenseNet121
    DenseNet169 DenseNet201 NASNetMobile NASNetLarge EfficientNetB0 EfficientNetB1 EfficientNetB2
    EfficientNetB3 EfficientNetB4 EfficientNetB5 EfficientNetB6 EfficientNetB7 EfficientNetV2B0
    EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3 EfficientNetV2S EfficientNetV2M
    EfficientNetV2L ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge""".split()
# Building these takes seconds each.
LARGE = frozenset(
    """ResNet152 ResNet152V2 DenseNet169 DenseNet201 NASNetLarge EfficientNetB2 EfficientNetB3
    EfficientNetB4 EfficientNetB5 EfficientNetB6 EfficientNetB7 EfficientNetV2B2 EfficientNetV2B3
    EfficientNetV2M EfficientNetV2L ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge""".split()
)

# The structure of each, as most programs make it: whole, and without a top for any pictures.
STRUCTURES = [(name, {}) for name in _NAMES] + [
    (name, {"include_top": False, "pooling": "avg"}) for name in _NAMES if name not in LARGE
]
STRUCTURES += [
    ("VGG16", {"include_top": False, "pooling": "max", "input_shape": [48, 33, 1]}),
    ("ResNet50", {"include_top": False, "pooling": "max", "input_shape": [41, 64, 3], "name": "r"}),
    ("InceptionV3", {"classes": 10, "classifier_activation": None, "input_shape": [150, 75, 3]}),
    ("DenseNet121", {"include_top": False, "pooling": "max", "input_shape": [40, 40, 3]}),
    ("MobileNet", {"alpha": 0.25, "depth_multiplier": 2, "dropout": 0.5, "classes": 7}),
    ("MobileNet", {"alpha": 0.5, "include_top": False, "input_shape": [160, 160, 3]}),
    ("MobileNetV2", {"alpha": 0.35, "input_shape": [96, 96, 3], "classes": 3}),
    ("MobileNetV2", {"alpha": 1.4, "include_top": False, "input_shape": [33, 47, 3]}),
    ("MobileNetV3Small", {"minimalistic": True, "include_preprocessing": False}),
    ("MobileNetV3Large", {"alpha": 0.75, "include_top": False, "dropout_rate": 0.0}),
    ("MobileNetV3Large", {"alpha": 1.25, "classes": 5, "minimalistic": True, "dropout_rate": 0.0}),
    ("NASNetMobile", {"include_top": False, "pooling": "max", "input_shape": [47, 64, 3]}),
    ("EfficientNetB0", {"include_top": False, "pooling": "max", "input_shape": [33, 64, 3]}),
    ("EfficientNetV2B0", {"include_preprocessing": False, "input_shape": [64, 50, 3]}),
    ("EfficientNetV2S", {"include_preprocessing": False, "include_top": False}),
    ("ConvNeXtTiny", {"include_preprocessing": False, "pooling": "max", "include_top": False}),
]

# Networks whose class scores are recorded, on pictures of this size.
OUTPUTS = {
    "MobileNet": 33,
    "MobileNetV2": 35,
    "MobileNetV3Small": 40,
    "VGG16": 32,
    "ResNet50": 33,
    "ResNet50V2": 33,
    "InceptionV3": 75,
    "InceptionResNetV2": 75,
    "Xception": 71,
    "DenseNet121": 33,
    "NASNetMobile": 32,
    "EfficientNetB0": 33,
    "EfficientNetV2B0": 33,
    "ConvNeXtTiny": 32,
}


def label(name, options):
    """A case's key."""
    return f"{name} {json.dumps(options, sort_keys=True)}" if options else name


def build(keras, name, options):
    """The network with random weights and with names as at a program's start."""
    keras.backend.clear_session()
    shaped = {k: tuple(v) if k == "input_shape" else v for k, v in options.items()}
    return getattr(keras.applications, name)(weights=None, **shaped)


def _config(layer):
    """A layer's configuration, but for its name, as canonical text."""
    config = layer.get_config()
    # A dtype policy is written with its registered name or without; that is tested elsewhere.
    for key in ("name", "dtype", "trainable"):
        config.pop(key, None)
    return json.dumps(config, sort_keys=True, default=list)


def describe(model):
    """What is compared: the model's facts, and a row of texts for each layer."""
    begins = {one["name"]: one["inbound_nodes"] for one in model.get_config()["layers"]}
    rows = []
    for layer in model.layers:
        weights = [f"{w.name}{tuple(w.shape)}{'' if w.trainable else '-'}" for w in layer.weights]
        rows.append(
            [
                layer.name,
                type(layer).__name__,
                str(tuple(layer.output.shape)),
                " ".join(_sources(begins[layer.name])),
                " ".join(weights),
                _config(layer),
            ]
        )
    facts = [model.name, model.count_params(), len(model.weights), list(model.output_shape)]
    return facts, rows


def _sources(node):
    """The names of the layers whose outputs a layer takes, from its written nodes."""
    if isinstance(node, dict):
        if "keras_history" in node:
            yield node["keras_history"][0]
            return
        node = node.values()
    if isinstance(node, str) or not hasattr(node, "__iter__"):
        return
    for one in node:
        yield from _sources(one)


def weights_of(model):
    """Values for all weights that need no file: random ones, scaled to keep the signal's size."""
    found = []
    for i, weight in enumerate(model.weights):
        shape = tuple(weight.shape)
        value = np.random.RandomState(i).uniform(-1, 1, shape)
        if len(shape) > 1:
            apart = "depthwise" in weight.name
            value *= math.sqrt(6 / math.prod(shape[:2] if apart else shape[:-1]))
        elif "gamma" in weight.name or "variance" in weight.name:
            value = 1 + 0.2 * value
        else:
            value *= 0.1
        found.append(value.astype("float32"))
    return found


def pictures(size):
    """Two pictures of pixels 0 to 255."""
    return np.random.RandomState(7).uniform(0, 255, (2, size, size, 3)).astype("float32")


def outputs(keras, name):
    """The logits of ten classes for two pictures, with those weights."""
    size = OUTPUTS[name]
    options = {"classes": 10, "classifier_activation": None, "input_shape": [size, size, 3]}
    model = build(keras, name, options)
    model.set_weights(weights_of(model))
    x = pictures(size)
    if not any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in model.layers):
        x = x / np.float32(127.5) - 1
    return np.asarray(model.predict(x, verbose=0))


_FAMILIES = """convnext densenet efficientnet efficientnet_v2 imagenet_utils inception_resnet_v2
    inception_v3 mobilenet mobilenet_v2 mobilenet_v3 nasnet resnet resnet50 resnet_v2 vgg16 vgg19
    xception""".split()


def prepared(keras):
    """What each family's `preprocess_input` makes of some pixels, and the modes in all formats."""
    pixels = np.arange(36, dtype="float32").reshape(2, 2, 3, 3) * 7
    found = {}
    for family in _FAMILIES:
        found[family] = getattr(keras.applications, family).preprocess_input(pixels.copy())
    for mode in ("caffe", "tf", "torch"):
        for data_format in ("channels_last", "channels_first"):
            first = data_format == "channels_first"
            batch = np.ascontiguousarray(np.moveaxis(pixels, -1, 1)) if first else pixels
            for kind, x in (
                ("integers", batch.astype("uint8")),
                ("one", batch[1].astype("float64")),
                ("tensor", keras.ops.convert_to_tensor(batch)),
            ):
                key = f"{mode} {data_format} {kind}"
                call = keras.applications.imagenet_utils.preprocess_input
                found[key] = call(x, data_format=data_format, mode=mode)
    return {key: np.asarray(value).ravel().tolist() for key, value in found.items()}


class Asked(Exception):
    """Raised in place of a download."""


def file_asked_for(keras, holder, name, options):
    """(name, address, sum) of the file that ``weights="imagenet"`` wants; nothing is fetched.

    holder: the module whose ``get_file`` the networks call.
    """

    def refuse(fname, origin, file_hash=None, **rest):
        raise Asked([fname, origin, file_hash])

    keep, holder.get_file = holder.get_file, refuse
    try:
        getattr(keras.applications, name)(weights="imagenet", **options)
    except Asked as asked:
        return asked.args[0]
    finally:
        holder.get_file = keep
    return None


FILES = [(name, {"include_top": top}) for name in _NAMES for top in (True, False)]
FILES += [
    ("MobileNet", {"alpha": 0.25, "input_shape": (160, 160, 3)}),
    ("MobileNet", {"alpha": 0.75, "include_top": False, "input_shape": (128, 128, 3)}),
    ("MobileNetV2", {"alpha": 1.3, "input_shape": (96, 96, 3)}),
    ("MobileNetV2", {"alpha": 0.5, "include_top": False, "input_shape": (192, 192, 3)}),
    ("MobileNetV3Large", {"alpha": 0.75}),
    ("MobileNetV3Small", {"minimalistic": True, "include_top": False}),
    ("MobileNetV3Large", {"minimalistic": True}),
]
