"""NumPy's functions on tensors, over `keras.ops`: compiled and differentiable like all others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.experimental.numpy.promotion import (
    cast,
    default_float,
    floating,
    install_methods,
    mapped,
    prefer_float32,
    promoted,
    result_type,
    summable,
    tensor,
)
from caudal.framework import Tensor
from caudal.keras import ops as k

_SAME = (
    "abs absolute all amax amin any broadcast_to conj conjugate "
    "copy diag diagflat diagonal diff expand_dims flip fliplr flipud imag "
    "isfinite isinf isnan isneginf isposinf logical_not max min moveaxis ndim negative nonzero "
    "pad ptp ravel real repeat reshape roll rot90 round sign signbit size sort split "
    "square squeeze swapaxes tile trace transpose tril triu vander hsplit vsplit dsplit "
    "bitwise_not"
)
_FLOATS = (
    "arccos arccosh arcsin arcsinh arctan arctanh average cbrt ceil cos cosh deg2rad exp exp2 "
    "expm1 fabs floor log log10 log1p log2 mean nanmean rad2deg sin sinc sinh sqrt "
    "std tan tanh trunc var angle"
)
_SUMS = "sum prod cumsum cumprod nansum nanprod"
_PAIRS = (
    "add allclose bitwise_and bitwise_or bitwise_xor equal floor_divide greater greater_equal "
    "isclose less less_equal logical_and logical_or logical_xor maximum minimum mod multiply "
    "not_equal power subtract dot inner kron matmul outer tensordot vdot cross append"
)
_FLOAT_PAIRS = "arctan2 divide true_divide heaviside hypot logaddexp logaddexp2 nextafter"
_PLACES = "argmax argmin argsort count_nonzero"
_LISTS = "concatenate stack hstack vstack dstack"


def _both_floats(x: Any, y: Any) -> list[Any]:
    a, b = promoted(x, y)
    return [floating(a), floating(b)]


def _joined(values: Any) -> Any:
    return [promoted(*values)]


def _named(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"As ``numpy.{name}``, on tensors."
    return call


def _place(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, *args, **kwargs: cast(function(x, *args, **kwargs), np.int64)


def _fill(names: str, read: Callable[..., Any], count: int) -> list[str]:
    made = names.split()
    for name in made:
        globals()[name] = _named(name, mapped(getattr(k, name), read, count))
    return made


_made = [
    *_fill(_SAME, tensor, 1),
    *_fill(_FLOATS, floating, 1),
    *_fill(_SUMS, summable, 1),
    *_fill(_PAIRS, lambda *pair: promoted(*pair), 2),
    *_fill(_FLOAT_PAIRS, _both_floats, 2),
]
for _name in _LISTS.split():
    globals()[_name] = _named(_name, mapped(getattr(k, _name), _joined, 1))
for _name in _PLACES.split():
    globals()[_name] = _named(_name, mapped(_place(getattr(k, _name)), tensor, 1))
_made += [*_LISTS.split(), *_PLACES.split()]

remainder = globals()["mod"]
around = globals()["round"]
flatten = globals()["ravel"]
transpose: Callable[..., Any] = globals()["transpose"]


# --- creation ---------------------------------------------------------------------------------


def array(val: Any, dtype: Any = None, copy: bool = True, ndmin: int = 0) -> Any:
    """A tensor of a value, with at least ``ndmin`` axes.

    >>> array([1, 2]).dtype, array(1.5).dtype
    (tf.int64, tf.float64)
    """
    found = tensor(val, dtype)
    missing = ndmin - len(found.shape)
    return k.reshape(found, (1,) * missing + tuple(found.shape)) if missing > 0 else found


def asarray(a: Any, dtype: Any = None) -> Any:
    """A tensor of a value."""
    return tensor(a, dtype)


asanyarray = ascontiguousarray = asarray


def astype(a: Any, dtype: Any) -> Any:
    """In another dtype."""
    return cast(tensor(a), dtype)


def _shaped(values: Any, dtype: Any) -> Any:
    return tensor(np.asarray(values, default_float() if dtype is None else np.dtype(dtype)))


def zeros(shape: Any, dtype: Any = None) -> Any:
    """Zeros."""
    return _shaped(np.zeros(shape), dtype)


def ones(shape: Any, dtype: Any = None) -> Any:
    """Ones."""
    return _shaped(np.ones(shape), dtype)


empty = zeros


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """One value everywhere."""
    return k.broadcast_to(tensor(fill_value, dtype), shape)


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Ones on a diagonal."""
    return _shaped(np.eye(N, M, k), dtype)


def identity(n: int, dtype: Any = None) -> Any:
    """The identity matrix."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Ones on and below a diagonal."""
    return _shaped(np.tri(N, M, k), dtype)


def zeros_like(a: Any, dtype: Any = None) -> Any:
    """Zeros of a tensor's shape."""
    return k.zeros_like(tensor(a, dtype))


def ones_like(a: Any, dtype: Any = None) -> Any:
    """Ones of a tensor's shape."""
    return k.ones_like(tensor(a, dtype))


empty_like = zeros_like


def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    """One value in a tensor's shape."""
    like = tensor(a, dtype)
    return k.broadcast_to(cast(tensor(fill_value), like.dtype), tuple(like.shape))


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """Numbers from start (or 0) up to stop."""
    values = np.arange(start, step=step) if stop is None else np.arange(start, stop, step)
    return tensor(values.tolist() if not values.size else values, dtype)


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """``num`` numbers at equal distances."""
    values, step = np.linspace(start, stop, num, endpoint, retstep=True, axis=axis)
    found = _shaped(values, dtype)
    return (found, step) if retstep else found


