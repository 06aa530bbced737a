"""The array object of the standard: a handle of a tensor, with operators that promote.

A tensor never changes; ``x[key] = value`` and ``x += y`` give the handle another one. There are
no views, so nothing else sees the change.
"""

from __future__ import annotations

import importlib
import operator
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import convert_to_tensor

VERSION = "2024.12"
_VERSIONS = ("2021.12", "2022.12", "2023.12", VERSION)
DEVICE = "cpu"


def require_device(device: Any) -> None:
    """There is one device.

    Raises:
        InvalidArgumentError: another one was asked for.
    """
    if device is not None and device != DEVICE:
        raise InvalidArgumentError(
            "caudal.array_api: expected the device {device!r}, received {received!r}.",
            device=DEVICE,
            received=device,
        )


def _namespace() -> ModuleType:
    return importlib.import_module("caudal.array_api")


class Array:
    """An array of the standard over a Caudal tensor, which is ``x.tensor``.

    Made by ``asarray`` and the other creation functions. Functions of ``tf`` take it for its
    tensor, so gradients and programs go through it.

    >>> from caudal import array_api as xp
    >>> xp.asarray([1, 2]) + 1
    Array([2, 3], dtype=int64)
    """

    __slots__ = ("tensor",)
    __array_priority__ = 200
    __hash__ = None  # type: ignore[assignment]
    __eq__: Callable[..., Any]

    def __init__(self, tensor: Any) -> None:
        self.tensor = convert_to_tensor(tensor)

    # --- what it is ---------------------------------------------------------------------------

    @property
    def dtype(self) -> Any:
        """Its element type."""
        return self.tensor.dtype

    @property
    def device(self) -> str:
        """Where it lives: "cpu"."""
        return DEVICE

    @property
    def shape(self) -> tuple[int, ...]:
        """Its extents."""
        return tuple(int(n) for n in self.tensor.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.tensor.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def T(self) -> Array:
        """A matrix with its axes exchanged.

        Raises:
            InvalidArgumentError: it is no matrix.
        """
        if self.ndim != 2:
            raise InvalidArgumentError(
                "Array.T: expected 2 axes, received the shape {shape}; use mT or permute_dims.",
                shape=self.shape,
            )
        return self.mT

    @property
    def mT(self) -> Array:
        """A stack of matrices, each with its axes exchanged."""
        found: Array = _namespace().matrix_transpose(self)
        return found

    def __array_namespace__(self, /, *, api_version: str | None = None) -> ModuleType:
        """The namespace of its functions."""
        if api_version is not None and api_version not in _VERSIONS:
            raise InvalidArgumentError(
                "__array_namespace__: expected one of the versions {known}, received {version!r}.",
                known=", ".join(_VERSIONS),
                version=api_version,
            )
        return _namespace()

    def to_device(self, device: Any, /, *, stream: Any = None) -> Array:
        """Itself, on the only device there is."""
        require_device(device)
        if stream is not None:
            raise InvalidArgumentError("to_device: a CPU has no streams, received {s}.", s=stream)
        return self

    # --- its value ----------------------------------------------------------------------------

    @staticmethod
    def __caudal_read__(self: Array) -> Any:
        """What functions of tf take it for."""
        return self.tensor

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self.tensor.__array__(dtype, copy)

    def __dlpack__(
        self,
        /,
        *,
        stream: Any = None,
        max_version: Any = None,
        dl_device: Any = None,
        copy: bool | None = None,
    ) -> Any:
        if copy is False:
            raise InvalidArgumentError("__dlpack__: copy=False, but Caudal gives away copies only.")
        options = {"max_version": max_version, "dl_device": dl_device}
        given = {key: value for key, value in options.items() if value is not None}
        return self.tensor.__dlpack__(stream=stream, **given)

    def __dlpack_device__(self, /) -> tuple[int, int]:
        device: tuple[int, int] = self.tensor.__dlpack_device__()
        return device

    def _scalar(self, kind: str) -> Any:
        if self.ndim:
            raise DTypeError(
                "{kind}(array): expected an array without axes, received the shape {shape}.",
                kind=kind,
                shape=self.shape,
            )
        return self.tensor.numpy().item()

    def __bool__(self, /) -> bool:
        return bool(self._scalar("bool"))

    def __int__(self, /) -> int:
        return int(self._scalar("int"))

    def __float__(self, /) -> float:
        return float(self._scalar("float"))

    def __complex__(self, /) -> complex:
        return complex(self._scalar("complex"))

    def __index__(self, /) -> int:
        return operator.index(self._scalar("index"))

    def __len__(self) -> int:
        return len(self.tensor)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        if self.tensor.is_symbolic:
            return f"Array({self.tensor!r})"
        text = np.array2string(np.asarray(self), separator=", ", prefix="Array(")
        return f"Array({text}, dtype={self.dtype.name})"

    # --- parts --------------------------------------------------------------------------------

    def __getitem__(self, key: Any, /) -> Array:
        from caudal.array_api.indexing import picked

        return Array(picked(self.tensor, key))

    def __setitem__(self, key: Any, value: Any, /) -> None:
        from caudal.array_api.indexing import replaced

        self.tensor = replaced(self.tensor, key, value)


_KNOWN = (bool, int, float, complex, Array)


def _operator(function: str) -> tuple[Callable[..., Any], ...]:
    def forward(self: Any, other: Any, /) -> Any:
        if not isinstance(other, _KNOWN):
            return NotImplemented
        return getattr(_namespace(), function)(self, other)

    def reflected(self: Any, other: Any, /) -> Any:
        if not isinstance(other, _KNOWN):
            return NotImplemented
        return getattr(_namespace(), function)(other, self)

    def in_place(self: Any, other: Any, /) -> Any:
        found = forward(self, other)
        if found is NotImplemented:
            return NotImplemented
        if found.dtype is not self.dtype or found.shape != self.shape:
            raise InvalidArgumentError(
                "{function} in place: expected a result of dtype {dtype} and shape {shape}, "
                "received {received} and {got}.",
                function=function,
                dtype=self.dtype.name,
                shape=self.shape,
                received=found.dtype.name,
                got=found.shape,
            )
        self.tensor = found.tensor
        return self

    return forward, reflected, in_place


_ARITHMETIC = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "pow",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift",
    "rshift": "bitwise_right_shift",
}
_ORDER = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
_ALONE = {"abs": "abs", "neg": "negative", "pos": "positive", "invert": "bitwise_invert"}


def _alone(function: str) -> Callable[..., Any]:
    return lambda self, /: getattr(_namespace(), function)(self)


for _name, _function in _ARITHMETIC.items():
    for _prefix, _method in zip(("", "r", "i"), _operator(_function), strict=True):
        setattr(Array, f"__{_prefix}{_name}__", _method)
for _name, _function in _ORDER.items():
    setattr(Array, f"__{_name}__", _operator(_function)[0])
for _name, _function in _ALONE.items():
    setattr(Array, f"__{_name}__", _alone(_function))
