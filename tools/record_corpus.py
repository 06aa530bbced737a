"""Records what real Keras and TensorFlow make of shared/data/models, for tests/keras/test_corpus.

Run beside the folder ``shared`` with a Python that has Keras 3.15 and TensorFlow 2.21:
``KERAS_BACKEND=tensorflow PYTHONPATH=tests/keras python tools/record_corpus.py [models]``.
Outputs of more than 4000 numbers are kept as every n-th of them.
"""

import pathlib
import sys

import corpus
import keras
import numpy as np
import tensorflow as tf

GOLDEN = pathlib.Path(__file__).parent.parent / "tests" / "keras" / "golden_corpus.npz"


class DepthwiseConv2D(keras.layers.DepthwiseConv2D):
    """Keras 2 wrote an argument that Keras 3 does not take; Caudal drops it."""

    def __init__(self, *, groups=1, **kwargs):
        assert groups == 1
        super().__init__(**kwargs)


def served(folder):
    """A signature's output; by a session, as tf.saved_model.load lacks Keras 2's optimizer."""
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        graph = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(folder))
        signature = graph.signature_def["serving_default"]
        (x,), (y,) = signature.inputs.values(), signature.outputs.values()
        shape = tuple(dim.size for dim in x.tensor_shape.dim)
        return session.run(y.name, {x.name: corpus.values(shape)})


def main():
    folder = pathlib.Path(sys.argv[1]) if sys.argv[1:] else corpus.MODELS
    found = {}
    for name in corpus.FILES:
        mended = {"DepthwiseConv2D": DepthwiseConv2D}
        model = keras.models.load_model(folder / name, mended, compile=False)
        found[name] = np.asarray(model(corpus.values(model.input_shape), training=False))
    model = corpus.squeezenet(keras)
    model.load_weights(folder / corpus.WEIGHTS)
    y = np.asarray(model(corpus.values(model.input_shape), training=False))
    found[corpus.WEIGHTS] = y.ravel()[:: -(-y.size // 4000)]
    found[corpus.SAVED] = served(folder / corpus.SAVED)
    np.savez_compressed(GOLDEN, **found)


main()
