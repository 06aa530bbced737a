"""KerasTuner's names under the import hook, old ones too; every recorded name exists."""

import importlib
import importlib.metadata
import sys
from pathlib import Path

import pytest

from caudal import compat, tuner
from caudal.errors import MissingModuleError, MissingNameError

RECORDED = Path(__file__).parents[2] / "tools" / "keras_tuner_names.txt"


@pytest.fixture
def hook(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0].endswith("tuner")]:
        if not name.startswith("caudal"):
            monkeypatch.delitem(sys.modules, name)
    compat.install()
    yield
    compat.uninstall()


@pytest.mark.parametrize(
    "code",
    [
        "import keras_tuner as kt; Found = kt.Hyperband",
        "import kerastuner as kt; Found = kt.Hyperband",
        "import kerastuner; Found = kerastuner.tuners.Hyperband",
        "from kerastuner.tuners import Hyperband as Found",
        "from keras_tuner import Hyperband as Found",
        "from keras_tuner.tuners import *; Found = Hyperband",
    ],
)
def test_there_is_one_class_under_all_names(code, hook):
    scope = {}
    exec(code, scope)
    assert scope["Found"] is tuner.Hyperband


@pytest.mark.parametrize("name", RECORDED.read_text().splitlines()[1:])
def test_every_name_of_keras_tuner_is_there(name, hook):
    module, _, attribute = name.rpartition(".")
    found = getattr(importlib.import_module(module), attribute)
    assert callable(found) and found.__doc__


def test_old_modules_and_names(hook):
    import kerastuner as kt
    from keras_tuner.engine.hyperparameters import HyperParameters
    from kerastuner.engine.hyperparameters import HyperParameters as Old

    assert Old is HyperParameters is tuner.HyperParameters
    assert kt.oracles.RandomSearch is tuner.oracles.RandomSearchOracle
    assert kt.tuners.Sklearn is tuner.SklearnTuner
    assert importlib.metadata.version("keras-tuner") == kt.__version__ == "1.4.8"


def test_what_is_not_there_is_said_with_what_is_near(hook):
    import keras_tuner as kt

    with pytest.raises(MissingNameError, match=r"keras_tuner.RandomSerch.*RandomSearch"):
        kt.RandomSerch  # noqa: B018
    with pytest.raises(MissingModuleError, match=r"keras_tuner\.distribute"):
        importlib.import_module("keras_tuner.distribute")
