"""Models of keras.ops and operators: Keras's files are read, ours hold the same operations."""

import json
from pathlib import Path

import numpy as np
import pytest
from function_cases import X, Y, cases

from caudal import nn
from caudal.errors import DTypeError, UnimplementedError
from caudal.keras import Input, Model, Operation, models, ops

RECORDED = json.loads(Path(__file__).with_name("golden_functions.json").read_text())


def made(name):
    x, y = Input((3, 4), name="x"), Input((3, 4), name="y")
    return Model([x, y], cases(ops)[name](x, y), name=name)


@pytest.mark.parametrize("name", RECORDED)
def test_a_configuration_of_keras_is_read(name):
    model = models.model_from_json(RECORDED[name]["json"])
    np.testing.assert_allclose(model([X, Y]), RECORDED[name]["result"], atol=2e-5)


@pytest.mark.parametrize("name", RECORDED)
def test_a_configuration_of_ours_has_keras_s_operations(name):
    text = made(name).to_json()
    again = models.model_from_json(text)
    assert again.to_json() == text
    np.testing.assert_array_equal(again([X, Y]), made(name)([X, Y]))

    def operations(source):
        return sorted(layer["class_name"] for layer in json.loads(source)["config"]["layers"])

    assert operations(text) == operations(RECORDED[name]["json"])


def test_saved_and_loaded(tmp_path):
    model = made("network")
    model.save(tmp_path / "model.keras")
    loaded = models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded([X, Y]), model([X, Y]))


def test_other_functions_are_refused():
    x = Input((3,))
    with pytest.raises(UnimplementedError, match=r"none of keras\.ops"):
        Model(x, nn.crelu(x)).to_json()
    text = RECORDED["pad"]["json"].replace('"Pad"', '"Exec"')
    with pytest.raises(DTypeError, match="Exec"):
        models.model_from_json(text)


def test_operations_of_one_s_own():
    class Twice(Operation):
        def call(self, x):
            return x * 2.0

    x = Input((3,))
    model = Model(x, Twice(name="twice")(x))
    again = models.model_from_json(model.to_json(), custom_objects={"Twice": Twice})
    np.testing.assert_array_equal(again(np.ones((1, 3))), [[2.0] * 3])
    np.testing.assert_array_equal(models.clone_model(model)(np.ones((1, 3))), [[2.0] * 3])
