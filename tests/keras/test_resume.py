"""BackupAndRestore: a killed training goes on and ends as if it had not been killed."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from caudal import keras
from caudal.errors import CaudalWarning, DataLossError, InvalidArgumentError
from caudal.keras.callbacks import BackupAndRestore
from caudal.keras.saving.backup_file import read_backup

PROGRAM = pathlib.Path(__file__).parent / "resume_program.py"
CASES = ("arrays", "net", "eager", "dataset", "mapped", "endless", "pydataset", "generator")


def run(folder, case, number):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", PROGRAM, folder, case, str(number)],
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "same True" in done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("case", ["arrays", "pydataset"])
def test_a_killed_training_ends_the_same(tmp_path, case):
    run(tmp_path, case, 1)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_killed_at_many_places(tmp_path, case):
    run(tmp_path, case, 5)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_killed_at_every_call(tmp_path, case):
    run(tmp_path, case, "all")


X, Y = np.ones((8, 4), np.float32), np.ones((8, 1), np.float32)


class Stop(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.at = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.at:
            raise KeyboardInterrupt


def make(units=3):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(units), keras.layers.Dropout(0.5)]
    )
    model.add(keras.layers.Dense(1))
    model.compile("adam", "mse", metrics=["mae"])
    return model


def interrupted(folder, at=3, model=None, **options):
    with pytest.raises(KeyboardInterrupt):
        (model or make()).fit(
            X, Y, epochs=5, verbose=0, callbacks=[BackupAndRestore(folder, **options), Stop(at)]
        )


def go_on(folder, model=None, **options):
    model = model or make()
    return model.fit(X, Y, epochs=5, verbose=0, callbacks=[BackupAndRestore(folder, **options)])


def test_the_history_is_whole_and_the_backup_is_deleted(tmp_path):
    folder = tmp_path / "backup"
    model = make()
    interrupted(folder, model=model)
    with pytest.warns(CaudalWarning, match="callbacks are"):
        go_on(folder)
    interrupted(folder)
    again = make()
    with pytest.warns(CaudalWarning, match="callbacks are"):
        go_on(folder, again, delete_checkpoint=False)
    assert int(again.optimizer.iterations) == 5
    assert os.listdir(folder) == ["latest.weights.h5"]
    assert read_backup(folder / "latest.weights.h5")["epoch"] == 5
    # A training that is through is not begun again.
    history = go_on(folder, again)
    assert int(again.optimizer.iterations) == 5 and history.epoch[-1] == 4
    assert not folder.exists()


def test_weights_of_a_backup_are_weights(tmp_path):
    model = make()
    interrupted(tmp_path, model=model)
    other = make()
    other.load_weights(tmp_path / "latest.weights.h5")
    for one, value in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, value)


def test_two_backups(tmp_path):
    interrupted(tmp_path, double_checkpoint=True)
    assert sorted(os.listdir(tmp_path)) == ["latest.weights.h5", "previous.weights.h5"]
    path = tmp_path / "latest.weights.h5"
    path.write_bytes(path.read_bytes()[:-3000])
    model = make()
    with pytest.warns(CaudalWarning, match="The backup before it is taken"):
        interrupted(tmp_path, at=2, model=model, double_checkpoint=True)
    assert int(model.optimizer.iterations) == 2
    (tmp_path / "previous.weights.h5").write_bytes(b"")
    with pytest.warns(CaudalWarning), pytest.raises(DataLossError):
        interrupted(tmp_path, double_checkpoint=True)


def test_another_models_backup_is_refused(tmp_path):
    interrupted(tmp_path)
    with pytest.raises(InvalidArgumentError, match="shape"):
        go_on(tmp_path, make(units=5))


def test_bad_arguments():
    with pytest.raises(InvalidArgumentError, match="Empty `backup_dir`"):
        BackupAndRestore("")
    for freq in ("batch", 0, True, 2.5):
        with pytest.raises(InvalidArgumentError, match="save_freq"):
            BackupAndRestore("folder", save_freq=freq)


def test_it_is_called_last():
    callbacks = keras.callbacks.CallbackList(
        [BackupAndRestore("folder"), keras.callbacks.EarlyStopping()], add_history=True
    )
    assert isinstance(callbacks.callbacks[-1], BackupAndRestore)
