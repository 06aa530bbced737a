"""`keras.applications`: each network is real Keras's, layer by layer, and gives its outputs.

golden_applications.json.gz is recorded by tools/record_applications.py.
"""

import gzip
import hashlib
import json
import subprocess
import sys
import urllib.error
from pathlib import Path

import application_cases as cases
import numpy as np
import pytest

from caudal import errors, keras
from caudal.keras import applications
from caudal.keras.applications import imagenet_utils, weights
from caudal.keras.initializers import random as draws

GOLDEN = json.loads(
    gzip.decompress((Path(__file__).parent / "golden_applications.json.gz").read_bytes())
)


@pytest.fixture
def without_values(monkeypatch):
    """Initial weights cost no time: only their shapes are looked at."""

    def zeros(self, shape, dtype=None, **rest):
        return np.zeros(shape, "float32")

    for kind in (draws.RandomNormal, draws.RandomUniform, keras.initializers.VarianceScaling):
        for one in (kind, *kind.__subclasses__()):
            if "__call__" in vars(one):
                monkeypatch.setattr(one, "__call__", zeros)


def named(rows):
    """The cases as parameters; networks that take seconds each are slow tests."""
    return [
        pytest.param(
            name,
            options,
            id=cases.label(name, options),
            marks=[pytest.mark.slow] if name in cases.LARGE else [],
        )
        for name, options in rows
    ]


@pytest.mark.parametrize(("name", "options"), named(cases.STRUCTURES))
def test_structure(name, options, without_values):
    """Names, classes, shapes, connections, weights and configurations of all layers, in order."""
    facts, rows = cases.describe(cases.build(keras, name, options))
    expected_facts, numbers = GOLDEN["structures"][cases.label(name, options)]
    expected = [[GOLDEN["texts"][i] for i in row] for row in numbers]
    wrong = [pair for pair in zip(expected, rows, strict=False) if pair[0] != pair[1]]
    assert wrong[:1] == []
    assert len(rows) == len(expected)
    assert facts == expected_facts


# Compiling the rest takes 5 s and more each.
FAST = ("MobileNet", "MobileNetV2", "MobileNetV3Small", "VGG16", "ResNet50V2", "ConvNeXtTiny")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(one, marks=[] if one in FAST else [pytest.mark.slow])
        for one in GOLDEN["outputs"]
    ],
)
def test_outputs(name):
    """Logits of real Keras for the same weights and pictures."""
    expected = np.array(GOLDEN["outputs"][name])
    found = cases.outputs(keras, name)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


@pytest.mark.filterwarnings("ignore:.*no weights were trained")
@pytest.mark.parametrize(("name", "options"), named(cases.FILES))
def test_files_asked_for(name, options, without_values):
    """Name, address and sum of the file of ImageNet's weights are Keras's."""
    found = cases.file_asked_for(keras, weights, name, options)
    assert found == GOLDEN["files"][cases.label(name, options)]


def test_every_network_is_recorded():
    networks = [name for name in dir(applications) if name[0].isupper()]
    assert sorted(networks) == sorted({name for name, _ in cases.STRUCTURES})
    assert len(networks) == 40


def test_prepared_pictures():
    found = cases.prepared(keras)
    assert found.keys() == GOLDEN["prepared"].keys()
    for name, expected in GOLDEN["prepared"].items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-6, atol=2e-6, err_msg=name)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_prepared_in_a_model(mode):
    """Symbolic pictures become layers that compute the same."""
    image = keras.Input((3, 4, 3))
    model = keras.Model(image, imagenet_utils.preprocess_input(image, mode=mode))
    x = np.arange(72, dtype="float32").reshape(2, 3, 4, 3)
    expected = imagenet_utils.preprocess_input(x.copy(), mode=mode)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-6, atol=1e-6)


