"""Records tests/tf/golden.json: what real TensorFlow makes of the expressions of tests/tf/cases.py.

    /work/venvs/peers/bin/python tools/record_tf_golden.py [area]

With "more" it is golden_more.json, of cases_more.py; so for every other area. Run it where
TensorFlow is installed, after adding cases. Arrays are kept as text of their bytes (base64), so
that not a bit is lost.
"""

import base64
import importlib
import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).parent.parent / "tests" / "tf"
sys.path.insert(0, str(FOLDER))
MORE = f"_{sys.argv[1]}" if sys.argv[1:] else ""
cases = importlib.import_module("cases" + MORE)


def packed(value):
    """A tensor, or a list or tuple of them."""
    if isinstance(value, list | tuple):
        return [packed(part) for part in value]
    if value is None:
        return None
    array = np.asarray(value)
    if array.dtype == object or array.dtype.kind in "SU":
        return {"dtype": "object", "shape": list(array.shape), "data": repr(array.tolist())}
    text = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": text}


def gradient(expression, at, names):
    x = tf.constant(np.asarray(eval(at, names), "float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = eval(expression, {**names, "x": x})
        y = tf.reshape(y, [-1])
        total = tf.reduce_sum(y * tf.range(1.0, float(y.shape[0]) + 1))
    return tf.convert_to_tensor(tape.gradient(total, x))


def main():
    names = {**vars(cases), "tf": tf, "np": np}
    found = {"cases": {}, "gradients": {}}
    failed = []
    for expression in cases.CASES:
        try:
            found["cases"][expression] = packed(eval(expression, dict(names)))
        except Exception as error:
            failed.append((expression, str(error)[:150]))
    for expression, at in cases.GRADIENTS:
        key = f"{expression} at {at}"
        try:
            found["gradients"][key] = packed(gradient(expression, at, dict(names)))
        except Exception as error:
            failed.append((key, str(error)[:150]))
    for expression, error in failed:
        print("FAILED", expression, error)
    text = json.dumps(found, indent=0, sort_keys=True)
    (FOLDER / f"golden{MORE}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
