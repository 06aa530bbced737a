"""STFTSpectrogram: sound as frequencies over time, by convolutions that may be trained."""

from __future__ import annotations

from typing import Any

from caudal import math, ops
from caudal.array import movement
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.shapes import probe
from caudal.keras.initializers import STFT
from caudal.keras.layers import arguments
from caudal.keras.ops import networks
from caudal.keras.ops.promotion import cast, cast_value

MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


class STFTSpectrogram(Layer):
    """Samples (batch, time, channels) to (batch, frames, channels * frequencies).

    mode: "log" or "magnitude" of the spectrum, "psd" (its power), "real", "imag", "angle", or
    "stft", real beside imaginary parts. ``expand_dims`` gives (batch, frames, frequencies,
    channels). ``data_format="channels_first"`` has the channels second everywhere.

    >>> import numpy as np
    >>> STFTSpectrogram(frame_length=16)(np.zeros((1, 64, 2), "float32")).shape
    TensorShape([1, 7, 18])
    """

    _config_names = (
        "mode",
        "frame_length",
        "frame_step",
        "fft_length",
        "window",
        "periodic",
        "scaling",
        "padding",
        "data_format",
        "expand_dims",
    )

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: Any = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.frame_length = arguments.positive(frame_length, "frame_length", "STFTSpectrogram")
        if mode not in MODES:
            raise InvalidArgumentError(
                "STFTSpectrogram: `mode` must be one of {known}, received {mode!r}.",
                known=MODES,
                mode=mode,
            )
        bad_step = frame_step is not None and not 1 <= frame_step <= frame_length
        if bad_step or (fft_length is not None and fft_length < frame_length):
            raise InvalidArgumentError(
                "STFTSpectrogram: `frame_step` must be from 1 to `frame_length`, and `fft_length` "
                "not below it; received frame_step={step}, fft_length={length} and "
                "frame_length={size}.",
                step=frame_step,
                length=fft_length,
                size=frame_length,
            )
        self.mode, self.frame_step, self.fft_length = mode, frame_step, fft_length
        self._step = frame_step or max(self.frame_length // 2, 1)
        self._bins = (fft_length or 1 << (self.frame_length - 1).bit_length()) // 2 + 1
        # Says what is wrong with the window and the scaling.
        STFT("real", window, scaling, periodic)
        self.window, self.periodic, self.scaling = window, periodic, scaling
        self.padding = arguments.padding_name(padding)
        self.expand_dims = expand_dims
        self.data_format = arguments.data_format(data_format)
        self.input_spec = InputSpec(ndim=3)

    def build(self, input_shape: Any) -> None:
        """Makes the kernels of the real and the imaginary part, as far as the mode needs them."""
        shape = (self.frame_length, 1, self._bins)
        for side in (self.mode,) if self.mode in ("real", "imag") else ("real", "imag"):
            values = STFT(side, self.window, self.scaling, self.periodic)
            weight = self.add_weight(name=f"{side}_kernel", shape=shape, initializer=values)
            setattr(self, f"{side}_kernel", weight)

    def call(self, inputs: Any) -> Any:
        """The spectrogram."""
        if inputs.dtype.name not in ("float16", "float32", "float64"):
            raise DTypeError(
                "STFTSpectrogram: expected float16, float32 or float64, received {dtype}.",
                dtype=inputs.dtype.name,
            )
        first = self.data_format == "channels_first"
        x = inputs if first else movement.transpose(inputs, (0, 2, 1))
        found = self._mode(*(self._part(x, side) for side in ("real", "imag")))
        # (batch, channels, frames, frequencies) so far.
        if self.expand_dims:
            return found if first else movement.transpose(found, (0, 2, 3, 1))
        batch, channels, frames, bins = (int(extent) for extent in found.shape)
        if first:
            found = movement.transpose(found, (0, 1, 3, 2))
            return movement.reshape(found, (batch, channels * bins, frames))
        return movement.reshape(
            movement.transpose(found, (0, 2, 1, 3)), (batch, frames, channels * bins)
        )

    def _part(self, x: Any, side: str) -> Any:
        """One part of the spectrum, (batch, channels, frames, frequencies); None if not needed."""
        if self.mode in ("real", "imag") and self.mode != side:
            return None
        kernel = getattr(self, f"{side}_kernel")
        batch, channels, time = (int(extent) for extent in x.shape)
        flat = movement.reshape(x, (batch * channels, time, 1))
        weight = cast(cast_value(kernel, kernel.dtype), x.dtype)
        found = networks.conv(flat, weight, self._step, self.padding, "channels_last")
        return movement.reshape(found, (batch, channels, *found.shape[1:]))

    def _mode(self, real: Any, imaginary: Any) -> Any:
        if self.mode in ("real", "imag"):
            return real if self.mode == "real" else imaginary
        if self.mode == "angle":
            return math.atan2(imaginary, real)
        if self.mode == "stft":
            return ops.concat(real, imaginary, axis=3)
        from caudal.keras.backend import epsilon

        least = cast_value(epsilon(), real.dtype)
        power = real * real + imaginary * imaginary
        if self.mode == "psd":
            # Inner frequencies stand for two.
            return ops.concat(power[..., :1], power[..., 1:-1] * 2.0, power[..., -1:], axis=3)
        size = ops.sqrt(math.maximum(power, least))
        return size if self.mode == "magnitude" else ops.log(math.maximum(size, least))

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The output as a KerasTensor."""
        return probe(self.call, args, kwargs)
