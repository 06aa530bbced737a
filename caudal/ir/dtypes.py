"""The element types of tensors, under TensorFlow's names."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from caudal.errors import DTypeError, did_you_mean

_TABLE: tuple[tuple[str, str, Any, int], ...] = (
    # name, kind, NumPy's type, TensorFlow's enum (DataType in types.proto)
    ("float16", "float", np.float16, 19),
    ("bfloat16", "float", ml_dtypes.bfloat16, 14),
    ("float32", "float", np.float32, 1),
    ("float64", "float", np.float64, 2),
    ("int8", "int", np.int8, 6),
    ("int16", "int", np.int16, 5),
    ("int32", "int", np.int32, 3),
    ("int64", "int", np.int64, 9),
    ("uint8", "uint", np.uint8, 4),
    ("uint16", "uint", np.uint16, 17),
    ("uint32", "uint", np.uint32, 22),
    ("uint64", "uint", np.uint64, 23),
    ("bool", "bool", np.bool_, 10),
    ("complex64", "complex", np.complex64, 8),
    ("complex128", "complex", np.complex128, 18),
    ("string", "string", np.object_, 7),
)


class DType:
    """An element type. It equals its name and the matching NumPy type.

    >>> float32 == "float32", float32 == np.float32
    (True, True)
    >>> float32
    tf.float32
    >>> print(float32)
    <dtype: 'float32'>
    """

    __slots__ = ("as_datatype_enum", "kind", "name", "np_dtype", "size")

    def __init__(self, name: str, kind: str, numpy_type: Any, enum: int) -> None:
        self.name = name
        self.kind = kind
        self.np_dtype: np.dtype[Any] = np.dtype(numpy_type)
        self.size = self.np_dtype.itemsize
        self.as_datatype_enum = enum

    @property
    def as_numpy_dtype(self) -> Any:
        """NumPy's scalar type."""
        return self.np_dtype.type

    @property
    def is_floating(self) -> bool:
        """Whether it holds real numbers with a fraction."""
        return self.kind == "float"

    @property
    def is_integer(self) -> bool:
        """Whether it holds integers (bool does not)."""
        return self.kind in ("int", "uint")

    @property
    def is_unsigned(self) -> bool:
        """Whether it is an unsigned integer."""
        return self.kind == "uint"

    @property
    def is_bool(self) -> bool:
        """Whether it is bool."""
        return self.kind == "bool"

    @property
    def is_complex(self) -> bool:
        """Whether it is complex."""
        return self.kind == "complex"

    @property
    def is_numeric(self) -> bool:
        """Whether it is no string."""
        return self.kind != "string"

    @property
    def real_dtype(self) -> DType:
        """The dtype of the real part."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    @property
    def base_dtype(self) -> DType:
        """Itself: Caudal has no reference dtypes."""
        return self

    @property
    def min(self) -> Any:
        """The least finite value."""
        if self.is_bool:
            return False
        info = np.iinfo if self.is_integer else ml_dtypes.finfo
        return info(self.real_dtype.np_dtype).min

    @property
    def max(self) -> Any:
        """The greatest finite value."""
        if self.is_bool:
            return True
        info = np.iinfo if self.is_integer else ml_dtypes.finfo
        return info(self.real_dtype.np_dtype).max

    @property
    def limits(self) -> tuple[Any, Any]:
        """(min, max)."""
        return self.min, self.max

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a tensor of ``other`` can stand where this dtype is due."""
        return self is as_dtype(other)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, DType) or other is None:
            return False
        try:
            return self is as_dtype(other)
        except TypeError:
            return False

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: {self.name!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)


_BY_NAME = {row[0]: DType(*row) for row in _TABLE}
_BY_NUMPY = {dtype.np_dtype: dtype for dtype in _BY_NAME.values()}
_BY_ENUM = {dtype.as_datatype_enum: dtype for dtype in _BY_NAME.values()}
_ALIASES: dict[Any, DType] = {
    float: _BY_NAME["float32"],
    int: _BY_NAME["int32"],
    bool: _BY_NAME["bool"],
    complex: _BY_NAME["complex128"],
    str: _BY_NAME["string"],
    bytes: _BY_NAME["string"],
    "float": _BY_NAME["float32"],
    "int": _BY_NAME["int32"],
    "half": _BY_NAME["float16"],
    "double": _BY_NAME["float64"],
    "str": _BY_NAME["string"],
}

float16, bfloat16, float32, float64 = (
    _BY_NAME[name] for name in ("float16", "bfloat16", "float32", "float64")
)
int8, int16, int32, int64 = (_BY_NAME[name] for name in ("int8", "int16", "int32", "int64"))
uint8, uint16, uint32, uint64 = (_BY_NAME[name] for name in ("uint8", "uint16", "uint32", "uint64"))
bool_ = _BY_NAME["bool"]
complex64, complex128 = _BY_NAME["complex64"], _BY_NAME["complex128"]
string = _BY_NAME["string"]

ALL = tuple(_BY_NAME.values())


def from_numpy(dtype: np.dtype[Any]) -> DType:
    """The dtype of a NumPy array.

    >>> from_numpy(np.zeros(2, "int64").dtype)
    tf.int64
    """
    found = _BY_NUMPY.get(dtype)
    if found is None:
        if dtype.kind in "SU":
            return string
        # Big-endian arrays and the like: the same type in native order.
        found = _BY_NUMPY.get(dtype.newbyteorder("="))
        if found is None:
            raise DTypeError("NumPy's dtype {received} has no tensor dtype.", received=repr(dtype))
    return found


def as_dtype(value: Any) -> DType:
    """The dtype that a name, a NumPy type, a Python type or an enum number means.

    Raises:
        DTypeError: nothing is known under that name.

    >>> as_dtype("half"), as_dtype(np.int64), as_dtype(float)
    (tf.float16, tf.int64, tf.float32)
    """
    if isinstance(value, DType):
        return value
    if isinstance(value, str):
        name = value.removeprefix("tf.")
        found = _BY_NAME.get(name) or _ALIASES.get(name)
        if found is None:
            raise DTypeError(
                "{received!r} is no dtype.{hint}",
                received=value,
                hint=did_you_mean(name, list(_BY_NAME)),
            )
        return found
    if isinstance(value, type) and value in _ALIASES:
        return _ALIASES[value]
    if isinstance(value, int) and value in _BY_ENUM:
        return _BY_ENUM[value]
    inner = getattr(value, "dtype", None)
    if isinstance(inner, DType):
        return inner
    try:
        return from_numpy(np.dtype(value))
    except (TypeError, ValueError) as error:
        raise DTypeError("{received!r} is no dtype.", received=value) from error