def test_prepared_in_place():
    """As Keras documents it: floats are overwritten, integers are not."""
    floats, integers = np.full((1, 1, 3), 255.0), np.full((1, 1, 3), 255)
    assert imagenet_utils.preprocess_input(floats, mode="tf") is floats
    assert floats.max() == 1.0
    assert imagenet_utils.preprocess_input(integers, mode="tf").dtype == "float32"
    assert integers.max() == 255


@pytest.fixture
def class_names(monkeypatch, tmp_path):
    """A list of names in place of ImageNet's."""
    path = tmp_path / "index.json"
    path.write_text(json.dumps({str(i): [f"n{i:08d}", f"thing {i}"] for i in range(1000)}))
    monkeypatch.setattr(imagenet_utils, "get_file", lambda *args, **rest: str(path))
    imagenet_utils._class_index.cache_clear()
    yield
    imagenet_utils._class_index.cache_clear()


def test_decoded_predictions(class_names):
    scores = np.zeros((2, 1000), "float32")
    scores[0, [3, 7]], scores[1, 999] = (0.25, 0.5), 1.0
    first, second = applications.vgg16.decode_predictions(
        keras.ops.convert_to_tensor(scores), top=2
    )
    assert first == [("n00000007", "thing 7", 0.5), ("n00000003", "thing 3", 0.25)]
    assert second[0] == ("n00000999", "thing 999", 1.0)
    assert len(applications.resnet.decode_predictions(scores)[0]) == 5


SMALL = {"weights": None, "include_top": False, "input_shape": (32, 32, 3)}
WRONG = [
    ("MobileNetV2", {"weights": "imagenette"}, "weights='imagenette'"),
    ("VGG16", {"weights": 3}, "weights=3"),
    ("ResNet50", {"weights": "imagenet", "classes": 10}, "classes=10"),
    ("VGG19", {"weights": "imagenet", "classifier_activation": "relu"}, "classifier_activation"),
    ("VGG16", {**SMALL, "input_shape": (31, 32, 3)}, r"at least 32x32.*input_shape=\(31, 32, 3\)"),
    ("InceptionV3", {**SMALL, "input_shape": (74, 80, 3)}, "at least 75x75"),
    ("Xception", {**SMALL, "input_shape": (70, 80, 3)}, "at least 71x71"),
    ("VGG16", {**SMALL, "input_shape": (32, 32)}, "input_shape to be a tuple of three"),
    ("VGG16", {**SMALL, "input_shape": (32, -1, 3)}, "input_shape to be a tuple of three"),
    ("VGG16", {"weights": None, "input_shape": (None, 32, 3)}, "input_shape must be known"),
    (
        "VGG16",
        {"weights": "imagenet", "input_shape": (32, 32, 3)},
        "must be that of 224",
    ),
    (
        "DenseNet121",
        {"weights": "imagenet", "include_top": False, "input_shape": (32, 32, 1)},
        "3 channels",
    ),
    ("ResNet50", {**SMALL, "pooling": "mean"}, "pooling=None, 'avg' or 'max', received 'mean'"),
    ("ResNet50", {**SMALL, "input_tensor": np.zeros((1, 32, 32, 3))}, "input_tensor to be"),
    ("VGG16", {**SMALL, "include_top": True, "classes": 0}, "units"),
    ("VGG16", {**SMALL, "include_top": True, "classifier_activation": "relux"}, "relux"),
    ("MobileNet", {**SMALL, "alpha": -0.5}, "alpha=-0.5"),
    ("MobileNet", {"alpha": 0.3}, r"alpha to be one of \(0.25, 0.5, 0.75, 1.0\)"),
    ("MobileNet", {"depth_multiplier": 2}, "depth_multiplier=2"),
    ("MobileNetV2", {**SMALL, "alpha": "wide"}, "alpha='wide'"),
    ("MobileNetV2", {"alpha": 0.36}, "alpha=0.36"),
    ("MobileNetV3Small", {"alpha": 0.75, "minimalistic": True}, "alpha=0.75"),
    ("MobileNetV3Large", {**SMALL, "input_shape": (16, 16, 3)}, "at least 32x32"),
    ("NASNetMobile", {**SMALL, "input_shape": (None, None, 3)}, "input_shape without None"),
    ("VGG16", {**SMALL, "alpha": 1}, "VGG16: unknown argument 'alpha'"),
]


