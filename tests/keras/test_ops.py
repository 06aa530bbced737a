"""keras.ops against values recorded from Keras 3.15.1 (tools/record_keras_ops.py)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ops_cases import arrays

from caudal.errors import CaudalError, MissingNameError
from caudal.keras import Input, KerasTensor, Model, Variable, ops

GOLDEN = json.loads((Path(__file__).parent / "golden_ops.json").read_text())
# Values that float32 rounds differently by a few units in the last place.
_LOOSE = {"float16": 2e-3, "bfloat16": 1e-2}


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _evaluate(text: str, **replaced: Any) -> list[Any]:
    return _leaves(eval(text, {"o": ops, **arrays(), **replaced}))


@pytest.mark.parametrize("text", GOLDEN)
def test_value_dtype_and_shape_are_keras(text: str) -> None:
    found = _evaluate(text)
    assert len(found) == len(GOLDEN[text])
    for leaf, wanted in zip(found, GOLDEN[text], strict=True):
        array = ops.convert_to_numpy(leaf)
        assert ops.dtype(leaf) == wanted["dtype"]
        assert list(array.shape) == wanted["shape"]
        values = np.array(wanted["values"]).reshape(wanted["shape"])
        tolerance = _LOOSE.get(wanted["dtype"], 2e-5)
        if "bicubic" in text:
            # TensorFlow looks the kernel up in a table of 1024 places.
            tolerance = 4e-3
        np.testing.assert_allclose(array, values, rtol=tolerance, atol=tolerance / 2)


_STATIC = (
    "o.nonzero",
    "o.where(t)",
    "o.shape",
    "o.ndim",
    "o.convert_to",
    "lambda",
    "average(x, 1, np",
)


@pytest.mark.parametrize(
    "text",
    [
        text
        for text in GOLDEN
        if text.startswith("o.") and "(x" in text and not any(word in text for word in _STATIC)
    ],
)
def test_symbolic_calls_make_networks_with_the_same_values(text: str) -> None:
    x = arrays()["x"]
    symbol = Input(batch_shape=x.shape)
    outputs = _evaluate(text, x=symbol)
    found = _leaves(Model(symbol, outputs)(x))
    for leaf, tensor, wanted in zip(outputs, found, GOLDEN[text], strict=True):
        assert list(leaf.shape) == wanted["shape"]
        values = np.array(wanted["values"]).reshape(wanted["shape"])
        np.testing.assert_allclose(tensor.numpy(), values, rtol=2e-5, atol=1e-5)


def test_variables_and_lists_are_accepted() -> None:
    variable = Variable(np.array([1.0, 2.0], "float32"))
    assert ops.add(variable, 1).numpy().tolist() == [2.0, 3.0]
    assert ops.sum([[1, 2], [3, 4]], axis=0).numpy().tolist() == [4, 6]


def test_an_unknown_batch_stays_unknown() -> None:
    symbol = Input((3,))
    assert ops.shape(symbol) == (None, 3)
    assert ops.add(symbol, 1).shape == (None, 3)
    assert ops.concatenate([symbol, symbol], axis=-1).shape == (None, 6)
    assert ops.size(symbol) is None


def test_names_that_are_missing_say_what_is_near() -> None:
    with pytest.raises(MissingNameError, match="argmax"):
        ops.argmaxx  # noqa: B018
    with pytest.raises(MissingNameError, match=r"keras\.ops\.lu_factors"):
        ops.lu_factors  # noqa: B018


def test_sparsemax_is_on_the_simplex() -> None:
    found = ops.sparsemax([[0.5, 0.9, -2.0], [3.0, 0.0, 0.0]]).numpy()
    np.testing.assert_allclose(found, [[0.3, 0.7, 0.0], [1.0, 0.0, 0.0]], rtol=1e-6)


def test_shape_dtype_and_bools() -> None:
    assert ops.shape(np.ones((2, 3))) == (2, 3)
    assert ops.ndim([[1]]) == 2
    assert ops.dtype([1.5]) == "float32"
    assert ops.add([True, False], [False, False]).numpy().tolist() == [True, False]
    assert ops.pad([1, 2], 1).numpy().tolist() == [0, 1, 2, 0]
    assert ops.pad([1, 2], 2, "edge").numpy().tolist() == [1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize(
    "text",
    """o.one_hot([1], "a")|o.swapaxes(s, 0, 9)|o.stack([])|o.concatenate([])|o.tile(s, "a")
    o.take_along_axis(s, [[1]], 1)|o.fori_loop(0, "a", None, 1)|o.array_split(s, 0)
    o.take(s, [0], axis=9)|o.expand_dims(s, 9)|o.moveaxis(s, 9, 0)|o.diff(s, axis=9)|o.flip(s, 9)
    o.reshape(s, (7, 7))|o.matmul(s, s)|o.cast(s, "flot")|o.conv(s, s)|o.quantile(s, 0.5, 0, "best")
    o.linspace(0, 1, -2)|o.sum(s, 9)|o.where([True], 1)|o.image.resize(s, (0, 1))|o.arange(0, 1, 0)
    o.meshgrid(1, indexing="a")|o.multi_hot([1])|o.add("a", 1)|o.split(s, 7)""".replace(
        "\n    ", "|"
    ).split("|"),
)
def test_bad_input_raises_an_error_that_says_so(text: str) -> None:
    with pytest.raises(CaudalError):
        _evaluate(text)


def test_topics_hold_the_same_functions() -> None:
    assert ops.numpy.add is ops.add
    assert ops.nn.relu is ops.relu
    assert ops.linalg.norm is ops.norm


def test_fori_loop_counts_in_python():
    body = lambda i, x: x + i  # noqa: E731
    assert ops.fori_loop(0, 10, body, np.array(0)).numpy() == 45
    assert ops.fori_loop(0, 4, body, np.float32(0.5)).numpy() == 6.5
    assert ops.fori_loop(0, 10, body, KerasTensor((3, 5, None))).shape == (3, 5, None)
