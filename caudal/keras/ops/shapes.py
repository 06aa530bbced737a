"""``keras.ops``: the same elements under other shapes; joined, cut, repeated, padded."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from caudal import ops
from caudal.array import movement
from caudal.array.arguments import axis_of, static_ints
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.keras.ops.promotion import cast_value, common, tensor


def _dims(x: Any) -> tuple[int, ...]:
    return tuple(int(extent) for extent in x.shape)


def reshape(x: Any, newshape: Any) -> Any:
    """The elements in another shape; one extent may be -1."""
    return movement.reshape(tensor(x), newshape)


def ravel(x: Any) -> Any:
    """All elements in one axis."""
    return movement.reshape(tensor(x), (-1,))


def transpose(x: Any, axes: Any = None) -> Any:
    """The axes in another order; backwards if None."""
    return movement.transpose(tensor(x), axes)


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged."""
    x = tensor(x)
    order = list(range(len(x.shape)))
    first, second = (axis_of(axis, len(order), "keras.ops.swapaxes") for axis in (axis1, axis2))
    order[first], order[second] = second, first
    return movement.transpose(x, order)


def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Axes moved to other places; the others keep their order."""
    x = tensor(x)
    rank = len(x.shape)
    old = [source] if isinstance(source, int) else list(source)
    new = [destination] if isinstance(destination, int) else list(destination)
    old = [axis_of(i, rank, "keras.ops.moveaxis: source") for i in old]
    new = [axis_of(i, rank, "keras.ops.moveaxis: destination") for i in new]
    order = [i for i in range(rank) if i not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        order.insert(place, axis)
    return movement.transpose(x, order)


def expand_dims(x: Any, axis: Any) -> Any:
    """New axes of extent 1."""
    x = tensor(x)
    axes = [axis] if isinstance(axis, int) else list(axis)
    rank = len(x.shape) + len(axes)
    for place in sorted(axis_of(one, rank, "keras.ops.expand_dims") for one in axes):
        x = movement.expand_dims(x, place)
    return x


def squeeze(x: Any, axis: Any = None) -> Any:
    """Without axes of extent 1."""
    return movement.squeeze(tensor(x), axis)


def broadcast_to(x: Any, shape: Any) -> Any:
    """Repeated to a shape."""
    return movement.broadcast_to(tensor(x), shape)


def flip(x: Any, axis: Any = None) -> Any:
    """Backwards along axes; along all of them if None."""
    x = tensor(x)
    rank = len(x.shape)
    axes = range(rank) if axis is None else [axis] if isinstance(axis, int) else axis
    return movement.reverse(x, [axis_of(one, rank, "keras.ops.flip") for one in axes])


def fliplr(x: Any) -> Any:
    """The second axis backwards."""
    return flip(x, 1)


def flipud(x: Any) -> Any:
    """The first axis backwards."""
    return flip(x, 0)


def rot90(array: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Turned by 90 degrees k times, from the first axis to the second."""
    x = tensor(array)
    first, second = (axis_of(one, len(x.shape), "keras.ops.rot90") for one in axes)
    if first == second:
        raise InvalidArgumentError("keras.ops.rot90: two different axes are needed: {a}.", a=axes)
    k %= 4
    if k == 2:
        return flip(x, (first, second))
    if k == 1:
        return swapaxes(flip(x, second), first, second)
    return flip(swapaxes(x, first, second), second) if k == 3 else x


def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """Elements shifted; what leaves at one end comes in at the other."""
    x = tensor(x)
    if axis is not None:
        return movement.roll(x, shift, axis)
    return movement.reshape(movement.roll(movement.reshape(x, (-1,)), shift, 0), _dims(x))


def tile(x: Any, repeats: Any) -> Any:
    """The whole tensor repeated along its axes."""
    x = tensor(x)
    times = list(static_ints(repeats, "keras.ops.tile: repeats"))
    rank = max(len(times), len(x.shape))
    x = movement.reshape(x, (1,) * (rank - len(x.shape)) + _dims(x))
    return movement.tile(x, [1] * (rank - len(times)) + times)


def repeat(x: Any, repeats: Any, axis: Any = None) -> Any:
    """Each element repeated; of the flat tensor if ``axis`` is None."""
    return movement.repeat(tensor(x), repeats, axis)


def _parts(what: str, xs: Any) -> list[Any]:
    """The tensors to join, of their common dtype."""
    values = list(xs)
    if not values:
        raise InvalidArgumentError("keras.ops.{what}: expected at least one tensor.", what=what)
    return common(*values)


