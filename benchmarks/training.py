"""Training under Caudal and, given an interpreter with the peers, under Keras on them.

    python benchmarks/training.py [--peers PEERS_PYTHON] [--rounds 2] [--json FILE] [workload ...]

Contenders take turns, each in a fresh process; a figure is the best of all rounds. The peers'
interpreter needs tensorflow-cpu, keras and jax. Caudal's first round starts with an empty
cache of object code (cold), the later ones find it filled (warm). A ratio is peer / Caudal.

step_ms: one training step, from the best epoch of ``fit``. predict1_ms: ``predict`` of one
sample, the median of 20. first_s: trace, compile and run the first 20 steps.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from typing import Any

from common import Figures, child, digits, machine, save, table
from workloads import WORKLOADS

PEERS = ("tensorflow", "jax")
LEAST = ("import_s", "step_ms", "predict1_ms", "peak_mb")
FIRST_STEPS = 20


def measure(name: str, contender: str, epochs: int) -> Figures:
    """The figures of one workload, in this process."""
    start = time.perf_counter()
    if contender == "caudal":
        from caudal import keras
    else:
        import keras
    import_s = time.perf_counter() - start
    keras.utils.set_random_seed(1)
    model, x, y, batch = WORKLOADS[name](keras)
    options: dict[str, Any] = {"batch_size": batch, "epochs": 1, "verbose": 0}
    few = batch * FIRST_STEPS
    start = time.perf_counter()
    model.fit(x[:few], y[:few], **options)
    first_s = time.perf_counter() - start
    times = []
    for _ in range(epochs):
        start = time.perf_counter()
        history = model.fit(x, y, **options)
        times.append(time.perf_counter() - start)
    model.predict(x[:1], verbose=0)
    single = []
    for _ in range(20):
        start = time.perf_counter()
        model.predict(x[:1], verbose=0)
        single.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "import_s": import_s,
        "first_s": first_s,
        "step_ms": 1e3 * min(times) / -(-len(x) // batch),
        "predict1_ms": 1e3 * sorted(single)[len(single) // 2],
        "peak_mb": peak / (1 << 20 if sys.platform == "darwin" else 1 << 10),
        "loss": float(history.history["loss"][-1]),
    }


def merge(best: Figures, new: Figures) -> None:
    """Take the better of two rounds, figure by figure."""
    if "error" in new:
        best.setdefault("error", new["error"])
        return
    for key in LEAST:
        best[key] = min(best.get(key, new[key]), new[key])
    best["loss"] = new["loss"]
    if best.setdefault("first_s", new["first_s"]) != new["first_s"]:
        best["again_s"] = min(best.get("again_s", new["first_s"]), new["first_s"])


def compare(name: str, options: argparse.Namespace) -> dict[str, Figures]:
    """All contenders on one workload, in turns."""
    contenders = {"caudal": sys.executable}
    if options.peers:
        contenders.update((peer, options.peers) for peer in options.backends.split(","))
    best: dict[str, Figures] = {contender: {} for contender in contenders}
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(options.rounds):
            for contender, python in contenders.items():
                command = [python, __file__, "--child", contender, "--epochs", str(options.epochs)]
                env = {"CAUDAL_CACHE": cache, "KERAS_BACKEND": contender}
                merge(best[contender], child([*command, name], env))
    for contender, figures in best.items():
        # Only Caudal keeps compiled code: for a peer every start is a cold one.
        if contender != "caudal" and "again_s" in figures:
            figures["first_s"] = min(figures["first_s"], figures.pop("again_s"))
    return best


def rows(name: str, best: dict[str, Figures]) -> list[list[str]]:
    """The table's rows of one workload: figures, then ratios to Caudal's."""
    result = []
    for contender, figures in best.items():
        if "error" in figures:
            result.append([f"{name} {contender}: {figures['error'][:60]}", *7 * [""]])
        if "step_ms" not in figures:
            continue
        keys = ("step_ms", "predict1_ms", "first_s", "again_s", "import_s", "peak_mb")
        cells = [digits(figures[key]) if key in figures else "" for key in keys]
        result.append([f"{name} {contender}", *cells, f"{figures['loss']:.4f}"])
    ours = best["caudal"]
    for contender, figures in best.items():
        if contender == "caudal" or "step_ms" not in figures or "step_ms" not in ours:
            continue
        keys = ("step_ms", "predict1_ms", "first_s", "again_s", "import_s", "peak_mb")
        cells = []
        for key in keys:
            theirs = figures["first_s" if key == "again_s" else key]
            cells.append(f"x{digits(theirs / ours[key])}" if key in ours else "")
        result.append([f"{name} {contender} / caudal", *cells, ""])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--peers", help="an interpreter that has tensorflow-cpu, keras and jax")
    parser.add_argument("--backends", default=",".join(PEERS))
    parser.add_argument("--rounds", type=int, default=2, help="the first one is the cold one")
    parser.add_argument("--epochs", type=int, default=3, help="timed epochs a round")
    parser.add_argument("--json", help="write all figures here")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("workloads", nargs="*", choices=[*WORKLOADS, []], default=[])
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.workloads[0], options.child, options.epochs)))
        return
    results = {}
    head = ["", "step ms", "predict1 ms", "first s", "warm s", "import s", "peak MB", "loss"]
    for name in options.workloads or WORKLOADS:
        results[name] = compare(name, options)
        print(table(head, rows(name, results[name])), end="\n\n", flush=True)
        save(options.json, {"machine": machine(), "results": results})


if __name__ == "__main__":
    main()
