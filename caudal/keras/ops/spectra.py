"""``keras.ops``: Fourier transforms; complex numbers as pairs of real and imaginary parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math, ops, signal
from caudal.array import movement
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.keras.ops.promotion import cast, common, floating, tensor


def _joined(x: Any, what: str) -> Any:
    """A complex tensor from a pair (real, imaginary)."""
    if not isinstance(x, list | tuple) or len(x) != 2:
        raise InvalidArgumentError(
            "Input `x` should be a tuple of two tensors - real and imaginary. Received: x={x!r} in "
            "keras.ops.{what}.",
            x=x,
            what=what,
        )
    real, imaginary = (floating(part) for part in common(*x))
    if tuple(real.shape) != tuple(imaginary.shape):
        raise ShapeError(
            "keras.ops.{what}: both parts should have the same shape. Received: {real} and "
            "{imaginary}",
            what=what,
            real=tuple(real.shape),
            imaginary=tuple(imaginary.shape),
        )
    return ops.complex(real, imaginary)


def _parts(z: Any) -> tuple[Any, Any]:
    return ops.real(z), ops.imag(z)


def fft(x: Any) -> tuple[Any, Any]:
    """The discrete Fourier transform of (real, imaginary) along the last axis, as such a pair.

    >>> real, imaginary = fft(([1.0, 1.0], [0.0, 0.0]))
    >>> real.numpy().tolist(), imaginary.numpy().tolist()
    ([2.0, 0.0], [0.0, 0.0])
    """
    return _parts(signal.fft(_joined(x, "fft")))


def fft2(x: Any) -> tuple[Any, Any]:
    """The transform over the last two axes."""
    return _parts(signal.fft2d(_joined(x, "fft2")))


def ifft2(x: Any) -> tuple[Any, Any]:
    """The inverse of `fft2`."""
    return _parts(signal.ifft2d(_joined(x, "ifft2")))


def rfft(x: Any, fft_length: int | None = None) -> tuple[Any, Any]:
    """The first half of the transform of a real tensor, padded or cut to ``fft_length``."""
    length = None if fft_length is None else [int(fft_length)]
    return _parts(signal.rfft(floating(x), length))


def irfft(x: Any, fft_length: int | None = None) -> Any:
    """The inverse of `rfft`."""
    length = None if fft_length is None else [int(fft_length)]
    return signal.irfft(_joined(x, "irfft"), length)


def _window(window: Any, size: int, length: int, dtype: Any) -> Any:
    """The window in the middle of ``length`` places; None: all ones, not padded."""
    if window is None:
        values = np.ones(size)
    elif isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise InvalidArgumentError(
                "If a string is passed to `window`, it must be one of `hann`, `hamming`. "
                "Received: window={window!r}",
                window=window,
            )
        angle = 2 * np.pi * np.arange(size) / size
        base = 0.5 if window == "hann" else 0.54
        values = base - (1 - base) * np.cos(angle)
    else:
        given = tensor(window)
        if tuple(given.shape) != (size,):
            raise ShapeError(
                "The shape of `window` must be equal to [sequence_length]. Received: window "
                "shape={received}",
                received=tuple(given.shape),
            )
        left = (length - size) // 2
        return movement.pad(cast(given, dtype), [[left, length - size - left]])
    left = (length - size) // 2
    return convert_to_tensor(np.pad(values, (left, length - size - left)).astype(dtype.np_dtype))


def _check_lengths(sequence_length: int, fft_length: int) -> None:
    if fft_length < sequence_length:
        raise InvalidArgumentError(
            "`fft_length` must equal or larger than `sequence_length`. Received: "
            "sequence_length={size}, fft_length={length}",
            size=sequence_length,
            length=fft_length,
        )


def stft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> tuple[Any, Any]:
    """The spectra of windows ``sequence_stride`` apart: (real, imaginary), [..., frames, bins].

    center: the signal is mirrored at its ends, so that windows lie around their places.
    """
    x = tensor(x)
    if x.dtype.name not in ("float32", "float64"):
        raise DTypeError(
            "keras.ops.stft: expected float32 or float64, received {received}.",
            received=x.dtype.name,
        )
    _check_lengths(sequence_length, fft_length)
    if center:
        edge = fft_length // 2
        x = movement.pad(x, [[0, 0]] * (len(x.shape) - 1) + [[edge, edge]], mode="REFLECT")
    frames = signal.frame(x, fft_length, sequence_stride)
    frames = frames * _window(window, sequence_length, fft_length, x.dtype)
    return _parts(signal.rfft(frames))


def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Any:
    """The signal whose `stft` is given, from overlapping frames; ends that few frames cover are
    faded as in TensorFlow.

    Griffin and Lim, 1984: each frame is weighed by the window over the sum of its squares at the
    same places of the stride.
    """
    z = _joined(x, "istft")
    _check_lengths(sequence_length, fft_length)
    frames = signal.irfft(z, [fft_length])
    if window is not None:
        shape = _window(window, sequence_length, fft_length, frames.dtype)
        rounds = -(-fft_length // sequence_stride)
        padded = movement.pad(shape * shape, [[0, rounds * sequence_stride - fft_length]])
        rows = movement.reshape(padded, (rounds, sequence_stride))
        sums = movement.tile(math.reduce_sum(rows, axis=0), [rounds])[:fft_length]
        frames = frames * (shape / sums)
    whole = signal.overlap_and_add(frames, sequence_stride)
    start = fft_length // 2 if center else 0
    size = int(whole.shape[-1])
    end = size - start if length is None else min(start + length, size)
    return whole[..., start:end]


def polar(abs_: Any, angle: Any) -> Any:
    """The complex numbers of these absolute values and angles."""
    size, turn = (floating(value) for value in common(abs_, angle))
    return ops.complex(size * ops.cos(turn), size * ops.sin(turn))


def view_as_complex(x: Any) -> Any:
    """Complex numbers from a last axis of (real, imaginary)."""
    x = floating(x)
    if not x.shape or int(x.shape[-1]) != 2:
        raise ShapeError(
            "Last dimension of input must be size 2 (real and imaginary). Received shape: {shape}",
            shape=tuple(x.shape),
        )
    return ops.complex(*movement.unstack(x, axis=-1))


def view_as_real(x: Any) -> Any:
    """A last axis of (real, imaginary) from complex numbers."""
    return movement.stack(list(_parts(tensor(x))), axis=-1)
