"""The import hook: the same objects under every name, versions, missing names."""

import importlib
import importlib.metadata
import os
import subprocess
import sys
import textwrap
import warnings
from types import ModuleType

import pytest

import caudal
import caudal.hub
from caudal import compat, keras
from caudal.compat import names
from caudal.errors import (
    CaudalError,
    CaudalWarning,
    FailedPreconditionError,
    MissingModuleError,
    MissingNameError,
)

ROOTS = ("tensorflow", "keras", "tf_keras", "tensorflow_hub")


@pytest.fixture
def hook(monkeypatch):
    """The hook, installed for one test; a real TensorFlow is out of the way meanwhile."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ROOTS]:
        monkeypatch.delitem(sys.modules, name)
    compat.install()
    yield
    compat.uninstall()


def run(code):
    """Runs a statement as a program would, and returns its variables."""
    scope = {}
    exec(textwrap.dedent(code), scope)
    return scope


@pytest.mark.parametrize(
    "code",
    [
        "import tensorflow as tf; Dense = tf.keras.layers.Dense",
        "import tensorflow.keras as k; Dense = k.layers.Dense",
        "import tensorflow.keras.layers; Dense = tensorflow.keras.layers.Dense",
        "import tensorflow.keras.layers as L; Dense = L.Dense",
        "from tensorflow import keras; Dense = keras.layers.Dense",
        "from tensorflow.keras import layers; Dense = layers.Dense",
        "from tensorflow.keras.layers import Dense",
        "from tensorflow.keras.layers import Dense as D; Dense = D",
        "from tensorflow.keras.layers import *",
        "from tensorflow.python.keras.layers import Dense",
        "from tensorflow.python import keras; Dense = keras.layers.Dense",
        "import tensorflow.compat.v2 as tf; Dense = tf.keras.layers.Dense",
        "from tensorflow.compat.v1.keras.layers import Dense",
        "import keras; Dense = keras.layers.Dense",
        "from keras.layers import Dense",
        "from keras import layers; Dense = layers.Dense",
        "import tf_keras; Dense = tf_keras.layers.Dense",
        "import caudal as tf; Dense = tf.keras.layers.Dense",
    ],
)
def test_one_class_under_every_name(hook, code):
    assert run(code)["Dense"] is keras.layers.Dense


def test_tensorflow_hub(hook):
    import tensorflow_hub as hub

    assert hub.KerasLayer is caudal.hub.KerasLayer and hub.load is caudal.hub.load
    assert run("from tensorflow_hub import KerasLayer")["KerasLayer"] is hub.KerasLayer
    assert hub.__version__ == importlib.metadata.version("tensorflow-hub") == "0.16.1"
    with pytest.raises(MissingNameError, match=r"hub.KerasLayr .*KerasLayer"):
        hub.KerasLayr  # noqa: B018


def test_sys_modules_hold_the_aliases(hook):
    import tensorflow as tf
    import tensorflow.keras.layers

    assert sys.modules["tensorflow.keras.layers"].Dense is keras.layers.Dense
    assert tf.keras.layers is sys.modules["tensorflow.keras.layers"]
    assert tf.constant is caudal.constant
    assert isinstance(tf, ModuleType) and "Caudal" in repr(tf)
    assert "constant" in dir(tf)


def test_modules_and_names_of_older_keras(hook):
    with pytest.warns(CaudalWarning, match="is gone from Keras"):
        topology = importlib.import_module("keras.engine.topology")
    with pytest.warns(CaudalWarning, match="mixed_precision"):
        mixed = importlib.import_module("tensorflow.keras.mixed_precision.experimental")
    assert topology.Layer is caudal.keras.Layer
    assert topology.InputSpec is caudal.keras.InputSpec
    assert mixed.set_policy is caudal.keras.mixed_precision.set_global_policy
    optimizers = importlib.import_module("keras.optimizers")
    with pytest.warns(CaudalWarning, match="old spelling"):
        assert float(optimizers.rmsprop(lr=0.5).learning_rate) == 0.5
    assert optimizers.adam is caudal.keras.optimizers.Adam
    with pytest.raises(ImportError):
        importlib.import_module("keras.engine.topologies")


def test_old_module_names_warn_once(hook, monkeypatch):
    monkeypatch.setattr(names, "_warned", set())
    with pytest.warns(CaudalWarning, match="tf.keras.layers.convolutional is gone"):
        code = run("from keras.layers.convolutional import Conv2D")
    assert code["Conv2D"] is keras.layers.Conv2D
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run("from keras.layers.convolutional import MaxPooling2D")


def test_versions(hook):
    import keras as k
    import tensorflow as tf

    assert tf.__version__ == "2.21.0" and tf.version.VERSION == "2.21.0"
    assert k.__version__ == tf.keras.__version__ == "3.15.1"
    assert importlib.metadata.version("tensorflow") == "2.21.0"
    assert importlib.metadata.version("keras") == "3.15.1"
    assert importlib.metadata.version("tf_keras") == importlib.metadata.version("tf-keras")
    assert importlib.metadata.metadata("tensorflow")["Name"] == "tensorflow"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("from tensorflow.keras.layers import Dens", "keras.layers.Dens .*Dense"),
        ("from tensorflow.keras import layer", "keras.layer .*layers"),
        ("import tensorflow.keras.layer", "keras.layer .*layers"),
        ("import tensorflow.contrib", "tf.contrib"),
        ("from keras.layers import Dens", "Dense"),
        ("import tensorflow.keras.Model", "class: write 'from tensorflow.keras import Model'"),
        ("from tensorflow.keras.Model import Sequential", "is no module but a class"),
        ("import tensorflow.runtime", "tf.runtime"),
    ],
)
def test_missing_modules_and_names(hook, code, text):
    with pytest.raises(ModuleNotFoundError, match=text) as caught:
        run(code)
    assert isinstance(caught.value, MissingModuleError | CaudalError)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("import tensorflow as tf; tf.reduce_summ", "reduce_sum"),
        ("import tensorflow as tf; tf.keras.layers.Dens", "Dense"),
        ("import tensorflow as tf; tf.ops", "tf.ops"),
        ("import keras; keras.layers.Dens", "Dense"),
    ],
)
def test_missing_attributes(hook, code, text):
    with pytest.raises(AttributeError, match=text) as caught:
        run(code)
    assert isinstance(caught.value, MissingNameError)


def test_programs_may_probe(hook):
    scope = run(
        """
        import tensorflow as tf
        found = hasattr(tf, "no_such_thing"), hasattr(tf, "constant")
        try:
            from tensorflow.keras.layers import NoSuchLayer
        except ImportError:
            NoSuchLayer = None
        """
    )
    assert scope["found"] == (False, True) and scope["NoSuchLayer"] is None


def test_other_packages_are_left_alone(hook):
    finder = sys.meta_path[0]
    assert finder.find_spec("numpy", None) is None
    assert finder.find_spec("tensorflow_datasets", None) is None
    with pytest.raises(ModuleNotFoundError, match="No module named 'tensorflow_datasets_x'"):
        importlib.import_module("tensorflow_datasets_x")


def test_uninstall(hook):
    import tensorflow as tf

    compat.uninstall()
    assert not [name for name in sys.modules if name.partition(".")[0] in ROOTS]
    assert tf.constant is caudal.constant  # what is held goes on working
    compat.uninstall()


def test_install_twice(hook):
    before = list(sys.meta_path)
    caudal.install()
    assert sys.meta_path == before


def test_install_after_another_tensorflow(hook, monkeypatch):
    compat.uninstall()
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    with pytest.raises(FailedPreconditionError, match="tensorflow is already imported"):
        compat.install()


def test_notebook_extension(hook):
    compat.uninstall()
    caudal.load_ipython_extension(None)
    assert run("import tensorflow as tf")["tf"].constant is caudal.constant


def test_nothing_is_shadowed_without_install(tmp_path):
    (tmp_path / "tensorflow.py").write_text("real = True\n")
    code = "import caudal, caudal.compat, tensorflow; assert tensorflow.real"
    path = os.pathsep.join([str(tmp_path), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=60)
    shadowed = "import caudal; caudal.install(); import tensorflow; assert tensorflow.constant"
    subprocess.run([sys.executable, "-c", shadowed], check=True, env=environment, timeout=60)


def test_classes_keep_their_home(hook):
    import pickle

    import tensorflow as tf

    initializer = tf.keras.initializers.Constant
    assert pickle.loads(pickle.dumps(initializer)) is initializer
    assert initializer.__module__.startswith("caudal.")


def test_text_and_bytes(hook):
    import tensorflow as tf

    assert tf.compat.as_bytes("ñ") == "ñ".encode() and tf.compat.as_bytes(b"x") == b"x"
    assert tf.compat.as_text(b"x") == tf.compat.as_str("x") == tf.compat.as_str_any(b"x") == "x"
    assert tf.compat.as_str_any(3) == "3"
    with pytest.raises(TypeError, match="received 'int'"):
        tf.compat.as_bytes(3)


@pytest.fixture
def eager_again():
    yield
    caudal.compat.v1.enable_eager_execution()


def test_graph_mode(hook, eager_again):
    import tensorflow.compat.v1 as tf

    assert tf.executing_eagerly()
    tf.disable_v2_behavior()
    assert not tf.executing_eagerly()
    total = tf.constant([1.0, 2.0]) + 2.0
    assert total.shape == (2,) and not hasattr(total, "numpy")
    tf.enable_v2_behavior()
    assert (tf.constant([1.0]) + 2.0).numpy() == [3.0]
    with pytest.raises(MissingNameError, match=r"tf\.compat\.v1\.wrap_function"):
        _ = tf.wrap_function
