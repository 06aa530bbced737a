"""Record what real Keras gives for the calls of tests/keras/ops_cases.py.

    KERAS_BACKEND=tensorflow PYTHON tools/record_keras_ops.py

PYTHON is an environment with Keras 3.15.1 and TensorFlow. Writes tests/keras/golden_ops.json.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

TESTS = Path(__file__).resolve().parent.parent / "tests" / "keras"


def leaves(value: Any) -> list[Any]:
    """The tensors of a result, in order."""
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def entry(value: Any) -> dict[str, Any]:
    """One tensor as JSON."""
    array = np.asarray(keras.ops.convert_to_numpy(value))
    dtype = keras.backend.standardize_dtype(getattr(value, "dtype", array.dtype))
    kind = array.dtype.kind
    flat = array.ravel().astype("float64" if kind not in "biu" else "int64").tolist()
    return {
        "dtype": dtype,
        "shape": list(array.shape),
        "values": [float(f"{v:.7g}") if isinstance(v, float) else v for v in flat],
    }


def main() -> None:
    """Evaluate every expression and write the file."""
    spec = importlib.util.spec_from_file_location("ops_cases", TESTS / "ops_cases.py")
    assert spec and spec.loader
    cases = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cases)
    found = {}
    for text in cases.EXPRESSIONS:
        try:
            result = eval(text, {"o": keras.ops, **cases.arrays()})
            found[text] = [entry(leaf) for leaf in leaves(result)]
        except Exception as error:
            print("left out:", text, str(error).splitlines()[0], file=sys.stderr)
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in found.items())
    (TESTS / "golden_ops.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
