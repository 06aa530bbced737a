"""The models in shared/data/models give what real Keras and TensorFlow make of them."""

from pathlib import Path

import corpus
import numpy as np
import pytest

import caudal as tf
from caudal import keras

GOLDEN = np.load(Path(__file__).parent / "golden_corpus.npz")
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not corpus.MODELS.is_dir(), reason="shared/data/models is not here"),
    pytest.mark.filterwarnings("ignore:.*starts afresh"),
]
CIFAR = corpus.MODELS.parent / "cifar10_subset.npz"


def close(found, name):
    expected = GOLDEN[name]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", corpus.FILES, ids=lambda name: name.rpartition("/")[2])
def test_whole_models(name, tmp_path):
    model = keras.models.load_model(corpus.MODELS / name)
    x = corpus.values(model.input_shape)
    close(model.predict(x, verbose=0), name)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("name", corpus.FILES, ids=lambda name: name.rpartition("/")[2])
def test_whole_models_for_other_programs(name, tmp_path):
    """What onnxruntime and a graph make of them is what real Keras makes."""
    pytest.importorskip("onnx", reason="the extra onnx is not installed")
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    model = keras.models.load_model(corpus.MODELS / name, compile=False)
    x = corpus.values(model.input_shape)
    model.export(tmp_path / "m.onnx", verbose=False)
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"))
    (found,) = session.run(None, {session.get_inputs()[0].name: x})
    close(found, name)
    model.export(tmp_path / "m", verbose=False)
    close(tf.saved_model.load(tmp_path / "m").serve(tf.constant(x)).numpy(), name)


def test_weights_alone():
    model = corpus.squeezenet(keras)
    model.load_weights(corpus.MODELS / corpus.WEIGHTS)
    found = model.predict(corpus.values(model.input_shape), verbose=0)
    close(found.ravel()[:: -(-found.size // 4000)], corpus.WEIGHTS)
    with pytest.raises(ValueError, match="layers"):
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).load_weights(
            corpus.MODELS / corpus.WEIGHTS
        )


def test_a_saved_model():
    loaded = tf.saved_model.load(corpus.MODELS / corpus.SAVED).signatures["serving_default"]
    ((key, spec),) = loaded.structured_input_signature[1].items()
    x = corpus.values(tuple(spec.shape))
    (found,) = loaded(**{key: tf.constant(x)}).values()
    close(found.numpy(), corpus.SAVED)
    model = keras.models.load_model(corpus.MODELS / corpus.SAVED)
    close(model.predict(x, verbose=0), corpus.SAVED)


@pytest.mark.slow
@pytest.mark.skipif(not CIFAR.exists(), reason="shared/data is not here")
def test_the_residual_network_is_as_good_as_it_was():
    """Inputs from 0 to 255, as it was trained: mlcommons/tiny's train.py does not scale them."""
    data = np.load(CIFAR)
    model = keras.models.load_model(corpus.MODELS / "mlcommons__tiny" / "pretrainedResnet.h5")
    found = model.predict(data["x_test"].astype("float32"), verbose=0).argmax(-1)
    assert (found == data["y_test"].ravel()).mean() >= 0.84
