"""Hypermodels of pictures' networks: spaces and sizes as recorded from KerasTuner."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest
from hypermodel_cases import MODELS, SMALL, built

from caudal import keras, tuner
from caudal.tuner.applications.augment import RandAugment

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text())["applications"]
PICTURES = np.random.default_rng(0).random((8, 32, 32, 3), np.float32)


@pytest.mark.parametrize("name", MODELS)
def test_as_recorded(name):
    found = json.loads(json.dumps(built(tuner, name)[1]))
    assert found == GOLDEN[name]


def test_rand_augment_transforms_in_training_only_and_each_picture_by_itself():
    layer = RandAugment(["rotate", "contrast"], [0.5, 0.0])
    np.testing.assert_array_equal(layer(PICTURES, training=False), PICTURES)
    found = np.asarray(layer(np.concatenate([PICTURES] * 4), training=True))
    same = [np.array_equal(a, b) for a, b in zip(found, [*PICTURES] * 4, strict=True)]
    assert 3 < sum(same) < 29  # about half were left to the contrast of factor 0
    again = RandAugment.from_config(layer.get_config())
    assert again.layers == layer.layers and again.factors == layer.factors


def test_an_augmented_efficientnet_trains_its_top(monkeypatch):
    network = functools.partial(keras.applications.EfficientNetB0, weights=None)
    monkeypatch.setattr(keras.applications, "EfficientNetB0", network)
    monkeypatch.setattr("caudal.tuner.applications.efficientnet._SIZES", {"B0": 32})
    hyper = tuner.applications.HyperEfficientNet(
        **SMALL, augmentation_model=tuner.applications.HyperImageAugment((32, 32, 3), rotate=0.2)
    )
    hp = tuner.HyperParameters()
    model = hyper.build(hp)
    names = [one.name for one in hp.space]
    assert names[-4:] == ["version", "pooling", "top_dropout_rate", "learning_rate"]
    assert "augment_layers" in names and model.output_shape == (None, 4)
    assert type(model.optimizer) is keras.optimizers.SGD


def test_a_small_xception_is_searched(tmp_path):
    hp = tuner.HyperParameters()
    hp.Fixed("sep_num_filters", 16)
    hp.Fixed("num_residual_blocks", 1)
    made = tuner.RandomSearch(
        tuner.applications.HyperXception(**SMALL),
        "loss",
        max_trials=1,
        hyperparameters=hp,
        tune_new_entries=False,
        directory=tmp_path,
    )
    made.search(PICTURES, np.eye(4)[[0, 1, 2, 3] * 2], epochs=1, verbose=0)
    assert made.oracle.trials["0"].score > 0


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("HyperResNet", {"input_shape": (32, 32, 3)}, "the top needs classes="),
        ("HyperXception", {"classes": 3}, "pass input_shape or input_tensor"),
        ("HyperEfficientNet", {**SMALL, "augmentation_model": 3}, "a model or a HyperModel"),
        ("HyperImageAugment", {"input_shape": (8, 8, 3), "rotate": "far"}, "rotate must be a num"),
        ("HyperImageAugment", {"input_shape": (8, 8, 3), "augment_layers": 1.5}, "augment_layers"),
    ],
)
def test_what_is_wrong_is_named(kind, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(tuner.applications, kind)(**arguments)
