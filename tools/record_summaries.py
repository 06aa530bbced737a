"""Records tests/tf/golden_summary.json: the summaries of tests/tf/summary_cases.py as TensorFlow
writes them.

    PYTHON tools/record_summaries.py

PYTHON is an environment with TensorFlow and tensorboard.
"""

import base64
import importlib
import json
import sys
import tempfile
from pathlib import Path

import tensorflow as tf
from tensorflow.core.util.event_pb2 import Event

FOLDER = Path(__file__).parent.parent / "tests" / "tf"
sys.path.insert(0, str(FOLDER))
cases = importlib.import_module("summary_cases")


def main():
    with tempfile.TemporaryDirectory() as folder:
        cases.write_all(tf, folder)
        (path,) = Path(folder).iterdir()
        events = [Event.FromString(r.numpy()) for r in tf.data.TFRecordDataset(str(path))]
    found = [
        [event.step, base64.b64encode(event.summary.SerializeToString()).decode()]
        for event in events[1:]
    ]
    (FOLDER / "golden_summary.json").write_text(json.dumps(found, indent=0) + "\n")


if __name__ == "__main__":
    main()
