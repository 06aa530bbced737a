"""ModelCheckpoint: when it saves, under which name, in which format."""

from __future__ import annotations

import numpy as np
import pytest

from caudal import keras
from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.keras import layers
from caudal.keras.callbacks import Callback, ModelCheckpoint

X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
Y = X[:, :2] * 2


def make():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="d")])
    model.compile("adam", "mse", metrics=["mae"])
    return model


class Weights(Callback):
    """Every epoch's weights and logs."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((self.model.get_weights(), dict(logs)))


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5", ""])
def test_whole_models_per_epoch(tmp_path, suffix):
    model, seen = make(), Weights()
    path = str(tmp_path / "m-{epoch:02d}-{val_loss:.2f}") + suffix
    model.fit(
        X, Y, epochs=3, verbose=0, validation_split=0.25, callbacks=[ModelCheckpoint(path), seen]
    )
    assert len(list(tmp_path.iterdir())) == 3
    for epoch, (weights, logs) in enumerate(seen.seen):
        name = f"m-{epoch + 1:02d}-{logs['val_loss']:.2f}{suffix}"
        loaded = keras.models.load_model(tmp_path / name)
        for ours, theirs in zip(loaded.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert int(loaded.optimizer.iterations.numpy()) == epoch + 1


@pytest.mark.parametrize("name", ["w.weights.h5", "w.h5", "w", "deep/checkpoint", "w.ckpt"])
def test_weights_only(tmp_path, name):
    model = make()
    checkpoint = ModelCheckpoint(tmp_path / name, save_weights_only=True)
    model.fit(X, Y, epochs=1, verbose=0, callbacks=[checkpoint])
    fresh = make()
    fresh.load_weights(tmp_path / name)
    for ours, theirs in zip(fresh.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def run(checkpoint, values, monitor="val_loss"):
    """The epochs after which a checkpoint saved, for given values of its metric."""
    saved = []

    class Fake:
        metrics = ()

        def save(self, path, overwrite):
            saved.append(path)

    checkpoint.set_model(Fake())
    for epoch, value in enumerate(values):
        checkpoint.on_epoch_begin(epoch)
        checkpoint.on_epoch_end(epoch, {monitor: value})
    return saved


def test_best_only_by_name_and_by_mode():
    best = {"save_best_only": True}
    values = [3.0, 2.0, 2.5, 1.0]
    assert run(ModelCheckpoint("{epoch}", **best), values) == ["1", "2", "4"]
    up = ModelCheckpoint("{epoch}", monitor="val_accuracy", **best)
    assert run(up, values, "val_accuracy") == ["1"]
    assert run(ModelCheckpoint("{epoch}", mode="max", **best), [1.0, 2.0, 0.0]) == ["1", "2"]
    start = ModelCheckpoint("{epoch}", initial_value_threshold=2.2, **best)
    assert run(start, values) == ["2", "4"]
    assert start.best == 1.0


def test_what_it_says(capsys):
    run(ModelCheckpoint("m.keras", save_best_only=True, verbose=1), [2.0, 3.0, 1.0])
    assert capsys.readouterr().out == (
        "\nEpoch 1: val_loss improved from None to 2.00000, saving model to m.keras\n"
        "\nEpoch 1: finished saving model to m.keras\n"
        "\nEpoch 2: val_loss did not improve from 2.00000\n"
        "\nEpoch 3: val_loss improved from 2.00000 to 1.00000, saving model to m.keras\n"
        "\nEpoch 3: finished saving model to m.keras\n"
    )
    run(ModelCheckpoint("m.keras", verbose=1), [2.0])
    assert capsys.readouterr().out == (
        "\nEpoch 1: saving model to m.keras\n\nEpoch 1: finished saving model to m.keras\n"
    )


def test_every_so_many_batches(tmp_path):
    model = make()
    path = str(tmp_path / "m-{epoch}-{batch}.keras")
    checkpoint = ModelCheckpoint(path, save_freq=4)
    model.fit(X, Y, batch_size=2, epochs=2, verbose=0, callbacks=[checkpoint])
    names = sorted(item.name for item in tmp_path.iterdir())
    assert names == ["m-1-4.keras", "m-2-2.keras", "m-2-6.keras"]
    counts = [keras.models.load_model(tmp_path / name).optimizer.iterations for name in names]
    assert [int(count.numpy()) for count in counts] == [4, 8, 12]


def test_only_counted_batches_slow_training_down():
    assert not ModelCheckpoint("m.keras").overrides_batch_hooks("train")
    assert ModelCheckpoint("m.keras", save_freq=3).overrides_batch_hooks("train")


def test_arguments_of_old_programs():
    with pytest.warns(CaudalWarning, match="unknown argument") as noted:
        ModelCheckpoint("m", frecuency="epoch", save_weight_only=True)
    assert any("Did you mean: save_weights_only" in str(item.message) for item in noted)
    with pytest.warns(CaudalWarning, match="period"):
        checkpoint = ModelCheckpoint("{epoch}", period=2)
    assert run(checkpoint, [1.0] * 5) == ["2", "4"]
    with pytest.warns(CaudalWarning, match="mode"):
        assert ModelCheckpoint("m", mode="least").mode == "auto"


def test_mistakes_are_named():
    with pytest.raises(InvalidArgumentError, match="save_freq"):
        ModelCheckpoint("m", save_freq="batch")
    with pytest.raises(InvalidArgumentError, match=r"acc.*val_loss"):
        run(ModelCheckpoint("{acc}"), [1.0])
    with pytest.warns(CaudalWarning, match=r"val_loss.*not available"):
        run(ModelCheckpoint("m", save_best_only=True), [1.0], "loss")
