"""Small work: ops one by one, a gradient tape, a compiled loop, and the time of an import.

    python benchmarks/eager.py [--peers PEERS_PYTHON] [--rounds 3] [--json FILE]

The peer is TensorFlow; ops on NumPy arrays stand beside as a floor. Every contender runs in a
process of its own, in turns; a figure is the best of all rounds. "First ops" is the time from
before the import until 1000 small ops have run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from common import Figures, child, digits, machine, save, table

MODULES = {"numpy": "numpy", "caudal": "caudal", "tensorflow": "tensorflow"}
OPS = 1000
TURNS = 10_000


def best_time(call: Callable[[], object], repeat: int = 7) -> float:
    """The least seconds of a call."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def small_ops(add: Any, multiply: Any, tanh: Any, x: Any) -> Any:
    """OPS ops on a small array: an addition, a product and a tanh in turns."""
    y = x
    for _ in range(OPS // 4):
        y = add(y, x)
        y = tanh(y)
        y = multiply(y, x)
        y = tanh(y)
    return y


def tape(tf: Any) -> Callable[[], Any]:
    """The gradient of a small MLP's loss, recorded op by op."""
    x = tf.random.normal((32, 64))
    labels = tf.zeros((32,), tf.int32)
    shapes = ((64, 64), (64,), (64, 10), (10,))
    weights = [tf.Variable(tf.random.normal(shape) * 0.1) for shape in shapes]

    def step() -> Any:
        with tf.GradientTape() as recorder:
            hidden = tf.nn.relu(tf.matmul(x, weights[0]) + weights[1])
            logits = tf.matmul(hidden, weights[2]) + weights[3]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
            loss = tf.reduce_mean(losses)
        return recorder.gradient(loss, weights)

    return step


def loop(tf: Any) -> Callable[[], Any]:
    """TURNS turns of a loop that Python's ``while`` on tensors means in a compiled function."""

    @tf.function
    def run(most: Any) -> Any:
        turn, total = tf.constant(0), tf.constant(0.0)
        while turn < most:
            if turn % 2 == 0:
                total += tf.sqrt(tf.cast(turn, tf.float32))
            else:
                total -= 1.0
            turn += 1
        return total

    most = tf.constant(TURNS)
    return lambda: run(most).numpy()


def measure(contender: str) -> Figures:
    """One contender's figures, in this process."""
    start = time.perf_counter()
    module: Any = __import__(MODULES[contender])
    figures = {"import_ms": 1e3 * (time.perf_counter() - start)}
    if contender == "numpy":
        x = module.linspace(0, 1, 64, dtype="float32").reshape(8, 8)
        work = (module.add, module.multiply, module.tanh, x)
    else:
        x = module.reshape(module.linspace(0.0, 1.0, 64), (8, 8))
        work = (module.add, module.multiply, module.tanh, x)
    small_ops(*work)
    figures["ready_ms"] = 1e3 * (time.perf_counter() - start)
    figures["op_us"] = 1e6 * best_time(lambda: small_ops(*work)) / OPS
    if contender != "numpy":
        step = tape(module)
        step()
        figures["tape_us"] = 1e6 * best_time(step, 100)
        turns = loop(module)
        turns()
        figures["turn_us"] = 1e6 * best_time(turns) / TURNS
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--peers", help="an interpreter that has tensorflow-cpu")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="write all figures here")
    parser.add_argument("--child", choices=MODULES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.child)))
        return
    pythons = {"numpy": sys.executable, "caudal": sys.executable}
    if options.peers:
        pythons["tensorflow"] = options.peers
    best: dict[str, Figures] = {contender: {} for contender in pythons}
    for _ in range(options.rounds):
        for contender, python in pythons.items():
            for key, value in child([python, __file__, "--child", contender], {}).items():
                best[contender][key] = min(best[contender].get(key, value), value)
    keys = ("import_ms", "ready_ms", "op_us", "tape_us", "turn_us")
    rows = []
    for contender, figures in best.items():
        cells = [digits(figures[key]) if key in figures else "" for key in keys]
        rows.append([contender, *cells, str(figures.get("error", ""))[:60]])
    print(
        table(
            ["", "import ms", "first ops ms", "us an op", "us a tape step", "us a turn", ""], rows
        )
    )
    save(options.json, {"machine": machine(), "results": best})


if __name__ == "__main__":
    main()
