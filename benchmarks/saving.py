"""Saving and loading a model of 100 MB, beside Keras in the same run: seconds and peak memory.

``python benchmarks/saving.py --peer /path/to/python-with-keras``. The two take turns; each figure
is the best of five processes. The disk's speed is that of writing and syncing as many bytes with
``os.write``. Besides: how much longer an epoch of the mlp takes with a ModelCheckpoint after it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FORMATS = (".keras", ".weights.h5", ".h5")
MLP = "mlp"
KEYS = ("disk_s", "save_s", "save_peak", "load_s", "load_peak")
MEGABYTES = 100
ROUNDS = 5
EPOCHS = {"caudal": 12, "keras": 4}


def resident() -> tuple[int, int]:
    """Bytes in memory now, and at most since the last reset."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return tuple(int(fields[key].split()[0]) * 1024 for key in ("VmRSS", "VmHWM"))  # type: ignore[return-value]


def reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def disk(path: str, size: int) -> float:
    """Seconds to write and sync so many bytes."""
    block = os.urandom(1 << 20)
    start = time.perf_counter()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for _ in range(size >> 20):
        os.write(handle, block)
    os.fsync(handle)
    os.close(handle)
    spent = time.perf_counter() - start
    os.unlink(path)
    return spent


def make(keras: Any) -> Any:
    width = 2048
    layers = [
        keras.layers.Dense(width) for _ in range(MEGABYTES * (1 << 20) // (4 * width * width))
    ]
    return keras.Sequential([keras.Input((width,)), *layers])


def measure(engine: str, suffix: str, folder: str) -> dict[str, Any]:
    if engine == "caudal":
        from caudal import keras
    else:
        import keras
    path = os.path.join(folder, f"{engine}{suffix}")
    model = make(keras)
    size = sum(int(w.size) * 4 for w in model.get_weights())
    found: dict[str, Any] = {}

    def timed(name: str, work: Any) -> Any:
        before = resident()[0]
        reset_peak()
        start = time.perf_counter()
        result = work()
        found[f"{name}_s"] = time.perf_counter() - start
        found[f"{name}_peak"] = (resident()[1] - before) / size
        return result

    # The first save and the first load pay for imports; a small file takes that part.
    weights_only = suffix == ".weights.h5"
    small = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    small_path = os.path.join(folder, f"small{suffix}")
    if weights_only:
        small.save_weights(small_path)
        small.load_weights(small_path)
    else:
        small.save(small_path)
        keras.models.load_model(small_path)
    found["disk_s"] = disk(path + ".raw", size)
    timed("save", lambda: model.save_weights(path) if weights_only else model.save(path))
    if weights_only:
        # The model is there already: what is read into it is all that is needed beside it.
        timed("load", lambda: model.load_weights(path))
    else:
        timed("load", lambda: keras.models.load_model(path))
    return found


def checkpointed(engine: str, folder: str) -> dict[str, Any]:
    """Seconds of an epoch of the mlp, alone and with a ModelCheckpoint after it, in turns."""
    if engine == "caudal":
        from caudal import keras
    else:
        import keras
    import workloads

    model, x, y, batch = workloads.mlp(keras)
    path = os.path.join(folder, f"{engine}_mlp.keras")
    callbacks: dict[str, list[Any]] = {
        "epoch_s": [],
        "checkpointed_s": [keras.callbacks.ModelCheckpoint(path)],
    }
    found: dict[str, Any] = {}
    for turn in range(EPOCHS[engine] + 1):
        for name, chosen in callbacks.items():
            start = time.perf_counter()
            model.fit(x, y, batch_size=batch, verbose=0, callbacks=chosen)
            spent = time.perf_counter() - start
            if turn:  # The first compiles.
                found[name] = min(found.get(name, spent), spent)
    return found


def best(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The smallest of each figure."""
    errors = [run for run in runs if "error" in run]
    return errors[0] if errors else {key: min(run[key] for run in runs) for key in runs[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="a Python that has Keras")
    parser.add_argument("--measure", nargs=3, metavar=("ENGINE", "SUFFIX", "FOLDER"))
    parser.add_argument("--json", help="a file for the figures")
    options = parser.parse_args()
    if options.measure:
        engine, suffix, folder = options.measure
        work = checkpointed(engine, folder) if suffix == MLP else measure(engine, suffix, folder)
        print(json.dumps(work))
        return
    from common import child, machine, table

    pythons = {"caudal": sys.executable} | ({"keras": options.peer} if options.peer else {})
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=".") as folder:
        for suffix in (*FORMATS, MLP):
            runs: dict[str, list[Any]] = {engine: [] for engine in pythons}
            for _ in range(ROUNDS if suffix != MLP else 1):
                for engine, python in pythons.items():
                    command = [python, __file__, "--measure", engine, suffix, folder]
                    runs[engine].append(child(command, {"KERAS_BACKEND": "tensorflow"}))
            results[suffix] = {engine: best(found) for engine, found in runs.items()}
    rows = [
        [f"{engine} {suffix}", *(f"{run.get(key, float('nan')):.2f}" for key in KEYS)]
        for suffix in FORMATS
        for engine, run in results[suffix].items()
    ]
    print(table(["", "disk s", "save s", "save peak", "load s", "load peak"], rows))
    for engine, run in results[MLP].items():
        more = run["checkpointed_s"] / run["epoch_s"] - 1
        print(f"{engine}: an epoch of the mlp takes {100 * more:.1f} % more with ModelCheckpoint")
    if options.json:
        figures = {"machine": machine(), "megabytes": MEGABYTES, "results": results}
        Path(options.json).write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
