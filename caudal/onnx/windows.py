"""Folds over sliding windows: pooling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caudal.onnx.registry import writes


@writes("window_max", "window_min", "window_sum")
def _write_window(w: Any, node: Any, x: Any) -> Any:
    """A pool over the windowed axes; the others are channels before them."""
    params, shape = node.params, node.shapes[0]
    window, strides, pairs = params["window"], params["strides"], params["padding"]
    if not node.dtype.is_floating:
        raise w.unwritable(node, "of integers")
    axes = [i for i, k in enumerate(window) if (k, strides[i], pairs[i]) != (1, 1, (0, 0))]
    if not axes:
        return x
    if len(axes) > 3:
        raise w.unwritable(node, f"over {len(axes)} axes")
    others = [i for i in range(len(shape)) if i not in axes]
    order = (*others, *axes)
    x = w.node("Neg", x) if node.op == "window_min" else x
    if node.op == "window_sum":
        low, high = zip(*pairs, strict=True)
        x = w.pad(x, low, high, np.zeros((), node.dtype.np_dtype))
        shape = [n + a + b for n, (a, b) in zip(shape, pairs, strict=True)]
    x = w.transpose(x, order)
    plain = len(others) == 2
    if not plain:
        rows: Any = 1
        for i in others:
            rows = rows * shape[i]
        x = w.reshape(x, (rows, 1, *(shape[i] for i in axes)))
    flags = {"kernel_shape": [window[i] for i in axes], "strides": [strides[i] for i in axes]}
    if node.op == "window_sum":
        y = w.node("AveragePool", x, **flags)
        y = w.node("Mul", y, w.like(y, math.prod(window)))
    else:
        flags["pads"] = [pairs[i][side] for side in (0, 1) for i in axes]
        y = w.node("MaxPool", x, **flags)
    y = w.node("Neg", y) if node.op == "window_min" else y
    if not plain:
        y = w.reshape(y, tuple(node.shape[i] for i in order))
    return w.transpose(y, tuple(order.index(i) for i in range(len(shape))))
