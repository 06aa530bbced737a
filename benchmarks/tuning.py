"""Searches for hyperparameters, beside KerasTuner with TensorFlow in the same run: seconds.

``python benchmarks/tuning.py --peer /path/to/python-with-keras-tuner``. Both run the same program
on the same synthetic data with the same seed, which gives the same trials: their numbers are
compared too. "first" begins with an empty object cache, "again" with the one that is left.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
import warnings
from typing import Any

import numpy as np


def images(count: int, classes: int) -> tuple[Any, Any]:
    """Noise with a bright spot whose place is the class."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, count)
    x = rng.random((count, 28, 28, 1), np.float32)
    x[np.arange(count), 2 + y, 2 + y] += 3
    return x, y


def mlp(keras: Any, hp: Any) -> Any:
    """Two dense layers; the number of units, dropout and the rate are searched."""
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(hp.Int("units", 32, 256, step=32), activation="relu"))
    model.add(keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5, step=0.25)))
    return compiled(keras, hp, model)


def cnn(keras: Any, hp: Any) -> Any:
    """A convolution and two dense layers; units and rate are searched, as in the documents."""
    model = keras.Sequential([keras.Input((28, 28, 1))])
    model.add(keras.layers.Conv2D(32, (3, 3), activation="relu"))
    model.add(keras.layers.MaxPooling2D((2, 2)))
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(hp.Int("units", 32, 512, step=32), activation="relu"))
    model.add(keras.layers.Dropout(0.2))
    return compiled(keras, hp, model)


def rates(keras: Any, hp: Any) -> Any:
    """One structure, whose learning rate is searched."""
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(64, activation="relu"))
    return compiled(keras, hp, model)


def compiled(keras: Any, hp: Any, model: Any) -> Any:
    model.add(keras.layers.Dense(20, activation="softmax"))
    rate = hp.Float("rate", 1e-4, 1e-2, sampling="log")
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


SEARCHES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "MLP, RandomSearch": ("RandomSearch", mlp, {"max_trials": 6}),
    "CNN, Hyperband": ("Hyperband", cnn, {"max_epochs": 4, "factor": 2}),
    "learning rate, RandomSearch": ("RandomSearch", rates, {"max_trials": 6}),
}


def measure(engine: str, name: str) -> dict[str, Any]:
    """Seconds of a search and its number of trials."""
    if engine == "caudal":
        from caudal import keras
        from caudal import tuner as keras_tuner
    else:
        sys.path.append(stand_in())
        import keras
        import keras_tuner
    kind, build, arguments = SEARCHES[name]
    x, y = images(1024, 20)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        tuner = getattr(keras_tuner, kind)(
            lambda hp: build(keras, hp),
            objective="val_accuracy",
            seed=1,
            directory=folder,
            project_name="search",
            **arguments,
        )
        start = time.perf_counter()
        tuner.search(
            x[:768], y[:768], epochs=3, validation_data=(x[768:], y[768:]), batch_size=64, verbose=0
        )
        spent = time.perf_counter() - start
        best = tuner.oracle.get_best_trials()[0].score
    return {"search_s": spent, "trials": len(tuner.oracle.trials), "best": float(best)}


def stand_in() -> str:
    """A folder with an empty `tensorboard.plugins.hparams.api`, which KerasTuner imports."""
    folder = tempfile.mkdtemp()
    at = os.path.join(folder, "tensorboard", "plugins", "hparams")
    os.makedirs(at)
    for path in (folder + "/tensorboard", folder + "/tensorboard/plugins", at):
        open(os.path.join(path, "__init__.py"), "w").close()
    open(os.path.join(at, "api.py"), "w").close()
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="a Python that has keras-tuner and TensorFlow")
    parser.add_argument("--only", help="the search's name, or a part of it")
    parser.add_argument("--measure", nargs=2, metavar=("ENGINE", "SEARCH"))
    parser.add_argument("--json", help="a file for the figures; others in it are kept")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(*options.measure)))
        return
    from common import child, digits, machine, save, table

    figures: dict[str, Any] = {"machine": machine(), "results": {}}
    if options.json and os.path.exists(options.json):
        with open(options.json) as file:
            figures["results"] = json.load(file)["results"]
    rows = []
    for name in (one for one in SEARCHES if (options.only or "") in one):
        found: dict[str, Any] = {}
        with tempfile.TemporaryDirectory() as cache:
            ours = [sys.executable, __file__, "--measure", "caudal", name]
            first = child(ours, {"CAUDAL_CACHE": cache})
            found["caudal"] = child(ours, {"CAUDAL_CACHE": cache})
            found["caudal"]["first_s"] = first.get("search_s")
        if options.peer:
            peer = [options.peer, __file__, "--measure", "keras", name]
            found["keras"] = child(peer, {"KERAS_BACKEND": "tensorflow"})
        figures["results"][name] = found
        for contender, one in found.items():
            if "error" in one:
                rows.append([f"{name}, {contender}", one["error"], "", "", ""])
                continue
            cells = [digits(one["first_s"]) if "first_s" in one else "", digits(one["search_s"])]
            rows.append([f"{name}, {contender}", *cells, str(one["trials"]), f"{one['best']:.3f}"])
        if "search_s" in found.get("keras", {}) and "search_s" in found["caudal"]:
            both = (found["caudal"]["first_s"], found["caudal"]["search_s"])
            ratios = [digits(found["keras"]["search_s"] / spent) for spent in both]
            rows.append([f"{name}, KerasTuner / Caudal", *ratios, "", ""])
    print(table(["", "first s", "again s", "trials", "best val_accuracy"], rows))
    save(options.json, figures)


if __name__ == "__main__":
    main()
