"""Frames of signals, windows, spectrograms, the mel scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, axis_of, dims, static_int
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype, float32
from caudal.signal.fourier import fitted, rfft

Array = np.ndarray[Any, Any]


def frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: Any = -1,
    name: str | None = None,
) -> Any:
    """Overlapping frames of an axis: `[..., frames, frame_length, ...]`.

    ``pad_end`` fills the last frames with ``pad_value``.

    >>> frame([1, 2, 3, 4, 5], 3, 2).numpy().tolist()
    [[1, 2, 3], [3, 4, 5]]
    """
    x = as_tensor(signal)
    place = axis_of(axis, len(x.shape), "frame")
    size = static_int(frame_length, "frame: frame_length")
    step = static_int(frame_step, "frame: frame_step")
    if size < 1 or step < 1:
        raise InvalidArgumentError(
            "frame: expected positive frame_length and frame_step, received {size} and {step}.",
            size=size,
            step=step,
        )
    extent = dims(x)[place]
    if pad_end:
        count = -(-extent // step)
        missing = max(0, (count - 1) * step + size - extent)
        low, high = [0] * len(x.shape), [0] * len(x.shape)
        high[place] = missing
        none = (0,) * len(low)
        x = ops.pad(x, low=none, high=tuple(high), interior=none, value=float(pad_value))
    else:
        count = max(0, 1 + (extent - size) // step)
    places = np.arange(count)[:, None] * step + np.arange(size)[None, :]
    return ops.gather(x, convert_to_tensor(places), axis=place)


def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Any:
    """The inverse of `frame`, where frames overlap their sum: `[..., frames, length]`."""
    x = as_tensor(signal)
    step = static_int(frame_step, "overlap_and_add: frame_step")
    *batch, count, size = dims(x)
    total = (count - 1) * step + size if count else 0
    places = np.arange(count)[:, None] * step + np.arange(size)[None, :]
    flat = ops.reshape(x, shape=(int(np.prod(batch)), count * size))
    zeros = convert_to_tensor(np.zeros((int(np.prod(batch)), total), x.dtype.np_dtype))
    found = ops.scatter_add(zeros, convert_to_tensor(places.reshape(-1)), flat, axis=1)
    return ops.reshape(found, shape=(*batch, total))


# --- windows --------------------------------------------------------------------------------------


def _length(what: str, window_length: Any) -> int:
    """The length of a window.

    Raises:
        InvalidArgumentError: it is below 0.
    """
    length = static_int(window_length, what)
    if length < 0:
        raise InvalidArgumentError(
            "{what}: expected a length of at least 0, received {length}.", what=what, length=length
        )
    return length


def _cosine(length: int, periodic: bool, a: float, dtype: Any) -> Any:
    if length == 1:
        return convert_to_tensor(np.ones(1, as_dtype(dtype).np_dtype))
    even = 1 - length % 2
    count = length + int(bool(periodic)) * even - 1
    values = a - (1 - a) * np.cos(2 * np.pi * np.arange(length) / count)
    return convert_to_tensor(values.astype(as_dtype(dtype).np_dtype))


def hann_window(
    window_length: Any, periodic: bool = True, dtype: Any = float32, name: str | None = None
) -> Any:
    """``0.5 - 0.5 cos(2 pi n / N)``; N is one less for a window that is not periodic."""
    return _cosine(_length("hann_window", window_length), periodic, 0.5, dtype)


def hamming_window(
    window_length: Any, periodic: bool = True, dtype: Any = float32, name: str | None = None
) -> Any:
    """``0.54 - 0.46 cos(2 pi n / N)``; N is one less for a window that is not periodic."""
    return _cosine(_length("hamming_window", window_length), periodic, 0.54, dtype)


def kaiser_window(
    window_length: Any, beta: float = 12.0, dtype: Any = float32, name: str | None = None
) -> Any:
    """Kaiser's window."""
    values = np.kaiser(_length("kaiser_window", window_length), float(beta))
    return convert_to_tensor(values.astype(as_dtype(dtype).np_dtype))


def vorbis_window(window_length: Any, dtype: Any = float32, name: str | None = None) -> Any:
    """Vorbis's power complementary window."""
    size = _length("vorbis_window", window_length)
    sine = np.sin(np.pi / size * (np.arange(size) + 0.5))
    values = np.sin(np.pi / 2 * sine * sine)
    return convert_to_tensor(values.astype(as_dtype(dtype).np_dtype))


def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Callable[..., Any] | None = hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Any:
    """The spectra of windowed frames: complex `[..., frames, fft_length // 2 + 1]`.

    ``fft_length`` is by default the next power of two from ``frame_length``.
    """
    x = as_tensor(signals)
    size = static_int(frame_length, "stft: frame_length")
    if fft_length is None:
        length = 1 << max(0, (size - 1).bit_length())
    else:
        length = static_int(fft_length, "stft: fft_length")
    frames = frame(x, size, frame_step, pad_end)
    if window_fn is not None:
        frames = ops.mul(frames, window_fn(size, dtype=frames.dtype))
    return rfft(fitted(frames, -1, length))


# --- mel ------------------------------------------------------------------------------------------


def _mel(hertz: Array) -> Array:
    """O'Shaughnessy's formula (1987)."""
    return np.asarray(1127.0 * np.log1p(hertz / 700.0))


def linear_to_mel_weight_matrix(
    num_mel_bins: Any = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: Any = 125.0,
    upper_edge_hertz: Any = 3800.0,
    dtype: Any = float32,
    name: str | None = None,
) -> Any:
    """`[num_spectrogram_bins, num_mel_bins]`: triangles that are even on the mel scale."""
    bins = static_int(num_mel_bins, "linear_to_mel_weight_matrix: num_mel_bins")
    rate, low, high = (float(v) for v in (sample_rate, lower_edge_hertz, upper_edge_hertz))
    if bins < 1 or not 0 <= low < high <= rate / 2:
        raise InvalidArgumentError(
            "linear_to_mel_weight_matrix: expected 1 or more bins and 0 <= lower_edge_hertz < "
            "upper_edge_hertz <= sample_rate / 2, received {bins}, {low}, {high} and {rate}.",
            bins=bins,
            low=low,
            high=high,
            rate=rate,
        )
    count = static_int(num_spectrogram_bins, "num_spectrogram_bins")
    # The first bin, a constant signal, takes no part.
    hertz = np.linspace(0.0, rate / 2, count)[1:]
    lines = _mel(hertz)[:, None]
    edges = np.linspace(_mel(np.asarray(low)), _mel(np.asarray(high)), bins + 2)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (lines - left) / (centre - left), (right - lines) / (right - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    whole = np.concatenate([np.zeros((1, bins)), weights])
    return convert_to_tensor(whole.astype(as_dtype(dtype).np_dtype))
