"""Every writer killed at every write, fsync and rename, for tests/keras/test_durable.py.

``python killed_saves.py FOLDER [NAME ...]`` saves one state, then another over it in children
that are killed by SIGKILL at one call each. What is left must read as the old state or the new.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import sys
import traceback
import warnings

import numpy as np

import caudal as tf
from caudal import keras

calls = [0]
fatal = [0]


def count():
    calls[0] += 1
    if calls[0] == fatal[0]:
        os.kill(os.getpid(), signal.SIGKILL)


class Counting(io.BufferedRandom):
    """A file that counts its writes."""

    def write(self, data):
        count()
        return super().write(data)


def watch():
    def counted(name):
        real = getattr(os, name)

        def call(*args, **kwargs):
            count()
            return real(*args, **kwargs)

        setattr(os, name, call)

    for name in ("fsync", "replace", "unlink"):
        counted(name)
    fdopen = os.fdopen

    def opened(handle, mode="r", **options):
        if "b" in mode and not options:
            return Counting(io.FileIO(handle, "r+"))
        return fdopen(handle, mode, **options)

    os.fdopen = opened


def make():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    return model


MODEL = make()


def set_state(number):
    for variable in MODEL.weights:
        variable.assign(np.full(variable.shape, number, "float32"))


def state_of(model):
    values = {float(value) for weight in model.get_weights() for value in weight.ravel()}
    assert len(values) == 1, values
    return values.pop()


def whole(suffix):
    return lambda path: MODEL.save(path + suffix), lambda path: state_of(
        keras.models.load_model(path + suffix)
    )


def weights(suffix):
    def read(path):
        model = make()
        model.load_weights(path + suffix)
        return state_of(model)

    return lambda path: MODEL.save_weights(path + suffix), read


def one(values):
    assert len(set(values)) == 1, values
    return float(values[0])


def state():
    return float(MODEL.get_weights()[0].ravel()[0])


def write_records(path):
    with tf.io.TFRecordWriter(path) as writer:
        for _ in range(4):
            writer.write(str(state()))


def read_records(path):
    found = [float(record.numpy()) for record in tf.data.TFRecordDataset(path)]
    assert len(found) == 4
    return one(found)


def write_gfile(path):
    with tf.io.gfile.GFile(path, "w") as file:
        for _ in range(50):
            file.write(f"{state()}\n")


def read_gfile(path):
    with tf.io.gfile.GFile(path) as file:
        lines = file.readlines()
    assert len(lines) == 50
    return one(lines)


def write_manager(path):
    value = tf.train.Checkpoint(model=MODEL)
    tf.train.CheckpointManager(value, path, max_to_keep=1).save()


def read_manager(path):
    model = make()
    tf.train.Checkpoint(model=model).restore(tf.train.latest_checkpoint(path)).expect_partial()
    return state_of(model)


def read_saved_model(path):
    found = tf.saved_model.load(path)
    return one([float(v) for w in found.trainable_variables for v in w.numpy().ravel()])


WRITERS = {
    "keras": whole(".keras"),
    "h5": whole(".h5"),
    "weights": weights(".weights.h5"),
    "old_weights": weights(".h5"),
    "safetensors": weights(".safetensors"),
    "checkpoint": weights(""),
    "manager": (write_manager, read_manager),
    "export": (lambda path: MODEL.export(path, verbose=False), read_saved_model),
    "write_file": (
        lambda path: tf.io.write_file(path, f"{state()} " * 50),
        lambda path: one(tf.io.read_file(path).numpy().split()),
    ),
    "copy": (
        lambda path: (
            tf.io.write_file(path + ".source", f"{state()} " * 50),
            tf.io.gfile.copy(path + ".source", path, overwrite=True),
        ),
        lambda path: one(tf.io.read_file(path).numpy().split()),
    ),
    "records": (write_records, read_records),
    "gfile": (write_gfile, read_gfile),
}


def child(write, path, at):
    """Whether saving lived to its end, killed at a call."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            fatal[0] = at
            watch()
            write(path)
            status = 0 if not at or calls[0] < at else 3
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    assert status in (0, signal.SIGKILL), status
    return status == 0


def main(folder, name):
    write, read = WRITERS[name]
    old = os.path.join(folder, "old")
    os.makedirs(old)
    set_state(1)
    write(os.path.join(old, "m"))
    set_state(2)
    found, at, alive = [], 0, False
    while not alive:
        at += 1
        place = os.path.join(folder, str(at))
        shutil.copytree(old, place)
        path = os.path.join(place, "m")
        alive = child(write, path, at)
        found.append(read(path))
        # And the next save is not in the way of what was left.
        if at % 5 == 1:
            write(path)
            assert read(path) == 2
        shutil.rmtree(place)
    assert found[0] == 1 and found[-1] == 2, found
    assert set(found) == {1.0, 2.0} and found == sorted(found), found
    print(f"{name}: killed at {len(found) - 1} calls")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for chosen in sys.argv[2:] or WRITERS:
        main(os.path.join(sys.argv[1], chosen), chosen)
