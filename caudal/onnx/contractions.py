"""Products of matrices and convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.onnx.registry import writes
from caudal.saved_model.axes import einsum_equation


@writes("dot_general")
def _write_dot(w: Any, node: Any, x: Any, y: Any) -> Any:
    """A MatMul where the axes can be brought into its order for nothing, an Einsum otherwise."""
    contract, batch = node.params["contract"], node.params["batch"]
    ranks = tuple(map(len, node.shapes))
    count = len(batch[0])
    leading = batch == (tuple(range(count)), tuple(range(count)))
    if len(contract[0]) == 1 and leading:
        (i,), (j,) = contract
        stacked = ranks == (count + 2, count + 2)
        rows = not count and ranks[0] >= 2 and ranks[1] == 2 and i == ranks[0] - 1
        if stacked or rows:
            x = x if i == ranks[0] - 1 else _flipped(w, x, ranks[0])
            y = y if j == ranks[1] - 2 else _flipped(w, y, ranks[1])
            return w.node("MatMul", x, y)
    equation = einsum_equation(node.params, ranks)
    return w.node("Einsum", x, y, equation=equation)


def _flipped(w: Any, x: Any, rank: int) -> Any:
    """The last two axes exchanged."""
    return w.transpose(x, (*range(rank - 2), rank - 1, rank - 2))


@writes("conv")
def _write_conv(w: Any, node: Any, x: Any, kernel: Any) -> Any:
    """Channels go to the front: ONNX knows (batch, channels, space) alone."""
    params, (shape, window) = node.params, node.shapes
    rank = len(params["strides"])
    space = range(1, rank + 1)
    pairs, spread = params["padding"], params["lhs_dilation"]
    turned = _turned_padding(params, window) if set(spread) != {1} else None
    if turned is None and set(spread) != {1}:
        zero = np.zeros((), node.dtype.np_dtype)
        x = w.spread(x, shape, (0, *(d - 1 for d in spread), 0), zero)
    x = w.transpose(x, (0, rank + 1, *space))
    flags = {"dilations": list(params["rhs_dilation"]), "group": params["groups"]}
    if turned is None:
        kernel = w.transpose(kernel, (rank + 1, rank, *range(rank)))
        flags["pads"] = [pair[side] for side in (0, 1) for pair in pairs]
        y = w.node("Conv", x, kernel, strides=list(params["strides"]), **flags)
    else:
        kernel = w.transpose(_reversed(w, kernel, rank), (rank, rank + 1, *range(rank)))
        low, high, more = turned
        flags |= {"pads": [*low, *high], "output_padding": more}
        y = w.node("ConvTranspose", x, kernel, strides=list(spread), **flags)
    return w.transpose(y, (0, *range(2, rank + 2), 1))


def _turned_padding(params: Any, window: Any) -> tuple[list[int], list[int], list[int]] | None:
    """The padding of the same convolution as a ConvTranspose; None where it is none."""
    if params["groups"] != 1 or set(params["strides"]) != {1}:
        return None
    low, high, more = [], [], []
    pairs, dilations, spread = (params[key] for key in ("padding", "rhs_dilation", "lhs_dilation"))
    for (a, b), k, d, s in zip(pairs, window, dilations, spread, strict=False):
        reach = (k - 1) * d
        if a > reach or b - reach >= max(s, d):
            return None
        low.append(reach - a)
        high.append(max(reach - b, 0))
        more.append(max(b - reach, 0))
    return low, high, more


def _reversed(w: Any, kernel: Any, rank: int) -> Any:
    if kernel.array is not None:
        return w.const(np.ascontiguousarray(np.flip(kernel.array, tuple(range(rank)))))
    minus = w.ints(*(-1 for _ in range(rank)))
    end = w.ints(*(np.iinfo(np.int64).min + 1 for _ in range(rank)))
    return w.node("Slice", kernel, minus, end, w.ints(*range(rank)), minus)
