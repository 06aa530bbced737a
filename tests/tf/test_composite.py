"""Ragged and sparse tensors, sets and their like give what TensorFlow 2.21 gave."""

import json
from pathlib import Path

import numpy as np
import pytest

import caudal as tf

from . import cases_composite
from .composite_values import agree, described

GOLDEN = json.loads(Path(__file__).with_name("golden_composite.json").read_text())
NAMES = {**vars(cases_composite), "tf": tf, "np": np, **cases_composite.made(tf)}


@pytest.mark.parametrize("expression", cases_composite.CASES)
def test_value(expression):
    wanted = GOLDEN["cases"][expression]
    if wanted == "raises":
        with pytest.raises(tf.errors.CaudalError):
            eval(expression, dict(NAMES))
        return
    agree(described(eval(expression, dict(NAMES))), wanted)


@pytest.mark.parametrize(("expression", "at"), cases_composite.GRADIENTS)
def test_gradient(expression, at):
    x = tf.constant(np.asarray(at, "float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = eval(expression, {**NAMES, "x": x})
        y = tf.reshape(getattr(y, "flat_values", getattr(y, "values", y)), [-1])
        total = tf.reduce_sum(y * tf.range(1.0, float(y.shape[0]) + 1))
    wanted = GOLDEN["gradients"][f"{expression} at {at}"]
    agree(described(tf.convert_to_tensor(tape.gradient(total, x))), wanted)
