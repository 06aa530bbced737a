"""Small Keras programs whose results are recorded from real Keras and compared.

A module ``programs_<topic>.py`` has functions ``case_<name>(keras)`` that return a dict of arrays
and strings. tools/record_keras_programs.py writes ``golden_programs_<topic>.npz``; test_programs.py
runs the same functions on Caudal. Neither framework is imported here.
"""

import importlib
import inspect
import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
TOPICS = sorted(path.stem.removeprefix("programs_") for path in HERE.glob("programs_*.py"))


def cases(topic):
    """(name, function) pairs, in the order of the file."""
    module = importlib.import_module(f"programs_{topic}")
    found = inspect.getmembers(module, inspect.isfunction)
    found = [(name, function) for name, function in found if name.startswith("case_")]
    return sorted(found, key=lambda pair: pair[1].__code__.co_firstlineno)


def golden_path(topic):
    return HERE / f"golden_programs_{topic}.npz"


def save(topic, found):
    """Writes arrays as one block of bytes: a zip entry for each would be larger than the array."""
    arrays = {key: np.ascontiguousarray(value).reshape(value.shape) for key, value in found.items()}
    heads = [[key, value.dtype.str, value.shape] for key, value in arrays.items()]
    block = b"".join(value.tobytes() for value in arrays.values())
    head = np.array(json.dumps(heads))
    np.savez_compressed(golden_path(topic), head=head, block=np.frombuffer(block, np.uint8))


def load(topic):
    """What `save` wrote."""
    with np.load(golden_path(topic)) as file:
        heads, block = json.loads(str(file["head"])), file["block"].tobytes()
    found, at = {}, 0
    for key, kind, shape in heads:
        dtype = np.dtype(kind)
        count = int(np.prod(shape))
        found[key] = np.frombuffer(block, dtype, count, at).reshape(shape)
        at += count * dtype.itemsize
    return found


def loose(tolerance):
    """Marks a case whose numbers may differ by more than 1e-5."""

    def mark(function):
        function.tolerance = tolerance
        return function

    return mark


def array(value):
    """Tensors, variables and numbers of either framework as arrays; configurations as JSON."""
    if isinstance(value, str):
        return np.array(value)
    if isinstance(value, dict):
        return np.array(json.dumps(value, sort_keys=True, default=_listed))
    if hasattr(value, "numpy"):
        value = value.numpy()
    found = np.asarray(value)
    return found if found.dtype != object else np.array(json.dumps(found.tolist(), default=str))


def values(*shape, start=0.3):
    """Numbers without ties, between -2 and 2."""
    angles = np.arange(int(np.prod(shape))) * 1.37 + start
    return (2 * np.sin(angles)).astype("float32").reshape(shape)


def raised(function, *args, **kwargs):
    """Whether a call raises an error of the kinds that Keras uses for wrong arguments."""
    try:
        function(*args, **kwargs)
    except (ValueError, TypeError, NotImplementedError, RuntimeError):
        return "raises"
    return "no error"


def _listed(value):
    """Arrays, tensors and tuples in a configuration."""
    return np.asarray(value.numpy() if hasattr(value, "numpy") else value).tolist()


def gradient(keras, function, x):
    """The gradient of the sum of ``function(x)``, by the framework's own tape."""
    if keras.backend.backend() == "jax":
        jax = importlib.import_module("jax")
        return jax.grad(lambda value: function(value).sum())(x)
    if "caudal" in keras.__name__:
        tf = importlib.import_module("caudal")
    else:
        tf = importlib.import_module("tensorflow")
    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        total = tf.reduce_sum(function(tensor))
    return tape.gradient(total, tensor)
