"""Records tests/tf/golden_composite.json: what real TensorFlow makes of cases_composite.py.

    /work/venvs/peers/bin/python tools/record_composite_golden.py

Ragged and sparse tensors, sets, tables, serialized examples. Run it where TensorFlow is installed,
after adding cases. A case that TensorFlow refuses is kept as the word "raises".
"""

import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).parent.parent / "tests" / "tf"
sys.path.insert(0, str(FOLDER))
import cases_composite  # noqa: E402
from composite_values import described  # noqa: E402


def gradient(expression, at, names):
    x = tf.constant(np.asarray(at, "float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = eval(expression, {**names, "x": x})
        y = tf.reshape(getattr(y, "flat_values", getattr(y, "values", y)), [-1])
        total = tf.reduce_sum(y * tf.range(1.0, float(y.shape[0]) + 1))
    return tf.convert_to_tensor(tape.gradient(total, x))


def main():
    names = {**vars(cases_composite), "tf": tf, "np": np}
    names |= cases_composite.made(tf)
    found = {"cases": {}, "gradients": {}}
    for expression in cases_composite.CASES:
        try:
            found["cases"][expression] = described(eval(expression, dict(names)))
            json.dumps(found["cases"][expression])
        except Exception as error:
            found["cases"][expression] = "raises"
            print("RAISES", expression, type(error).__name__, str(error).split("\n")[0][:100])
    for expression, at in cases_composite.GRADIENTS:
        found["gradients"][f"{expression} at {at}"] = described(gradient(expression, at, names))
    path = FOLDER / "golden_composite.json"
    lines = [
        f"{json.dumps(part)}: {{\n"
        + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(found[part].items()))
        + "\n}"
        for part in sorted(found)
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
