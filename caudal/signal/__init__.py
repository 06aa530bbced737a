"""``tf.signal``: Fourier transforms, frames, windows, spectrograms."""

from caudal.namespaces import strict
from caudal.signal.fourier import (
    fft,
    fft2d,
    fft3d,
    fftshift,
    ifft,
    ifft2d,
    ifft3d,
    ifftshift,
    irfft,
    irfft2d,
    irfft3d,
    rfft,
    rfft2d,
    rfft3d,
)
from caudal.signal.frames import (
    frame,
    hamming_window,
    hann_window,
    kaiser_window,
    linear_to_mel_weight_matrix,
    overlap_and_add,
    stft,
    vorbis_window,
)

__all__ = [
    "fft",
    "fft2d",
    "fft3d",
    "fftshift",
    "frame",
    "hamming_window",
    "hann_window",
    "ifft",
    "ifft2d",
    "ifft3d",
    "ifftshift",
    "irfft",
    "irfft2d",
    "irfft3d",
    "kaiser_window",
    "linear_to_mel_weight_matrix",
    "overlap_and_add",
    "rfft",
    "rfft2d",
    "rfft3d",
    "stft",
    "vorbis_window",
]

__getattr__ = strict(__name__)
