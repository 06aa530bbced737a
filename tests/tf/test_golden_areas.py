"""Every expression of the cases_AREA.py files gives what TensorFlow 2.21 gave, gradients too."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

import caudal as tf

from .test_golden import agree, unpacked

AREAS = (
    "backend",
    "boxes",
    "factors",
    "numpy",
    "operators",
    "rows",
    "surface",
    "transcendental",
    "windows",
)
CASES = {area: importlib.import_module(f"{__package__}.cases_{area}") for area in AREAS}
GOLDEN = {
    area: json.loads(Path(__file__).with_name(f"golden_{area}.json").read_text()) for area in AREAS
}


def names(area):
    return {**vars(CASES[area]), "tf": tf, "np": np}


VALUES = [(area, expression) for area in AREAS for expression in CASES[area].CASES]
GRADIENTS = [(area, *pair) for area in AREAS for pair in CASES[area].GRADIENTS]


@pytest.mark.parametrize(("area", "expression"), VALUES)
def test_value(area, expression):
    found = eval(expression, names(area))
    agree(found, unpacked(GOLDEN[area]["cases"][expression]), 2e-5)


@pytest.mark.parametrize(("area", "expression", "at"), GRADIENTS)
def test_gradient(area, expression, at):
    x = tf.constant(np.asarray(eval(at, names(area)), "float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reshape(eval(expression, {**names(area), "x": x}), [-1])
        total = tf.reduce_sum(y * tf.range(1.0, float(y.shape[0]) + 1))
    found = tf.convert_to_tensor(tape.gradient(total, x))
    agree(found, unpacked(GOLDEN[area]["gradients"][f"{expression} at {at}"]), 5e-5)
