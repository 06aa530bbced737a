"""tf.image's boxes: what golden values cannot say."""

import numpy as np
import pytest

import caudal as tf


def test_random_boxes_cover_an_object():
    tf.random.set_seed(4)
    boxes = tf.constant([[[0.2, 0.3, 0.6, 0.7]]])
    found = set()
    for _ in range(20):
        begin, size, box = tf.image.sample_distorted_bounding_box(
            [40, 60, 3], boxes, min_object_covered=0.5, area_range=(0.1, 0.9)
        )
        (top, left, last), (rows, columns, rest) = begin.numpy(), size.numpy()
        assert (last, rest) == (0, -1)
        assert 0 <= top <= 40 - rows
        assert 0 <= left <= 60 - columns
        assert 0.05 <= rows * columns / 2400 <= 0.95
        np.testing.assert_allclose(
            box.numpy()[0, 0],
            [top / 40, left / 60, (top + rows) / 40, (left + columns) / 60],
            rtol=1e-6,
        )
        height = max(0, min(top + rows, 24) - max(top, 8))
        width = max(0, min(left + columns, 42) - max(left, 18))
        assert height * width >= 0.49 * 16 * 24
        assert tf.slice(tf.zeros([40, 60, 3]), begin, size).shape == (rows, columns, 3)
        found.add((int(top), int(left)))
    assert len(found) > 5


def test_random_boxes_of_a_seed():
    def draw(seed):
        return tf.image.stateless_sample_distorted_bounding_box(
            [40, 60, 3], np.zeros((1, 0, 4)), seed, use_image_if_no_bounding_boxes=True
        )[0].numpy()

    np.testing.assert_array_equal(draw([1, 2]), draw([1, 2]))
    assert any((draw([1, 2]) != draw([i, 5])).any() for i in range(5))
    with pytest.raises(tf.errors.InvalidArgumentError, match="use_image_if_no_bounding_boxes"):
        tf.image.sample_distorted_bounding_box([4, 4, 1], np.zeros((1, 0, 4)))


def test_crops_are_compiled():
    images = tf.constant(np.random.default_rng(0).uniform(size=(2, 5, 5, 1)).astype("float32"))
    boxes = tf.constant([[0.1, 0.1, 0.8, 0.9], [0.3, 0.2, 1.2, 0.4]])
    crop = tf.function(lambda x, b: tf.image.crop_and_resize(x, b, [1, 0], (3, 3)))
    np.testing.assert_allclose(
        crop(images, boxes).numpy(),
        tf.image.crop_and_resize(images, boxes, [1, 0], (3, 3)).numpy(),
        rtol=1e-5,
    )


def test_bad_arguments():
    with pytest.raises(tf.errors.InvalidArgumentError, match="boxes"):
        tf.image.non_max_suppression([[0.0, 0.0, 1.0]], [1.0], 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="bilinear"):
        tf.image.crop_and_resize(
            tf.zeros((1, 2, 2, 1)), [[0.0, 0.0, 1.0, 1.0]], [0], (2, 2), "cubic"
        )
    with pytest.raises(tf.errors.InvalidArgumentError, match="gather_nd"):
        tf.image.crop_and_resize(tf.zeros((1, 2, 2, 1)), [[0.0, 0.0, 1.0, 1.0]], [3], (2, 2))
    with pytest.raises(tf.errors.UnimplementedError, match="noise"):
        tf.image.extract_glimpse(tf.zeros((1, 4, 4, 1)), (3, 3), [[1.0, 1.0]])
    with pytest.raises(tf.errors.InvalidArgumentError, match="classes"):
        tf.image.combined_non_max_suppression(tf.zeros((1, 2, 3, 4)), tf.zeros((1, 2, 2)), 1, 1)