def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Powers of ``base`` with exponents at equal distances."""
    return _shaped(np.logspace(start, stop, num, endpoint, base, axis=axis), dtype)


def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """``num`` numbers in equal ratios."""
    return _shaped(np.geomspace(start, stop, num, endpoint, axis=axis), dtype)


def meshgrid(*xi: Any, indexing: str = "xy") -> list[Any]:
    """Coordinates of a grid from those of its axes."""
    return list(k.meshgrid(*map(tensor, xi), indexing=indexing))


# --- the rest ---------------------------------------------------------------------------------


def shape(a: Any) -> tuple[int, ...]:
    """The extents."""
    return tuple(int(n) for n in tensor(a).shape)


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """x where the condition holds, else y; with one argument, the places where it holds."""
    if x is None and y is None:
        return globals()["nonzero"](condition)
    return k.where(tensor(condition, np.bool_), *promoted(x, y))


def clip(a: Any, a_min: Any = None, a_max: Any = None) -> Any:
    """Kept between two numbers."""
    low, high = (-np.inf if a_min is None else a_min), (np.inf if a_max is None else a_max)
    x = tensor(a)
    if a_min is not None:
        x = k.maximum(*promoted(x, low))
    return k.minimum(*promoted(x, high)) if a_max is not None else x


def take(a: Any, indices: Any, axis: int | None = None, mode: str = "clip") -> Any:
    """The elements at indices along an axis."""
    return k.take(tensor(a), tensor(indices), axis)


def take_along_axis(arr: Any, indices: Any, axis: int | None) -> Any:
    """The elements at an index for each place along an axis."""
    return k.take_along_axis(tensor(arr), tensor(indices), axis)


def einsum(subscripts: str, *operands: Any) -> Any:
    """Products summed over axes, as the subscripts say."""
    return k.einsum(subscripts, *promoted(*operands))


def divmod(x1: Any, x2: Any) -> tuple[Any, Any]:
    """Quotients and remainders."""
    return globals()["floor_divide"](x1, x2), remainder(x1, x2)


def positive(x: Any) -> Any:
    """The value itself."""
    return tensor(x)


def float_power(x1: Any, x2: Any) -> Any:
    """``x1 ** x2`` in floats."""
    return k.power(*_both_floats(x1, x2))


def array_equal(a1: Any, a2: Any) -> Any:
    """Whether two have one shape and the same elements."""
    if shape(a1) != shape(a2):
        return tensor(False)
    return k.all(k.equal(*promoted(a1, a2)))


def atleast_1d(*arys: Any) -> Any:
    """With at least one axis."""
    found = [array(x, ndmin=1) for x in arys]
    return found[0] if len(found) == 1 else found


def atleast_2d(*arys: Any) -> Any:
    """With at least two axes."""
    found = [array(x, ndmin=2) for x in arys]
    return found[0] if len(found) == 1 else found


def broadcast_arrays(*args: Any) -> list[Any]:
    """All in their common shape."""
    wide = np.broadcast_shapes(*map(shape, args))
    return [k.broadcast_to(tensor(x), wide) for x in args]


def isscalar(num: Any) -> bool:
    """Whether it has no axes."""
    return not shape(num)


def experimental_enable_numpy_behavior(
    prefer_float32: bool = False, dtype_conversion_mode: str = "legacy"
) -> None:
    """Gives tensors NumPy's attributes (``T``, ``reshape``, ``astype`` ...) and its promotion.

    prefer_float32: floats that nothing else determines are float32, not float64.
    """
    if dtype_conversion_mode not in ("legacy", "all"):
        from caudal.errors import InvalidArgumentError

        raise InvalidArgumentError(
            "experimental_enable_numpy_behavior: expected dtype_conversion_mode 'legacy' or 'all', "
            "received {mode!r}.",
            mode=dtype_conversion_mode,
        )
    _prefer(prefer_float32)
    install_methods()


_prefer = prefer_float32
ndarray = Tensor
newaxis = None
pi, e, inf = np.pi, np.e, np.inf
bool_, int8, int16, int32, int64 = np.bool_, np.int8, np.int16, np.int32, np.int64
uint8, uint16, uint32, uint64 = np.uint8, np.uint16, np.uint32, np.uint64
float16, float32, float64 = np.float16, np.float32, np.float64
complex64, complex128 = np.complex64, np.complex128
int_, float_, complex_, inexact = np.int64, np.float64, np.complex128, np.inexact
finfo, iinfo, issubdtype, promote_types = np.finfo, np.iinfo, np.issubdtype, np.promote_types

NAMES = [
    *_made,
    *"remainder around flatten array asarray asanyarray ascontiguousarray zeros ones empty".split(),
    *"full eye identity tri zeros_like ones_like empty_like full_like arange linspace".split(),
    *"logspace geomspace meshgrid shape where clip take take_along_axis einsum divmod".split(),
    *"positive float_power array_equal atleast_1d atleast_2d broadcast_arrays isscalar".split(),
    *"experimental_enable_numpy_behavior result_type ndarray newaxis pi e inf bool_ int8".split(),
    *"int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64".split(),
    *"complex128 int_ float_ complex_ inexact finfo iinfo issubdtype promote_types".split(),
]
"""The public names."""

__all__ = ["NAMES", "result_type"]
