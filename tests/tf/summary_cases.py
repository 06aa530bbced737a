"""Summaries that tools/record_summaries.py writes with TensorFlow, and test_summary.py with us."""

import numpy as np


def write_all(tf, folder):
    writer = tf.summary.create_file_writer(folder)
    with writer.as_default(step=3):
        tf.summary.scalar("loss", 0.5, description="d")
        with tf.name_scope("a"):
            tf.summary.scalar("b", 1, step=4)
            with tf.name_scope("c"):
                tf.summary.scalar("d/e", 2.5, step=2**40)
        tf.summary.histogram("h", np.arange(10.0), buckets=4)
        tf.summary.histogram("default", np.linspace(-2, 3, 50) ** 3)
        tf.summary.histogram("same", [2.0, 2.0], buckets=4)
        tf.summary.histogram("empty", np.zeros(0), buckets=4)
        tf.summary.histogram("integers", tf.constant([1, 2, 2, 7]), buckets=3)
        tf.summary.text("t", "hello")
        tf.summary.text("table", [["a", "b"], ["c", "d"]])
        tf.summary.audio("sounds", np.zeros((2, 5, 1), "float32"), 8000, max_outputs=1)
        wave = np.linspace(-1.5, 1.5, 7).reshape(1, 7, 1).astype("float32")
        tf.summary.audio("loud", wave, 8000)
        tf.summary.write("raw", tf.constant([1, 2]), step=1)
        tf.summary.write("words", tf.constant(["x", "yz"]))
        tf.summary.experimental.write_raw_pb(tf.constant(b"\n\x03\n\x01x"), step=7)
    writer.close()
