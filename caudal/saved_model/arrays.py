"""Ops that make, move and pick elements."""

from __future__ import annotations

import math as numbers
from typing import Any

import numpy as np

from caudal import ops
from caudal.array import create, indexing, movement
from caudal.array.arguments import cast_to, dims, scalar, static, static_int, static_ints
from caudal.errors import ShapeError
from caudal.framework import convert_to_tensor, is_symbolic
from caudal.ir.dtypes import bool_, int32
from caudal.saved_model.axes import scatter_orders
from caudal.saved_model.registry import plain, reads, writes

# --- making -----------------------------------------------------------------------------------


@reads("Const", "HostConst")
def _const(call: Any) -> Any:
    return convert_to_tensor(call["value"], dtype=call["dtype"])


@reads("Fill")
def _fill(call: Any, extents: Any, value: Any) -> Any:
    return create.fill(extents, value)


@reads("Range")
def _range(call: Any, start: Any, limit: Any, delta: Any) -> Any:
    return create.range(start, limit, delta, dtype=start.dtype)


@reads("LinSpace")
def _lin_space(call: Any, start: Any, stop: Any, num: Any) -> Any:
    return create.linspace(start, stop, static_int(num, "LinSpace"))


@reads("OneHot")
def _one_hot(call: Any, indices: Any, depth: Any, on: Any, off: Any) -> Any:
    return create.one_hot(
        indices, static_int(depth, "OneHot"), on, off, axis=call.get("axis", -1), dtype=on.dtype
    )


@reads("Shape")
def _shape(call: Any, x: Any) -> Any:
    return create.shape(x, call.get("out_type", int32))


@reads("ShapeN")
def _shape_n(call: Any, *inputs: Any) -> Any:
    return [create.shape(x, call.get("out_type", int32)) for x in inputs]


@reads("Size")
def _size(call: Any, x: Any) -> Any:
    return create.size(x, call.get("out_type", int32))


plain("Rank", create.rank)
plain("ZerosLike", create.zeros_like)
plain("OnesLike", create.ones_like)


@writes("iota")
def _write_iota(w: Any, node: Any) -> Any:
    shape, axis = node.params["shape"], node.params["axis"]
    zero, one = w.const(np.int32(0)), w.const(np.int32(1))
    line = w.node("Range", zero, w.scalar(shape[axis]), one)
    line = w.cast(line, node.dtype)
    if len(shape) == 1:
        return line
    apart = tuple(shape[axis] if i == axis else 1 for i in range(len(shape)))
    return w.node("BroadcastTo", w.reshape(line, apart), w.vector(shape))


# --- shapes -----------------------------------------------------------------------------------


@reads("Reshape")
def _reshape(call: Any, x: Any, shape: Any) -> Any:
    return movement.reshape(x, static_ints(shape, "Reshape"))


@writes("reshape")
def _write_reshape(w: Any, node: Any, x: Any) -> Any:
    return w.reshape(x, node.params["shape"])


@reads("Squeeze")
def _squeeze(call: Any, x: Any) -> Any:
    axes = call.get("squeeze_dims") or call.get("axis") or None
    return movement.squeeze(x, axes)


@reads("ExpandDims")
def _expand_dims(call: Any, x: Any, axis: Any) -> Any:
    return movement.expand_dims(x, static_ints(axis, "ExpandDims")[0])


@reads("EnsureShape")
def _ensure_shape(call: Any, x: Any) -> Any:
    return movement.ensure_shape(x, call["shape"].dims)


@reads("BroadcastTo")
def _broadcast_to(call: Any, x: Any, shape: Any) -> Any:
    return movement.broadcast_to(x, static_ints(shape, "BroadcastTo"))


@writes("broadcast_to")
def _write_broadcast_to(w: Any, node: Any, x: Any) -> Any:
    return w.node("BroadcastTo", x, w.vector(node.params["shape"]))


