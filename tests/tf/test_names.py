"""Names of the tf namespace with no golden value: checks, scopes, tracing types, transforms."""

import numpy as np
import pytest

import caudal as tf


def test_gradients_of_functions_are_checked():
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    theoretical, numerical = tf.test.compute_gradient(lambda x, y: x * x * y, [x, y])
    np.testing.assert_allclose(theoretical[0], np.diag(2 * x * y))
    np.testing.assert_allclose(theoretical[1], np.diag(x * x))
    for one, other in zip(theoretical, numerical, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    with pytest.raises(ValueError, match="list of arguments"):
        tf.test.compute_gradient(lambda x: x, x)


def test_test_cases():
    case = tf.test.TestCase()
    case.assertNotAllClose([1.0], [2.0])
    case.assertAllInRange(tf.constant([1.0, 2.0]), 1, 2)
    case.assertAllInSet([1, 2], {1, 2, 3})
    case.assertAllGreater([1.0], 0)
    case.assertAllLess([1.0], 2)
    case.assertNear(1.0, 1.01, 0.1)
    for wrong in (
        lambda: case.assertNotAllClose([1.0], [1.0]),
        lambda: case.assertAllInRange([1.0, 2.0], 1, 2, open_upper_bound=True),
        lambda: case.assertNotAllEqual([1], [1]),
        lambda: case.assertNear(1.0, 1.2, 0.1),
    ):
        with pytest.raises(AssertionError):
            wrong()


@pytest.mark.parametrize("norm", [None, "ortho", "forward"])
@pytest.mark.parametrize(
    ("sizes", "axes"), [(None, None), (None, [0, 2]), ([4, 3], [1, 2]), ([2, 6], None)]
)
def test_transforms_over_any_axes(sizes, axes, norm):
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    z = (x + 1j * x[::-1]).astype("complex64")
    for name, value in (("fftn", z), ("ifftn", z), ("rfftn", x), ("irfftn", z)):
        mine = getattr(tf.signal, name + "d")(value, sizes, axes, norm)
        used = axes if axes is not None or sizes is None else [1, 2]
        wanted = getattr(np.fft, name)(value, sizes, used, norm)
        np.testing.assert_allclose(mine, wanted, rtol=1e-4, atol=1e-5)


def test_bad_transforms():
    with pytest.raises(ValueError, match="norm"):
        tf.signal.fftnd(np.ones((2, 2), "complex64"), norm="x")
    with pytest.raises(ValueError, match="positive length"):
        tf.signal.fftnd(np.ones((2, 2), "complex64"), [2], [0, 1])
    with pytest.raises(ValueError, match="axis"):
        tf.signal.rfftnd(np.ones((2, 2), "float32"), axes=[2])


def test_variables_by_way_of_creators():
    made = []

    def outer(next_creator, **arguments):
        made.append(("outer", arguments["name"]))
        return next_creator(**arguments)

    def inner(next_creator, **arguments):
        arguments["name"] = arguments.get("name", "v") + "_inner"
        arguments["initial_value"] = 2.0 * arguments["initial_value"]
        return next_creator(**arguments)

    with tf.variable_creator_scope(outer), tf.variable_creator_scope(inner):
        v = tf.Variable(3.0, name="w")
    assert (float(v), v.name) == (6.0, "w_inner:0")
    assert made == [("outer", "w_inner")]
    assert float(tf.Variable(3.0)) == 3.0
    assert isinstance(v, tf.Variable)


def test_name_scopes():
    assert tf.get_current_name_scope() == ""
    with tf.name_scope("a"), tf.name_scope("b"):
        assert tf.get_current_name_scope() == "a/b"


def test_values_say_which_program_is_theirs():
    class Kind(tf.types.experimental.TraceType):
        def __init__(self, flavour):
            self.flavour = flavour

        def __eq__(self, other):
            return type(other) is Kind and self.flavour == other.flavour

        def __hash__(self):
            return hash(self.flavour)

    class Fruit:
        def __init__(self, flavour):
            self.flavour = flavour

        def __tf_tracing_type__(self, context):
            return Kind(self.flavour)

    traces = []

    @tf.function
    def weight(fruit, x):
        traces.append(fruit.flavour)
        return x * float(len(fruit.flavour))

    for flavour in ("kiwi", "apple", "kiwi", "apple"):
        assert float(weight(Fruit(flavour), tf.constant(2.0))) == 2.0 * len(flavour)
    assert traces == ["kiwi", "apple"]
    assert isinstance(Fruit("x"), tf.types.experimental.SupportsTracingProtocol)
    assert isinstance(weight, tf.types.experimental.PolymorphicFunction)
    concrete = weight.get_concrete_function(Fruit("fig"), tf.constant(1.0))
    assert isinstance(concrete, tf.types.experimental.ConcreteFunction)


def test_constants_of_compat():
    assert isinstance(np.float32(1), tf.compat.real_types)
    assert isinstance(np.int8(1), tf.compat.integral_types)
    assert not isinstance(1j, tf.compat.real_types)
    assert isinstance(1j, tf.compat.complex_types)
    assert isinstance(b"", tf.compat.bytes_or_text_types)
    assert tf.compat.dimension_value(tf.compat.dimension_at_index(tf.TensorShape([2, 3]), 1)) == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("estimator.Estimator", r"tf\.keras"),
        ("feature_column.numeric_column", "Normalization"),
        ("contrib.slim", r"tf\.keras"),
        ("tpu.experimental.initialize_tpu_system", "get_strategy"),
        ("experimental.dtensor.Layout", "MirroredStrategy"),
        ("compat.v1.estimator.Estimator", r"tf\.keras"),
        ("compat.v1.feature_column.numeric_column", "Normalization"),
        ("sysconfig.get_include", "no C\\+\\+ library"),
    ],
)
def test_what_is_out_of_scope_says_what_to_use(name, text):
    with pytest.raises(AttributeError, match=text):
        value = tf
        for part in name.split("."):
            value = getattr(value, part)


def test_fingerprints():
    # As TensorFlow 2.21 gives them.
    found = tf.fingerprint([b"abc", b"d"]).numpy()
    assert found[0].tolist() == [105, 243, 231, 116, 160, 179, 165, 36]
    assert found[1].tolist() == [33, 154, 125, 149, 99, 228, 10, 62]
    with pytest.raises(ValueError, match="at least 1 axis"):
        tf.fingerprint("abc")
