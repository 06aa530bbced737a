"""SavedModels of real TensorFlow give what it gives (tools/record_saved_models.py)."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

import caudal as tf

FILES = pathlib.Path(__file__).parent / "files"
NAMES = ["mlp", "cnn", "recurrent", "open_length", "texts", "attention"]


def recorded(name):
    with np.load(FILES / f"{name}.npz") as data:
        xs = [data[key] for key in sorted(data) if key[0] == "x"]
        ys = [data[key] for key in sorted(data) if key[0] == "y"]
    return [x.astype(object) if x.dtype.kind == "S" else x for x in xs], ys


@pytest.mark.parametrize("name", NAMES)
def test_keras_exports(name):
    xs, (expected,) = recorded(name)
    loaded = tf.saved_model.load(FILES / name)
    given = [tf.constant(x) for x in xs]
    result = loaded.serve(given[0] if len(given) == 1 else given)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-5, atol=1e-6)
    signature = loaded.signatures["serving_default"]
    named = dict(zip(sorted(signature.structured_input_signature[1]), given, strict=True))
    (by_name,) = signature(**named).values()
    np.testing.assert_allclose(by_name.numpy(), expected, rtol=1e-5, atol=1e-6)
    assert tuple(signature.outputs[0].shape)[1:] == expected.shape[1:]


def test_inside_a_tf_function_and_with_gradients():
    xs, (expected,) = recorded("mlp")
    loaded = tf.saved_model.load(FILES / "mlp")

    @tf.function
    def double(x):
        return loaded.serve(x) * 2.0

    np.testing.assert_allclose(double(xs[0]).numpy(), expected * 2, rtol=1e-5)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(loaded.serve(tf.constant(xs[0])) ** 2)
    gradients = tape.gradient(loss, loaded.trainable_variables)
    assert len(gradients) == len(loaded.trainable_variables) == 6
    assert any(np.abs(gradient.numpy()).max() > 0 for gradient in gradients)


class TestModule:
    @pytest.fixture
    def module(self):
        return tf.saved_model.load(FILES / "module")

    def test_state(self, module):
        for call in (1, 2):
            found = module(tf.constant([[1.0, 1.0]]))
            assert found["scaled"].numpy().tolist() == [[1.0, 2.0]]
            assert int(found["calls"]) == call == int(module.calls)

    def test_python_arguments_and_branches(self, module):
        x = tf.constant([1.0, 3.0])
        assert module.power(x).numpy().tolist() == [1.0, 9.0]
        assert module.power(x, n=3).numpy().tolist() == [1.0, 27.0]
        assert module.power(-x, 3).numpy().tolist() == [1.0, 3.0]
        with pytest.raises(tf.errors.InvalidArgumentError, match="matching concrete function"):
            module.power(x, 4)

    def test_a_loop_of_unknown_length(self, module):
        assert [int(module.total(tf.constant(n))) for n in (0, 1, 5)] == [0, 0, 10]

    def test_a_vocabulary_in_the_folder(self, module):
        found = module.look_up(tf.constant(["X", "z", "other"])).numpy()
        assert found[:2].tolist() == [0, 2]
        assert found[2] in (3, 4)

    def test_signatures(self, module):
        signature = module.signatures["serving_default"]
        assert signature.structured_input_signature == (
            (),
            {"x": tf.TensorSpec([None, 2], tf.float32, "x")},
        )
        assert sorted(signature.structured_outputs) == ["calls", "scaled"]
        with pytest.raises(tf.errors.InvalidArgumentError, match="float32 of shape"):
            signature(x=tf.constant([[1, 2]]))
        with pytest.raises(tf.errors.InvalidArgumentError, match="keywords"):
            signature(y=tf.constant([[1.0, 2.0]]))


MODELS = pathlib.Path(__file__).parents[2].parent / "shared" / "data" / "models"
shared = pytest.mark.skipif(not MODELS.exists(), reason="the workplace's shared data is absent")


@shared
@pytest.mark.shared
class TestShared:
    SERVING = MODELS / "tensorflow__serving"

    def test_half_plus_two(self):
        folder = self.SERVING / "saved_model_half_plus_two_tf2_cpu" / "00000123"
        signatures = tf.saved_model.load(folder).signatures
        assert signatures["serving_default"](x=tf.constant([2.0]))["y"].numpy() == [3.0]
        value = tf.train.Feature(float_list=tf.train.FloatList(value=[4.0]))
        example = tf.train.Example(features=tf.train.Features(feature={"x": value}))
        found = signatures["regress_x_to_y"](inputs=tf.constant([example.SerializeToString()]))
        assert found["outputs"].numpy().tolist() == [[4.0]]

    def test_half_plus_three_of_tensorflow_1(self):
        folder = self.SERVING / "saved_model_half_plus_three" / "00000123"
        loaded = tf.saved_model.load(folder)
        assert loaded.signatures["serving_default"](x=tf.constant([2.0]))["y"].numpy() == [4.0]

    def test_counter_of_tensorflow_1(self):
        folder = self.SERVING / "saved_model_counter" / "00000123"
        counter = tf.saved_model.load(folder).signatures
        before = float(counter["get_counter"]()["output"])
        assert float(counter["incr_counter"]()["output"]) == before + 1
        found = counter["incr_counter_by"](delta=tf.constant(5.0))
        assert float(found["output"]) == before + 6 == float(counter["get_counter"]()["output"])

    def test_keyword_spotting_is_a_keras_model_again(self):
        folder = MODELS / "mlcommons__tiny" / "kws_ref_model"
        x = np.random.default_rng(0).normal(size=(2, 49, 10, 1)).astype("float32")
        expected = next(iter(tf.saved_model.load(folder).signatures.values()))(tf.constant(x))
        model = tf.keras.models.load_model(folder)
        assert isinstance(model, tf.keras.Model)
        (by_graph,) = expected.values()
        np.testing.assert_allclose(model.predict(x, verbose=0), by_graph.numpy(), atol=1e-6)
        # What TensorFlow 2.21 computes for these inputs.
        assert by_graph.numpy().argmax(-1).tolist() == [11, 11]
