"""Trainings that are killed and started again, for tests/keras/test_resume.py.

``python resume_program.py FOLDER CASE NUMBER`` trains once without a break, and then again with a
SIGKILL at one of the writes, fsyncs and renames (``NUMBER`` of each, or ``all``) or at any time;
what is left is gone on with, and must end as the first training did, byte for byte. For ``all`` a
training is surveyed first: calls that leave the same files behind are one kill.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback

import numpy as np

from caudal import keras

EPOCHS = 5


def data():
    rng = np.random.default_rng(1)
    x = rng.random((50, 4), "float32")
    return x, (x @ rng.random((4, 2), "float32")).argmax(1)


def sequential():
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(6, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )


class Net(keras.Model):
    """Built by its first batch; draws random numbers of its own."""

    def __init__(self):
        super().__init__()
        self.noise = keras.layers.GaussianNoise(0.1)
        self.blocks = [keras.layers.Dense(5, activation="tanh") for _ in range(2)]
        self.head = keras.layers.Dense(2, activation="softmax")

    def call(self, x):
        x = self.noise(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


class Batches(keras.utils.PyDataset):
    """Batches by number, in an order that the dataset itself changes."""

    def __init__(self):
        super().__init__()
        self.x, self.y = data()
        self.order = np.random.permutation(50)

    def __len__(self):
        return 6

    def __getitem__(self, index):
        rows = self.order[8 * index : 8 * index + 8]
        return self.x[rows] + np.random.normal(0, 0.1), self.y[rows]

    def on_epoch_end(self):
        self.order = np.random.permutation(50)


def generator():
    x, y = data()
    while True:
        rows = [random.randrange(50) for _ in range(8)]
        yield x[rows], y[rows]


class Weigh(keras.callbacks.Callback):
    """A user's callback with a state of its own."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(logs["loss"])
        rate = self.model.optimizer.learning_rate
        self.model.optimizer.learning_rate = float(rate) * (0.9 if len(self.seen) % 2 else 1.05)


def fit(case, folder):
    """The model after training, and its history."""
    import caudal as tf

    x, y = data()
    model = Net() if case == "net" else sequential()
    optimizer = {"arrays": "adam", "dataset": "rmsprop"}.get(case)
    optimizer = optimizer or keras.optimizers.SGD(0.1, momentum=0.9, use_ema=case == "net")
    model.compile(
        optimizer,
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        run_eagerly=case == "eager",
    )
    freq = {"arrays": "epoch", "pydataset": 3, "net": 5, "generator": 4, "eager": 5}
    callbacks = [
        keras.callbacks.BackupAndRestore(f"{folder}/backup", freq.get(case, "epoch")),
        keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=0.05),
        keras.callbacks.EarlyStopping("loss", patience=3, restore_best_weights=True),
        keras.callbacks.CSVLogger(f"{folder}/log.csv"),
        keras.callbacks.ModelCheckpoint(
            f"{folder}/best.weights.h5", "loss", save_best_only=True, save_weights_only=True
        ),
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.95),
        Weigh(),
    ]
    options = {"epochs": EPOCHS, "verbose": 0, "callbacks": callbacks}
    pairs = tf.data.Dataset.from_tensor_slices((x, y))
    if case == "dataset":
        stream = pairs.shuffle(50).batch(8)
    elif case == "endless":
        stream = pairs.shuffle(20).map(lambda a, b: (a * 1.5, b)).repeat().batch(8)
        held_out = pairs.shuffle(40).repeat().batch(6)
        options |= {"steps_per_epoch": 5, "validation_data": held_out, "validation_steps": 2}
    elif case == "mapped":
        stream = pairs.map(lambda a, b: (a + 0.5, b)).shuffle(30).batch(8).prefetch(2)
    elif case == "pydataset":
        stream = Batches()
    elif case == "generator":
        stream = generator()
        options |= {"steps_per_epoch": 7}
    else:
        model.fit(x, y, batch_size=8, validation_split=0.2, **options)
        return model, model.history
    model.fit(stream, **options)
    return model, model.history


class Counting(io.BufferedRandom):
    """A file that counts its writes."""

    def write(self, data):
        count("write")
        return super().write(data)


calls = {"write": 0, "fsync": 0, "replace": 0}
fatal = ["", 0]
surveyed = []


def count(name):
    calls[name] += 1
    for folder in surveyed:
        # What a kill would leave here: nobody gets what this process has not handed on.
        with open(f"{folder}.survey", "a") as file:
            file.write(f"{name} {calls[name]} {remains(folder)}\n")
    if fatal == [name, calls[name]]:
        os.kill(os.getpid(), signal.SIGKILL)