@reads("BroadcastArgs")
def _broadcast_args(call: Any, first: Any, second: Any) -> Any:
    shape = np.broadcast_shapes(static_ints(first, call.op), static_ints(second, call.op))
    return convert_to_tensor(np.asarray(shape, first.dtype.np_dtype))


@reads("Transpose")
def _transpose(call: Any, x: Any, perm: Any) -> Any:
    return movement.transpose(x, static_ints(perm, "Transpose"))


@writes("transpose")
def _write_transpose(w: Any, node: Any, x: Any) -> Any:
    return w.transpose(x, node.params["perm"])


@reads("ReverseV2")
def _reverse(call: Any, x: Any, axes: Any) -> Any:
    return movement.reverse(x, static_ints(axes, "ReverseV2"))


@writes("reverse")
def _write_reverse(w: Any, node: Any, x: Any) -> Any:
    return w.node("ReverseV2", x, w.const(np.asarray(node.params["axes"], np.int32)))


@reads("ReverseSequence")
def _reverse_sequence(call: Any, x: Any, lengths: Any) -> Any:
    return indexing.reverse_sequence(
        x, lengths, seq_axis=call["seq_dim"], batch_axis=call.get("batch_dim", 0)
    )


@reads("Tile")
def _tile(call: Any, x: Any, multiples: Any) -> Any:
    return movement.tile(x, static_ints(multiples, "Tile"))


@reads("Roll")
def _roll(call: Any, x: Any, shift: Any, axis: Any) -> Any:
    return movement.roll(x, shift, static_ints(axis, "Roll"))


@reads("DepthToSpace", "SpaceToDepth")
def _depth_and_space(call: Any, x: Any) -> Any:
    function = movement.depth_to_space if call.op == "DepthToSpace" else movement.space_to_depth
    return function(x, call["block_size"], call.text("data_format", "NHWC"))


