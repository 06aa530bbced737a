"""The modules beside the tests and what real TensorFlow Hub made of them (tools/record_hub.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
golden = np.load(HERE / "golden.npz")


def handle(name):
    return str(HERE / f"{name}.tar.gz")
