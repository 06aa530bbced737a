"""The Fourier transform extension of the standard."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.movement import roll
from caudal.array_api.array import Array, require_device
from caudal.array_api.elementwise import number
from caudal.array_api.movement import axes_of
from caudal.array_api.promotion import DEFAULT_FLOAT, cast, tensor_of
from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor
from caudal.ir.dtypes import as_dtype, complex64, complex128, float32

_NORMS = ("backward", "ortho", "forward")


def _complex(x: Any, what: str, kind: str = "floating") -> Any:
    found = tensor_of(x, what, kind)
    if found.dtype.is_complex:
        return found
    return cast(found, complex64 if found.dtype is float32 else complex128)


def _fitted(x: Any, axis: int, size: int) -> Any:
    """Cut or filled up with zeros to an extent."""
    shape = tuple(int(n) for n in x.shape)
    if size < 1:
        raise InvalidArgumentError("fft: expected a length of at least 1, received {n}.", n=size)
    if shape[axis] > size:
        end = tuple(size if i == axis else n for i, n in enumerate(shape))
        return ops.slice(x, begin=(0,) * len(shape), end=end, strides=(1,) * len(shape))
    if shape[axis] < size:
        more = tuple(size - n if i == axis else n for i, n in enumerate(shape))
        return ops.concat(x, Tensor(np.zeros(more, x.dtype.np_dtype)), axis=axis)
    return x


def _transform(x: Any, axis: int, inverse: bool, norm: str) -> Any:
    """Along one axis, with the scale that ``norm`` means."""
    if norm not in _NORMS:
        raise InvalidArgumentError(
            "fft: expected norm 'backward', 'ortho' or 'forward', received {norm!r}.", norm=norm
        )
    rank, size = len(x.shape), int(x.shape[axis])
    order = list(range(rank))
    order[axis], order[-1] = order[-1], order[axis]
    turned = ops.fft(ops.transpose(x, perm=tuple(order)), inverse=inverse)
    found = ops.transpose(turned, perm=tuple(order))
    plain = 1 / size if inverse else 1.0
    wanted = {"ortho": 1 / math.sqrt(size), "backward": plain, "forward": 1 / (plain * size)}[norm]
    return found if wanted == plain else ops.mul(found, number(wanted / plain, found))


def _lengths(x: Any, s: Any, axes: Any, what: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    rank = len(x.shape)
    if axes is None and s is not None:
        axes = tuple(range(rank - len(s), rank))
    places = axes_of(None if axes is None else tuple(axes), rank, what)
    sizes = tuple(s) if s is not None else tuple(int(x.shape[place]) for place in places)
    if len(sizes) != len(places):
        raise InvalidArgumentError(
            "{what}: expected a length for each axis, received {s} and {axes}.",
            what=what,
            s=sizes,
            axes=places,
        )
    return places, sizes


def _many(x: Any, s: Any, axes: Any, inverse: bool, norm: str, what: str) -> Any:
    places, sizes = _lengths(x, s, axes, what)
    for place, size in zip(places, sizes, strict=True):
        x = _transform(_fitted(x, place, size), place, inverse, norm)
    return x


def fft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """The transform along an axis."""
    return fftn(x, s=None if n is None else (n,), axes=(axis,), norm=norm)


def ifft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """The inverse of `fft`."""
    return ifftn(x, s=None if n is None else (n,), axes=(axis,), norm=norm)


def fftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Any = None, norm: str = "backward"
) -> Array:
    """The transform along several axes; along all by default."""
    return Array(_many(_complex(x, "fft"), s, axes, False, norm, "fft"))


def ifftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Any = None, norm: str = "backward"
) -> Array:
    """The inverse of `fftn`."""
    return Array(_many(_complex(x, "ifft"), s, axes, True, norm, "ifft"))


def rfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """The first half of the transform of real numbers; the rest mirrors it."""
    return rfftn(x, s=None if n is None else (n,), axes=(axis,), norm=norm)


def rfftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Any = None, norm: str = "backward"
) -> Array:
    """The transform of real numbers along several axes: half of the last one."""
    data = _complex(x, "rfft", "real floating")
    places, sizes = _lengths(data, s, axes, "rfft")
    found = _many(data, sizes, places, False, norm, "rfft")
    return Array(_fitted(found, places[-1], sizes[-1] // 2 + 1))


def irfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """The real numbers, ``n`` of them, of which `rfft` gives this."""
    return irfftn(x, s=None if n is None else (n,), axes=(axis,), norm=norm)


def irfftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Any = None, norm: str = "backward"
) -> Array:
    """The inverse of `rfftn`."""
    data = _complex(x, "irfft")
    places, sizes = _lengths(data, s, axes, "irfft")
    if s is None:
        sizes = (*sizes[:-1], 2 * (sizes[-1] - 1))
    data = _many(data, sizes[:-1], places[:-1], True, norm, "irfft")
    whole = _mirrored(data, places[-1], sizes[-1])
    return Array(ops.real(_transform(whole, places[-1], True, norm)))


def _mirrored(x: Any, axis: int, size: int) -> Any:
    """The whole spectrum of ``size`` real numbers, from its first half."""
    half = _fitted(x, axis, size // 2 + 1)
    places = np.arange(size // 2 + 1, size)
    mirror = ops.conj(ops.gather(half, Tensor((size - places).astype(np.int64)), axis=axis))
    whole = ops.concat(half, mirror, axis=axis) if len(places) else half
    # The transform of real numbers is real at 0 and in the middle.
    edges = [0] + ([size // 2] if size % 2 == 0 else [])
    wide = [1] * len(whole.shape)
    wide[axis] = size
    flags = np.zeros(size, np.bool_)
    flags[edges] = True
    only = cast(ops.real(whole), whole.dtype)
    return ops.select(Tensor(flags.reshape(wide)), only, whole)


_TURNED = {"backward": "forward", "forward": "backward"}


def hfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """The transform of numbers that mirror their conjugates, of which half is given: real."""
    data = ops.conj(_complex(x, "hfft"))
    return irfft(data, n=n, axis=axis, norm=_TURNED.get(norm, norm))


def ihfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
    """The inverse of `hfft`."""
    found = rfft(x, n=n, axis=axis, norm=_TURNED.get(norm, norm))
    return Array(ops.conj(found.tensor))


def _frequencies(values: Any, n: int, d: float, dtype: Any, device: Any) -> Array:
    require_device(device)
    kind = as_dtype(dtype or DEFAULT_FLOAT)
    return Array(Tensor(np.asarray(values / (n * d), kind.np_dtype)))


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Array:
    """The frequency of each element of a transform, for samples ``d`` apart."""
    return _frequencies(np.fft.fftfreq(n, 1 / n), n, d, dtype, device)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Array:
    """The frequency of each element of `rfft`, for samples ``d`` apart."""
    return _frequencies(np.fft.rfftfreq(n, 1 / n), n, d, dtype, device)


def _shifted(x: Any, axes: Any, back: bool, what: str) -> Array:
    found = tensor_of(x, what, "floating")
    for place in axes_of(axes, len(found.shape), what):
        size = int(found.shape[place])
        found = roll(found, -(size // 2) if back else size // 2, place)
    return Array(found)


def fftshift(x: Any, /, *, axes: Any = None) -> Array:
    """With frequency 0 in the middle."""
    return _shifted(x, axes, False, "fftshift")


def ifftshift(x: Any, /, *, axes: Any = None) -> Array:
    """The inverse of `fftshift`."""
    return _shifted(x, axes, True, "ifftshift")


__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]
