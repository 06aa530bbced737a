"""STFT: kernels that make a convolution a short-time Fourier transform; windows."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.keras.initializers.initializer import Initializer, known_shape, to_tensor

# Of cosines of once, twice ... the angle: the coefficients of the generalized cosine windows.
_COSINES = {
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "boxcar": (1.0,),
}


def window_values(window: str, size: int, periodic: bool) -> Any:
    """A window of ``size`` values in float64, symmetric or one period of a periodic one.

    "hann", "hamming", "blackman" and "boxcar" are Caudal's own; other names are SciPy's.

    >>> window_values("hann", 4, periodic=True).round(3).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    terms = _COSINES.get(window)
    if terms is not None:
        angle = 2 * np.pi * np.arange(size) / max(size if periodic else size - 1, 1)
        return sum((-1) ** k * a * np.cos(k * angle) for k, a in enumerate(terms))
    try:
        signal = importlib.import_module("scipy.signal")
    except ImportError:
        raise UnimplementedError(
            "window {window!r}: Caudal itself has {known}; all others need SciPy: pip install "
            "scipy.",
            window=window,
            known=list(_COSINES),
        ) from None
    try:
        return signal.get_window(window, size, periodic)
    except (ValueError, TypeError) as error:
        raise InvalidArgumentError(
            "`window` must be the name of a window of scipy.signal.windows, received {window!r}.",
            window=window,
        ) from error


class STFT(Initializer):
    """The cosines ("real") or sines ("imag") of a short-time Fourier transform, windowed.

    The shape is (frame length, 1, frequencies). window: a name, the values, or None. scaling:
    "density" divides by the window's Euclidean norm, "spectrum" by the sum of its absolute values.

    >>> STFT("real", None)((2, 1, 2)).numpy().tolist()
    [[[1.0, 1.0]], [[1.0, -1.0]]]
    """

    def __init__(
        self,
        side: str = "real",
        window: Any = "hann",
        scaling: str | None = "density",
        periodic: bool = False,
    ) -> None:
        if side not in ("real", "imag"):
            raise InvalidArgumentError(
                "STFT: `side` must be 'real' or 'imag', received {side!r}.", side=side
            )
        if scaling not in (None, "density", "spectrum"):
            raise InvalidArgumentError(
                "STFT: `scaling` must be None, 'density' or 'spectrum', received {scaling!r}.",
                scaling=scaling,
            )
        if isinstance(window, str):
            window_values(window, 1, periodic)
        self.side, self.window, self.scaling, self.periodic = side, window, scaling, periodic

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """A tensor of that shape."""
        extents = known_shape(shape)
        if len(extents) != 3 or extents[1] != 1:
            raise ShapeError(
                "STFT: the shape must be (frame length, 1, frequencies), received {shape}.",
                shape=extents,
            )
        size, _, count = extents
        turn = np.arange(size)[:, None, None] * (np.arange(count) / max(2 * (count - 1), 1))
        values = np.cos(2 * np.pi * turn) if self.side == "real" else -np.sin(2 * np.pi * turn)
        if self.window is None:
            return to_tensor(values, dtype)
        window = self.window
        if isinstance(window, str):
            window = window_values(window, size, self.periodic)
        window = np.asarray(window, "float64")
        if window.shape != (size,):
            raise ShapeError(
                "STFT: the window must have {size} values, received shape {shape}.",
                size=size,
                shape=window.shape,
            )
        scale = 1.0
        if self.scaling == "density":
            scale = float(np.sqrt(np.sum(window**2)))
        elif self.scaling == "spectrum":
            scale = float(np.sum(np.abs(window)))
        return to_tensor(values * window[:, None, None] / scale, dtype)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "side": self.side,
            "window": self.window,
            "periodic": self.periodic,
            "scaling": self.scaling,
        }
