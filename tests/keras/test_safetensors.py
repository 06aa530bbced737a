"""Weights in .safetensors files, compared with the safetensors package."""

from __future__ import annotations

import json

import numpy as np
import pytest

from caudal import keras
from caudal.errors import CaudalWarning, DataLossError, InvalidArgumentError


def make(units=3):
    layers = [keras.layers.Dense(units), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    return keras.Sequential([keras.Input((4,)), *layers])


@pytest.fixture
def model():
    return make()


def same(a, b):
    for one, other in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_round_trip(model, tmp_path):
    path = tmp_path / "m.safetensors"
    model.save_weights(path)
    again = make()
    again.load_weights(path)
    same(model, again)


def test_the_package_reads_and_writes_the_same(model, tmp_path):
    package = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "m.safetensors"
    model.save_weights(path)
    arrays = package.load_file(path)
    np.testing.assert_array_equal(arrays["layers/dense/kernel"], model.layers[0].kernel)
    assert len(arrays) == 8
    package.save_file(arrays, path)
    again = make()
    again.load_weights(path)
    same(model, again)


def test_another_model(model, tmp_path):
    path = tmp_path / "m.safetensors"
    model.save_weights(path)
    other = make(units=5)
    before = other.get_weights()
    with pytest.raises(InvalidArgumentError, match="shape"):
        other.load_weights(path)
    for one, value in zip(other.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, value)
    with pytest.raises(InvalidArgumentError, match="has 8 weights"):
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]).load_weights(path)
    with pytest.warns(CaudalWarning, match="skipped"):
        other.load_weights(path, skip_mismatch=True)


def header(entries, data=b"\0" * 8):
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return len(text).to_bytes(8, "little") + text + data


GOOD = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 8,
        header(b"{"),
        header([]),
        header({"a": 3}),
        header({"a": {**GOOD, "dtype": "F99"}}),
        header({"a": {**GOOD, "shape": [10**12]}}),
        header({"a": {**GOOD, "shape": [-2]}}),
        header({"a": {**GOOD, "shape": "x"}}),
        header({"a": {**GOOD, "data_offsets": [0, 10**15]}}),
        header({"a": GOOD, "b": GOOD}),
        header({"a": GOOD}, b""),
        header({"a": GOOD}, b"\0" * 9),
    ],
)
def test_damaged_files(model, tmp_path, content):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(DataLossError, match=r"m\.safetensors"):
        model.load_weights(path)
