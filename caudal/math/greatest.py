"""The greatest and the least elements along any axis, as accelerators find them."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import axis_of, cast_to, dims, floating, static_int
from caudal.errors import ShapeError
from caudal.ir.dtypes import int32


def approx_max_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The ``k`` greatest elements along an axis, greatest first, and their indices (int32).

    They are exact, as with TensorFlow on a CPU: ``recall_target`` and what follows it change
    nothing.

    Raises:
        ShapeError: the axis has fewer than ``k`` elements.

    >>> values, indices = approx_max_k([1.0, 3.0, 2.0], 2)
    >>> values.numpy().tolist(), indices.numpy().tolist()
    ([3.0, 2.0], [1, 2])
    """
    return _extreme("approx_max_k", operand, k, reduction_dimension, True)


def approx_min_k(
    operand: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The ``k`` least elements along an axis, least first; else as `approx_max_k`.

    >>> approx_min_k([1.0, 3.0, 2.0], 2)[1].numpy().tolist()
    [0, 2]
    """
    return _extreme("approx_min_k", operand, k, reduction_dimension, False)


def approx_top_k(
    input: Any,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    is_max_k: bool = True,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
    name: str | None = None,
) -> tuple[Any, Any]:
    """`approx_max_k`, or `approx_min_k` without ``is_max_k``."""
    return _extreme("approx_top_k", input, k, reduction_dimension, bool(is_max_k))


def _extreme(what: str, operand: Any, k: Any, axis: Any, greatest: bool) -> tuple[Any, Any]:
    x = floating(what, operand, complex_too=False)
    shape, count = dims(x), static_int(k, what + ": k")
    place = axis_of(axis, len(shape), what)
    if not 0 <= count <= shape[place]:
        raise ShapeError(
            "{what}: expected at least k={k} elements along axis {axis}, received shape {shape}.",
            what=what,
            k=count,
            axis=place,
            shape=shape,
        )
    end = tuple(count if i == place else n for i, n in enumerate(shape))
    window = {"begin": (0,) * len(shape), "end": end, "strides": (1,) * len(shape)}
    order = {"axis": place, "descending": greatest}
    values = ops.slice(ops.sort(x, **order), **window)
    return values, cast_to(ops.slice(ops.argsort(x, **order), **window), int32)
