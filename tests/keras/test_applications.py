"""`keras.applications`: each network is real Keras's, layer by layer, and gives its outputs.

golden_applications.json.gz is recorded by tools/record_applications.py.
"""

import gzip
import json
from pathlib import Path

import application_cases as cases
import numpy as np
import pytest

from caudal import keras
from caudal.keras.initializers import random as draws

GOLDEN = json.loads(
    gzip.decompress((Path(__file__).parent / "golden_applications.json.gz").read_bytes())
)


@pytest.fixture
def without_values(monkeypatch):
    """Initial weights cost no time: only their shapes are looked at."""

    def zeros(self, shape, dtype=None, **rest):
        return np.zeros(shape, "float32")

    for kind in (draws.RandomNormal, draws.RandomUniform, keras.initializers.VarianceScaling):
        for one in (kind, *kind.__subclasses__()):
            if "__call__" in vars(one):
                monkeypatch.setattr(one, "__call__", zeros)


def structure_cases():
    for name, options in cases.STRUCTURES:
        marks = [pytest.mark.slow] if name in cases.LARGE else []
        yield pytest.param(name, options, id=cases.label(name, options), marks=marks)


@pytest.mark.parametrize(("name", "options"), list(structure_cases()))
def test_structure(name, options, without_values):
    """Names, classes, shapes, connections, weights and configurations of all layers, in order."""
    facts, rows = cases.describe(cases.build(keras, name, options))
    expected_facts, numbers = GOLDEN["structures"][cases.label(name, options)]
    expected = [[GOLDEN["texts"][i] for i in row] for row in numbers]
    wrong = [pair for pair in zip(expected, rows, strict=False) if pair[0] != pair[1]]
    assert wrong[:1] == []
    assert len(rows) == len(expected)
    assert facts == expected_facts


# Compiling the rest takes 5 s and more each.
FAST = ("MobileNet", "MobileNetV2", "MobileNetV3Small", "VGG16", "ResNet50V2", "ConvNeXtTiny")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(one, marks=[] if one in FAST else [pytest.mark.slow])
        for one in GOLDEN["outputs"]
    ],
)
def test_outputs(name):
    """Logits of real Keras for the same weights and pictures."""
    expected = np.array(GOLDEN["outputs"][name])
    found = cases.outputs(keras, name)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
