"""Programs whose answers are recorded from real Keras, run here."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from caudal import keras
from caudal.framework import nest

_FILES: dict[str, Any] = {}


def golden(name: str) -> Any:
    """The file that tools/record_keras_cases.py wrote."""
    if name not in _FILES:
        _FILES[name] = np.load(Path(__file__).parent / f"golden_{name}.npz")
    return _FILES[name]


def check(name: str, case: str, run: Any, rtol: float = 2e-5, atol: float = 5e-6) -> None:
    """Runs a case and compares every array with the recorded one."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    found = [np.asarray(leaf) for leaf in nest.flatten(run(keras))]
    wanted = [key for key in golden(name).files if key.startswith(f"{case}/")]
    assert len(found) == len(wanted) > 0
    for number, array in enumerate(found):
        expected = golden(name)[f"{case}/{number}"]
        assert array.shape == expected.shape, number
        if expected.dtype.kind == "U":
            assert json.loads(str(array)) == json.loads(str(expected))
            continue
        np.testing.assert_allclose(
            array.astype("float64"),
            expected.astype("float64"),
            rtol=rtol,
            atol=atol,
            err_msg=f"array {number}",
        )