@pytest.mark.parametrize(("name", "options", "said"), WRONG)
def test_wrong_arguments(name, options, said):
    with pytest.raises(errors.InvalidArgumentError, match=said) as caught:
        getattr(applications, name)(**options)
    assert isinstance(caught.value, TypeError if "unknown" in said else ValueError)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: imagenet_utils.preprocess_input(np.zeros((2, 2, 3)), mode="tv"), "mode='tv'"),
        (
            lambda: imagenet_utils.preprocess_input(np.zeros((2, 2, 3)), data_format="last"),
            "data_format='last'",
        ),
        (lambda: imagenet_utils.preprocess_input(np.zeros((2, 2, 4))), "3 channels on axis -1"),
        (lambda: imagenet_utils.decode_predictions(np.zeros((2, 10))), r"shape \(2, 10\)"),
        (lambda: imagenet_utils.decode_predictions(np.zeros(1000)), r"shape \(1000,\)"),
        (lambda: imagenet_utils.decode_predictions(np.zeros((1, 1000)), top=0), "top=0"),
    ],
)
def test_wrong_pictures_and_predictions(call, said):
    with pytest.raises(errors.InvalidArgumentError, match=said):
        call()


def test_unusual_channels_are_warned_of():
    with pytest.warns(errors.CaudalWarning, match="has 5"):
        model = applications.MobileNetV2(**{**SMALL, "input_shape": (32, 32, 5)})
    assert model.layers[1].kernel.shape[2] == 5


def test_sizes_without_weights_are_warned_of():
    with pytest.warns(errors.CaudalWarning, match="those of 224"):
        asked = cases.file_asked_for(
            keras, weights, "MobileNetV2", {"include_top": False, "input_shape": (100, 100, 3)}
        )
    assert asked[0].endswith("_1.0_224_no_top.h5")


def no_network(*args, **rest):
    raise urllib.error.URLError("no route")


