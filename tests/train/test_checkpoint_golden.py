"""Checkpoints that real TensorFlow wrote (tools/record_checkpoints.py), restored."""

from __future__ import annotations

import pathlib
import shutil

import checkpoint_cases as cases
import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.train.bundle import BundleReader

FILES = pathlib.Path(__file__).parent / "files"


@pytest.mark.parametrize("name", cases.CASES)
@pytest.mark.parametrize("when", ["built", "before the optimizer is built"])
def test_keras_models(name, when):
    case = cases.CASES[name]
    model = case.make(keras)
    if when == "built":
        model.optimizer.build(model.trainable_variables)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer, step=tf.Variable(0))
    status = checkpoint.restore(FILES / name / "saved-1")
    model.optimizer.build(model.trainable_variables)
    status.assert_consumed()
    expected = np.load(FILES / name / "expected.npz")
    found = np.concatenate([np.ravel(variable) for variable in model.optimizer.variables])
    np.testing.assert_array_equal(found, expected["optimizer"])
    np.testing.assert_allclose(
        model.predict(case.inputs, verbose=0), expected["outputs"], rtol=1e-4, atol=1e-6
    )
    assert int(checkpoint.step) == 7 and int(checkpoint.save_counter) == 1


def plain(module):
    return [variable.numpy().tolist() for variable in module.variables]


def test_modules():
    module = cases.make_module(tf, zero=True)
    checkpoint = tf.train.Checkpoint(net=module, step=tf.Variable(0))
    checkpoint.restore(str(FILES / "module" / "saved-1")).assert_consumed()
    assert plain(module) == plain(cases.make_module(tf))
    assert int(checkpoint.step) == 3


def test_a_root():
    module = cases.make_module(tf, zero=True)
    tf.train.Checkpoint(module).read(str(FILES / "root" / "written")).assert_consumed()
    assert plain(module) == plain(cases.make_module(tf))


@pytest.mark.parametrize("where", ["module", "root"])
def test_our_files_have_the_same_tensors(tmp_path, where):
    module = cases.make_module(tf)
    if where == "module":
        ours = tf.train.Checkpoint(net=module, step=tf.Variable(3)).save(tmp_path / "saved")
        real = FILES / "module" / "saved-1"
    else:
        ours = tf.train.Checkpoint(module).write(tmp_path / "written")
        real = FILES / "root" / "written"
    ours, real = BundleReader(ours), BundleReader(real)
    names = [name for name in real.entries if name[0] != "_"]
    assert [name for name in ours.entries if name[0] != "_"] == names
    for name in names:
        assert ours.dtype(name) is real.dtype(name)
        assert ours.entry(name).crc == real.entry(name).crc
        assert ours.read(name).tolist() == real.read(name).tolist()


def test_a_managers_folder(tmp_path):
    shutil.copytree(FILES / "manager", tmp_path / "run")
    folder = str(tmp_path / "run")
    assert tf.train.latest_checkpoint(folder) == f"{folder}/ckpt-3"
    checkpoint = tf.train.Checkpoint(v=tf.Variable(0.0))
    manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=2)
    assert manager.checkpoints == [f"{folder}/ckpt-2", f"{folder}/ckpt-3"]
    assert manager.restore_or_initialize() == f"{folder}/ckpt-3"
    assert float(checkpoint.v) == 1.0
    assert manager.save() == f"{folder}/ckpt-4"
    assert manager.checkpoints == [f"{folder}/ckpt-3", f"{folder}/ckpt-4"]
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "checkpoint",
        *(f"ckpt-{n}.{kind}" for n in (3, 4) for kind in ("data-00000-of-00001", "index")),
    ]


def test_names_of_tensorflow_1():
    path = str(FILES / "names" / "model-5")
    assert tf.train.list_variables(path) == [("a", [2]), ("scope/b", [1, 1])]
    assert tf.train.load_variable(path, "a").tolist() == [1.0, 2.0]
    reader = tf.compat.v1.train.NewCheckpointReader(path)
    assert reader.get_variable_to_shape_map() == {"a": [2], "scope/b": [1, 1]}
    a, b = tf.Variable([0.0, 0.0], name="a"), tf.Variable([[0]], name="scope/b")
    tf.train.Checkpoint(one=a, two=[b]).restore(path).assert_consumed()
    assert a.numpy().tolist() == [1.0, 2.0] and b.numpy().tolist() == [[3]]


@pytest.mark.shared
def test_the_variables_of_saved_models():
    shared = pathlib.Path("/work/shared/data/models")
    found = sorted(shared.glob("**/variables.index"))
    if not found:
        pytest.skip("the workplace's shared data is not here")
    for path in found:
        reader = tf.train.load_checkpoint(str(path).removesuffix(".index"))
        for name, shape in reader.get_variable_to_shape_map().items():
            assert list(np.shape(reader.get_tensor(name))) == shape


@pytest.mark.parametrize("name", ["keras_2", "keras_2_10"])
@pytest.mark.parametrize("when", ["built", "before the optimizer is built"])
def test_weights_of_keras_2(name, when):
    model = cases.keras_2(keras)
    model.compile(keras.optimizers.Adam(0.5), "mse")
    if when == "built":
        model.optimizer.build(model.trainable_variables)
    status = model.load_weights(tf.train.latest_checkpoint(FILES / name))
    model.optimizer.build(model.trainable_variables)
    status.assert_existing_objects_matched()
    expected = np.load(FILES / name / "expected.npz")
    np.testing.assert_allclose(
        model.predict(cases.X, verbose=0), expected["outputs"], rtol=1e-5, atol=1e-6
    )
    moments = [variable.numpy() for variable in model.optimizer.variables[2:4]]
    np.testing.assert_array_equal(moments, expected["slots"])
    assert int(model.optimizer.iterations) == 2
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)
