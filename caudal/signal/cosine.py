"""Cosine transforms, and what stands on them: MDCT, mel-frequency cepstra, the inverse STFT.

A transform of n elements is a product with a constant n by n matrix.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal import ops
from caudal.array import movement
from caudal.array.arguments import axis_of, dims, floating, scalar, static_int
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype, float32
from caudal.linalg.products import tensordot
from caudal.signal.fourier import fitted, irfft
from caudal.signal.frames import frame, hann_window, overlap_and_add, vorbis_window

Array = np.ndarray[Any, Any]


def _matrix(kind: int, n: int, norm: str | None) -> Array:
    """[n, n]: column k holds the weights of element k of the result."""
    at, k = np.arange(n)[:, None], np.arange(n)[None]
    if kind == 1:
        inner = np.where((at == 0) | (at == n - 1), 1.0, 2.0)
        return inner * np.cos(math.pi * k * at / (n - 1))
    if kind == 2:
        found = 2 * np.cos(math.pi * k * (2 * at + 1) / (2 * n))
        if norm:
            found = found * np.where(k == 0, math.sqrt(1 / (4 * n)), math.sqrt(1 / (2 * n)))
        return found
    if kind == 3:
        if norm:
            return np.asarray(_matrix(2, n, norm).T)
        return np.where(at == 0, 1.0, 2.0) * np.cos(math.pi * (2 * k + 1) * at / (2 * n))
    found = 2 * np.cos(math.pi * (2 * k + 1) * (2 * at + 1) / (4 * n))
    return found * math.sqrt(1 / (2 * n)) if norm else found


def _checked(what: str, input: Any, type: int, n: Any, axis: int, norm: str | None) -> Any:
    x = floating(what, input, complex_too=False)
    least = 2 if type == 1 else 1
    if type not in (1, 2, 3, 4) or norm not in (None, "ortho") or (type == 1 and norm):
        raise InvalidArgumentError(
            "{what}: expected type 1, 2, 3 or 4 and norm None or 'ortho' (None for type 1), "
            "received {type} and {norm!r}.",
            what=what,
            type=type,
            norm=norm,
        )
    if axis_of(axis, len(x.shape), what) != len(x.shape) - 1:
        raise InvalidArgumentError("{what}: expected the last axis.", what=what)
    if n is not None:
        x = fitted(x, -1, static_int(n, what + ": n"))
    if dims(x)[-1] < least:
        raise InvalidArgumentError(
            "{what}: type {type} needs at least {least} elements.",
            what=what,
            type=type,
            least=least,
        )
    return x


def _product(x: Any, matrix: Array) -> Any:
    return tensordot(x, convert_to_tensor(matrix.astype(x.dtype.np_dtype)), axes=1)


def dct(
    input: Any,
    type: int = 2,
    n: Any = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The discrete cosine transform, type 1 to 4, of the last axis.

    Args:
        input: real numbers.
        n: the number of elements, cut off or filled up with zeros.
        norm: 'ortho' makes types 2 to 4 orthogonal.

    >>> dct([1.0, 2.0, 3.0], norm="ortho").numpy().round(3).tolist()
    [3.4639999866485596, -1.4140000343322754, 0.0]
    """
    x = _checked("dct", input, type, n, axis, norm)
    return _product(x, _matrix(type, dims(x)[-1], norm))


