"""Type rules that several ops share: dtype checks, broadcasting, elementwise results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.ir.dtypes import ALL, DType, bool_
from caudal.ir.types import Type

FLOATS = tuple(dtype for dtype in ALL if dtype.is_floating)
INTEGERS = tuple(dtype for dtype in ALL if dtype.is_integer)
SIGNED = tuple(dtype for dtype in ALL if dtype.kind == "int")
COMPLEX = tuple(dtype for dtype in ALL if dtype.is_complex)
BOOL = (bool_,)
REALS = FLOATS + INTEGERS
NUMBERS = REALS + COMPLEX
NOT_STRING = NUMBERS + BOOL


def require_dtype(op: str, kind: Type, allowed: Sequence[DType], what: str = "the input") -> None:
    """Refuse a dtype that the op does not take.

    Raises:
        DTypeError: the dtype of ``kind`` is not in ``allowed``.
    """
    if kind.dtype not in allowed:
        raise DTypeError(
            "{op}: {what} has dtype {received}, expected one of {expected}. Cast it first.",
            op=op,
            what=what,
            received=kind.dtype.name,
            expected=", ".join(dtype.name for dtype in allowed),
        )


def require_same_dtype(op: str, kinds: Sequence[Type]) -> DType:
    """The one dtype of all inputs.

    Raises:
        InvalidArgumentError: two inputs differ.
    """
    first = kinds[0].dtype
    for position, kind in enumerate(kinds):
        if kind.dtype is not first:
            raise InvalidArgumentError(
                "{op}: input {position} has dtype {received}, but input 0 has {expected}. "
                "Cast one of them.",
                op=op,
                position=position,
                received=kind.dtype.name,
                expected=first.name,
            )
    return first


def require_count(op: str, kinds: Sequence[Any], count: int) -> None:
    """Refuse a wrong number of inputs.

    Raises:
        InvalidArgumentError: there are more or fewer than ``count``.
    """
    if len(kinds) != count:
        raise InvalidArgumentError(
            "{op}: expected {expected} inputs, received {received}.",
            op=op,
            expected=count,
            received=len(kinds),
        )


def broadcast(op: str, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape that all shapes broadcast to, by NumPy's rule.

    Raises:
        ShapeError: two extents differ and neither is 1.

    >>> broadcast("add", [(2, 1), (3,)])
    (2, 3)
    """
    rank = max(map(len, shapes))
    result = [1] * rank
    for shape in shapes:
        for axis, extent in enumerate(shape, rank - len(shape)):
            if extent == 1 or extent == result[axis]:
                continue
            if result[axis] != 1:
                raise ShapeError(
                    "{op}: the shapes {received} do not broadcast: along axis {axis} they have "
                    "{left} and {right} elements; expected equal extents, or 1 in one of them.",
                    op=op,
                    received=" and ".join(map(str, shapes)),
                    axis=axis - rank,
                    left=result[axis],
                    right=extent,
                )
            result[axis] = extent
    return tuple(result)


def elementwise(
    name: str,
    count: int,
    dtypes: Sequence[DType],
    result: Callable[[DType], DType] = lambda dtype: dtype,
) -> Callable[..., Type]:
    """The type rule of an op on ``count`` inputs of one dtype that broadcast together.

    ``result`` maps the inputs' dtype to the output's.
    """

    def infer(*kinds: Type) -> Type:
        require_count(name, kinds, count)
        for position, kind in enumerate(kinds):
            require_dtype(name, kind, dtypes, f"input {position}" if count > 1 else "the input")
        dtype = require_same_dtype(name, kinds)
        return Type(result(dtype), broadcast(name, [kind.shape for kind in kinds]))

    return infer


def guarded(reference: Callable[..., Any], dtypes: Sequence[DType]) -> Callable[..., Any]:
    """A reference that refuses what `elementwise` would: other dtypes, or unequal ones.

    NumPy would promote them silently. Whoever evaluates an op turns this error into that of the
    type rule, which says more.
    """
    allowed = {dtype.np_dtype for dtype in dtypes}

    def checked(xp: Any, *arrays: Any) -> Any:
        dtype = arrays[0].dtype
        if dtype not in allowed or (len(arrays) == 2 and arrays[1].dtype != dtype):
            raise DTypeError("an elementwise op was given a dtype that it does not take")
        return reference(xp, *arrays)

    return checked


def to_bool(dtype: DType) -> DType:
    """The result dtype of comparisons and predicates."""
    return bool_


def to_real(dtype: DType) -> DType:
    """The result dtype of ops that take the real part of a complex number, or its modulus."""
    return dtype.real_dtype
