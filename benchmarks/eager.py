"""Small work: ops, a gradient tape, a compiled loop, hand-written training steps, an import.

    python benchmarks/eager.py [--peers PEERS_PYTHON] [--rounds 3] [--json FILE]

An epoch is of a subclassed CNN under GradientTape and tf.function; a session step is
tf.compat.v1's. The peer is TensorFlow; ops on NumPy arrays stand beside as a floor. Every
contender runs in a process of its own, in turns; a figure is the best of all rounds. "First ops"
is the time from before the import until 1000 small ops have run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from common import Figures, child, digits, machine, save, table

MODULES = {"numpy": "numpy", "caudal": "caudal", "tensorflow": "tensorflow"}
OPS = 1000
TURNS = 10_000
SAMPLES = 6_400
KEYS = {
    "import_ms": "import ms",
    "ready_ms": "first ops ms",
    "op_us": "us an op",
    "tape_us": "us a tape step",
    "turn_us": "us a turn",
    "epoch_ms": "subclass epoch ms",
    "session_us": "us a session step",
}
"""The figures of a contender, with their headings; less is better."""


def best_time(call: Callable[[], object], repeat: int = 7) -> float:
    """The least seconds of a call."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def small_ops(add: Any, matmul: Any, total: Any, x: Any) -> Any:
    """OPS ops on small matrices: an addition, a product and a sum in turns."""
    for _ in range(OPS // 4):
        y = add(x, x)
        y = matmul(y, x)
        y = add(y, x)
        y = total(y)
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


def subclass_epoch(tf: Any) -> Callable[[], Any]:
    """An epoch of a subclassed CNN under GradientTape and tf.function, from a shuffled dataset.

    The model, optimizer, metrics and dataset of TensorFlow's guide for experts, on SAMPLES images.
    """
    keras, np = tf.keras, importlib.import_module("numpy")
    rng = np.random.default_rng(0)
    images = rng.random((SAMPLES, 28, 28, 1), dtype=np.float32)
    labels = rng.integers(0, 10, SAMPLES)
    batches = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(10_000).batch(32)

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv = keras.layers.Conv2D(32, 3, activation="relu")
            self.flatten = keras.layers.Flatten()
            self.hidden = keras.layers.Dense(128, activation="relu")
            self.top = keras.layers.Dense(10)

        def call(self, x: Any) -> Any:
            return self.top(self.hidden(self.flatten(self.conv(x))))

    model = Net()
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.Adam()
    mean, right = keras.metrics.Mean(), keras.metrics.SparseCategoricalAccuracy()

    @tf.function
    def step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            predictions = model(x, training=True)
            loss = loss_of(y, predictions)
        slopes = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))
        mean(loss)
        right(y, predictions)

    def epoch() -> None:
        mean.reset_state()
        right.reset_state()
        for x, y in batches:
            step(x, y)

    return epoch


def session(v1: Any) -> Callable[[], Any]:
    """A step of TensorFlow 1's MNIST MLP with Adam: placeholders in, the loss out."""
    np = importlib.import_module("numpy")
    rng = np.random.default_rng(0)
    images = rng.random((32, 784), dtype=np.float32)
    classes = np.eye(10, dtype=np.float32)[rng.integers(0, 10, 32)]
    with v1.Graph().as_default() as graph:
        x, y = v1.placeholder(v1.float32, [None, 784]), v1.placeholder(v1.float32, [None, 10])
        w1, b1 = (v1.Variable(v1.random_normal(n, stddev=0.1)) for n in ([784, 128], [128]))
        w2, b2 = (v1.Variable(v1.random_normal(n, stddev=0.1)) for n in ([128, 10], [10]))
        logits = v1.matmul(v1.nn.relu(v1.matmul(x, w1) + b1), w2) + b2
        losses = v1.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits)
        loss = v1.reduce_mean(losses)
        train = v1.train.AdamOptimizer(1e-3).minimize(loss)
        start = v1.global_variables_initializer()
    running = v1.Session(graph=graph)
    running.run(start)
    feed = {x: images, y: classes}
    return lambda: running.run([train, loss], feed)


def measure(contender: str) -> Figures:
    """One contender's figures, in this process."""
    start = time.perf_counter()
    module: Any = __import__(MODULES[contender])
    figures = {"import_ms": 1e3 * (time.perf_counter() - start)}
    if contender == "numpy":
        x = module.linspace(0, 1, 1024, dtype="float32").reshape(32, 32)
        work = (module.add, module.matmul, module.sum, x)
    else:
        x = module.reshape(module.linspace(0.0, 1.0, 1024), (32, 32))
        work = (module.add, module.matmul, module.reduce_sum, x)
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
        epoch = subclass_epoch(module)
        epoch()
        figures["epoch_ms"] = 1e3 * best_time(epoch, 3)
        run = session(importlib.import_module(f"{MODULES[contender]}.compat.v1"))
        run()
        figures["session_us"] = 1e6 * best_time(run, 300)
    return figures


def ratios(best: dict[str, Figures]) -> Figures:
    """TensorFlow's time over Caudal's, for each figure that both have."""
    peer, own = best.get("tensorflow", {}), best["caudal"]
    return {key: peer[key] / own[key] for key in KEYS if key in peer and key in own}


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
                known = best[contender].get(key, value)
                best[contender][key] = value if isinstance(value, str) else min(known, value)
    rows = []
    for contender, figures in best.items():
        cells = [digits(figures[key]) if key in figures else "" for key in KEYS]
        rows.append([contender, *cells, str(figures.get("error", ""))[:60]])
    found = ratios(best)
    if found:
        cells = [digits(found[key]) if key in found else "" for key in KEYS]
        rows.append(["tensorflow / caudal", *cells, ""])
    print(table(["", *KEYS.values(), ""], rows))
    save(options.json, {"machine": machine(), "results": best, "ratios": found})


if __name__ == "__main__":
    main()
