"""tf.train.Checkpoint, its statuses, its manager, and values that come before their objects."""

from __future__ import annotations

import os

import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.errors import InvalidArgumentError, NotFoundError, ShapeError

V = tf.Variable


@pytest.fixture
def saved(tmp_path):
    return tf.train.Checkpoint(a=V(1.0), b=V([1.0, 2.0])).save(tmp_path / "x")


# --- statuses -------------------------------------------------------------------------------------


def test_what_the_program_lacks(saved):
    status = tf.train.Checkpoint(a=V(0.0)).restore(saved)
    with pytest.raises(AssertionError, match=r"Unresolved object in checkpoint \(root\)\.b"):
        status.assert_consumed()
    status.assert_existing_objects_matched()
    status.expect_partial()


def test_what_the_checkpoint_lacks(saved):
    status = tf.train.Checkpoint(a=V(0.0), c=V(3.0)).restore(saved)
    with pytest.raises(AssertionError, match="Found 1 Python objects that were not bound"):
        status.assert_existing_objects_matched()
    status.assert_nontrivial_match()


def test_nothing_in_common(saved):
    status = tf.train.Checkpoint(q=V(0.0)).read(saved)
    with pytest.raises(AssertionError, match="Nothing except the root"):
        status.assert_nontrivial_match()


def test_restoring_nothing(tmp_path):
    status = tf.train.Checkpoint(a=V(0.0)).restore(tf.train.latest_checkpoint(tmp_path))
    status.expect_partial()
    with pytest.raises(AssertionError, match="No checkpoint specified"):
        status.assert_consumed()


def test_errors_change_nothing(saved):
    a = V(0.0)
    with pytest.raises(ShapeError, match=r"shape \(2,\).*shape \(1,\)"):
        tf.train.Checkpoint(a=a, b=V([0.0])).restore(saved)
    with pytest.raises(InvalidArgumentError, match="expected dtype int32"):
        tf.train.Checkpoint(a=a, b=V([0, 0])).restore(saved)
    assert float(a) == 0.0
    with pytest.raises(InvalidArgumentError, match="expecting a to be a trackable"):
        tf.train.Checkpoint(a=3)
    with pytest.raises(NotFoundError, match="missing the checkpoint suffix"):
        tf.train.Checkpoint(a=a).restore(saved[:-2])


# --- values before their objects ------------------------------------------------------------------


def test_attributes_of_modules_that_come_later(tmp_path):
    module, inner = tf.Module(), tf.Module()
    module.inner, inner.v, module.w = inner, V(5.0), V([6.0])
    path = tf.train.Checkpoint(m=module).write(tmp_path / "m")
    later = tf.Module()
    status = tf.train.Checkpoint(m=later).read(path)
    later.w = V([0.0])
    assert later.w.numpy().tolist() == [6.0]
    inner = tf.Module()
    later.inner = inner
    inner.v = V(0.0)
    assert float(inner.v) == 5.0
    status.assert_consumed()


def test_attributes_of_the_checkpoint_that_come_later(saved):
    checkpoint = tf.train.Checkpoint(a=V(0.0))
    status = checkpoint.restore(saved)
    checkpoint.b = V([0.0, 0.0])
    assert checkpoint.b.numpy().tolist() == [1.0, 2.0]
    status.assert_consumed()


