"""NumPy's dtypes for tensors: Python's integers are int64, its floats float64, both weak."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal import ops
from caudal.framework import Tensor, convert_to_tensor, is_tensor_like
from caudal.ir.dtypes import as_dtype

_settings = {"float32": False}


def prefer_float32(value: bool) -> None:
    """Whether Python's and integers' floats are float32 rather than float64."""
    _settings["float32"] = value


def default_float() -> np.dtype[Any]:
    """The dtype of floats that nothing else determines."""
    return np.dtype(np.float32 if _settings["float32"] else np.float64)


def _numpy(x: Any) -> Any:
    array = np.asarray(x)
    if _settings["float32"] and array.dtype == np.float64 and not isinstance(x, np.ndarray):
        return array.astype(np.float32)
    return array


def tensor(x: Any, dtype: Any = None) -> Any:
    """A value as a Tensor, in a dtype if it is given."""
    if isinstance(x, list | tuple) and any(is_tensor_like(leaf) for leaf in x):
        parts = promoted(*x)
        found = ops.concat(*(ops.reshape(p, shape=(1, *p.shape)) for p in parts), axis=0)
    else:
        found = convert_to_tensor(x if is_tensor_like(x) else _numpy(x))
    return found if dtype is None else cast(found, dtype)


def cast(x: Any, dtype: Any) -> Any:
    """The tensor in another dtype, or itself."""
    wanted = as_dtype(np.dtype(dtype) if isinstance(dtype, type) else dtype)
    return x if x.dtype is wanted else ops.cast(x, dtype=wanted)


def _kind(x: Any) -> Any:
    if isinstance(x, bool | int | float | complex) and not isinstance(x, np.generic):
        return x
    return tensor(x).dtype.np_dtype


def result_type(*values: Any) -> np.dtype[Any]:
    """NumPy's dtype for an operation on values or dtypes; Python's numbers are weak.

    >>> result_type(np.float32, 1.5), result_type(np.int32(1), np.float32(1))
    (dtype('float32'), dtype('float64'))
    """
    kinds = [x if isinstance(x, type | np.dtype) else _kind(x) for x in values]
    found = np.result_type(*kinds)
    float64 = found == np.float64 and not any(
        np.dtype(k) == np.float64 for k in kinds if isinstance(k, type | np.dtype)
    )
    return default_float() if float64 else found


def promoted(*values: Any) -> list[Any]:
    """The values as Tensors of NumPy's common dtype."""
    dtype = result_type(*values)
    if all(isinstance(x, bool | int | float | complex) for x in values):
        dtype = np.result_type(*(_numpy(x).dtype for x in values))
    return [_as(x, dtype) for x in values]


def _as(x: Any, dtype: np.dtype[Any]) -> Any:
    if isinstance(x, bool | int | float | complex):
        return convert_to_tensor(np.asarray(x, dtype))
    return cast(tensor(x), dtype)


def floating(x: Any) -> Any:
    """A value as a Tensor of floats: integers and bools become the default float."""
    found = tensor(x)
    plain = found.dtype.is_floating or found.dtype.is_complex
    return found if plain else cast(found, default_float())


def summable(x: Any) -> Any:
    """A value as a Tensor whose sums have NumPy's dtype: small integers and bools become int64."""
    found = tensor(x)
    kind = found.dtype.np_dtype.kind
    if kind in "bi":
        return cast(found, np.int64)
    return cast(found, np.uint64) if kind == "u" else found


def mapped(
    function: Callable[..., Any], read: Callable[..., Any], count: int
) -> Callable[..., Any]:
    """``function`` with its first ``count`` arguments read by ``read``, together."""

    def call(*args: Any, **kwargs: Any) -> Any:
        found = read(*args[:count])
        return function(*(found if isinstance(found, list) else [found]), *args[count:], **kwargs)

    return call


def install_methods() -> None:
    """Gives tensors NumPy's attributes and its promotion between dtypes."""
    from caudal.experimental.numpy import functions as f

    cls: Any = Tensor
    cls.T = property(lambda x: f.transpose(x))
    cls.size = property(lambda x: int(np.prod(tuple(x.shape), dtype=np.int64)))
    cls.data = property(lambda x: x)
    for name in (
        "astype",
        "clip",
        "flatten",
        "max",
        "mean",
        "min",
        "ravel",
        "reshape",
        "transpose",
    ):
        setattr(cls, name, _method(getattr(f, name)))
    cls.tolist = lambda x: x.numpy().tolist()
    for name in "add sub mul truediv floordiv mod pow lt le gt ge eq ne".split():
        _promoting(cls, f"__{name}__")
    for name in "add sub mul truediv floordiv mod pow".split():
        _promoting(cls, f"__r{name}__")


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, *args, **kwargs: function(self, *args, **kwargs)


def _promoting(cls: Any, name: str) -> None:
    plain = getattr(cls, name)
    if getattr(plain, "_promotes", False):
        return

    def method(self: Any, other: Any) -> Any:
        if not (is_tensor_like(other) or isinstance(other, int | float | complex | np.ndarray)):
            return plain(self, other)
        left, right = promoted(self, other)
        return plain(left, right)

    method._promotes = True  # type: ignore[attr-defined]
    setattr(cls, name, method)
