"""Record what TensorFlow makes of the programs in tests/tf/graph_cases.py.

    PEERS_PYTHON tools/record_graphs.py

Writes tests/tf/golden_graphs.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import tensorflow.compat.v1 as tf

HERE = Path(__file__).resolve().parents[1] / "tests" / "tf"
sys.path.insert(0, str(HERE))

import graph_cases  # noqa: E402

tf.disable_v2_behavior()
golden = {}
for name, case in graph_cases.CASES.items():
    tf.reset_default_graph()
    golden[name] = graph_cases.numbers(case(tf))
(HERE / "golden_graphs.json").write_text(json.dumps(golden, indent=1) + "\n")
