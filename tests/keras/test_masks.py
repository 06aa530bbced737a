"""Masks through layers and models, against real Keras."""

import warnings

import numpy as np
import pytest
from case_check import check
from mask_cases import CASES, IDS, Sources

from caudal import keras
from caudal.errors import CaudalWarning, InvalidArgumentError, ShapeError

L = keras.layers
EMPTY = np.ones((2, 3, 4), "float32")


@pytest.mark.parametrize("case", CASES)
def test_as_keras(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CaudalWarning)
        check("mask", case, CASES[case])


@pytest.mark.parametrize(
    "make",
    [
        lambda: L.Flatten(),
        lambda: L.Conv1D(2, 2),
        lambda: L.GlobalMaxPooling1D(),
        lambda: L.Reshape((6, 4)),
        lambda: L.Lambda(lambda x: x * 2),
    ],
)
def test_a_layer_that_loses_a_mask_says_so(make):
    x = Sources(keras).with_mask(IDS)
    with pytest.warns(CaudalWarning, match="does not support masking"):
        y = make()(x)
    assert getattr(y, "_keras_mask", None) is None


def test_models_that_keep_a_mask_are_silent():
    x = Sources(keras).with_mask(IDS)
    inputs = keras.Input((4, 6))
    for model in (keras.Model(inputs, L.Dense(2)(inputs)), keras.Sequential([L.Dense(2)])):
        np.testing.assert_array_equal(model(x)._keras_mask, IDS > 0)


def test_another_dtype_keeps_the_mask():
    x = Sources(keras).with_mask(IDS)
    y = L.Dense(2, dtype="float64")(x)
    np.testing.assert_array_equal(y._keras_mask, IDS > 0)


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("mask.*list", lambda: L.Add().compute_mask([IDS, IDS], mask=IDS)),
        ("one entry per input", lambda: L.Concatenate().compute_mask([IDS, IDS], mask=[IDS])),
        ("broadcastable", lambda: L.Softmax()(np.ones((2, 3)), mask=np.ones((2, 4), bool))),
        (
            "batch and steps",
            lambda: L.TimeDistributed(L.Dense(2))(EMPTY, mask=IDS > 0),
        ),
    ],
)
def test_bad_masks(match, call):
    with pytest.raises((InvalidArgumentError, ShapeError), match=match):
        call()
