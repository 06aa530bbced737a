"""``tf.compat.v1.train``: TensorFlow 1's optimizers, and what ``tf.train`` has today."""

from __future__ import annotations

import importlib
from typing import Any

from caudal.compat.graph import (
    AdagradOptimizer,
    AdamOptimizer,
    GradientDescentOptimizer,
    MomentumOptimizer,
)
from caudal.namespaces import missing

__all__ = ["AdagradOptimizer", "AdamOptimizer", "GradientDescentOptimizer", "MomentumOptimizer"]


def __getattr__(name: str) -> Any:
    try:
        return getattr(importlib.import_module("caudal").train, name)
    except AttributeError as error:
        raise missing("tf.compat.v1.train", name, __all__) from error
