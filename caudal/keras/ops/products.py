"""``keras.ops``: products of vectors, matrices and tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import linalg, math, ops
from caudal.array import movement
from caudal.errors import InvalidArgumentError
from caudal.keras.ops.norms import norm
from caudal.keras.ops.promotion import cast, common, floating, tensor


def _dims(x: Any) -> tuple[int, ...]:
    return tuple(int(extent) for extent in x.shape)


def _operands(*values: Any) -> list[Any]:
    """Of one dtype; bools and small integers are multiplied as int32."""
    found = common(*values)
    if found[0].dtype.name in ("bool", "int8", "int16", "uint8", "uint16"):
        return [cast(x, "int32") for x in found]
    return found


def matmul(x1: Any, x2: Any) -> Any:
    """The matrix product, batched like NumPy's; vectors lose their axis again.

    >>> matmul([[1, 2], [3, 4]], [1.0, 0.5]).numpy().tolist()
    [2.0, 5.0]
    """
    small = all(getattr(tensor(x).dtype, "name", "") == "int8" for x in (x1, x2))
    x, y = common(x1, x2)
    if small or x.dtype.is_bool:
        # Keras: int8 matrices give int32; bools give bools.
        return (
            _boolean_product(x, y)
            if x.dtype.is_bool
            else matmul(cast(x, "int32"), cast(y, "int32"))
        )
    return _matmul(x, y)


def _boolean_product(x: Any, y: Any) -> Any:
    return cast(_matmul(cast(x, "int32"), cast(y, "int32")), "bool")


def _matmul(x: Any, y: Any) -> Any:
    left, right = len(x.shape) == 1, len(y.shape) == 1
    if 0 in (len(x.shape), len(y.shape)):
        raise InvalidArgumentError("keras.ops.matmul: expected vectors or matrices, no scalars.")
    x = movement.reshape(x, (1, -1)) if left else x
    y = movement.reshape(y, (-1, 1)) if right else y
    found = linalg.matmul(x, y)
    found = movement.squeeze(found, [-1]) if right else found
    return movement.squeeze(found, [-1 if right else -2]) if left else found


def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    """The sum of products over axes of both."""
    x, y = common(x1, x2)
    return linalg.tensordot(x, y, axes)


def dot(x1: Any, x2: Any) -> Any:
    """NumPy's dot product: the last axis of x1 with the second to last of x2."""
    x, y = common(x1, x2)
    if 0 in (len(x.shape), len(y.shape)):
        return x * y
    return linalg.tensordot(x, y, [[-1], [-1 if len(y.shape) == 1 else -2]])


def inner(x1: Any, x2: Any) -> Any:
    """The sum of products over the last axes."""
    x, y = common(x1, x2)
    if 0 in (len(x.shape), len(y.shape)):
        return x * y
    return linalg.tensordot(x, y, [[-1], [-1]])


def vdot(x1: Any, x2: Any) -> Any:
    """The sum of all products of two tensors of one size."""
    x, y = (movement.reshape(value, (-1,)) for value in common(x1, x2))
    return math.reduce_sum(x * y)


def outer(x1: Any, x2: Any) -> Any:
    """Every element of x1 times every element of x2."""
    x, y = common(x1, x2)
    return movement.reshape(x, (-1, 1)) * movement.reshape(y, (1, -1))


def kron(x1: Any, x2: Any) -> Any:
    """Every element of x1 times the whole of x2, in place."""
    x, y = common(x1, x2)
    rank = max(len(x.shape), len(y.shape))
    first = (1,) * (rank - len(x.shape)) + _dims(x)
    second = (1,) * (rank - len(y.shape)) + _dims(y)
    wide = movement.reshape(x, [n for extent in first for n in (extent, 1)])
    deep = movement.reshape(y, [n for extent in second for n in (1, extent)])
    return movement.reshape(wide * deep, [a * b for a, b in zip(first, second, strict=True)])


def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Any:
    """The sum of products that ``subscripts`` describes.

    >>> einsum("ij,j->i", [[1, 2], [3, 4]], [1.0, 0.5]).numpy().tolist()
    [2.0, 5.0]
    """
    if kwargs:
        raise InvalidArgumentError(
            "keras.ops.einsum: unrecognized keyword arguments {names}.", names=sorted(kwargs)
        )
    return linalg.einsum(subscripts, *common(*operands))


def cross(
    x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """The cross product of vectors of 3 (or 2) elements."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = common(x1, x2)
    x, y = (_last(value, place) for value, place in ((x, axisa), (y, axisb)))
    sizes = (_dims(x)[-1], _dims(y)[-1])
    if not set(sizes) <= {2, 3}:
        raise InvalidArgumentError(
            "keras.ops.cross: vectors must have 2 or 3 elements, received {sizes}.", sizes=sizes
        )
    a, b = (movement.unstack(value, axis=-1) for value in (x, y))
    third = a[0] * b[1] - a[1] * b[0]
    if sizes == (2, 2):
        return third
    a, b = ([*parts, parts[0] * 0][:3] for parts in (a, b))
    found = movement.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], third], -1)
    rank = len(found.shape)
    order = list(range(rank - 1))
    order.insert(axisc % rank, rank - 1)
    return movement.transpose(found, order)


def _last(x: Any, axis: int) -> Any:
    rank = len(x.shape)
    place = axis % rank
    return movement.transpose(x, [*(i for i in range(rank) if i != place), place])


def normalize(x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Any:
    """``x / max(norm(x), epsilon)`` along an axis."""
    x = floating(x)
    epsilon = 1e-7 if epsilon is None else epsilon
    if not hasattr(order, "__index__") or order < 1:
        raise InvalidArgumentError(
            "keras.ops.normalize: `order` must be an integer >= 1, received {order!r}.",
            order=order,
        )
    if order == 2:
        squares = math.reduce_sum(ops.mul(x, x), axis=axis, keepdims=True)
        return x * ops.rsqrt(math.maximum(squares, float(np.square(epsilon))))
    return x / math.maximum(norm(x, order, axis, keepdims=True), float(epsilon))
