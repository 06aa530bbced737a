"""Values recorded from real Keras for losses, metrics, optimizers and schedules."""

import json
from pathlib import Path

import numpy as np

GOLDEN = json.loads((Path(__file__).parent / "golden_training.json").read_text())
DATA = {
    name: np.array(value, "int64" if name == "L" else "float32")
    for name, value in GOLDEN["data"].items()
}


def label(row):
    return f"{row[0]}-{row[1]}"
