"""How ragged tensors print: the same text as TensorFlow's."""

from __future__ import annotations

from typing import Any

import numpy as np


def shown(ragged: Any) -> str:
    """``repr`` and ``str``: the rows, or the tensors of a function being traced."""
    if ragged.is_symbolic:
        return f"tf.RaggedTensor(values={ragged.values}, row_splits={ragged.row_splits})"
    return f"<tf.RaggedTensor {_array(ragged.numpy())}>"


def _array(array: np.ndarray[Any, Any]) -> str:
    return np.array2string(array, separator=", ", formatter={"all": _item})


def _item(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return _array(value)
    return repr(value) if isinstance(value, bytes) else str(value)
