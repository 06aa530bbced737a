"""What `tf.saved_model.save` writes comes back (tools/check_saved_models.py asks TensorFlow)."""

from __future__ import annotations

import numpy as np
import pytest

import caudal as tf


class Affine(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="w")
        self.calls = tf.Variable(0, trainable=False)
        self.parts = {"bias": tf.Variable([0.5, -0.5], name="bias")}

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32)])
    def __call__(self, x):
        self.calls.assign_add(1)
        y = x @ self.w + self.parts["bias"]
        return {"y": y, "mean": tf.reduce_mean(y, 0), "rows": tf.range(tf.shape(x)[0])}

    @tf.function
    def power(self, x, n=2):
        return x ** float(n)


def saved(obj, folder, *args):
    tf.saved_model.save(obj, folder, *args)
    assert tf.saved_model.contains_saved_model(folder)
    return tf.saved_model.load(folder)


class TestModule:
    def test_variables_functions_and_signatures(self, tmp_path):
        module = Affine()
        module.power(tf.constant([1.0, 2.0]))
        module.power(tf.constant([1.0, 2.0]), 3)
        loaded = saved(module, tmp_path / "m", module.__call__)
        assert loaded.parts["bias"].numpy().tolist() == [0.5, -0.5]
        assert (loaded.w.trainable, loaded.calls.trainable) == (True, False)
        for rows in (1, 2, 7):
            x = tf.constant(np.arange(rows * 3.0, dtype="float32").reshape(rows, 3))
            expected, found = module(x), loaded(x)
            assert sorted(found) == ["mean", "rows", "y"]
            for key in found:
                np.testing.assert_array_equal(found[key].numpy(), expected[key].numpy())
        assert int(loaded.calls) == 3
        assert loaded.power(tf.constant([1.0, 2.0]), n=3).numpy().tolist() == [1.0, 8.0]
        signature = loaded.signatures["serving_default"]
        np.testing.assert_array_equal(signature(x=x)["y"].numpy(), expected["y"].numpy())
        assert signature.structured_input_signature[1]["x"].shape.as_list() == [None, 3]

    def test_saved_again_after_loading(self, tmp_path):
        module = Affine()
        once = saved(module, tmp_path / "a", module.__call__)
        twice = saved(once, tmp_path / "b")
        x = tf.constant([[1.0, 2.0, 3.0]])
        np.testing.assert_array_equal(twice(x)["y"].numpy(), module(x)["y"].numpy())

    def test_over_an_older_one(self, tmp_path):
        module = Affine()
        saved(module, tmp_path / "m")
        module.w.assign(module.w * 2.0)
        loaded = saved(module, tmp_path / "m")
        np.testing.assert_array_equal(loaded.w.numpy(), module.w.numpy())

    def test_concrete_functions_as_signatures(self, tmp_path):
        module = Affine()
        fixed = module.power.get_concrete_function(tf.TensorSpec([2], tf.float32), 3)
        loaded = saved(module, tmp_path / "m", {"cube": fixed})
        (result,) = loaded.signatures["cube"](x=tf.constant([1.0, 2.0])).values()
        assert result.numpy().tolist() == [1.0, 8.0]

    def test_signatures_that_were_only_asked_for(self, tmp_path):
        """As modules for TensorFlow Hub are made: one function for each way to call it."""

        class Scaled(tf.Module):
            def __init__(self):
                super().__init__()
                self.v = tf.Variable(2.0)

            @tf.function
            def __call__(self, x, training=False):
                return x * self.v if training else x

        module, other = Scaled(), Scaled()
        rows = tf.TensorSpec((None, 2), tf.float32)
        for training in (True, False):
            module.__call__.get_concrete_function(rows, training)
        other.__call__.get_concrete_function(tf.TensorSpec((None, 3), tf.float32))
        loaded = saved(module, tmp_path / "m")
        for count in (1, 4):
            assert (loaded(tf.ones((count, 2)), training=True) == 2.0).numpy().all()
            assert (loaded(tf.ones((count, 2))) == 1.0).numpy().all()
        with pytest.raises(ValueError, match="matching concrete function"):
            loaded(tf.ones((1, 3)))
        assert saved(other, tmp_path / "o")(tf.ones((5, 3))).shape == (5, 3)

    def test_one_function_is_the_default_signature(self, tmp_path):
        class One(tf.Module):
            @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
            def double(self, x):
                return x * 2.0

        loaded = saved(One(), tmp_path / "m")
        assert float(loaded.signatures["serving_default"](x=tf.constant(2.0))["output_0"]) == 4.0


