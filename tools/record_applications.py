"""Records tests/keras/golden_applications.json.gz: the networks of `keras.applications` as real
Keras builds them.

    KERAS_BACKEND=jax PYTHON tools/record_applications.py

PYTHON is an environment with Keras 3.15.1. It takes some five minutes and 8 GB. What is there
already is kept, so that a run that was broken off goes on; delete the file to begin again.
"""

import gc
import gzip
import importlib
import json
import sys
from pathlib import Path

import keras
import numpy as np

FOLDER = Path(__file__).parent.parent / "tests" / "keras"
sys.path.insert(0, str(FOLDER))
cases = importlib.import_module("application_cases")
PATH = FOLDER / "golden_applications.json.gz"


def interned(table, value):
    """The place of a value in a table, where it is put if it is new."""
    if value not in table:
        table[value] = len(table)
    return table[value]


def without_values():
    """Has initial weights cost no time: only shapes count, and outputs are of other weights."""
    draws = keras.src.initializers.random_initializers.random
    for name in ("uniform", "normal", "truncated_normal"):
        setattr(draws, name, lambda shape, *args, dtype=None, **rest: np.zeros(shape, dtype))


def record(golden, texts):
    for name, options in cases.STRUCTURES:
        label = cases.label(name, options)
        if label not in golden["structures"]:
            facts, rows = cases.describe(cases.build(keras, name, options))
            numbers = [[interned(texts, text) for text in row] for row in rows]
            golden["structures"][label] = [facts, numbers]
            print(label, facts, flush=True)
            yield
        gc.collect()
    for name in cases.OUTPUTS:
        if name not in golden["outputs"]:
            scores = cases.outputs(keras, name)
            golden["outputs"][name] = [[float(f"{one:.6g}") for one in row] for row in scores]
            print(name, golden["outputs"][name][0], flush=True)
            yield
    for name, options in cases.FILES:
        label = cases.label(name, options)
        if label not in golden["files"]:
            asked = cases.file_asked_for(keras, keras.src.utils.file_utils, name, options)
            golden["files"][label] = asked
            print(label, asked, flush=True)
            yield
    yield


def main():
    without_values()
    golden = {"texts": [], "structures": {}, "outputs": {}, "files": {}}
    if PATH.exists():
        golden = json.loads(gzip.decompress(PATH.read_bytes()))
    golden["prepared"] = {
        key: [float(f"{one:.8g}") for one in values]
        for key, values in cases.prepared(keras).items()
    }
    texts = {text: i for i, text in enumerate(golden["texts"])}
    for _ in record(golden, texts):
        golden["texts"] = list(texts)
        text = json.dumps(golden, separators=(",", ":"))
        PATH.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
