"""What experimental_enable_numpy_behavior changes, in a process of its own: it stays."""

import subprocess
import sys

CODE = """
import caudal as tf
tnp = tf.experimental.numpy
x = tf.constant([[1, 2], [3, 4]])
try:
    x.T
except AttributeError:
    pass
else:
    raise SystemExit("T is there before")
tnp.experimental_enable_numpy_behavior()
assert x.T.numpy().tolist() == [[1, 3], [2, 4]]
assert (x + 1.5).dtype == tf.float64
assert (tf.constant([1.0]) + tf.constant([1])).dtype == tf.float64
assert (1 - x).dtype == tf.int32
assert x.reshape(-1).shape == (4,)
assert x.astype(tnp.float32).dtype == tf.float32
assert x.size == 4 and x.tolist() == [[1, 2], [3, 4]]
assert float(x.mean()) == 2.5 and int(x.max()) == 4
assert tf.function(lambda y: (y * 2.0).T)(x).dtype == tf.float64
tnp.experimental_enable_numpy_behavior(prefer_float32=True)
assert (x + 1.5).dtype == tf.float32
assert tnp.ones(2).dtype == tf.float32
assert tnp.random.randn(2, 3).dtype == tf.float32
print("fine")
"""


def test_tensors_behave_as_arrays():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "fine", done.stderr


def test_missing_names_say_what_is_near():
    import pytest

    import caudal as tf

    with pytest.raises(AttributeError, match="maximum"):
        tf.experimental.numpy.maximun  # noqa: B018
    with pytest.raises(AttributeError, match="MirroredStrategy"):
        tf.experimental.dtensor  # noqa: B018


def test_samplers():
    import caudal as tf

    random = tf.experimental.numpy.random
    random.seed(3)
    first = random.randn(2, 3)
    random.seed(3)
    assert (random.randn(2, 3).numpy() == first.numpy()).all()
    assert first.dtype == tf.float64
    drawn = random.randint(2, 5, size=(100,)).numpy()
    assert set(drawn.tolist()) == {2, 3, 4}
