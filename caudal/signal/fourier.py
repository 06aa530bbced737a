"""The discrete Fourier transforms, over the last one, two or three axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, dims, scalar, static_ints
from caudal.array.movement import roll
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError


def _complex(what: str, value: Any, rank: int) -> Any:
    x = as_tensor(value)
    if not x.dtype.is_complex:
        raise DTypeError(
            "{what}: expected a complex tensor, received {received}. Cast it: "
            "tf.cast(x, tf.complex64), or use tf.signal.r{what}.",
            what=what,
            received=x.dtype.name,
        )
    return _ranked(what, x, rank)


def _ranked(what: str, x: Any, rank: int) -> Any:
    if len(x.shape) < rank:
        raise ShapeError(
            "{what}: expected at least {rank} axes, received shape {shape}.",
            what=what,
            rank=rank,
            shape=dims(x),
        )
    return x


def _along(x: Any, place: int, inverse: bool) -> Any:
    """The transform along an axis counted from the end."""
    if place == -1:
        return ops.fft(x, inverse=inverse)
    order = list(range(len(x.shape)))
    order[place], order[-1] = order[-1], order[place]
    turned = ops.fft(ops.transpose(x, perm=tuple(order)), inverse=inverse)
    return ops.transpose(turned, perm=tuple(order))


def _every(what: str, value: Any, rank: int, inverse: bool) -> Any:
    x = _complex(what, value, rank)
    for place in range(-1, -rank - 1, -1):
        x = _along(x, place, inverse)
    return x


def fft(input: Any, name: str | None = None) -> Any:
    """The transform of the last axis of a complex tensor."""
    return _every("fft", input, 1, False)


def ifft(input: Any, name: str | None = None) -> Any:
    """The inverse of `fft`."""
    return _every("ifft", input, 1, True)


def fft2d(input: Any, name: str | None = None) -> Any:
    """The transform of the last two axes."""
    return _every("fft2d", input, 2, False)


def ifft2d(input: Any, name: str | None = None) -> Any:
    """The inverse of `fft2d`."""
    return _every("ifft2d", input, 2, True)


def fft3d(input: Any, name: str | None = None) -> Any:
    """The transform of the last three axes."""
    return _every("fft3d", input, 3, False)


def ifft3d(input: Any, name: str | None = None) -> Any:
    """The inverse of `fft3d`."""
    return _every("ifft3d", input, 3, True)


# --- of real numbers ------------------------------------------------------------------------------


def fitted(x: Any, place: int, size: int) -> Any:
    """An axis, counted from the end, cut or filled with zeros to a size."""
    extents = list(dims(x))
    if extents[place] == size:
        return x
    zeros = (0,) * len(extents)
    if extents[place] > size:
        extents[place] = size
        ones = (1,) * len(extents)
        return ops.slice(x, begin=zeros, end=tuple(extents), strides=ones)
    high = [0] * len(extents)
    high[place] = size - extents[place]
    return ops.pad(x, low=zeros, high=tuple(high), interior=zeros, value=0.0)


def _lengths(what: str, fft_length: Any, rank: int) -> Sequence[int] | None:
    if fft_length is None:
        return None
    found = static_ints(fft_length, what + ": fft_length")
    if len(found) != rank or min(found) < 1:
        raise InvalidArgumentError(
            "{what}: expected fft_length of {rank} positive integers, received {received}.",
            what=what,
            rank=rank,
            received=list(found),
        )
    return found


def _real(what: str, value: Any, fft_length: Any, rank: int) -> Any:
    x = _ranked(what, as_tensor(value), rank)
    if x.dtype.name not in ("float32", "float64"):
        raise DTypeError(
            "{what}: expected a float32 or float64 tensor, received {received}.",
            what=what,
            received=x.dtype.name,
        )
    for place, size in enumerate(_lengths(what, fft_length, rank) or ()):
        x = fitted(x, place - rank, size)
    half = dims(x)[-1] // 2 + 1
    wide = ops.fft(ops.complex(x, ops.mul(x, scalar(0, x))), inverse=False)
    found = fitted(wide, -1, half)
    for place in range(-2, -rank - 1, -1):
        found = _along(found, place, False)
    return found


def rfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """The first half, ``n // 2 + 1``, of the transform of the last axis of real numbers.

    >>> rfft([1.0, 2.0]).numpy().tolist()
    [(3+0j), (-1+0j)]
    """
    return _real("rfft", input_tensor, fft_length, 1)


def rfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """`rfft` of the last two axes."""
    return _real("rfft2d", input_tensor, fft_length, 2)


def rfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """`rfft` of the last three axes."""
    return _real("rfft3d", input_tensor, fft_length, 3)


def _inverse_real(what: str, value: Any, fft_length: Any, rank: int) -> Any:
    x = _complex(what, value, rank)
    sizes = _lengths(what, fft_length, rank)
    if sizes is None:
        sizes = [*dims(x)[-rank:-1], max(1, 2 * (dims(x)[-1] - 1))]
    for place, size in enumerate(sizes[:-1]):
        x = fitted(x, place - rank, size)
    n = sizes[-1]
    x = fitted(x, -1, n // 2 + 1)
    for place in range(-rank, -1):
        x = _along(x, place, True)
    # The other half of a real signal's spectrum is this one's conjugate, backwards.
    extents = dims(x)
    last = len(extents) - 1
    real, imag = ops.real(x), ops.imag(x)
    ones, zeros = (1,) * len(extents), (0,) * last
    count = (n - 1) // 2
    cut = {"begin": (*zeros, 1), "end": (*extents[:-1], 1 + count), "strides": ones}
    more_real = ops.reverse(ops.slice(real, **cut), axes=(last,))
    more_imag = ops.neg(ops.reverse(ops.slice(imag, **cut), axes=(last,)))
    imag = _without_edges(imag, n)
    whole = ops.complex(
        ops.concat(real, more_real, axis=last), ops.concat(imag, more_imag, axis=last)
    )
    return ops.real(ops.fft(whole, inverse=True))


def _without_edges(imag: Any, n: int) -> Any:
    """Zero where a real signal's spectrum has no imaginary part: at 0, and at n/2 for even n."""
    mask = np.ones(dims(imag)[-1], imag.dtype.np_dtype)
    mask[0] = 0
    if n % 2 == 0:
        mask[n // 2] = 0
    return ops.mul(imag, as_tensor(mask))


def irfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """The inverse of `rfft`; ``fft_length`` is the signal's length, ``2 * (n - 1)`` by default."""
    return _inverse_real("irfft", input_tensor, fft_length, 1)


def irfft2d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """The inverse of `rfft2d`."""
    return _inverse_real("irfft2d", input_tensor, fft_length, 2)


def irfft3d(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
    """The inverse of `rfft3d`."""
    return _inverse_real("irfft3d", input_tensor, fft_length, 3)


def _shifts(x: Any, axes: Any, back: bool) -> tuple[list[int], list[int]]:
    extents = dims(x)
    places = list(range(len(extents)) if axes is None else static_ints(axes, "fftshift: axes"))
    return [-(extents[p] // 2) if back else extents[p] // 2 for p in places], places


def fftshift(x: Any, axes: Any = None, name: str | None = None) -> Any:
    """Frequency zero in the middle of the axes."""
    tensor = as_tensor(x)
    return roll(tensor, *_shifts(tensor, axes, False))


def ifftshift(x: Any, axes: Any = None, name: str | None = None) -> Any:
    """The inverse of `fftshift`."""
    tensor = as_tensor(x)
    return roll(tensor, *_shifts(tensor, axes, True))
