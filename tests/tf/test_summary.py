"""tf.summary: events with TensorFlow's bytes, defaults, conditions; the TensorBoard callback."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import caudal as tf
from caudal.io import wire
from caudal.io.records import records

from . import summary_cases

GOLDEN = json.loads(Path(__file__).with_name("golden_summary.json").read_text())


def events(folder):
    """(step, {field: bytes}) of each event in a folder, without the first of each file."""
    found = []
    for path in sorted(Path(folder).rglob("events.out.tfevents.*")):
        first, *rest = records(str(path))
        assert dict((n, v) for n, _, v in wire.fields(first))[3] == b"brain.Event:2"
        for record in rest:
            parts = {number: value for number, _, value in wire.fields(record)}
            found.append((parts.get(2, 0), parts))
    return found


def values(folder):
    """(step, tag, tensor) of each summary."""
    found = []
    for step, parts in events(folder):
        ((_, _, value),) = wire.fields(parts[5])
        inner = {number: part for number, _, part in wire.fields(value)}
        found.append((step, inner[1].decode(), inner.get(8)))
    return found


def number(proto):
    return float(tf.io.parse_tensor(proto, tf.float32))


def test_the_bytes_are_tensorflows(tmp_path):
    summary_cases.write_all(tf, str(tmp_path))
    found = [(step, parts[5]) for step, parts in events(tmp_path)]
    assert found == [(step, base64.b64decode(data)) for step, data in GOLDEN]


def test_pictures(tmp_path):
    pictures = np.random.default_rng(0).uniform(-0.2, 1.2, (4, 2, 3, 3)).astype("float32")
    with tf.summary.create_file_writer(str(tmp_path)).as_default(step=0):
        tf.summary.image("p", pictures, max_outputs=2)
    ((_, _, proto),) = values(tmp_path)
    width, height, *parts = tf.io.parse_tensor(proto, tf.string).numpy()
    assert (width, height, len(parts)) == (b"3", b"2", 2)
    shown = np.asarray(Image.open(io.BytesIO(parts[1])))
    wanted = tf.image.convert_image_dtype(pictures[1], tf.uint8, saturate=True).numpy()
    np.testing.assert_array_equal(shown, wanted)


def test_without_a_writer_nothing_is_written():
    assert not tf.summary.scalar("x", 1.0, step=0)
    assert not tf.summary.should_record_summaries()


def test_steps(tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path))
    step = tf.Variable(5, dtype=tf.int64)
    with writer.as_default():
        with pytest.raises(tf.errors.InvalidArgumentError, match="no step set"):
            tf.summary.scalar("x", 1.0)
        tf.summary.experimental.set_step(step)
        try:
            tf.summary.scalar("x", 1.0)
            step.assign_add(1)
            tf.summary.scalar("x", 2.0)
        finally:
            tf.summary.experimental.set_step(None)
    assert [(at, number(proto)) for at, _, proto in values(tmp_path)] == [(5, 1.0), (6, 2.0)]


def test_inside_a_function(tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path))

    @tf.function
    def train(x, step):
        with writer.as_default():
            tf.summary.scalar("total", tf.reduce_sum(x), step=step)
            with tf.summary.record_if(step % 2 == 0):
                tf.summary.scalar("even", x[0], step=step)
        return x

    for i in range(3):
        train(tf.ones(3) * i, tf.constant(i, tf.int64))
    writer.flush()
    found = [(step, tag, number(proto)) for step, tag, proto in values(tmp_path)]
    assert found == [
        (0, "total", 0.0),
        (0, "even", 0.0),
        (1, "total", 3.0),
        (2, "total", 6.0),
        (2, "even", 2.0),
    ]


def test_conditions(tmp_path):
    with tf.summary.create_file_writer(str(tmp_path)).as_default(step=1):
        with tf.summary.record_if(False):
            assert not tf.summary.scalar("x", 1.0)
        with tf.summary.record_if(lambda: tf.constant(True)):
            assert tf.summary.should_record_summaries()
            assert tf.summary.scalar("y", 1.0)
    assert [tag for _, tag, _ in values(tmp_path)] == ["y"]


def test_graphs(tmp_path):
    @tf.function
    def twice(x):
        return x * 2.0

    with tf.summary.create_file_writer(str(tmp_path)).as_default(step=0):
        tf.summary.trace_on()
        twice(tf.ones(3))
        tf.summary.trace_export("trace")
        tf.summary.graph(twice.get_concrete_function(tf.ones(3)))
        with pytest.raises(tf.errors.FailedPreconditionError, match="trace_on"):
            tf.summary.trace_export("again")
    (_, first), (_, second) = events(tmp_path)
    assert b"mul" in first[5]
    assert b"_output_shapes" in second[4]


def test_bad_arguments(tmp_path):
    writer = tf.summary.create_file_writer(str(tmp_path))
    with writer.as_default(step=0):
        with pytest.raises(tf.errors.InvalidArgumentError, match="scalar"):
            tf.summary.scalar("x", [1.0, 2.0])
        with pytest.raises(tf.errors.InvalidArgumentError, match="height"):
            tf.summary.image("x", tf.zeros((2, 2)))
        with pytest.raises(tf.errors.InvalidArgumentError, match="NaN"):
            tf.summary.histogram("x", [np.nan])
        with pytest.raises(tf.errors.InvalidArgumentError, match="strings"):
            tf.summary.text("x", 1.0)
    writer.close()
    with pytest.raises(tf.errors.FailedPreconditionError, match="closed"):
        writer.set_as_default()


def fit(folder, **options):
    keras = tf.keras
    keras.backend.clear_session()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    x = np.random.default_rng(0).uniform(size=(20, 4))
    board = keras.callbacks.TensorBoard(folder, **options)
    return model.fit(
        x, x.sum(1), epochs=2, batch_size=5, validation_split=0.5, verbose=0, callbacks=[board]
    )


def test_the_callback(tmp_path):
    history = fit(tmp_path).history
    train = values(tmp_path / "train")
    assert [tag for _, tag, _ in train[:4]] == [
        "keras",
        "epoch_loss",
        "epoch_mae",
        "epoch_learning_rate",
    ]
    losses = [number(proto) for _, tag, proto in train if tag == "epoch_loss"]
    np.testing.assert_allclose(losses, history["loss"], rtol=1e-6)
    validation = values(tmp_path / "validation")
    assert [(step, tag) for step, tag, _ in validation] == [
        (2, "evaluation_loss_vs_iterations"),
        (2, "evaluation_mae_vs_iterations"),
        (0, "epoch_loss"),
        (0, "epoch_mae"),
        (4, "evaluation_loss_vs_iterations"),
        (4, "evaluation_mae_vs_iterations"),
        (1, "epoch_loss"),
        (1, "epoch_mae"),
    ]


def test_the_callback_with_batches_and_weights(tmp_path):
    fit(tmp_path, update_freq=2, histogram_freq=1, write_images=True, write_graph=False)
    train = [(step, tag) for step, tag, _ in values(tmp_path / "train")]
    assert train[:2] == [(2, "batch_loss"), (2, "batch_mae")]
    assert [tag for step, tag in train if step == 0] == [
        "epoch_loss",
        "epoch_mae",
        "epoch_learning_rate",
        "sequential/dense/kernel/histogram",
        "sequential/dense/kernel/image",
        "sequential/dense/bias/histogram",
        "sequential/dense/bias/image",
        "sequential/dense_1/kernel/histogram",
        "sequential/dense_1/kernel/image",
        "sequential/dense_1/bias/histogram",
    ]


def test_the_callbacks_bad_arguments():
    with pytest.raises(tf.errors.InvalidArgumentError, match="update_freq"):
        tf.keras.callbacks.TensorBoard(update_freq="week")
    with pytest.raises(tf.errors.UnimplementedError, match="embeddings"):
        tf.keras.callbacks.TensorBoard(embeddings_freq=1)
    with pytest.warns(tf.errors.CaudalWarning, match="profiler"):
        tf.keras.callbacks.TensorBoard(profile_batch=2)