def test_without_a_network(monkeypatch, tmp_path):
    """The error says what was wanted, where to put it and what else can be given."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", no_network)
    with pytest.raises(errors.UnavailableError) as caught:
        applications.MobileNetV2(alpha=0.35, include_top=False, input_shape=(96, 96, 3))
    place = (
        tmp_path / "models" / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_96_no_top.h5"
    )
    assert f"put the file at {place}" in str(caught.value)
    assert "MobileNetV2(weights='imagenet')" in str(caught.value)
    assert "weights=None" in str(caught.value)
    with pytest.raises(errors.UnavailableError, match=r"put the file at .*imagenet_class_index"):
        imagenet_utils.decode_predictions(np.zeros((1, 1000)))


@pytest.mark.parametrize("ending", [".h5", ".weights.h5"])
def test_weights_of_a_file(tmp_path, ending):
    """A path loads all weights; the top's number of classes is the file's."""
    options = {"alpha": 0.35, "input_shape": (32, 32, 3), "classes": 4}
    model = applications.MobileNetV2(weights=None, **options)
    path = tmp_path / f"model{ending}"
    (model.save if ending == ".h5" else model.save_weights)(path)
    again = applications.MobileNetV2(weights=path, **options)
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(errors.CaudalError):
        applications.MobileNetV2(weights=str(path), **{**options, "classes": 5})


def test_imagenet_weights_from_the_cache(monkeypatch, tmp_path):
    """A file in ~/.keras/models of the right sum is loaded; EfficientNet scales once more."""
    options = {"include_top": False, "input_shape": (32, 32, 3)}
    model = applications.EfficientNetB0(weights=None, **options)
    (tmp_path / "models").mkdir()
    path = tmp_path / "models" / "efficientnetb0_notop.h5"
    model.save(path)
    digest = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", no_network)
    real = weights.get_file

    def with_its_sum(name, origin, file_hash, **rest):
        assert file_hash == "50bc09e76180e00e4465e1a485ddc09d"
        return real(name, origin, file_hash=digest, **rest)

    with pytest.raises(errors.UnavailableError):
        applications.EfficientNetB0(**options)
    monkeypatch.setattr(weights, "get_file", with_its_sum)
    loaded = applications.EfficientNetB0(**options)
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    scaling = [layer for layer in loaded.layers if type(layer).__name__ == "Rescaling"]
    np.testing.assert_allclose(scaling[1].scale, np.array([0.229, 0.224, 0.225]) ** -0.5)


def test_input_tensor():
    """A network goes on from a symbolic tensor, down to the inputs that it is made from."""
    image = keras.Input((32, 32, 3), name="photo")
    model = applications.MobileNetV2(
        input_tensor=image * 2.0, include_top=False, weights=None, alpha=0.35, pooling="max"
    )
    assert model.layers[0].name == "photo"
    assert model.output_shape == (None, 1280)
    with pytest.raises(errors.ShapeError, match="input_shape says"):
        applications.MobileNetV2(input_tensor=image, input_shape=(48, 48, 3), weights=None)


def test_channels_first():
    keras.backend.set_image_data_format("channels_first")
    try:
        model = applications.MobileNetV2(weights=None, include_top=False, input_shape=(3, 40, 32))
        assert model.output_shape == (None, 1280, 2, 1)
        assert model.get_layer("block_1_pad").padding == ((0, 1), (0, 1))
    finally:
        keras.backend.set_image_data_format("channels_last")


def test_transfer_learning(tmp_path):
    """A frozen network under a head of one's own learns and is saved and loaded again."""
    keras.utils.set_random_seed(0)
    base = applications.MobileNetV2(alpha=0.35, pooling="avg", **SMALL)
    base.set_weights(cases.weights_of(base))
    base.trainable = False
    frozen = base.get_weights()
    model = keras.Sequential([base, keras.layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    rng = np.random.default_rng(0)
    # With made-up weights all pictures look alike: the head learns how frequent the classes are.
    x, y = rng.random((16, 32, 32, 3), "float32"), (np.arange(16) % 4 == 0).astype("int32")
    before = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=20, verbose=0)
    assert model.evaluate(x, y, verbose=0) < before - 0.05
    assert len(model.trainable_weights) == 2
    for one, other in zip(frozen, base.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6)


@pytest.mark.parametrize("name", ["ConvNeXtTiny", "InceptionResNetV2"])
def test_networks_with_layers_of_their_own(name):
    """The scales of these networks are written as Keras writes them, and read again."""
    options = {"include_top": False, "input_shape": [75, 75, 3]}
    model = cases.build(keras, name, options)
    entry = next(e for e in model.get_config()["layers"] if "Scale" in e["class_name"])
    assert entry["module"].startswith("keras.src.applications.")
    again = type(model).from_config(model.get_config())
    rows = [cases.describe(one)[1] for one in (again, model)]
    assert [row[:4] for row in rows[0]] == [row[:4] for row in rows[1]]


def test_spellings_of_programs():
    """What programs import, under TensorFlow's and Keras's names, in a process of its own."""
    lines = """
        import sys, caudal
        assert not any(name.startswith("caudal.keras.applications") for name in sys.modules)
        caudal.compat.install()
        from tensorflow.keras.applications.inception_v3 import InceptionV3, preprocess_input
        from tensorflow.keras.applications import VGG16, imagenet_utils
        from keras.applications.resnet50 import ResNet50, decode_predictions
        from keras.applications import resnet_v2, ResNet50 as same
        import tensorflow as tf
        assert tf.keras.applications.resnet_v2.ResNet50V2 is resnet_v2.ResNet50V2
        assert tf.keras.applications.resnet.ResNet50 is ResNet50 is same
        print("done")
    """
    code = "\n".join(line.strip() for line in lines.splitlines())
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "done", done.stderr