def watch():
    """Counts what `caudal.io.durable` asks of the file system, and kills at the fatal call."""

    def counted(name):
        real = getattr(os, name)

        def call(*args):
            count(name)
            return real(*args)

        return call

    os.fsync, os.replace = counted("fsync"), counted("replace")
    os.fdopen = lambda handle, mode: Counting(io.FileIO(handle, "r+"))


def train(folder, case):
    watch()
    keras.utils.set_random_seed(11)
    model, history = fit(case, folder)
    values = [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]
    logs = [np.asarray(history.history[name]) for name in sorted(history.history)]
    logs.append(np.asarray(history.epoch))
    arrays = {str(i): value for i, value in enumerate([*values, *logs])}
    np.savez(f"{folder}/final.npz", **arrays)
    with open(f"{folder}/calls.json", "w") as file:
        json.dump(calls, file)


def child(folder, case, fault=("", 0), seconds=None):
    """Trains in a process of its own; whether it lived to the end."""
    os.makedirs(folder, exist_ok=True)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            fatal[:] = fault
            if seconds is not None:
                signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
                signal.setitimer(signal.ITIMER_REAL, seconds)
            train(folder, case)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    if status not in (0, signal.SIGKILL):
        sys.exit(f"{case}: training failed with status {status}")
    return status == 0


def content(folder):
    """What a training leaves behind."""
    files = {}
    for name in ("final.npz", "log.csv"):
        with open(f"{folder}/{name}", "rb") as file:
            files[name] = file.read()
    left = [name for name in os.listdir(folder) if name == "backup"]
    return files, left


def remains(folder):
    """A sum of all that a killed training left, but for the files that it did not complete."""
    found = hashlib.sha256()
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(root, name)
            with open(path, "rb") as file:
                content = b"" if name.endswith(".tmp") else file.read()
            if content:
                found.update(f"{os.path.relpath(path, folder)} {len(content)} ".encode() + content)
    return found.hexdigest()


def distinct_faults(folder, case):
    """The number of calls of a training, and one call for each state that a kill can leave."""
    pid = os.fork()
    if pid == 0:
        os.makedirs(folder)
        surveyed.append(folder)
        train(folder, case)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    with open(f"{folder}.survey") as file:
        found = [line.split() for line in file]
    faults = {left: (name, int(place)) for name, place, left in reversed(found)}
    return len(found), faults


def main(folder, case, number):
    """Kills a training at ``number`` of the calls of each kind, or at all, and at any time."""
    start = time.monotonic()
    child(f"{folder}/whole", case)
    spent = time.monotonic() - start
    whole = content(f"{folder}/whole")
    with open(f"{folder}/whole/calls.json") as file:
        totals = json.load(file)
    rng = random.Random(case)
    faults, expected = [], {}
    if number == "all":
        count, found = distinct_faults(f"{folder}/survey", case)
        print(case, count, "calls leave", len(found), "different states", flush=True)
        faults = [(fault, None) for fault in found.values()]
        expected = {fault: left for left, fault in found.items()}
    for name, total in totals.items() if number != "all" else ():
        chosen = rng.sample(range(1, total + 1), min(int(number), total))
        faults += [((name, place), None) for place in chosen]
    rounds = 20 if number == "all" else int(number)
    faults += [(("", 0), rng.uniform(0.1, 1) * spent) for _ in range(rounds)]
    for serial, (fault, seconds) in enumerate(faults):
        place = f"{folder}/{serial}"
        finished = child(place, case, fault, seconds)
        resumed = 0
        if fault in expected and remains(place) != expected[fault]:
            sys.exit(f"{case}: a kill at {fault} leaves another state than was surveyed")
        while not finished and resumed < 3:
            finished = child(place, case)
            resumed += 1
        found = content(place)
        print(case, fault, seconds, "resumed", resumed, "same", found == whole, flush=True)
        if found != whole:
            ours, wanted = np.load(f"{place}/final.npz"), np.load(f"{folder}/whole/final.npz")
            for name in wanted.files:
                if not np.array_equal(ours[name], wanted[name]):
                    print(name, wanted[name].shape, ours[name], wanted[name])
            print(found[0]["log.csv"], whole[0]["log.csv"])
            sys.exit(f"{case}: killed at {fault} or after {seconds} s, it ended elsewhere")
        shutil.rmtree(place)


if __name__ == "__main__":
    main(*sys.argv[1:])
