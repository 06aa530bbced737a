"""Records how the public classes, functions and methods of real Keras are called, in the peers'
environment.

PYTHONPATH=tests/keras python tools/record_keras_signatures.py
"""

import inspect
import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import keras_signatures

PATH = Path(keras_signatures.__file__).parent / "golden_signatures.json"


def main():
    found = keras_signatures.public(keras)
    known = {value for value in found.values() if inspect.isclass(value)}
    lines = {}
    for name, value in found.items():
        lines[name] = keras_signatures.of(value)
        if inspect.isclass(value):
            for method, function in keras_signatures.methods(value, known).items():
                lines[f"{name}.{method}"] = keras_signatures.of(function)
    written = {}
    for name, parameters in sorted(lines.items()):
        if parameters is not None and not name.endswith(".get_config"):
            written.setdefault("; ".join(parameters), []).append(name)
    text = {parameters: " ".join(names) for parameters, names in sorted(written.items())}
    PATH.write_text(json.dumps(text, indent=0) + "\n", encoding="utf-8")
    print(sum(map(len, written.values())), PATH.stat().st_size)


main()
