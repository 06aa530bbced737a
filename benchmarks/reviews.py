"""The text classifier of examples/imdb_text.py on the real IMDB reviews: seconds of an epoch.

``python benchmarks/reviews.py --peer /path/to/python-with-tensorflow``. Both run the example
itself, for TensorFlow under its own name, on the same reviews and for as many epochs; the usual
epoch is the median. KERAS_HOME says where the data are, if not in Keras's own folder.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

EPOCHS = 6
EXAMPLE = Path(__file__).parents[1] / "examples" / "imdb_text.py"


def example(engine: str) -> Any:
    """The example as a module; its `import caudal as tf` means the engine."""
    if engine == "tensorflow":
        import tensorflow

        sys.modules["caudal"] = tensorflow
    spec = importlib.util.spec_from_file_location("imdb_text", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measure(engine: str, path: str) -> dict[str, Any]:
    with np.load(path) as data:
        train, test = ((data[f"x_{part}"], data[f"y_{part}"]) for part in ("train", "test"))
    accuracy, seconds = example(engine).train((train, test), EPOCHS)
    return {"epoch_s": seconds, "accuracy": float(accuracy)}


def write_reviews(path: str) -> None:
    """The reviews, padded as the example pads them."""
    from caudal import keras

    text = example("caudal")
    (x, y), (x_test, y_test) = text.prepare(keras.datasets.imdb.load_data(num_words=text.WORDS))
    np.savez(path, x_train=x, y_train=y, x_test=x_test, y_test=y_test)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="a Python that has TensorFlow")
    parser.add_argument("--measure", nargs=2, metavar=("ENGINE", "FILE"))
    parser.add_argument("--json", help="a file for the figures")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(*options.measure)))
        return
    from common import child, digits, machine, save, table

    pythons = {"caudal": sys.executable, **({"tensorflow": options.peer} if options.peer else {})}
    root = str(Path(__file__).parents[1])
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "reviews.npz")
        write_reviews(path)
        for engine, python in pythons.items():
            env = {"PYTHONPATH": root} if engine == "caudal" else {"PYTHONPATH": ""}
            found[engine] = child([python, __file__, "--measure", engine, path], env)
    rows = [
        [engine, row["error"], ""] if "error" in row else
        [engine, digits(row["epoch_s"]), f"{row['accuracy']:.4f}"]
        for engine, row in found.items()
    ]  # fmt: skip
    print(table(["imdb_text.py", "s an epoch", "test accuracy"], rows))
    save(options.json, {"machine": machine(), "epochs": EPOCHS, "results": found})


if __name__ == "__main__":
    main()
