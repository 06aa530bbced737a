"""AutoGraph against TensorFlow's results, plain Python's, and its errors."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

import caudal as tf
from caudal import control
from caudal.autograph import loops, runtime
from caudal.errors import CaudalError

from . import autograph_cases as cases

cases.tf = tf
GOLDEN = json.loads((Path(__file__).parent / "golden_autograph.json").read_text())
CALLS = [(name, arguments) for name, calls in cases.CASES for arguments in calls]


def unpacked(entry):
    if isinstance(entry, list):
        return [unpacked(part) for part in entry]
    data = np.frombuffer(base64.b64decode(entry["data"]), entry["dtype"])
    return data.reshape(entry["shape"])


def check(result, golden, dtypes=True):
    if isinstance(golden, list):
        assert len(result) == len(golden)
        for part, wanted in zip(result, golden, strict=True):
            check(part, wanted, dtypes)
        return
    found = np.asarray(result)
    assert found.shape == golden.shape
    if dtypes:
        assert found.dtype == golden.dtype
    np.testing.assert_allclose(found, golden, rtol=1e-5)


@pytest.fixture
def staged(monkeypatch):
    """Every tensor counts as one that only the program knows; both branches are always run."""

    compiled = control.cond

    def both(pred, true_fn, false_fn):
        if tf.is_symbolic_tensor(pred):
            return compiled(pred, true_fn, false_fn)
        first, second = true_fn(), false_fn()
        return first if bool(pred) else second

    def tensor(value):
        return isinstance(value, tf.Tensor | tf.Variable)

    monkeypatch.setattr(runtime, "is_staged", tensor)
    monkeypatch.setattr(loops, "is_symbolic", tensor)
    monkeypatch.setattr(runtime, "inside_function", lambda: True)
    monkeypatch.setattr(loops, "inside_function", lambda: True)
    monkeypatch.setattr(control, "cond", both)


@pytest.mark.parametrize(("name", "arguments"), CALLS, ids=str)
def test_compiled(name, arguments):
    result = tf.function(getattr(cases, name))(*map(tf.constant, arguments))
    check(result, unpacked(GOLDEN["cases"][f"{name}{arguments}"]))


# An array that grows needs a loop of known length, which is what this fixture takes away.
@pytest.mark.parametrize(
    ("name", "arguments"), [call for call in CALLS if call[0] != "growing"], ids=str
)
def test_staged(name, arguments, staged):
    result = tf.autograph.to_graph(getattr(cases, name))(*map(tf.constant, arguments))
    check(result, unpacked(GOLDEN["cases"][f"{name}{arguments}"]))


@pytest.mark.parametrize(("name", "arguments"), CALLS, ids=str)
def test_converted_functions_are_the_same_python(name, arguments):
    function = getattr(cases, name)
    tensors = list(map(tf.constant, arguments))
    golden = unpacked(GOLDEN["cases"][f"{name}{arguments}"])
    check(tf.autograph.to_graph(function)(*tensors), golden, dtypes=False)


def mistake(run, name, arguments, words):
    kinds = {"ValueError": ValueError, "TypeError": TypeError}
    kind = kinds.get(GOLDEN["errors"][name]["kind"], NotImplementedError)
    with pytest.raises(kind) as caught:
        run(*map(tf.constant, arguments))
    assert isinstance(caught.value, CaudalError)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(("name", "arguments", "words"), cases.ERRORS, ids=str)
def test_mistakes_compiled(name, arguments, words):
    mistake(tf.function(getattr(cases, name)), name, arguments, words)


@pytest.mark.parametrize(("name", "arguments", "words"), cases.ERRORS, ids=str)
def test_mistakes_staged(name, arguments, words, staged):
    mistake(tf.autograph.to_graph(getattr(cases, name)), name, arguments, words)