def idct(
    input: Any,
    type: int = 2,
    n: Any = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The inverse of `dct` of the same type with ``norm='ortho'``.

    Without a norm, as in TensorFlow, it is too large by a factor of twice the number of elements
    (type 1: twice the number less one).
    """
    if n is not None:
        raise InvalidArgumentError("idct: n must be None, received {n}.", n=n)
    x = _checked("idct", input, type, n, axis, norm)
    return _product(x, _matrix({1: 1, 2: 3, 3: 2, 4: 4}[type], dims(x)[-1], norm))


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: str | None = None) -> Any:
    """Mel-frequency cepstral coefficients: `dct` of the logarithms, over ``sqrt(2 * bins)``."""
    found = dct(log_mel_spectrograms)
    return ops.mul(found, scalar(1 / math.sqrt(2.0 * dims(found)[-1]), found))


# --- lapped transforms ----------------------------------------------------------------------------


def _windowed(frames: Any, window_fn: Callable[..., Any] | None) -> Any:
    if window_fn is None:
        return ops.mul(frames, scalar(1 / math.sqrt(2), frames))
    return ops.mul(frames, window_fn(dims(frames)[-1], dtype=frames.dtype))


def mdct(
    signals: Any,
    frame_length: Any,
    window_fn: Callable[..., Any] | None = vorbis_window,
    pad_end: bool = False,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The modified discrete cosine transform: ``[..., frames, frame_length // 2]``.

    ``frame_length``: a multiple of 4; frames overlap by half.
    """
    size = static_int(frame_length, "mdct: frame_length")
    if size < 4 or size % 4:
        raise InvalidArgumentError(
            "mdct: expected a frame_length divisible by 4, received {size}.", size=size
        )
    frames = frame(floating("mdct", signals), size, size // 2, pad_end)
    a, b, c, d = movement.split(_windowed(frames, window_fn), 4, axis=-1)
    first = ops.sub(ops.neg(movement.reverse(c, [-1])), d)
    second = ops.sub(a, movement.reverse(b, [-1]))
    return dct(movement.concat([first, second], -1), type=4, norm=norm)


def inverse_mdct(
    mdcts: Any,
    window_fn: Callable[..., Any] | None = vorbis_window,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The inverse of `mdct`, but for the first and last half frame."""
    x = floating("inverse_mdct", mdcts)
    half = dims(x)[-1]
    back = idct(x, type=4, norm=norm)
    back = back if norm else ops.mul(back, scalar(0.5 / half, back))
    first, second = movement.split(back, 2, axis=-1)
    turned = [ops.neg(movement.reverse(part, [-1])) for part in (second, first)]
    frames = movement.concat([second, *turned, ops.neg(first)], -1)
    return overlap_and_add(_windowed(frames, window_fn), half)


def kaiser_bessel_derived_window(
    window_length: Any, beta: float = 12.0, dtype: Any = float32, name: str | None = None
) -> Any:
    """The window of which squares of overlapping halves add up to 1."""
    half = static_int(window_length, "kaiser_bessel_derived_window") // 2
    total = np.cumsum(np.kaiser(half + 1, float(beta)))
    rise = np.sqrt(total[:-1] / total[-1])
    values = np.concatenate([rise, rise[::-1]])
    return convert_to_tensor(values.astype(as_dtype(dtype).np_dtype))


# --- the inverse of stft --------------------------------------------------------------------------


def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Callable[..., Any] | None = hann_window,
    name: str | None = None,
) -> Any:
    """Signals of the spectra of their frames, windowed and added up.

    With ``window_fn=inverse_stft_window_fn(frame_step)`` it undoes `stft` where all frames overlap.
    """
    size = static_int(frame_length, "inverse_stft: frame_length")
    if fft_length is None:
        length = 1 << max(0, (size - 1).bit_length())
    else:
        length = static_int(fft_length, "inverse_stft: fft_length")
    frames = fitted(irfft(stfts, [length]), -1, size)
    if window_fn is not None:
        frames = ops.mul(frames, window_fn(size, dtype=frames.dtype))
    return overlap_and_add(frames, frame_step)


def inverse_stft_window_fn(
    frame_step: Any,
    forward_window_fn: Callable[..., Any] = hann_window,
    name: str | None = None,
) -> Callable[..., Any]:
    """The window for `inverse_stft` that undoes the window of `stft`."""
    step = static_int(frame_step, "inverse_stft_window_fn: frame_step")

    def window(frame_length: Any, dtype: Any) -> Any:
        size = static_int(frame_length, "inverse_stft_window_fn: frame_length")
        forward = forward_window_fn(size, dtype=dtype).numpy()
        overlaps = -(-size // step)
        squares = np.pad(forward * forward, (0, overlaps * step - size)).reshape(overlaps, step)
        total = np.tile(squares.sum(0), overlaps)[:size]
        return convert_to_tensor((forward / total).astype(forward.dtype))

    return window
