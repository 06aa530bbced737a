"""MelSpectrogram: sound as frequencies over time, as the ear divides them."""

from __future__ import annotations

from typing import Any

from caudal import linalg, math, ops, signal
from caudal.array import movement
from caudal.errors import InvalidArgumentError
from caudal.keras.engine.layer import Layer
from caudal.keras.layers import arguments
from caudal.keras.ops.elementwise import log10
from caudal.keras.ops.promotion import cast, cast_value, floating
from caudal.keras.ops.spectra import stft


class MelSpectrogram(Layer):
    """Samples (time,) or (batch, time) to (..., mel bins, frames).

    The magnitudes of windows of ``sequence_length``, ``sequence_stride`` apart, to the power
    ``mag_exp``, summed by triangles even on the mel scale between ``min_freq`` and ``max_freq``
    Hz. ``power_to_db`` gives decibels above ``ref_power``, not below ``top_db`` under the greatest.

    >>> import numpy as np
    >>> MelSpectrogram(fft_length=256, num_mel_bins=8)(np.zeros((2, 1024), "float32")).shape
    TensorShape([2, 8, 3])
    """

    _config_names = (
        "fft_length",
        "sequence_stride",
        "sequence_length",
        "window",
        "sampling_rate",
        "num_mel_bins",
        "min_freq",
        "max_freq",
        "power_to_db",
        "top_db",
        "mag_exp",
        "min_power",
        "ref_power",
    )

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: Any = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.fft_length = arguments.positive(fft_length, "fft_length", "MelSpectrogram")
        self.sequence_stride = arguments.positive(
            sequence_stride, "sequence_stride", "MelSpectrogram"
        )
        self.sequence_length = sequence_length or fft_length
        if self.fft_length < self.sequence_length:
            raise InvalidArgumentError(
                "MelSpectrogram: `fft_length` must not be below `sequence_length`, received "
                "{length} and {size}.",
                length=fft_length,
                size=self.sequence_length,
            )
        self.window, self.sampling_rate = window, sampling_rate
        self.num_mel_bins = arguments.positive(num_mel_bins, "num_mel_bins", "MelSpectrogram")
        self.min_freq, self.max_freq = min_freq, max_freq or int(sampling_rate / 2)
        self.power_to_db, self.top_db, self.mag_exp = power_to_db, top_db, mag_exp
        self.min_power, self.ref_power = min_power, ref_power
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        """The spectrogram."""
        x = floating(inputs)
        wide = self.compute_dtype if self.compute_dtype in ("float32", "float64") else "float32"
        x = cast(x, wide)
        steps = self.sequence_length, self.sequence_stride, self.fft_length
        real, imaginary = stft(x, *steps, window=self.window, center=True)
        power = ops.sqrt(real * real + imaginary * imaginary) ** self.mag_exp
        bins, bands = self.fft_length // 2 + 1, (self.min_freq, self.max_freq)
        mel = signal.linear_to_mel_weight_matrix(
            self.num_mel_bins, bins, self.sampling_rate, *bands, x.dtype
        )
        found = linalg.tensordot(power, mel, axes=1)
        if self.power_to_db:
            found = self._decibels(found)
        rank = len(found.shape)
        order = (*range(rank - 2), rank - 1, rank - 2)
        return cast(movement.transpose(found, order), self.compute_dtype)

    def _decibels(self, power: Any) -> Any:
        least, reference = (
            cast_value(float(value), power.dtype) for value in (self.min_power, self.ref_power)
        )
        level = log10(math.maximum(power, least)) * 10.0
        level = level - log10(math.maximum(math.abs(reference), least)) * 10.0
        return math.maximum(level, math.reduce_max(level) - float(self.top_db))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(..., mel bins, frames)."""
        *batch, time = input_shape
        stride, edge = self.sequence_stride, 2 * (self.fft_length // 2)
        frames = None if time is None else (time + edge - self.fft_length) // stride + 1
        return (*batch, self.num_mel_bins, frames)
