"""Records models of keras.ops as Keras writes them: tests/keras/golden_functions.json.

Run with a Python that has Keras 3.15.1: python tools/record_keras_functions.py
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

FOLDER = Path(__file__).parent.parent / "tests" / "keras"
sys.path.insert(0, str(FOLDER))

from function_cases import X, Y, cases  # noqa: E402

found = {}
for name, function in cases(keras.ops).items():
    keras.backend.clear_session()
    x, y = keras.Input((3, 4), name="x"), keras.Input((3, 4), name="y")
    model = keras.Model([x, y], function(x, y), name=name)
    result = np.asarray(model([X, Y]), "float64")
    found[name] = {"json": model.to_json(), "result": result.round(6).tolist()}
(FOLDER / "golden_functions.json").write_text(json.dumps(found) + "\n")
