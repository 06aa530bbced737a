"""Records checkpoints of weights with Keras 2, for tests/train/test_checkpoint_golden.py.

Run with a Python that has TensorFlow 2.21 and tf-keras 2.21: ``python
tools/record_keras2_checkpoints.py``. One has an optimizer as since Keras 2.11, one as before.
"""

import os
import pathlib
import sys

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np
import tensorflow as tf
import tf_keras as keras

ROOT = pathlib.Path(__file__).parent.parent
FILES = ROOT / "tests" / "train" / "files"
sys.path.insert(0, str(ROOT / "tests" / "train"))

import checkpoint_cases as cases  # noqa: E402


def record(name, optimizer):
    tf.random.set_seed(3)
    model = cases.keras_2(keras)
    model.compile(optimizer, "mse")
    model.fit(cases.X, cases.X[:, :1], epochs=2, verbose=0)
    (FILES / name).mkdir(exist_ok=True)
    model.save_weights(FILES / name / "weights")
    kernel = model.trainable_variables[0]
    if hasattr(optimizer, "get_slot"):
        slots = [optimizer.get_slot(kernel, slot) for slot in ("m", "v")]
    else:
        slots = [optimizer._momentums[0], optimizer._velocities[0]]
    outputs = model.predict(cases.X, verbose=0)
    np.savez(FILES / name / "expected.npz", outputs=outputs, slots=[s.numpy() for s in slots])


if __name__ == "__main__":
    record("keras_2", keras.optimizers.Adam(0.01))
    record("keras_2_10", keras.optimizers.legacy.Adam(0.01))