def concatenate(xs: Any, axis: int = 0) -> Any:
    """Joined along an axis, in the common dtype; along None, flat."""
    parts = _parts("concatenate", xs)
    if axis is None:
        return movement.concat([movement.reshape(part, (-1,)) for part in parts], 0)
    return movement.concat(parts, axis)


def append(x1: Any, x2: Any, axis: Any = None) -> Any:
    """Two tensors joined; flat if ``axis`` is None."""
    return concatenate([x1, x2], axis)


def stack(x: Any, axis: int = 0) -> Any:
    """Joined along a new axis, in the common dtype."""
    return movement.stack(_parts("stack", x), axis)


def _at_least(x: Any, rank: int) -> Any:
    return movement.reshape(x, _dims(x) + (1,) * (rank - len(x.shape)))


def vstack(xs: Any) -> Any:
    """Joined along the first axis; vectors are rows."""
    parts = [
        part if len(part.shape) > 1 else movement.reshape(part, (1, -1))
        for part in _parts("vstack", xs)
    ]
    return movement.concat(parts, 0)


def hstack(xs: Any) -> Any:
    """Joined along the second axis; vectors along their only one."""
    parts = [_at_least(part, 1) for part in _parts("hstack", xs)]
    return movement.concat(parts, 0 if len(parts[0].shape) == 1 else 1)


def dstack(xs: Any) -> Any:
    """Joined along the third axis."""
    parts = []
    for part in _parts("dstack", xs):
        part = movement.reshape(part, (1, -1)) if len(part.shape) < 2 else part
        parts.append(_at_least(part, 3))
    return movement.concat(parts, 2)


def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Any]:
    """The slices along an axis."""
    return movement.unstack(tensor(x), num, axis)


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Cut into equal parts, or before each of the given indices.

    >>> [part.numpy().tolist() for part in split([1, 2, 3, 4], [1, 3])]
    [[1], [2, 3], [4]]
    """
    x = tensor(x)
    if isinstance(indices_or_sections, int):
        return movement.split(x, indices_or_sections, axis)
    place = axis_of(axis, len(x.shape), "keras.ops.split")
    extent = _dims(x)[place]
    bounds = [0, *(min(int(i), extent) for i in indices_or_sections), extent]
    sizes = [max(b - a, 0) for a, b in itertools.pairwise(bounds)]
    return movement.split(x, sizes, axis)


def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Cut into parts whose extents differ by 1 at most."""
    x = tensor(x)
    if not isinstance(indices_or_sections, int):
        return split(x, indices_or_sections, axis)
    sections = indices_or_sections
    extent = _dims(x)[axis_of(axis, len(x.shape), "keras.ops.array_split")]
    if sections < 1:
        raise InvalidArgumentError(
            "keras.ops.array_split: expected at least 1 section, received {n}.", n=sections
        )
    each, more = divmod(extent, sections)
    return movement.split(x, [each + 1] * more + [each] * (sections - more), axis)


def vsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Cut along the first axis."""
    return split(x, indices_or_sections, 0)


def hsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Cut along the second axis; a vector along its only one."""
    x = tensor(x)
    return split(x, indices_or_sections, 0 if len(x.shape) == 1 else 1)


def dsplit(x: Any, indices_or_sections: Any) -> list[Any]:
    """Cut along the third axis."""
    return split(x, indices_or_sections, 2)


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """Wider at both ends of each axis.

    mode: "constant" (0, or ``constant_values``), "reflect", "symmetric", "edge".
    """
    x = tensor(x)
    widths = np.broadcast_to(np.asarray(pad_width, "int64"), (len(x.shape), 2))
    if mode == "edge":
        return _pad_edge(x, widths)
    if mode not in ("constant", "reflect", "symmetric"):
        raise UnimplementedError(
            "keras.ops.pad: `mode` must be 'constant', 'reflect', 'symmetric' or 'edge', "
            "received {mode!r}.",
            mode=mode,
        )
    if mode != "constant" and constant_values is not None:
        raise InvalidArgumentError(
            "keras.ops.pad: `constant_values` needs mode='constant', received mode={mode!r}.",
            mode=mode,
        )
    value = 0 if constant_values is None else constant_values
    return movement.pad(x, widths, mode.upper(), cast_value(value, x.dtype))


def _pad_edge(x: Any, widths: Any) -> Any:
    for axis, (low, high) in enumerate(widths.tolist()):
        extent = _dims(x)[axis]
        places = np.clip(np.arange(-low, extent + high), 0, extent - 1).astype("int32")
        x = ops.gather(x, tensor(places), axis=axis)
    return x


def copy(x: Any) -> Any:
    """A tensor of its own with the same elements."""
    x = tensor(x)
    return ops.reshape(x, shape=_dims(x))
