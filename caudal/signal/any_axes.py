"""Discrete Fourier transforms over any axes, with NumPy's rules of lengths and norms."""

from __future__ import annotations

import math
from typing import Any

from caudal import ops
from caudal.array.arguments import as_tensor, axis_of, dims, scalar, static_ints
from caudal.errors import InvalidArgumentError
from caudal.signal import fourier

_NORMS = (None, "backward", "ortho", "forward")


def fftnd(
    input_tensor: Any,
    fft_length: Any = None,
    axes: Any = None,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The transform of a complex tensor along some axes.

    Args:
        input_tensor: complex.
        fft_length: to what length each axis is cut or filled with zeros; its own by default.
        axes: which, the last ``len(fft_length)`` or all by default.
        norm: "backward" (the default: only the inverse is divided by the length), "ortho" (both,
            by its root) or "forward".
        name: not used.

    >>> fftnd([[1.0 + 0j, 2.0]], axes=[1]).numpy().tolist()
    [[(3+0j), (-1+0j)]]
    """
    x = as_tensor(input_tensor)
    places, sizes = _places("fftnd", x, fft_length, axes, norm)
    for place, size in zip(places, sizes, strict=True):
        x = _along(x, place, lambda one, n=size: fourier.fft(fourier.fitted(one, -1, n)))
    return _scaled(x, sizes, norm, inverse=False)


def ifftnd(
    input_tensor: Any,
    fft_length: Any = None,
    axes: Any = None,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The inverse of `fftnd`; arguments as there."""
    x = as_tensor(input_tensor)
    places, sizes = _places("ifftnd", x, fft_length, axes, norm)
    for place, size in zip(places, sizes, strict=True):
        x = _along(x, place, lambda one, n=size: fourier.ifft(fourier.fitted(one, -1, n)))
    return _scaled(x, sizes, norm, inverse=True)


def rfftnd(
    input_tensor: Any,
    fft_length: Any = None,
    axes: Any = None,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """`fftnd` of real numbers: of the last of the axes the first half, ``n // 2 + 1``."""
    x = as_tensor(input_tensor)
    places, sizes = _places("rfftnd", x, fft_length, axes, norm)
    x = _along(x, places[-1], lambda one: fourier.rfft(one, [sizes[-1]]))
    for place, size in zip(places[:-1], sizes[:-1], strict=True):
        x = _along(x, place, lambda one, n=size: fourier.fft(fourier.fitted(one, -1, n)))
    return _scaled(x, sizes, norm, inverse=False)


def irfftnd(
    input_tensor: Any,
    fft_length: Any = None,
    axes: Any = None,
    norm: str | None = None,
    name: str | None = None,
) -> Any:
    """The inverse of `rfftnd`: real; the last axis has ``2 * (n - 1)`` elements by default."""
    x = as_tensor(input_tensor)
    places, sizes = _places("irfftnd", x, fft_length, axes, norm)
    if fft_length is None:
        sizes[-1] = max(1, 2 * (dims(x)[places[-1]] - 1))
    for place, size in zip(places[:-1], sizes[:-1], strict=True):
        x = _along(x, place, lambda one, n=size: fourier.ifft(fourier.fitted(one, -1, n)))
    x = _along(x, places[-1], lambda one: fourier.irfft(one, [sizes[-1]]))
    return _scaled(x, sizes, norm, inverse=True)


def _places(
    what: str, x: Any, fft_length: Any, axes: Any, norm: str | None
) -> tuple[list[int], list[int]]:
    """The axes, and the length of the transform along each."""
    if norm not in _NORMS:
        raise InvalidArgumentError(
            "{what}: expected norm to be one of {known}, received {norm!r}.",
            what=what,
            known=_NORMS,
            norm=norm,
        )
    rank = len(dims(x))
    given = None if fft_length is None else list(static_ints(fft_length, what + ": fft_length"))
    if axes is not None:
        places = [axis_of(axis, rank, what) for axis in static_ints(axes, what + ": axes")]
    else:
        places = list(range(rank - len(given), rank)) if given is not None else list(range(rank))
    sizes = [dims(x)[place] for place in places] if given is None else given
    bad = len(set(places)) != len(places) or len(places) != len(sizes) or not places
    if bad or min([*sizes, *places]) < 0 or min(sizes) < 1:
        raise InvalidArgumentError(
            "{what}: expected different axes of shape {shape}, and a positive length for each, "
            "received axes {axes} and fft_length {sizes}.",
            what=what,
            shape=dims(x),
            axes=places,
            sizes=sizes,
        )
    return places, sizes


def _along(x: Any, place: int, transform: Any) -> Any:
    rank = len(dims(x))
    order = (*(i for i in range(rank) if i != place), place)
    found = transform(ops.transpose(x, perm=order))
    return ops.transpose(found, perm=tuple(order.index(i) for i in range(rank)))


def _scaled(x: Any, sizes: list[int], norm: str | None, *, inverse: bool) -> Any:
    count = math.prod(sizes)
    factor = 1.0
    if norm == "ortho":
        factor = math.sqrt(count) if inverse else 1 / math.sqrt(count)
    elif norm == "forward":
        factor = count if inverse else 1 / count
    return x if factor == 1.0 else ops.mul(x, scalar(factor, x))
