"""Shapes as TensorFlow's API shows them: TensorShape, TensorSpec.

Inside a program every extent is known; ``None`` lives here only.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework.type_spec import TypeSpec
from caudal.ir.dtypes import DType, as_dtype, float32
from caudal.ir.types import Type


def _extent(value: Any) -> int | None:
    if value is None:
        return None
    try:
        number = operator.index(value)
    except TypeError as error:
        raise DTypeError(
            "A shape: expected integers or None, received {received!r}.", received=value
        ) from error
    if number < 0:
        # TensorFlow's own rule is an error; -1 is what people mean by None.
        raise ShapeError("A shape: expected extents >= 0, received {received}.", received=number)
    return number


class TensorShape(tuple[Any, ...]):
    """The shape of a tensor: a tuple of extents, each known or ``None``.

    It equals tuples and lists with the same extents. ``TensorShape(None)`` has an unknown rank.

    >>> shape = TensorShape([None, 3])
    >>> shape
    TensorShape([None, 3])
    >>> shape == [None, 3], shape.rank, shape[1:], shape.as_list()
    (True, 2, TensorShape([3]), [None, 3])
    """

    def __new__(cls, dims: Any = None) -> TensorShape:
        """``dims``: another shape, an iterable of extents, one int, or None for unknown."""
        if dims is None:
            return _UNKNOWN
        if isinstance(dims, TensorShape):
            return dims
        if isinstance(dims, Iterable):
            return tuple.__new__(TensorShape, [_extent(value) for value in dims])
        return tuple.__new__(TensorShape, (_extent(dims),))

    @property
    def rank(self) -> int | None:
        """The number of axes, None if unknown."""
        return len(self)

    @property
    def ndims(self) -> int | None:
        """The same as ``rank``."""
        return self.rank

    @property
    def dims(self) -> list[int | None] | None:
        """The extents as a list, None for an unknown rank."""
        return None if self.rank is None else list(self)

    def as_list(self) -> list[int | None]:
        """The extents as a list.

        Raises:
            InvalidArgumentError: the rank is unknown.
        """
        self._need_rank("as_list()")
        return list(self)

    def num_elements(self) -> int | None:
        """The number of elements, None unless every extent is known."""
        return math.prod(self) if self.is_fully_defined() else None

    def is_fully_defined(self) -> bool:
        """Whether every extent is known."""
        return self.rank is not None and None not in tuple(self)

    def assert_is_fully_defined(self) -> None:
        """Raises unless every extent is known."""
        if not self.is_fully_defined():
            raise ShapeError("Shape {received} is not fully known.", received=str(self))

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a tensor could have both shapes.

        >>> TensorShape([None, 2]).is_compatible_with([3, 2])
        True
        """
        other = TensorShape(other)
        if self.rank is None or other.rank is None:
            return True
        pairs = zip(self, other, strict=False)
        return len(self) == len(other) and all(a == b or a is None or b is None for a, b in pairs)

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises unless `is_compatible_with`."""
        if not self.is_compatible_with(other):
            raise ShapeError(
                "Shapes {a} and {b} are not compatible.", a=str(self), b=str(TensorShape(other))
            )

    def merge_with(self, other: Any) -> TensorShape:
        """What is known from both shapes.

        >>> TensorShape([None, 2]).merge_with([3, None])
        TensorShape([3, 2])
        """
        other = TensorShape(other)
        self.assert_is_compatible_with(other)
        if self.rank is None or other.rank is None:
            return other if self.rank is None else self
        pairs = zip(self, other, strict=True)
        return TensorShape([b if a is None else a for a, b in pairs])

    def concatenate(self, other: Any) -> TensorShape:
        """The extents of both, one after the other."""
        other = TensorShape(other)
        if self.rank is None or other.rank is None:
            return _UNKNOWN
        return TensorShape([*self, *other])

    def with_rank(self, rank: int) -> TensorShape:
        """Itself, if it has that rank (or an unknown one: then all extents are None)."""
        if self.rank is None:
            return TensorShape([None] * rank)
        if self.rank != rank:
            raise ShapeError(
                "Shape {received}: expected rank {rank}.", received=str(self), rank=rank
            )
        return self

    def assert_has_rank(self, rank: int) -> None:
        """Raises ShapeError unless it has that rank, or an unknown one."""
        self.with_rank(rank)

    def _need_rank(self, what: str) -> None:
        if self.rank is None:
            raise InvalidArgumentError("{what}: the shape's rank is unknown.", what=what)

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return TensorShape(found) if isinstance(key, slice) else found

    def __bool__(self) -> bool:
        return True

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return TensorShape(other).concatenate(self)

    def __eq__(self, other: object) -> bool:
        if other is None:
            return self is _UNKNOWN
        if isinstance(other, TensorShape) and (self is _UNKNOWN or other is _UNKNOWN):
            return self is other
        if isinstance(other, list):
            other = tuple(other)
        return self is not _UNKNOWN and tuple.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return tuple.__hash__(self)

    def __repr__(self) -> str:
        return f"TensorShape({list(self)})"

    def __str__(self) -> str:
        return str(tuple(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorShape, (self.dims,)


class _UnknownShape(TensorShape):
    """The shape of unknown rank; there is one."""

    @property
    def rank(self) -> int | None:
        return None

    def __len__(self) -> int:
        self._need_rank("len()")
        return 0

    def __iter__(self) -> Any:
        self._need_rank("iteration")

    def __getitem__(self, key: Any) -> Any:
        return _UNKNOWN if isinstance(key, slice) else None

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "TensorShape(None)"

    def __str__(self) -> str:
        return "<unknown>"


_UNKNOWN: TensorShape = tuple.__new__(_UnknownShape, ())


def _wider(shapes: list[TensorShape]) -> TensorShape:
    """The narrowest shape that all of them fit."""
    if any(shape.rank != shapes[0].rank or shape.rank is None for shape in shapes):
        return TensorShape(None)
    columns = zip(*(shape.as_list() for shape in shapes), strict=True)
    return TensorShape([one[0] if len(set(one)) == 1 else None for one in columns])


class TensorSpec(TypeSpec):
    """A dtype and a shape that may have unknown extents, with an optional name.

    >>> TensorSpec([None, 2], "float32")
    TensorSpec(shape=(None, 2), dtype=tf.float32, name=None)
    """

    __slots__ = ("dtype", "name", "shape")

    def __init__(self, shape: Any = None, dtype: Any = float32, name: str | None = None) -> None:
        self.shape = TensorShape(shape)
        self.dtype: DType = as_dtype(dtype)
        self.name = name

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """The spec of a tensor."""
        return cls(tensor.shape, tensor.dtype, name)

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        """The same spec, under another name if one is given."""
        return cls(spec.shape, spec.dtype, name or getattr(spec, "name", None))

    @property
    def value_type(self) -> type:
        """`tf.Tensor`."""
        from caudal.framework.tensor import Tensor

        return Tensor

    def most_specific_common_supertype(self, others: Any) -> Any:
        """The spec whose shape all of them fit; None for other dtypes."""
        alike = all(isinstance(o, TensorSpec) and o.dtype is self.dtype for o in others)
        if not alike:
            return None
        name = self.name if all(o.name == self.name for o in others) else None
        return TensorSpec(_wider([self.shape, *(o.shape for o in others)]), self.dtype, name)

    def is_compatible_with(self, value: Any) -> bool:
        """Whether a tensor (or spec) has this dtype and a fitting shape."""
        return bool(self.dtype == value.dtype) and self.shape.is_compatible_with(value.shape)

    @property
    def type(self) -> Type:
        """The Type, for a fully known shape.

        Raises:
            ShapeError: an extent is unknown.
        """
        self.shape.assert_is_fully_defined()
        return Type(self.dtype, tuple(self.shape))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TensorSpec):
            return NotImplemented
        return (self.shape, self.dtype, self.name) == (other.shape, other.dtype, other.name)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorSpec, (self.shape, self.dtype, self.name)
