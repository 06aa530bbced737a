"""Every expression of cases.py gives what TensorFlow 2.21 gave: values, shapes and dtypes."""

import ast
import base64
import json
from pathlib import Path

import ml_dtypes  # noqa: F401  (registers bfloat16 with NumPy)
import numpy as np
import pytest

import caudal as tf

from . import cases

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text())


def unpacked(entry):
    if isinstance(entry, list):
        return [unpacked(part) for part in entry]
    if entry is None:
        return None
    if entry["dtype"] == "object":
        return np.array(ast.literal_eval(entry["data"]), object)
    data = base64.b64decode(entry["data"])
    return np.frombuffer(data, entry["dtype"]).reshape(entry["shape"])


def agree(found, wanted, rtol):
    if isinstance(wanted, list):
        assert len(found) == len(wanted)
        for part, other in zip(found, wanted, strict=True):
            agree(part, other, rtol)
        return
    if wanted is None:
        assert found is None
        return
    found = np.asarray(found)
    if wanted.dtype == object:
        assert found.tolist() == wanted.tolist()
        return
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    if wanted.dtype.kind in "fc":
        scale = np.max(np.abs(wanted[np.isfinite(wanted)]), initial=0)
        atol = max(1e-6, rtol * float(scale))
        np.testing.assert_allclose(found, wanted, rtol=rtol, atol=atol)
    else:
        np.testing.assert_array_equal(found, wanted)


def evaluate(expression, **more):
    return eval(expression, {**vars(cases), "tf": tf, "np": np, **more})


@pytest.mark.parametrize("expression", cases.CASES)
def test_value(expression):
    agree(evaluate(expression), unpacked(GOLDEN["cases"][expression]), 3e-6)


def weighted(expression, x):
    y = tf.reshape(evaluate(expression, x=x), [-1])
    return tf.reduce_sum(y * tf.range(1.0, float(y.shape[0]) + 1))


@pytest.mark.parametrize(("expression", "at"), cases.GRADIENTS)
def test_gradient(expression, at):
    x = tf.constant(np.asarray(evaluate(at), "float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = weighted(expression, x)
    wanted = unpacked(GOLDEN["gradients"][f"{expression} at {at}"])
    agree(tape.gradient(total, x), wanted, 2e-5)
