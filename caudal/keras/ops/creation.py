"""``keras.ops``: tensors made of shapes and numbers."""

from __future__ import annotations

import math as _math
from typing import Any

import numpy as np

from caudal.array import create, movement
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.policy import floatx
from caudal.keras.ops.promotion import cast, cast_value, common, result_type, tensor


def zeros(shape: Any, dtype: Any = None) -> Any:
    """A tensor of zeros."""
    return create.zeros(shape, as_dtype(dtype or floatx()))


def ones(shape: Any, dtype: Any = None) -> Any:
    """A tensor of ones."""
    return create.ones(shape, as_dtype(dtype or floatx()))


def empty(shape: Any, dtype: Any = None) -> Any:
    """A tensor of a shape; its elements are zeros."""
    return zeros(shape, dtype)


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """A tensor full of one value; floats unless ``dtype`` says otherwise."""
    return movement.broadcast_to(cast_value(fill_value, dtype or floatx()), shape)


def zeros_like(x: Any, dtype: Any = None) -> Any:
    """Zeros of the shape and dtype of x."""
    x = tensor(x)
    return create.zeros(x.shape, as_dtype(dtype or x.dtype))


def ones_like(x: Any, dtype: Any = None) -> Any:
    """Ones of the shape and dtype of x."""
    x = tensor(x)
    return create.ones(x.shape, as_dtype(dtype or x.dtype))


def empty_like(x: Any, dtype: Any = None) -> Any:
    """Zeros of the shape and dtype of x."""
    return zeros_like(x, dtype)


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Any:
    """One value in the shape and dtype of x."""
    x = tensor(x)
    return movement.broadcast_to(cast_value(fill_value, dtype or x.dtype), x.shape)


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Any:
    """Numbers from ``start`` (0 if it is alone) to before ``stop``.

    >>> arange(2, 8, 3).numpy().tolist()
    [2, 5]
    """
    parts = [value for value in (start, stop, step) if value is not None]
    if dtype is None:
        kinds = [
            type(p) if isinstance(p, int | float) and type(p) is not bool else tensor(p).dtype
            for p in parts
        ]
        dtype = result_type(*kinds)
    if stop is None:
        start, stop = 0, start
    wanted = as_dtype(dtype)
    # As in Keras on TensorFlow: numbers are rounded to the dtype first; short floats to float32.
    short = wanted.is_floating and wanted.size < 4
    inner = np.dtype("float32") if short else wanted.np_dtype
    first, last, by = (
        np.asarray(v if isinstance(v, int | float) else tensor(v).numpy()).astype(inner)
        for v in (start, stop, 1 if step is None else step)
    )
    if not by.item():
        raise InvalidArgumentError("keras.ops.arange: `step` must not be 0.")
    return convert_to_tensor(create.spaced(first, last, by).astype(wanted.np_dtype))


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """``num`` numbers at equal steps from ``start`` to ``stop``, with it or before it.

    >>> linspace(0, 1, 5).numpy().tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    if num < 0:
        raise InvalidArgumentError("keras.ops.linspace: `num` must not be below 0: {num}.", num=num)
    low, high = common(start, stop, also=(float,))
    steps = num - 1 if endpoint else num
    step = (high - low) / float(steps) if steps > 0 else (high - low) * float("nan")
    kind = low.dtype.np_dtype
    shape = np.broadcast_shapes(tuple(low.shape), tuple(high.shape))
    place = axis % (len(shape) + 1)
    share = (np.arange(num) / max(steps, 1)).astype(kind)
    share = share.reshape([-1 if i == place else 1 for i in range(len(shape) + 1)])
    low, high = (movement.expand_dims(movement.broadcast_to(v, shape), place) for v in (low, high))
    # Both ends exactly, which start + i * step would miss by a rounding.
    found = low * (1 - share) + high * share
    found = found if dtype is None else cast(found, dtype)
    return (found, step) if retstep else found


def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """``base`` to the powers at equal steps from ``start`` to ``stop``."""
    powers = linspace(start, stop, num, endpoint, axis=axis)
    found = cast_value(base, powers.dtype) ** powers
    return found if dtype is None else cast(found, dtype)


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Ones on the k-th diagonal of an N x M matrix."""
    return convert_to_tensor(np.eye(N, M, k, as_dtype(dtype or floatx()).np_dtype))


def identity(n: int, dtype: Any = None) -> Any:
    """The identity matrix."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Ones on and below the k-th diagonal."""
    return convert_to_tensor(np.tri(N, M, k, as_dtype(dtype or floatx()).np_dtype))


def meshgrid(*x: Any, indexing: str = "xy") -> list[Any]:
    """Coordinate matrices of coordinate vectors; "xy" turns the first two axes."""
    if indexing not in ("xy", "ij"):
        raise InvalidArgumentError(
            "keras.ops.meshgrid: `indexing` must be 'xy' or 'ij', received {indexing!r}.",
            indexing=indexing,
        )
    vectors = [movement.reshape(tensor(value), (-1,)) for value in x]
    places = list(range(len(vectors)))
    if indexing == "xy" and len(vectors) > 1:
        places[:2] = [1, 0]
    shape = [0] * len(vectors)
    for place, vector in zip(places, vectors, strict=True):
        shape[place] = int(vector.shape[0])
    found = []
    for place, vector in zip(places, vectors, strict=True):
        line = movement.reshape(vector, [-1 if i == place else 1 for i in range(len(shape))])
        found.append(movement.broadcast_to(line, shape))
    return found


def _window(values: Any) -> Any:
    return convert_to_tensor(np.asarray(values, as_dtype(floatx()).np_dtype))


def bartlett(x: int) -> Any:
    """The triangular window of x points."""
    return _window(np.bartlett(int(x)))


def blackman(x: int) -> Any:
    """The Blackman window of x points."""
    return _window(np.blackman(int(x)))


def hamming(x: int) -> Any:
    """The Hamming window of x points."""
    return _window(np.hamming(int(x)))


def hanning(x: int) -> Any:
    """The Hann window of x points."""
    return _window(np.hanning(int(x)))


def kaiser(x: int, beta: float) -> Any:
    """The Kaiser window of x points."""
    return _window(np.kaiser(int(x), beta))


def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Numbers at equal ratios from ``start`` to ``stop``, both above 0."""
    low, high = (np.log(np.asarray(tensor(v).numpy(), "float64")) for v in (start, stop))
    found = logspace(low, high, num, endpoint, _math.e, axis=axis)
    return cast(found, dtype or floatx())
