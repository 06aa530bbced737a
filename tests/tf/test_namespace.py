"""The tf namespace: lazy, cheap, and clear about what it lacks."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

import caudal as tf
from caudal.errors import CaudalWarning, MissingNameError


def test_import_loads_nothing_heavy():
    code = (
        "import sys, caudal; "
        "print([m for m in ('numpy', 'llvmlite', 'h5py', 'rich', 'PIL', 'caudal.keras') "
        "if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_arithmetic_does_not_load_the_compiler():
    code = "import sys, caudal as tf; print(tf.add(1, 2).numpy(), 'llvmlite' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "3 False"


def test_version():
    assert tf.__version__ == "2.21.0"
    assert tf.version.VERSION == "2.21.0"


@pytest.mark.parametrize("name", sorted(set(dir(tf))))
def test_every_listed_name_loads_or_says_that_it_is_missing(name):
    if name.startswith("_"):
        return
    try:
        assert getattr(tf, name) is not None or name == "newaxis"
    except MissingNameError as error:
        assert f"tf.{name} is not in Caudal" in str(error)


@pytest.mark.parametrize("space", ["math", "nn", "linalg", "random", "config", "debugging"])
def test_what_is_exported_exists_and_is_documented(space):
    module = getattr(tf, space)
    for name in module.__all__:
        value = getattr(module, name)
        assert getattr(value, "__doc__", None), name


def test_a_missing_name_lists_what_is_near():
    with pytest.raises(AttributeError, match="reduce_mean"):
        _ = tf.reduce_maen
    with pytest.raises(AttributeError, match=r"tf\.nn\.conv2dd is not in Caudal.*conv2d"):
        _ = tf.nn.conv2dd
    assert not hasattr(tf.linalg, "no_such_name")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("contrib", "tf.keras"),
        ("estimator", "model.fit"),
        ("feature_column", "preprocessing layers"),
        ("Session", "tf.compat.v1"),
        ("placeholder", "tf.function"),
        ("log", "tf.math.log"),
    ],
)
def test_names_that_left_tensorflow_name_their_successor(name, advice):
    with pytest.raises(AttributeError, match=advice):
        getattr(tf, name)


def test_devices():
    (cpu,) = tf.config.list_physical_devices()
    assert cpu.device_type == "CPU"
    assert tf.config.list_physical_devices("GPU") == []
    assert tf.config.list_logical_devices()[0].name == "/device:CPU:0"
    assert not tf.test.is_gpu_available()
    assert not tf.test.is_built_with_cuda()
    tf.config.experimental.set_memory_growth(cpu, True)
    assert tf.config.experimental.get_memory_growth(cpu)
    tf.config.set_visible_devices([], "GPU")
    assert tf.config.get_visible_devices() == [cpu]
    with pytest.raises(tf.errors.InvalidArgumentError, match="CPU"):
        tf.config.set_visible_devices([], "CPU")


def test_a_gpu_block_runs_on_the_cpu_with_one_warning():
    from caudal.config import devices

    devices._warned.clear()
    with tf.device("/CPU:0"):
        assert int(tf.constant(1) + 1) == 2
    with pytest.warns(CaudalWarning, match="CPU"), tf.device("/GPU:0"):
        assert int(tf.constant(1) + 1) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with tf.device("/device:GPU:0"):
            pass
    with pytest.raises(tf.errors.InvalidArgumentError, match="device"), tf.device("nonsense!"):
        pass


def test_threads_are_remembered(monkeypatch):
    monkeypatch.setenv("CAUDAL_THREADS", "2")
    tf.config.threading.set_intra_op_parallelism_threads(3)
    assert tf.config.threading.get_intra_op_parallelism_threads() == 3
    tf.config.threading.set_intra_op_parallelism_threads(0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="0 or more"):
        tf.config.threading.set_inter_op_parallelism_threads(-1)


def test_functions_run_eagerly_on_request():
    eager = []
    run = tf.function(lambda x: eager.append(tf.executing_eagerly()) or x + 1)
    tf.config.run_functions_eagerly(True)
    try:
        assert int(run(tf.constant(1))) == 2
    finally:
        tf.config.run_functions_eagerly(False)
    assert eager == [True]
    assert not tf.config.functions_run_eagerly()


# --- assertions -------------------------------------------------------------------------------


def test_assertions_on_values():
    tf.debugging.assert_equal([1, 2], [1, 2])
    tf.debugging.assert_near(1.0, 1.0 + 1e-7)
    tf.debugging.assert_positive([1.0])
    for call in (
        lambda: tf.debugging.assert_equal([1, 2], [1, 3], message="ids"),
        lambda: tf.debugging.assert_less(2, 1),
        lambda: tf.debugging.assert_near(1.0, 1.1),
        lambda: tf.debugging.assert_non_negative([-1]),
        lambda: tf.debugging.Assert(False, ["data"]),
        lambda: tf.debugging.check_numerics([1.0, np.nan], "loss"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError):
            call()
    with pytest.raises(tf.errors.InvalidArgumentError, match="loss : Tensor had Inf and NaN"):
        tf.debugging.check_numerics([np.inf, np.nan], "loss")


def test_assertions_on_shapes_and_dtypes():
    x = tf.zeros([2, 3])
    tf.debugging.assert_shapes([(x, ("n", 3)), (tf.zeros([3, 2]), (3, "n"))])
    with pytest.raises(ValueError, match="assert_shapes"):
        tf.debugging.assert_shapes([(x, ("n", 3)), (tf.zeros([3]), ("n",))])
    tf.debugging.assert_rank(x, 2)
    with pytest.raises(ValueError, match="expected 1 axes"):
        tf.debugging.assert_rank(x, 1)
    tf.debugging.assert_type(x, tf.float32)
    with pytest.raises(TypeError, match="assert_integer"):
        tf.debugging.assert_integer(x)


def test_print_goes_to_standard_error(capsys):
    tf.print("x =", tf.constant([1.0, 2.5]), tf.range(10), [1, tf.constant(2)], True)
    tf.print(tf.constant([[1, 2], [3, 4]]), output_stream=sys.stdout, end="!\n")
    found = capsys.readouterr()
    assert found.err == "x = [1 2.5] [0 1 2 ... 7 8 9] [1, 2] True\n"
    assert found.out == "[[1 2]\n [3 4]]!\n"


def test_module_finds_its_variables():
    class Dense(tf.Module):
        def __init__(self, size, name=None):
            super().__init__(name=name)
            self.w = tf.Variable(tf.zeros([size, size]), name="w")
            self.b = tf.Variable(tf.zeros([size]), trainable=False, name="b")

    class Net(tf.Module):
        def __init__(self):
            super().__init__()
            self.layers = [Dense(2), Dense(3, name="last")]
            self.extra = {"scale": tf.Variable(1.0, name="scale")}

    net = Net()
    assert net.name == "net"
    assert [module.name for module in net.submodules] == ["dense", "last"]
    assert len(net.variables) == 5
    assert len(net.trainable_variables) == 3
    assert len(net.non_trainable_variables) == 2
    with pytest.raises(ValueError, match="identifier"):
        tf.Module(name="no name")


def test_module_scopes_names():
    class Layer(tf.Module):
        @tf.Module.with_name_scope
        def __call__(self, x):
            if not hasattr(self, "w"):
                self.w = tf.Variable(2.0, name="w")
            return x * self.w

    layer = Layer(name="mine")
    assert float(layer(3.0)) == 6.0
    assert layer.w.name == "mine/w:0"


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: tf.matmul([1.0], [2.0]), ValueError, "at least 2 axes"),
        (lambda: tf.matmul([[1.0]], [[1.0], [2.0]]), ValueError, "inner extents"),
        (lambda: tf.reshape([1, 2, 3], [2, -1]), ValueError, "3 elements"),
        (lambda: tf.concat([[1], [[2]]], 0), ValueError, "concat"),
        (lambda: tf.split([1, 2, 3], 2), ValueError, "divisible"),
        (lambda: tf.squeeze([[1, 2]], 1), ValueError, "extent 1"),
        (lambda: tf.reduce_sum([1.0], axis=3), ValueError, "axis from -1 to 0"),
        (lambda: tf.add(tf.constant(1), tf.constant(1.0)), TypeError, "tf.cast"),
        (lambda: tf.sqrt(tf.constant(4)), TypeError, "float"),
        (lambda: tf.gather([1, 2], [0.5]), TypeError, "integer"),
        (
            lambda: tf.nn.conv2d(tf.zeros([1, 4, 4, 3]), tf.zeros([3, 3, 2, 4]), 1, "SAME"),
            ValueError,
            "channels",
        ),
        (
            lambda: tf.nn.conv2d(tf.zeros([1, 4, 4, 3]), tf.zeros([3, 3, 3, 4]), 1, "SOME"),
            ValueError,
            "padding",
        ),
        (lambda: tf.nn.max_pool2d(tf.zeros([1, 2, 2, 1]), 3, 1, "VALID"), ValueError, "window"),
        (lambda: tf.one_hot([0.5], 2), ValueError, "integer indices"),
        (lambda: tf.transpose([[1]], [0, 0]), ValueError, "perm"),
        (lambda: tf.einsum("ij,jk->ik", [[1.0]]), ValueError, "einsum"),
        (lambda: tf.pad([1], [[1, 1], [0, 0]]), ValueError, "pairs"),
        (
            lambda: tf.nn.softmax_cross_entropy_with_logits([[1.0, 0.0]], [1.0]),
            ValueError,
            "one shape",
        ),
        (
            lambda: tf.nn.sparse_softmax_cross_entropy_with_logits([[1]], [[1.0]]),
            ValueError,
            "labels of shape",
        ),
    ],
)
def test_bad_arguments_say_what_was_expected(call, kind, text):
    with pytest.raises(kind, match=text) as info:
        call()
    assert isinstance(info.value, tf.errors.CaudalError)
