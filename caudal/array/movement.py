"""Moving elements: reshape, transpose, join, split, pad and cut."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import (
    as_tensor,
    axes_of,
    axis_of,
    cast_to,
    dims,
    has_dtype,
    static,
    static_int,
    static_ints,
    unify,
)
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import Tensor, TensorShape, convert_to_tensor, is_symbolic
from caudal.ir.dtypes import int64

_slice, _range = slice, range


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    """The same elements in another shape; one extent may be -1: whatever is left.

    >>> reshape([[1, 2], [3, 4]], [-1]).numpy().tolist()
    [1, 2, 3, 4]
    """
    x = as_tensor(tensor)
    wanted = static_ints(shape, "reshape: shape")
    count = x.shape.num_elements()
    known = int(np.prod([n for n in wanted if n != -1], dtype=np.int64))
    free = wanted.count(-1)
    fits = count == known if not free else (known > 0 and count % known == 0)
    if free > 1 or not fits or any(n < -1 for n in wanted):
        raise ShapeError(
            "reshape: expected a shape for {count} elements, received {shape} for a tensor of "
            "shape {received}.",
            count=count,
            shape=wanted,
            received=dims(x),
        )
    return ops.reshape(x, shape=tuple(count // known if n == -1 else n for n in wanted))


def squeeze(input: Any, axis: Any = None, name: str | None = None) -> Any:
    """Without the axes of extent 1, or without those named in ``axis``."""
    x = as_tensor(input)
    old = dims(x)
    if axis is None or (isinstance(axis, list | tuple) and not axis):
        gone: tuple[int, ...] = tuple(i for i, n in enumerate(old) if n == 1)
    else:
        gone = axes_of(axis, len(old), "squeeze")
        if any(old[i] != 1 for i in gone):
            raise ShapeError(
                "squeeze: expected extent 1 in axis {axis}, received shape {shape}.",
                axis=list(gone),
                shape=old,
            )
    return ops.reshape(x, shape=tuple(n for i, n in enumerate(old) if i not in gone))


def expand_dims(input: Any, axis: Any, name: str | None = None) -> Any:
    """With a new axis of extent 1 at ``axis``."""
    x = as_tensor(input)
    place = axis_of(axis, len(x.shape) + 1, "expand_dims")
    old = dims(x)
    return ops.reshape(x, shape=(*old[:place], 1, *old[place:]))


def transpose(a: Any, perm: Any = None, conjugate: bool = False, name: str = "transpose") -> Any:
    """The axes in another order: reversed if ``perm`` is None."""
    x = as_tensor(a)
    count = len(x.shape)
    order = tuple(reversed(_range(count))) if perm is None else static_ints(perm, "transpose")
    order = tuple(i % count if -count <= i < count else i for i in order)
    if sorted(order) != list(_range(count)):
        raise InvalidArgumentError(
            "transpose: expected perm to name each of {count} axes once, received {perm}.",
            count=count,
            perm=order,
        )
    if order != tuple(_range(count)):
        x = ops.transpose(x, perm=order)
    return ops.conj(x) if conjugate and x.dtype.is_complex else x


def broadcast_to(input: Any, shape: Any, name: str | None = None) -> Any:
    """Repeated along axes of extent 1, and new leading axes, to the shape."""
    x = as_tensor(input)
    wanted = static_ints(shape, "broadcast_to: shape")
    old = (1,) * (len(wanted) - len(x.shape)) + dims(x)
    if len(old) != len(wanted) or any(a not in (1, b) for a, b in zip(old, wanted, strict=True)):
        raise ShapeError(
            "broadcast_to: {received} does not broadcast to {shape}.",
            received=dims(x),
            shape=wanted,
        )
    return ops.broadcast_to(x, shape=wanted)


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> Any:
    """The TensorShape that two shapes broadcast to."""
    return TensorShape(_broadcast(tuple(shape_x), tuple(shape_y)))


def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Any:
    """The shape, as an int32 vector, that two shapes broadcast to."""
    found = _broadcast(static_ints(shape_x, "shape_x"), static_ints(shape_y, "shape_y"))
    return convert_to_tensor(np.asarray(found, np.int32))


def _broadcast(first: tuple[Any, ...], second: tuple[Any, ...]) -> tuple[Any, ...]:
    try:
        return np.broadcast_shapes(first, second)
    except ValueError as error:
        raise ShapeError(
            "broadcast: {first} and {second} do not fit.", first=first, second=second
        ) from error


def concat(values: Any, axis: Any, name: str = "concat") -> Any:
    """The tensors one after another along an axis."""
    if not isinstance(values, list | tuple):
        values = [values]
    parts = unify("concat", *values)
    place = axis_of(axis, len(parts[0].shape), "concat")
    rest = {tuple(n for i, n in enumerate(dims(x)) if i != place) for x in parts}
    if len(rest) > 1 or len({len(x.shape) for x in parts}) > 1:
        raise ShapeError(
            "concat: expected shapes that differ in axis {axis} only, received {shapes}.",
            axis=place,
            shapes=[dims(x) for x in parts],
        )
    return ops.concat(*parts, axis=place) if len(parts) > 1 else parts[0]


def stack(values: Any, axis: Any = 0, name: str = "stack") -> Any:
    """The tensors of one shape along a new axis.

    >>> stack([1, 2], axis=0).numpy().tolist()
    [1, 2]
    """
    if not isinstance(values, list | tuple):
        values = unstack(values)
    if not any(has_dtype(value) for value in values):
        # Numbers among each other: [1, 2.0] is a float vector.
        kind = as_tensor(list(values)).dtype
        values = [as_tensor(value, kind) for value in values]
    parts = unify("stack", *values)
    old = dims(parts[0])
    if any(dims(x) != old for x in parts):
        raise ShapeError(
            "stack: expected tensors of one shape, received {shapes}.",
            shapes=[dims(x) for x in parts],
        )
    place = axis_of(axis, len(old) + 1, "stack")
    wide = (*old[:place], 1, *old[place:])
    return ops.concat(*(ops.reshape(x, shape=wide) for x in parts), axis=place)


def unstack(value: Any, num: int | None = None, axis: Any = 0, name: str = "unstack") -> list[Any]:
    """The tensors that lie along an axis, without it."""
    x = as_tensor(value)
    old = dims(x)
    place = axis_of(axis, len(old), "unstack")
    if num is not None and num != old[place]:
        raise InvalidArgumentError(
            "unstack: expected num={count}, received {num}.", count=old[place], num=num
        )
    rest = old[:place] + old[place + 1 :]
    return [ops.reshape(cut(x, place, i, i + 1), shape=rest) for i in _range(old[place])]


def cut(x: Any, axis: int, low: int, high: int, step: int = 1) -> Any:
    """``x[..., low:high:step, ...]`` in one axis, all of the others."""
    old = dims(x)
    begin = tuple(low if i == axis else 0 for i in _range(len(old)))
    end = tuple(high if i == axis else n for i, n in enumerate(old))
    steps = tuple(step if i == axis else 1 for i in _range(len(old)))
    return ops.slice(x, begin=begin, end=end, strides=steps)


def split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: int | None = None, name: str = "split"
) -> list[Any]:
    """Equal parts along an axis, or parts of the given sizes (one may be -1).

    >>> [x.numpy().tolist() for x in split([1, 2, 3], [1, -1])]
    [[1], [2, 3]]
    """
    x = as_tensor(value)
    place = axis_of(axis, len(x.shape), "split")
    extent = dims(x)[place]
    given = static(num_or_size_splits, "split")
    if given.ndim == 0:
        parts = int(given)
        if parts < 1 or extent % parts:
            raise ShapeError(
                "split: expected an axis divisible by {parts}, received shape {shape}.",
                parts=parts,
                shape=dims(x),
            )
        sizes = [extent // parts] * parts
    else:
        sizes = [int(n) for n in given]
        if sizes.count(-1) == 1:
            sizes[sizes.index(-1)] = extent - sum(n for n in sizes if n != -1)
        if sum(sizes) != extent or min(sizes, default=0) < 0:
            raise ShapeError(
                "split: expected sizes that add up to {extent}, received {sizes}.",
                extent=extent,
                sizes=given.tolist(),
            )
    edges = np.cumsum([0, *sizes]).tolist()
    return [cut(x, place, low, high) for low, high in pairwise(edges)]


def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """The whole tensor repeated along each axis."""
    x = as_tensor(input)
    old, times = dims(x), static_ints(multiples, "tile: multiples")
    if len(times) != len(old):
        raise ShapeError(
            "tile: expected {rank} multiples, received {received}.",
            rank=len(old),
            received=list(times),
        )
    pairs = tuple(n for pair in zip(times, old, strict=True) for n in pair)
    ones_between = tuple(n for extent in old for n in (1, extent))
    spread = ops.broadcast_to(ops.reshape(x, shape=ones_between), shape=pairs)
    return ops.reshape(spread, shape=tuple(a * b for a, b in zip(times, old, strict=True)))


def repeat(input: Any, repeats: Any, axis: Any = None, name: str | None = None) -> Any:
    """Each element repeated in place along an axis (of the flat tensor if None).

    >>> repeat([1, 2], [1, 2]).numpy().tolist()
    [1, 2, 2]
    """
    x = as_tensor(input)
    if axis is None:
        x, axis = ops.reshape(x, shape=(x.shape.num_elements(),)), 0
    place = axis_of(axis, len(x.shape), "repeat")
    counts = np.broadcast_to(static(repeats, "repeat: repeats").reshape(-1), (dims(x)[place],))
    picks = np.repeat(np.arange(dims(x)[place], dtype=np.int64), counts)
    return ops.gather(x, convert_to_tensor(picks), axis=place)


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """Back to front along the axes."""
    x = as_tensor(tensor)
    if isinstance(axis, int):
        raise InvalidArgumentError(
            "reverse: expected a list of axes, received {axis}. Write axis=[{axis}].", axis=axis
        )
    return ops.reverse(x, axes=axes_of(axis, len(x.shape), "reverse"))


def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Any:
    """Shifted along axes; what leaves one end comes in at the other."""
    x = as_tensor(input)
    shifts, places = static_ints(shift, "roll: shift"), static_ints(axis, "roll: axis")
    for amount, place in zip(shifts, places, strict=True):
        place = axis_of(place, len(x.shape), "roll")
        extent = dims(x)[place]
        amount = amount % extent if extent else 0
        if amount:
            head = cut(x, place, extent - amount, extent)
            x = ops.concat(head, cut(x, place, 0, extent - amount), axis=place)
    return x


def pad(
    tensor: Any,
    paddings: Any,
    mode: str = "CONSTANT",
    constant_values: Any = 0,
    name: str | None = None,
) -> Any:
    """Wider by ``paddings[i] = (before, after)`` in axis i.

    ``mode``: "CONSTANT" pads with a value, "REFLECT" mirrors without the edge element,
    "SYMMETRIC" with it.

    >>> pad([1, 2, 3], [[2, 0]], "REFLECT").numpy().tolist()
    [3, 2, 1, 2, 3]
    """
    x = as_tensor(tensor)
    widths = np.asarray(static(paddings, "pad: paddings"))
    if widths.size and widths.dtype.kind not in "iu":
        raise DTypeError(
            "pad: expected integer paddings, received {received}.", received=widths.dtype
        )
    widths = widths.astype(np.int64)
    if widths.shape != (len(x.shape), 2) or (widths < 0).any():
        raise ShapeError(
            "pad: expected {rank} pairs (before, after) of at least 0, received {received}.",
            rank=len(x.shape),
            received=widths.tolist(),
        )
    kind = mode.upper()
    if kind == "CONSTANT":
        return _pad_constant(x, widths, constant_values)
    if kind not in ("REFLECT", "SYMMETRIC"):
        raise InvalidArgumentError(
            "pad: expected mode CONSTANT, REFLECT or SYMMETRIC, received {mode!r}.", mode=mode
        )
    for axis, (low, high) in enumerate(widths.tolist()):
        x = _mirror(x, axis, low, high, edge=kind == "SYMMETRIC")
    return x


def _pad_constant(x: Any, widths: np.ndarray[Any, Any], value: Any) -> Any:
    low, high = (tuple(int(n) for n in column) for column in widths.T.reshape(2, -1))
    filler = as_tensor(value, x.dtype)
    shape = {"low": low, "high": high, "interior": (0,) * len(low)}
    known = None if is_symbolic(filler) else filler.numpy().item()
    # The op's value is a Python float: it holds every number but a large integer.
    if known is not None and (x.dtype.is_floating or abs(known) < 2**53):
        return ops.pad(x, value=float(known), **shape)
    whole = ops.broadcast_to(convert_to_tensor(True), shape=dims(x))
    inside = ops.pad(whole, value=0.0, **shape)
    return ops.select(inside, ops.pad(x, value=0.0, **shape), filler)


def _mirror(x: Any, axis: int, low: int, high: int, *, edge: bool) -> Any:
    extent = dims(x)[axis]
    most = extent if edge else extent - 1
    if max(low, high) > most:
        raise ShapeError(
            "pad: expected at most {most} mirrored elements in axis {axis} of shape {shape}, "
            "received {received}.",
            most=most,
            axis=axis,
            shape=dims(x),
            received=(low, high),
        )
    first = 0 if edge else 1
    parts = [x]
    if low:
        parts.insert(0, ops.reverse(cut(x, axis, first, first + low), axes=(axis,)))
    if high:
        last = extent - first
        parts.append(ops.reverse(cut(x, axis, last - high, last), axes=(axis,)))
    return ops.concat(*parts, axis=axis) if len(parts) > 1 else x


def slice(input_: Any, begin: Any, size: Any, name: str | None = None) -> Any:
    """``size`` elements from ``begin`` in each axis; a size of -1 takes the rest."""
    x = as_tensor(input_)
    old = dims(x)
    sizes = static_ints(size, "slice: size")
    if isinstance(begin, list | tuple) and any(map(_later, begin)):
        begin = stack([cast_to(as_tensor(entry), int64) for entry in begin])
    if _later(begin):
        if -1 in sizes:
            raise InvalidArgumentError(
                "slice: expected sizes other than -1 with a begin that is computed later."
            )
        return ops.dynamic_slice(x, cast_to(begin, int64), sizes=sizes)
    starts = static_ints(begin, "slice: begin")
    if len(starts) != len(old) or len(sizes) != len(old):
        raise ShapeError(
            "slice: expected a begin and a size for each of {rank} axes, received {begin} and "
            "{size}.",
            rank=len(old),
            begin=list(starts),
            size=list(sizes),
        )
    ends = tuple(
        n if count == -1 else low + count for low, count, n in zip(starts, sizes, old, strict=True)
    )
    if any(not 0 <= a <= b <= n for a, b, n in zip(starts, ends, old, strict=True)):
        raise InvalidArgumentError(
            "slice: expected a part of the shape {shape}, received begin {begin} and size {size}.",
            shape=old,
            begin=list(starts),
            size=list(sizes),
        )
    return ops.slice(x, begin=starts, end=ends, strides=(1,) * len(old))


def _later(value: Any) -> bool:
    """Whether a value is a tensor that a program computes when it runs."""
    return isinstance(value, Tensor) and is_symbolic(value)


def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Any:
    """``input_[begin:end:strides]``, with a bit per axis for what the indexing leaves open."""
    if var is not None:
        raise InvalidArgumentError(
            "strided_slice: assigning through var is not possible. Use Variable.assign."
        )
    low, high = static_ints(begin, "begin"), static_ints(end, "end")
    steps = (1,) * len(low) if strides is None else static_ints(strides, "strides")
    index: list[Any] = []
    for i, (first, last, step) in enumerate(zip(low, high, steps, strict=True)):
        bit = 1 << i
        if ellipsis_mask & bit:
            index.append(Ellipsis)
        elif new_axis_mask & bit:
            index.append(None)
        elif shrink_axis_mask & bit:
            index.append(first)
        else:
            index.append(
                _slice(None if begin_mask & bit else first, None if end_mask & bit else last, step)
            )
    return as_tensor(input_)[tuple(index)]


def meets(shape: Sequence[Any], wanted: Sequence[Any]) -> bool:
    """Whether a shape fits one in which ``None`` means any extent."""
    return len(shape) == len(wanted) and all(
        b in (None, a) for a, b in zip(shape, wanted, strict=True)
    )


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Any:
    """The tensor, after a check of its shape; ``None`` fits any extent."""
    x = as_tensor(x)
    wanted = tuple(shape) if not hasattr(shape, "as_list") else tuple(shape.as_list())
    if not meets(dims(x), wanted):
        raise ShapeError(
            "ensure_shape: expected the shape {wanted}, received {received}.",
            wanted=wanted,
            received=dims(x),
        )
    return x


def _block_axes(x: Any, block_size: Any, data_format: str, what: str) -> tuple[Any, int]:
    if data_format not in ("NHWC", "NCHW"):
        raise InvalidArgumentError(
            "{what}: expected data_format NHWC or NCHW, received {received!r}.",
            what=what,
            received=data_format,
        )
    x = as_tensor(x)
    if data_format == "NCHW":
        x = ops.transpose(x, perm=(0, 2, 3, 1))
    return x, static_int(block_size, what + ": block_size")


def space_to_depth(
    input: Any, block_size: Any, data_format: str = "NHWC", name: str | None = None
) -> Any:
    """Each square block of pixels laid out in the channels."""
    x, b = _block_axes(input, block_size, data_format, "space_to_depth")
    n, h, w, c = dims(x)
    if h % b or w % b:
        raise ShapeError(
            "space_to_depth: expected a height and width divisible by {b}, received {shape}.",
            b=b,
            shape=dims(x),
        )
    x = ops.reshape(x, shape=(n, h // b, b, w // b, b, c))
    x = ops.reshape(ops.transpose(x, perm=(0, 1, 3, 2, 4, 5)), shape=(n, h // b, w // b, b * b * c))
    return ops.transpose(x, perm=(0, 3, 1, 2)) if data_format == "NCHW" else x


def depth_to_space(
    input: Any, block_size: Any, data_format: str = "NHWC", name: str | None = None
) -> Any:
    """The inverse of `space_to_depth`."""
    x, b = _block_axes(input, block_size, data_format, "depth_to_space")
    n, h, w, c = dims(x)
    if c % (b * b):
        raise ShapeError(
            "depth_to_space: expected channels divisible by {square}, received {shape}.",
            square=b * b,
            shape=dims(x),
        )
    x = ops.reshape(x, shape=(n, h, w, b, b, c // (b * b)))
    x = ops.reshape(
        ops.transpose(x, perm=(0, 1, 3, 2, 4, 5)), shape=(n, h * b, w * b, c // (b * b))
    )
    return ops.transpose(x, perm=(0, 3, 1, 2)) if data_format == "NCHW" else x
