"""The table of model.summary(), character by character as Keras 3.15.1 prints it."""

import json
from pathlib import Path

import numpy as np
import pytest
import summary_cases

from caudal import keras
from caudal.errors import InvalidArgumentError
from caudal.keras.engine.summary import readable_size

GOLDEN = json.loads((Path(__file__).parent / "golden_summary.json").read_text())


@pytest.fixture(scope="module")
def texts():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "80")
        keras.backend.clear_session()
        yield summary_cases.texts(keras)


@pytest.mark.parametrize("name", list(GOLDEN))
def test_table(texts, name):
    assert texts[name] == GOLDEN[name]


def test_standard_output(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")], name="m")
    model.summary()
    out = capsys.readouterr().out
    assert out.startswith('Model: "m"\n┏')
    assert "│ d (Dense)" in out
    assert out.endswith(" Non-trainable params: 0 (0.00 B)\n")


def test_subclass_before_and_after_its_first_call(monkeypatch):
    class Mine(keras.Model):
        def __init__(self):
            super().__init__(name="mine")
            self.first = keras.layers.Dense(3, name="first")

        def call(self, x):
            return self.first(x)

    def text(model):
        parts = []
        model.summary(print_fn=parts.append)
        return "".join(parts)

    monkeypatch.setenv("COLUMNS", "80")
    model = Mine()
    assert "0 (unbuilt)" in text(model)
    model.build((None, 4))
    assert "(None, 3)" in text(model)
    assert "Total params: 15 (60.00 B)" in text(model)


def test_sizes():
    assert readable_size(0) == "0.00 B"
    assert readable_size(1024) == "1.00 KB"
    assert readable_size(5 * 2**20) == "5.00 MB"


def test_bad_arguments():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")])
    with pytest.raises(InvalidArgumentError, match="matches no layer"):
        model.summary(layer_range=["d", "nothing"], print_fn=lambda text: None)
    with pytest.raises(InvalidArgumentError, match="expected 3 positions"):
        model.summary(positions=[0.5, 1.0], print_fn=lambda text: None)


def test_fit_leaves_the_batch_open():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(3)
            self.relu = keras.layers.ReLU()

        def call(self, inputs):
            return self.relu(self.dense(inputs))

    model = Net()
    model.compile("sgd", "mse")
    model.fit(np.ones((8, 2), "float32"), np.ones((8, 3), "float32"), verbose=0)
    model(np.ones((5, 2), "float32"))
    lines = []
    model.summary(print_fn=lines.append)
    assert "\n".join(lines).count("(None, 3)") == 2
