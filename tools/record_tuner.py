"""Records tests/tuner/golden.json with KerasTuner (pip install keras-tuner) and Keras.

python tools/record_tuner.py
"""

import json
import sys
import tempfile
from pathlib import Path

import keras_tuner

TESTS = Path(__file__).parent.parent / "tests" / "tuner"
sys.path.insert(0, str(TESTS))
from tuner_cases import CASES  # noqa: E402


def main():
    found = {"keras_tuner": keras_tuner.__version__}
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            found[name] = case(keras_tuner, folder)
    (TESTS / "golden.json").write_text(json.dumps(found, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
