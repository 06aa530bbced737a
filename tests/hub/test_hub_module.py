"""hub.Module: modules of TensorFlow 1 in graphs of tf.compat.v1."""

from __future__ import annotations

import numpy as np
import pytest
from hub_files import golden, handle

import caudal.compat.v1 as tf
from caudal import errors, hub

OLD = handle("old")


def test_a_graph_with_a_module():
    with tf.Graph().as_default():
        module = hub.Module(OLD, name="features")
        x = tf.placeholder(tf.float32, (None, 4))
        features = module(x)
        assert features.shape.as_list() == [None, 3] and features.dtype == tf.float32
        several = module({"x": x}, signature="default", as_dict=True)
        head = tf.get_variable("head", (3, 1), initializer=tf.ones_initializer())
        loss = tf.reduce_mean(tf.square(tf.matmul(features, head)))
        step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            fed = {x: golden["old/x"]}
            found = session.run([features, several["double"]], fed)
            np.testing.assert_allclose(found[0], golden["old/y"], rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(found[1], golden["old/double"], rtol=1e-5, atol=1e-6)
            before = session.run(loss, fed)
            session.run(step, fed)
            assert session.run(loss, fed) < before
            # Only the head has learned.
            constant = session.run(module(tf.constant(golden["old/x"])))
            np.testing.assert_allclose(constant, golden["old/y"], rtol=1e-5, atol=1e-6)


def test_without_a_graph():
    found = hub.Module(OLD)(golden["old/x"])
    np.testing.assert_allclose(found, golden["old/y"], rtol=1e-5, atol=1e-6)


def test_what_a_module_says_of_itself():
    module = hub.Module(OLD)
    assert module.get_signature_names() == ["default"]
    (info,) = module.get_input_info_dict().values()
    assert info.get_shape().as_list() == [None, 4] and info.dtype == tf.float32
    assert sorted(module.get_output_info_dict("default")) == ["default", "double"]
    assert list(module.variable_map) == ["kernel"] and len(module.variables) == 1
    dropout = hub.Module(OLD, tags={"train"})(np.ones((50, 4), "float32"))
    assert (np.asarray(dropout) == 0).any()


def test_the_size_of_pictures():
    class Pictures:
        def __init__(self, *shape):
            self.spec = tf.TensorSpec(shape, tf.float32)

        def get_input_info_dict(self, signature=None):
            from caudal.compat.hub_module import TensorInfo

            return {"images": TensorInfo(self.spec)}

    assert hub.get_expected_image_size(Pictures(None, 224, 192, 3)) == [224, 192]
    with pytest.raises(ValueError, match="no batch of pictures of a known size"):
        hub.get_expected_image_size(Pictures(None, None, None, 3))
    with pytest.raises(ValueError, match="no batch of pictures"):
        hub.get_expected_image_size(hub.Module(OLD))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: hub.Module(OLD, trainable=True), "not trained here"),
        (lambda: hub.Module(OLD, tags={"nope"}), "no graph has the tags"),
        (lambda: hub.Module("/nowhere"), "does not exist"),
        (lambda: hub.Module(OLD)(np.ones((1, 4)), signature="nope"), r"there are \['default'\]"),
        (lambda: hub.Module(OLD)({"y": np.ones((1, 4))}), r"takes the inputs \['x'\]"),
        (lambda: hub.Module(OLD)(), r"takes the inputs \['x'\]"),
        (lambda: hub.Module(OLD)(np.ones((1, 5), "float32")), "is expected to be"),
        (
            lambda: hub.Module(handle("several"))({"a": 1, "b": 2}),
            r"there are \['both'\]",
        ),
    ],
)
def test_wrong_uses(call, text):
    with pytest.raises((ValueError, OSError, NotImplementedError), match=text) as caught:
        call()
    assert isinstance(caught.value, errors.CaudalError)
