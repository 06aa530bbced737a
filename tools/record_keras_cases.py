"""Records what real Keras answers to the programs of tests/keras/*_cases.py named below.

    KERAS_BACKEND=tensorflow PYTHON tools/record_keras_cases.py [mask ...]

PYTHON is an environment with Keras 3.15.1 and TensorFlow. Writes tests/keras/golden_<name>.npz:
the arrays of case c as c/0, c/1, ... in the order of the nest that it returns; and for the models
of FILES the files themselves into tests/keras/files, with what they predict.
"""

import importlib
import sys
import warnings
from pathlib import Path

import keras
import numpy as np

TESTS = Path(__file__).resolve().parent.parent / "tests" / "keras"
NAMES = ("attention", "integers", "mask", "numeric", "policy", "quantized", "wrapper")


def main() -> None:
    """Run every case of every module and write its file."""
    sys.path.insert(0, str(TESTS))
    warnings.simplefilter("ignore")
    for name in sys.argv[1:] or NAMES:
        found = {}
        module = importlib.import_module(f"{name}_cases")
        for case, run in module.CASES.items():
            keras.backend.clear_session()
            keras.utils.set_random_seed(1)
            for number, leaf in enumerate(keras.tree.flatten(run(keras))):
                found[f"{case}/{number}"] = np.asarray(leaf)
        for file, (make, inputs) in getattr(module, "FILES", {}).items():
            keras.backend.clear_session()
            model = make(keras)
            found[f"file/{file}"] = model.predict(inputs, verbose=0)
            model.save(TESTS / "files" / f"{file}.keras")
            model.save_weights(TESTS / "files" / f"{file}.weights.h5")
        np.savez_compressed(TESTS / f"golden_{name}.npz", **found)


main()