@reads("SpaceToBatchND")
def _space_to_batch(call: Any, x: Any, block: Any, paddings: Any) -> Any:
    """Blocks of the spatial axes become more examples: the offsets in a block lead the batch."""
    sizes = static_ints(block, call.op)
    pads = static(paddings, call.op).tolist()
    rest = len(dims(x)) - 1 - len(sizes)
    x = movement.pad(x, [[0, 0], *pads, *([[0, 0]] * rest)])
    batch, *space = dims(x)[: 1 + len(sizes)]
    tail = dims(x)[1 + len(sizes) :]
    if any(n % b for n, b in zip(space, sizes, strict=True)):
        raise ShapeError(
            "SpaceToBatchND: blocks of {block} do not divide {space}.", block=sizes, space=space
        )
    split = [part for n, b in zip(space, sizes, strict=True) for part in (n // b, b)]
    apart = ops.reshape(x, shape=(batch, *split, *tail))
    count = len(sizes)
    offsets = [2 + 2 * i for i in range(count)]
    outer = [1 + 2 * i for i in range(count)]
    last = range(1 + 2 * count, 1 + 2 * count + len(tail))
    moved = ops.transpose(apart, perm=(*offsets, 0, *outer, *last))
    blocks = numbers.prod(sizes)
    shrunk = [n // b for n, b in zip(space, sizes, strict=True)]
    return ops.reshape(moved, shape=(batch * blocks, *shrunk, *tail))


@reads("BatchToSpaceND")
def _batch_to_space(call: Any, x: Any, block: Any, crops: Any) -> Any:
    """The way back."""
    sizes = static_ints(block, call.op)
    cut = static(crops, call.op).tolist()
    count = len(sizes)
    batch, *space = dims(x)[: 1 + count]
    tail = dims(x)[1 + count :]
    examples = batch // numbers.prod(sizes)
    apart = ops.reshape(x, shape=(*sizes, examples, *space, *tail))
    order = [count, *(axis for i in range(count) for axis in (count + 1 + i, i))]
    last = range(2 * count + 1, 2 * count + 1 + len(tail))
    grown = [n * b for n, b in zip(space, sizes, strict=True)]
    whole = ops.reshape(ops.transpose(apart, perm=(*order, *last)), shape=(examples, *grown, *tail))
    begin = [0, *(low for low, _ in cut), *(0 for _ in tail)]
    end = [examples, *(n - high for n, (_, high) in zip(grown, cut, strict=True)), *tail]
    return ops.slice(whole, begin=tuple(begin), end=tuple(end), strides=(1,) * len(end))


# --- joining and cutting ----------------------------------------------------------------------


@reads("ConcatV2")
def _concat(call: Any, *inputs: Any) -> Any:
    return movement.concat(list(inputs[:-1]), static_int(inputs[-1], "ConcatV2"))


@reads("Concat")
def _concat_first(call: Any, axis: Any, *inputs: Any) -> Any:
    return movement.concat(list(inputs), static_int(axis, "Concat"))


@writes("concat")
def _write_concat(w: Any, node: Any, *inputs: Any) -> Any:
    if len(inputs) == 1:
        return inputs[0]
    axis = w.const(np.asarray(node.params["axis"], np.int32))
    return w.node("ConcatV2", *inputs, axis, N=len(inputs))


@reads("Pack")
def _pack(call: Any, *inputs: Any) -> Any:
    return movement.stack(list(inputs), axis=call.get("axis", 0))


@reads("Unpack")
def _unpack(call: Any, x: Any) -> Any:
    return movement.unstack(x, call.get("num"), axis=call.get("axis", 0))


@reads("Split")
def _split(call: Any, axis: Any, x: Any) -> Any:
    return movement.split(x, call["num_split"], axis=static_int(axis, "Split"))


@reads("SplitV")
def _split_sizes(call: Any, x: Any, sizes: Any, axis: Any) -> Any:
    return movement.split(x, static_ints(sizes, "SplitV"), axis=static_int(axis, "SplitV"))


@reads("Slice")
def _slice(call: Any, x: Any, begin: Any, size: Any) -> Any:
    sizes = static_ints(size, "Slice")
    if is_symbolic(begin) and min(sizes, default=0) >= 0:
        return ops.dynamic_slice(x, begin, sizes=sizes)
    return movement.slice(x, static_ints(begin, "Slice"), sizes)


@reads("StridedSlice")
def _strided_slice(call: Any, x: Any, begin: Any, end: Any, strides: Any) -> Any:
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    given: dict[str, Any] = {mask: int(call.get(mask, 0)) for mask in masks}
    if is_symbolic(begin) and given["shrink_axis_mask"] == 1 and dims(begin) == (1,):
        return ops.gather(x, ops.reshape(begin, shape=()), axis=0)
    return movement.strided_slice(x, begin, end, strides, **given)


@writes("slice")
def _write_slice(w: Any, node: Any, x: Any) -> Any:
    parts = (w.vector(node.params[key]) for key in ("begin", "end", "strides"))
    return w.node("StridedSlice", x, *parts)


@writes("dynamic_slice")
def _write_dynamic_slice(w: Any, node: Any, x: Any, starts: Any) -> Any:
    sizes = w.vector(node.params["sizes"])
    return w.node("Slice", x, w.clamped(starts, node.shapes[0], sizes), sizes)


@reads("TensorStridedSliceUpdate")
def _slice_update(call: Any, x: Any, begin: Any, end: Any, strides: Any, value: Any) -> Any:
    if set(static_ints(strides, call.op)) - {1} or any(
        call.get(mask, 0) for mask in ("begin_mask", "end_mask", "shrink_axis_mask")
    ):
        from caudal.errors import UnimplementedError

        raise UnimplementedError("TensorStridedSliceUpdate: only whole blocks can be replaced.")
    return ops.dynamic_update_slice(x, value, begin)


@writes("dynamic_update_slice")
def _write_dynamic_update(w: Any, node: Any, x: Any, update: Any, starts: Any) -> Any:
    sizes = w.vector(node.shapes[1])
    begin = w.clamped(starts, node.shapes[0], sizes)
    end = w.node("AddV2", begin, sizes)
    ones = w.const(np.ones(len(node.shapes[0]), np.int32))
    return w.node("TensorStridedSliceUpdate", x, begin, end, ones, update)


@reads("Pad", "PadV2")
def _pad(call: Any, x: Any, paddings: Any, value: Any = None) -> Any:
    return movement.pad(x, paddings, constant_values=scalar(0, x) if value is None else value)


@reads("MirrorPad")
def _mirror_pad(call: Any, x: Any, paddings: Any) -> Any:
    return movement.pad(x, paddings, mode=call.text("mode", "REFLECT"))


@writes("pad")
def _write_pad(w: Any, node: Any, x: Any) -> Any:
    params = node.params
    value = np.asarray(params["value"], node.dtype.np_dtype)
    x = w.spread(x, node.shapes[0], params["interior"], value)
    return w.pad(x, params["low"], params["high"], value)


# --- picking and putting ----------------------------------------------------------------------


@reads("GatherV2")
def _gather(call: Any, x: Any, indices: Any, axis: Any) -> Any:
    return indexing.gather(
        x, indices, axis=static_int(axis, "GatherV2"), batch_dims=call.get("batch_dims", 0)
    )


@reads("Gather")
def _gather_first(call: Any, x: Any, indices: Any) -> Any:
    return indexing.gather(x, indices, axis=0)


@writes("gather")
def _write_gather(w: Any, node: Any, x: Any, indices: Any) -> Any:
    axis = w.const(np.asarray(node.params["axis"], np.int32))
    return w.node("GatherV2", x, w.index(indices), axis)


plain("GatherNd", indexing.gather_nd)
plain("ScatterNd", lambda indices, updates, shape: indexing.scatter_nd(indices, updates, shape))
plain("TensorScatterAdd", indexing.tensor_scatter_nd_add)
plain("TensorScatterSub", indexing.tensor_scatter_nd_sub)
plain("TensorScatterUpdate", indexing.tensor_scatter_nd_update)
plain("TensorScatterMax", indexing.tensor_scatter_nd_max)
plain("TensorScatterMin", indexing.tensor_scatter_nd_min)


@writes("gather_nd")
def _write_gather_nd(w: Any, node: Any, x: Any, indices: Any) -> Any:
    return w.node("GatherNd", x, w.index(indices))


@writes("scatter_nd_add")
def _write_scatter_nd(w: Any, node: Any, x: Any, indices: Any, updates: Any) -> Any:
    return _scattered(w, x, w.index(indices), updates, len(node.shapes[1]))


def _scattered(w: Any, x: Any, indices: Any, updates: Any, rank: int) -> Any:
    """TensorScatterAdd wants a list of index vectors, also where there is one."""
    if rank == 1:
        zero = w.const(np.int32(0))
        indices, updates = (w.node("ExpandDims", ref, zero) for ref in (indices, updates))
    return w.node("TensorScatterAdd", x, indices, updates)


@writes("scatter_add")
def _write_scatter(w: Any, node: Any, x: Any, indices: Any, updates: Any) -> Any:
    """Along one axis: it is moved to the front."""
    depth = len(node.shapes[1])
    front, moved, back = scatter_orders(node.params["axis"], len(node.shapes[0]), depth)
    ids = w.reshape(w.index(indices), (*node.shapes[1], 1))
    moved_updates = w.transpose(updates, moved)
    total = _scattered(w, w.transpose(x, front), ids, moved_updates, depth + 1)
    return w.transpose(total, back)


@reads("Where")
def _where(call: Any, condition: Any) -> Any:
    return indexing.where(condition)


@reads("Select")
def _select(call: Any, condition: Any, x: Any, y: Any) -> Any:
    """A vector of conditions chooses whole rows."""
    rank = len(dims(x))
    if len(dims(condition)) == 1 and rank > 1:
        condition = ops.reshape(condition, shape=(dims(condition)[0], *(1,) * (rank - 1)))
    return indexing.where(condition, x, y)


@reads("Unique", outputs=("y", "idx"))
def _unique(call: Any, x: Any) -> Any:
    return tuple(indexing.unique(x, call.get("out_idx", int32)))


@reads("UniqueWithCounts", outputs=("y", "idx", "count"))
def _unique_with_counts(call: Any, x: Any) -> Any:
    return tuple(indexing.unique_with_counts(x, call.get("out_idx", int32)))


@reads("LowerBound", "UpperBound")
def _bound(call: Any, edges: Any, values: Any) -> Any:
    side = "left" if call.op == "LowerBound" else "right"
    return indexing.searchsorted(edges, values, side=side, out_type=call.get("out_type", int32))


@reads("DynamicStitch", "ParallelDynamicStitch")
def _dynamic_stitch(call: Any, *inputs: Any) -> Any:
    half = len(inputs) // 2
    return indexing.dynamic_stitch(list(inputs[:half]), list(inputs[half:]))


@reads("DynamicPartition")
def _dynamic_partition(call: Any, x: Any, partitions: Any) -> Any:
    return indexing.dynamic_partition(x, partitions, call["num_partitions"])


# --- sorting and counting ---------------------------------------------------------------------


@reads("TopKV2", "TopK", outputs=("values", "indices"))
def _top_k(call: Any, x: Any, k: Any = None) -> Any:
    from caudal.math import top_k

    count = call["k"] if k is None else static_int(k, "TopKV2")
    values, indices = top_k(x, count, sorted=bool(call.get("sorted", True)))
    return values, cast_to(indices, call.get("index_type", int32))


@reads("InTopK", "InTopKV2")
def _in_top_k(call: Any, predictions: Any, targets: Any, k: Any = None) -> Any:
    from caudal.math import in_top_k

    return in_top_k(targets, predictions, call["k"] if k is None else static_int(k, call.op))


@writes("sort", "argsort")
def _write_sort(w: Any, node: Any, x: Any) -> Any:
    """TopKV2 sorts the last axis downwards and keeps equal elements in order."""
    rank, axis = len(node.shapes[0]), node.params["axis"]
    order = (*(i for i in range(rank) if i != axis), axis)
    back = tuple(order.index(i) for i in range(rank))
    rising = not node.params["descending"]
    kind = x.dtype
    if kind is bool_:
        x = w.cast(x, int32)
    # Complementing integers turns the order round without overflow.
    turn = "Invert" if x.dtype.is_integer else "Neg"
    line = w.transpose(w.node(turn, x) if rising else x, order)
    count = w.scalar(node.shapes[0][axis])
    values, indices = w.nodes("TopKV2", ("values", "indices"), (x.dtype, int32), line, count)
    if node.op == "argsort":
        return w.cast(w.transpose(indices, back), node.dtype)
    return w.cast(w.transpose(w.node(turn, values) if rising else values, back), kind)


def _segments(theirs: str, name: str) -> None:
    from caudal import math

    function = getattr(math, name)
    if theirs.startswith("Unsorted"):
        plain(theirs, lambda x, ids, n: function(x, ids, static_int(n, theirs)))
    else:
        plain(theirs, function)


for _kind in ("Sum", "Mean", "Max", "Min", "Prod"):
    _segments(f"Segment{_kind}", f"segment_{_kind.lower()}")
    if _kind != "Mean":
        _segments(f"UnsortedSegment{_kind}", f"unsorted_segment_{_kind.lower()}")


@reads("InvertPermutation")
def _invert_permutation(call: Any, x: Any) -> Any:
    from caudal.math import invert_permutation

    return invert_permutation(x)
