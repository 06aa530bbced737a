"""Ops that make, move, pick and sort elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.ir.dtypes import bool_, int32, int64
from caudal.onnx.registry import writes
from caudal.saved_model.axes import scatter_orders


@writes("reshape")
def _write_reshape(w: Any, node: Any, x: Any) -> Any:
    return w.reshape(x, node.params["shape"])


@writes("transpose")
def _write_transpose(w: Any, node: Any, x: Any) -> Any:
    return w.transpose(x, node.params["perm"])


@writes("broadcast_to")
def _write_broadcast(w: Any, node: Any, x: Any) -> Any:
    return w.broadcast(x, node.params["shape"])


@writes("iota")
def _write_iota(w: Any, node: Any) -> Any:
    shape, axis = node.params["shape"], node.params["axis"]
    line = w.cast(w.line(shape[axis]), node.dtype)
    if len(shape) == 1:
        return line
    apart = [shape[axis] if i == axis else 1 for i in range(len(shape))]
    return w.broadcast(w.reshape(line, apart), shape)


@writes("reverse")
def _write_reverse(w: Any, node: Any, x: Any) -> Any:
    axes = node.params["axes"]
    first, step = w.ints(*(-1 for _ in axes)), w.ints(*(-1 for _ in axes))
    end = w.ints(*(np.iinfo(np.int64).min + 1 for _ in axes))
    return w.node("Slice", x, first, end, w.ints(*axes), step)


@writes("slice")
def _write_slice(w: Any, node: Any, x: Any) -> Any:
    begin, end, strides = (node.params[key] for key in ("begin", "end", "strides"))
    whole = node.shapes[0]
    axes = [
        i for i, n in enumerate(whole) if (begin[i], strides[i]) != (0, 1) or not _same(end[i], n)
    ]
    if not axes:
        return x
    parts = [w.vector([part[i] for i in axes]) for part in (begin, end)]
    return w.node("Slice", x, *parts, w.ints(*axes), w.ints(*(strides[i] for i in axes)))


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) if type(one) is type(other) else False


@writes("concat")
def _write_concat(w: Any, node: Any, *inputs: Any) -> Any:
    return inputs[0] if len(inputs) == 1 else w.node("Concat", *inputs, axis=node.params["axis"])


@writes("pad")
def _write_pad(w: Any, node: Any, x: Any) -> Any:
    params = node.params
    value = np.asarray(params["value"], node.dtype.np_dtype)
    if node.dtype is bool_:
        x, value = w.cast(x, int32), value.astype(np.int32)
    x = w.spread(x, node.shapes[0], params["interior"], value)
    return w.cast(w.pad(x, params["low"], params["high"], value), node.dtype)


# --- picking and putting ----------------------------------------------------------------------


@writes("gather")
def _write_gather(w: Any, node: Any, x: Any, indices: Any) -> Any:
    return w.node("Gather", x, _index(w, indices), axis=node.params["axis"])


def _index(w: Any, x: Any) -> Any:
    return x if x.dtype in (int32, int64) else w.cast(x, int64)


@writes("gather_nd")
def _write_gather_nd(w: Any, node: Any, x: Any, indices: Any) -> Any:
    return w.node("GatherND", x, w.cast(indices, int64))


@writes("scatter_nd_add")
def _write_scatter_nd(w: Any, node: Any, x: Any, indices: Any, updates: Any) -> Any:
    return w.node("ScatterND", x, w.cast(indices, int64), updates, reduction="add")


@writes("scatter_add")
def _write_scatter(w: Any, node: Any, x: Any, indices: Any, updates: Any) -> Any:
    """Along one axis: it is moved to the front."""
    depth = len(node.shapes[1])
    front, moved, back = scatter_orders(node.params["axis"], len(node.shapes[0]), depth)
    ids = w.reshape(w.cast(indices, int64), (*node.shapes[1], 1))
    rows = w.transpose(updates, moved)
    total = w.node("ScatterND", w.transpose(x, front), ids, rows, reduction="add")
    return w.transpose(total, back)


@writes("dynamic_slice")
def _write_dynamic_slice(w: Any, node: Any, x: Any, starts: Any) -> Any:
    sizes = w.vector(node.params["sizes"])
    begin = w.clamped(starts, node.shapes[0], sizes)
    axes = w.ints(*range(len(node.shapes[0])))
    return w.node("Slice", x, begin, w.node("Add", begin, sizes), axes)


@writes("dynamic_update_slice")
def _write_dynamic_update(w: Any, node: Any, x: Any, update: Any, starts: Any) -> Any:
    """The block's places: the sum of a line along each axis, as index vectors."""
    shape, rank = node.shapes[1], len(node.shapes[0])
    begin = w.clamped(starts, node.shapes[0], w.vector(shape))
    grids = []
    for axis in range(rank):
        apart = [shape[axis] if i == axis else 1 for i in range(rank)]
        grid = w.broadcast(w.reshape(w.line(shape[axis]), apart), shape)
        grids.append(w.node("Unsqueeze", grid, w.ints(rank)))
    places = w.node("Add", w.node("Concat", *grids, axis=rank), begin)
    return w.node("ScatterND", x, places, update)


# --- sorting ----------------------------------------------------------------------------------


@writes("sort", "argsort")
def _write_sort(w: Any, node: Any, x: Any) -> Any:
    axis = node.params["axis"]
    given = w.cast(x, int32) if x.dtype is bool_ else x
    count = w.vector([node.shapes[0][axis]])
    flags = {"axis": axis, "largest": int(node.params["descending"]), "sorted": 1}
    values, indices = w.nodes("TopK", (given.dtype, int64), given, count, **flags)
    return w.cast(indices if node.op == "argsort" else values, node.dtype)


@writes("determinant")
def _write_determinant(w: Any, node: Any, x: Any) -> Any:
    return w.node("Det", x)