def open_function(function, *shapes):
    class Holder(tf.Module):
        pass

    holder = Holder()
    specs = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
    holder.call = tf.function(function, input_signature=specs)
    return holder


CASES = {
    "flat": (lambda x: tf.reshape(x, [-1]), [[None, 3]]),
    "merged axes": (lambda x: tf.reshape(x, [-1, 2]), [[None, None, 2]]),
    "ones": (lambda x: x + tf.ones_like(x), [[None, 40]]),
    "scaled": (lambda x: x / tf.cast(tf.shape(x)[0], tf.float32), [[None, 2]]),
    "inverse": (lambda x: x * (1.0 / float(x.shape[0])), [[None, 2]]),
    "counted": (lambda x: tf.cast(tf.range(tf.shape(x)[0]), tf.float32) + x[:, 0], [[None, 2]]),
    "tiled": (lambda x: tf.tile(x, [2, 1]), [[None, 2]]),
    "last rows": (lambda x: x[-2:], [[None, 2]]),
    "two batches": (lambda x, y: tf.concat([x, y], 0), [[None, 2], [None, 2]]),
    "pairs": (lambda x, y: x[:, None] - y[None], [[None], [None]]),
    "one batch": (lambda x, y: x + y, [[None, 2], [None, 2]]),
    "running sums": (lambda x: tf.cumsum(x, 0), [[None, 2]]),
}


@pytest.mark.parametrize("name", CASES)
def test_open_extents(name, tmp_path):
    function, shapes = CASES[name]
    loaded = saved(open_function(function, *shapes), tmp_path / "m")
    for size in (4, 5):
        arrays = [
            np.random.default_rng(i).normal(size=[n or size for n in shape]).astype("float32")
            for i, shape in enumerate(shapes)
        ]
        tensors = [tf.constant(array) for array in arrays]
        expected = function(*tensors).numpy()
        np.testing.assert_allclose(loaded.call(*tensors).numpy(), expected, rtol=1e-5, atol=1e-6)


class TestErrors:
    def test_a_program_that_depends_on_an_open_extent(self, tmp_path):
        def odd(x):
            return x * 2.0 if x.shape[0] % 2 else tf.sin(x)

        with pytest.raises(tf.errors.InvalidArgumentError, match="open extents"):
            tf.saved_model.save(open_function(odd, [None]), tmp_path / "m")
        assert not (tmp_path / "m").exists()

    def test_an_op_without_counterpart_is_named(self, tmp_path):
        holder = open_function(lambda x: x * tf.random.uniform([2]), [2])
        with pytest.raises(tf.errors.UnimplementedError, match="threefry"):
            tf.saved_model.save(holder, tmp_path / "m")

    def test_texts(self, tmp_path):
        class Words(tf.Module):
            @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
            def __call__(self, x):
                return tf.strings.split(x)

        with pytest.raises(tf.errors.InvalidArgumentError, match=r"strings\.split"):
            tf.saved_model.save(Words(), tmp_path / "m")

    def test_signatures_must_be_functions(self, tmp_path):
        with pytest.raises(TypeError, match=r"expected a tf\.function"):
            tf.saved_model.save(Affine(), tmp_path / "m", {"a": 3})
        with pytest.raises(NotImplementedError, match="extra_tags"):
            tf.saved_model.SaveOptions(extra_tags=["gpu"])

    def test_nothing_there(self, tmp_path):
        with pytest.raises(OSError, match="does not exist"):
            tf.saved_model.load(tmp_path / "none")
