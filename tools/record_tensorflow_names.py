"""Records tools/tensorflow_names.txt: the public names of TensorFlow 2.21 and Keras 3.15.

    /work/venvs/peers/bin/python tools/record_tensorflow_names.py

Run it where TensorFlow is installed. One name a line, as users spell it; tf.compat, tf.raw_ops
and what begins with an underscore are left out. tools/coverage.py reads it.
"""

import inspect
from pathlib import Path

import keras
import tensorflow as tf

_LEFT_OUT = {"tf.compat.v1", "tf.compat.v2", "tf.raw_ops", "tf.keras", "tf.tools", "tf.security"}
_PUBLIC = ("tensorflow._api.v2", "keras._tf_keras")
_TOPS = {"tf.initializers", "tf.losses", "tf.metrics", "tf.optimizers"}


def walk(module, label, seen, found):
    for name in sorted(vars(module).keys() | set(dir(module))):
        if name.startswith("_"):
            continue
        full = f"{label}.{name}"
        if full in _LEFT_OUT:
            continue
        try:
            value = getattr(module, name)
        except AttributeError:
            continue
        if inspect.ismodule(value):
            if full in _TOPS:
                found.append(full)
            elif value.__name__ not in seen and _public(value.__name__, full):
                seen.add(value.__name__)
                walk(value, full, seen, found)
        else:
            found.append(full)


def _public(name, full):
    """Whether a module belongs to the API, and is not one that it merely imports."""
    return name.startswith(_PUBLIC) or name == full.removeprefix("tf.")


def main():
    found = []
    walk(tf, "tf", set(), found)
    walk(tf.keras, "tf.keras", set(), found)
    names = sorted(set(found))
    text = f"# TensorFlow {tf.__version__}, Keras {keras.__version__}\n" + "\n".join(names) + "\n"
    Path(__file__).with_name("tensorflow_names.txt").write_text(text)
    print(len(names))


if __name__ == "__main__":
    main()