class Stack(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = keras.layers.Dense(3)
        self.blocks = [keras.layers.Dense(3) for _ in range(2)]
        self.drop = keras.layers.Dropout(0.5)

    def call(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = block(x)
        return self.drop(x)


X, Y = np.ones((8, 4), np.float32), np.ones((8, 3), np.float32)


def trained():
    model = Stack()
    model.compile("adam", "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    return model


def test_a_model_that_is_built_later(tmp_path):
    model = trained()
    path = tf.train.Checkpoint(model=model, optimizer=model.optimizer).save(tmp_path / "c")
    again = Stack()
    again.compile("adam", "mse")
    status = tf.train.Checkpoint(model=again, optimizer=again.optimizer).restore(path)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    for one in (model, again):
        one.fit(X, Y, epochs=1, verbose=0, shuffle=False)
    status.assert_consumed()
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_layer_that_is_built_inside_a_function(tmp_path):
    layer = keras.layers.Dense(2)
    layer(X)
    path = tf.train.Checkpoint(layer=layer).write(tmp_path / "c")
    again = keras.layers.Dense(2)
    tf.train.Checkpoint(layer=again).read(path)
    function = tf.function(lambda x: again(x))
    np.testing.assert_allclose(function(X), layer(X), rtol=1e-6)
    again.kernel.assign(again.kernel * 0)
    assert not function(X).numpy().any()


# --- the manager ----------------------------------------------------------------------------------


def names(folder):
    return sorted(name for name in os.listdir(folder) if name.endswith(".index"))


def test_the_manager_keeps_the_last(tmp_path):
    checkpoint = tf.train.Checkpoint(v=V(0))
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, 2, checkpoint_name="run")
    for _ in range(4):
        manager.save()
    assert names(tmp_path) == ["run-3.index", "run-4.index"]
    assert manager.latest_checkpoint == tf.train.latest_checkpoint(tmp_path)
    assert len(os.listdir(tmp_path)) == 5


def test_the_manager_keeps_one_in_a_while(tmp_path):
    checkpoint = tf.train.Checkpoint(v=V(0))
    manager = tf.train.CheckpointManager(
        checkpoint, tmp_path, 1, keep_checkpoint_every_n_hours=1e-9
    )
    for _ in range(3):
        manager.save()
    assert len(names(tmp_path)) == 3 and len(manager.checkpoints) == 1


def test_the_managers_interval(tmp_path):
    step = V(0)
    checkpoint = tf.train.Checkpoint(step=step)
    manager = tf.train.CheckpointManager(
        checkpoint, tmp_path, None, step_counter=step, checkpoint_interval=3
    )
    saved = []
    for _ in range(7):
        step.assign_add(1)
        saved.append(manager.save() is not None)
    assert saved == [True, False, False, True, False, False, True]
    assert manager.save() is None and manager.save(check_interval=False) is not None


def test_the_manager_starts_afresh(tmp_path):
    called = []
    manager = tf.train.CheckpointManager(
        tf.train.Checkpoint(v=V(0)), tmp_path / "new", 1, init_fn=lambda: called.append(1)
    )
    assert manager.restore_or_initialize() is None and called == [1]
    with pytest.raises(InvalidArgumentError, match="max_to_keep"):
        tf.train.CheckpointManager(manager.checkpoint, tmp_path, 0)


def test_the_iterator(tmp_path, monkeypatch):
    from caudal.train import manager as module

    monkeypatch.setattr(module, "_POLL_SECONDS", 0.001)
    checkpoint = tf.train.Checkpoint(v=V(0))
    paths = []
    for path in tf.train.checkpoints_iterator(tmp_path, timeout=0.01, timeout_fn=lambda: True):
        paths.append(path)
    assert paths == []
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, 3)
    manager.save()
    for path in tf.train.checkpoints_iterator(tmp_path, timeout=0.01):
        paths.append(path)
        if len(paths) < 3:
            manager.save()
    assert paths == manager.checkpoints


# --- other things that are saved ------------------------------------------------------------------


class Text(tf.train.experimental.PythonState):
    def __init__(self, text):
        self.text = text

    def serialize(self):
        return self.text

    def deserialize(self, string_value):
        self.text = string_value.decode()


def test_python_state(tmp_path):
    path = tf.train.Checkpoint(p=Text("ñ")).write(tmp_path / "p")
    again = Text("")
    tf.train.Checkpoint(p=again).read(path).assert_consumed()
    assert again.text == "ñ"


def test_generators_and_metrics(tmp_path):
    generator, metric = tf.random.Generator.from_seed(3), keras.metrics.Mean()
    generator.normal([2])
    metric.update_state([1.0, 2.0])
    path = tf.train.Checkpoint(g=generator, m=metric).write(tmp_path / "g")
    expected = generator.normal([2]).numpy().tolist()
    generator, metric = tf.random.Generator.from_seed(0), keras.metrics.Mean()
    tf.train.Checkpoint(g=generator, m=metric).read(path).assert_consumed()
    assert generator.normal([2]).numpy().tolist() == expected and float(metric.result()) == 1.5


def test_reading(saved, tmp_path):
    names = [name for name, _ in tf.train.list_variables(tmp_path)]
    assert "b/.ATTRIBUTES/VARIABLE_VALUE" in names
    reader = tf.train.load_checkpoint(tmp_path)
    assert reader.has_tensor(names[1]) and reader.get_tensor(names[1]) == 1.0
    assert b"b/.ATTRIBUTES/VARIABLE_VALUE (DT_FLOAT) [2]" in reader.debug_string()
    with pytest.raises(NotFoundError, match="Key zz"):
        tf.train.load_variable(saved, "zz")
    with pytest.raises(NotFoundError, match="checkpoint"):
        tf.train.load_checkpoint(tmp_path / "nothing")


def test_names_with_quotes_and_accents(tmp_path):
    folder = tmp_path / 'we"ird ñ'
    path = tf.train.Checkpoint(v=V(1)).save(folder / 'a\\b"ñ')
    assert tf.train.latest_checkpoint(folder) == path
    state = tf.train.get_checkpoint_state(folder)
    assert state.all_model_checkpoint_paths == [path]
