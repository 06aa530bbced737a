"""Every expression of cases_more.py gives what TensorFlow 2.21 gave: values, shapes and dtypes."""

import json
from pathlib import Path

import numpy as np
import pytest

import caudal as tf

from . import cases_more
from .test_golden import agree, unpacked

GOLDEN = json.loads(Path(__file__).with_name("golden_more.json").read_text())
NAMES = {**vars(cases_more), "tf": tf, "np": np}


@pytest.mark.parametrize("expression", cases_more.CASES)
def test_value(expression):
    agree(eval(expression, dict(NAMES)), unpacked(GOLDEN["cases"][expression]), 1e-5)


@pytest.mark.parametrize(("expression", "at"), cases_more.GRADIENTS)
def test_gradient(expression, at):
    x = tf.constant(np.asarray(eval(at, dict(NAMES)), "float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reshape(eval(expression, {**NAMES, "x": x}), [-1])
        total = tf.reduce_sum(y * tf.range(1.0, float(y.shape[0]) + 1))
    wanted = unpacked(GOLDEN["gradients"][f"{expression} at {at}"])
    agree(tape.gradient(total, x), wanted, 5e-5)
