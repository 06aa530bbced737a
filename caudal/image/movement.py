"""Flips, turns, random crops and patches."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, dims, static_int, static_ints
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.image.arguments import batched, image_of, unbatched
from caudal.ir.dtypes import float32, int64
from caudal.random import bits
from caudal.random.sampling import op_key


def _flipped(what: str, image: Any, place: int) -> Any:
    x = image_of(what, image)
    return ops.reverse(x, axes=(len(x.shape) + place,))


def flip_left_right(image: Any) -> Any:
    """The mirror image, left and right exchanged."""
    return _flipped("flip_left_right", image, -2)


def flip_up_down(image: Any) -> Any:
    """The image upside down."""
    return _flipped("flip_up_down", image, -3)


def transpose(image: Any, name: str | None = None) -> Any:
    """Height and width exchanged."""
    x = image_of("transpose", image)
    last = len(x.shape) - 1
    return ops.transpose(x, perm=(*range(last - 2), last - 1, last - 2, last))


def rot90(image: Any, k: Any = 1, name: str | None = None) -> Any:
    """The image turned counter-clockwise by 90 degrees, ``k`` times."""
    turns = static_int(k, "rot90: k") % 4
    if turns == 1:
        return flip_up_down(transpose(image))
    if turns == 2:
        return flip_up_down(flip_left_right(image))
    if turns == 3:
        return transpose(flip_up_down(image))
    return image_of("rot90", image)


def _perhaps(what: str, image: Any, place: int, key: Any) -> Any:
    """Each image flipped or not, with equal chances."""
    x, added = batched(what, image)
    chosen = bits.unit(key, (dims(x)[0], 1, 1, 1), float32)
    half = convert_to_tensor(np.float32(0.5))
    result = ops.select(ops.less(chosen, half), _flipped(what, x, place), x)
    return unbatched(result, added)


def random_flip_left_right(image: Any, seed: Any = None) -> Any:
    """Each image mirrored or not, with equal chances."""
    return _perhaps("random_flip_left_right", image, -2, op_key(seed))


def random_flip_up_down(image: Any, seed: Any = None) -> Any:
    """Each image upside down or not, with equal chances."""
    return _perhaps("random_flip_up_down", image, -3, op_key(seed))


def stateless_random_flip_left_right(image: Any, seed: Any) -> Any:
    """`random_flip_left_right` as a function of two seed integers."""
    return _perhaps("stateless_random_flip_left_right", image, -2, bits.key_of(seed))


def stateless_random_flip_up_down(image: Any, seed: Any) -> Any:
    """`random_flip_up_down` as a function of two seed integers."""
    return _perhaps("stateless_random_flip_up_down", image, -3, bits.key_of(seed))


def _cropped(what: str, value: Any, size: Any, key: Any) -> Any:
    x = as_tensor(value)
    sizes = static_ints(size, what + ": size")
    extents = dims(x)
    if len(sizes) != len(extents) or any(
        not 0 <= n <= m for n, m in zip(sizes, extents, strict=True)
    ):
        raise InvalidArgumentError(
            "{what}: expected a size of {rank} integers within shape {shape}, received {size}.",
            what=what,
            rank=len(extents),
            shape=extents,
            size=list(sizes),
        )
    # A 62-bit word modulo the number of places: even, to one part in 2**32 and better.
    words = bits.uniform_of(key, (len(sizes),), int64, 0, 2**62)
    places = [m - n + 1 for n, m in zip(sizes, extents, strict=True)]
    starts = ops.floor_mod(words, convert_to_tensor(np.asarray(places, np.int64)))
    return ops.dynamic_slice(x, starts, sizes=sizes)


def random_crop(value: Any, size: Any, seed: Any = None, name: str | None = None) -> Any:
    """A part of a size, at a random place; one extent per axis of ``value``."""
    return _cropped("random_crop", value, size, op_key(seed))


def stateless_random_crop(value: Any, size: Any, seed: Any, name: str | None = None) -> Any:
    """`random_crop` as a function of two seed integers."""
    return _cropped("stateless_random_crop", value, size, bits.key_of(seed))


def _four(what: str, values: Any) -> tuple[int, int]:
    found = static_ints(values, f"extract_patches: {what}")
    if len(found) != 4 or found[0] != 1 or found[3] != 1 or min(found) < 1:
        raise InvalidArgumentError(
            "extract_patches: expected {what}=[1, rows, columns, 1], received {received}.",
            what=what,
            received=list(found),
        )
    return found[1], found[2]


def extract_patches(
    images: Any, sizes: Any, strides: Any, rates: Any, padding: Any, name: str | None = None
) -> Any:
    """Patches of each image in the last axis: `[batch, rows, columns, patch * channels]`.

    ``sizes``, ``strides`` and ``rates`` (steps within a patch) are `[1, rows, columns, 1]`;
    ``padding``: "VALID" or "SAME".
    """
    x = image_of("extract_patches", images, ranks=(4,))
    size, stride, rate = _four("sizes", sizes), _four("strides", strides), _four("rates", rates)
    same = str(padding).upper()
    if same not in ("SAME", "VALID"):
        raise InvalidArgumentError(
            "extract_patches: expected padding 'SAME' or 'VALID', received {received!r}.",
            received=padding,
        )
    for axis in (1, 2):
        # The axis becomes two: where the patch begins, and the place within it.
        at = 1 if axis == 1 else 3
        n, k, s, r = dims(x)[at], size[axis - 1], stride[axis - 1], rate[axis - 1]
        reach = k + (k - 1) * (r - 1)
        count = -(-n // s) if same == "SAME" else max(0, -(-(n - reach + 1) // s))
        missing = max(0, (count - 1) * s + reach - n) if same == "SAME" else 0
        if missing:
            low, high = [0] * len(x.shape), [0] * len(x.shape)
            low[at], high[at] = missing // 2, missing - missing // 2
            zeros = (0,) * len(low)
            x = ops.pad(x, low=tuple(low), high=tuple(high), interior=zeros, value=0.0)
        places = np.arange(count)[:, None] * s + np.arange(k)[None, :] * r
        x = ops.gather(x, convert_to_tensor(places), axis=at)
    x = ops.transpose(x, perm=(0, 1, 3, 2, 4, 5))
    batch, rows, columns, *patch = dims(x)
    return ops.reshape(x, shape=(batch, rows, columns, int(np.prod(patch))))
