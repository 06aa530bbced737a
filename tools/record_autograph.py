"""Records tests/tf/golden_autograph.json: what TensorFlow's AutoGraph makes of autograph_cases.py.

    /work/venvs/peers/bin/python tools/record_autograph.py

Run it where TensorFlow is installed, after adding cases. Results are kept as text of their bytes
(base64); of an error, the Python class that a program would catch, and its message.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).parent.parent / "tests" / "tf"
sys.path.insert(0, str(FOLDER))
import autograph_cases  # noqa: E402

autograph_cases.tf = tf


def packed(value):
    if isinstance(value, list | tuple):
        return [packed(part) for part in value]
    array = np.asarray(value)
    text = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": text}


def kind_of(error):
    kinds = (NotImplementedError, ValueError, TypeError)
    return next(kind.__name__ for kind in kinds if isinstance(error, kind))


def main():
    found = {"cases": {}, "errors": {}}
    for name, calls in autograph_cases.CASES:
        function = tf.function(getattr(autograph_cases, name))
        for arguments in calls:
            tensors = list(map(tf.constant, arguments))
            try:
                result = function(*tensors)
            except Exception as error:
                # TensorFlow's AutoGraph refuses some that make sense: eager execution knows.
                print(name, "recorded eagerly:", str(error).splitlines()[-1][:150])
                result = getattr(autograph_cases, name)(*tensors)
                result = tf.nest.map_structure(tf.convert_to_tensor, result)
            found["cases"][f"{name}{arguments}"] = packed(result)
    for name, arguments, _ in autograph_cases.ERRORS:
        try:
            tf.function(getattr(autograph_cases, name))(*map(tf.constant, arguments))
        except Exception as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            found["errors"][name] = {"kind": kind_of(error), "message": lines[-1][:300]}
        else:
            raise SystemExit(f"{name}: TensorFlow reports no mistake")
    (FOLDER / "golden_autograph.json").write_text(
        json.dumps(found, indent=0, sort_keys=True) + "\n"
    )


if __name__ == "__main__":
    main()
