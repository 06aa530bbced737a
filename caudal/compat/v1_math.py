"""Functions of ``tf.compat.v1`` that take older spellings: reductions, argmax."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from caudal.errors import InvalidArgumentError

__all__ = [
    "argmax",
    "argmin",
    "reduce_all",
    "reduce_any",
    "reduce_logsumexp",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_prod",
    "reduce_sum",
]


def _first(function: str, default: Any, **given: Any) -> Any:
    """The spelling of an argument that was used."""
    found = {name: value for name, value in given.items() if value is not None}
    if len(found) > 1:
        raise InvalidArgumentError(
            "tf.compat.v1.{function}: {names} are one argument; pass one of them.",
            function=function,
            names=" and ".join(sorted(found)),
        )
    return next(iter(found.values()), default)


def _reduction(name: str) -> Callable[..., Any]:
    def reduce(
        input_tensor: Any,
        axis: Any = None,
        keepdims: bool | None = None,
        name: str | None = None,
        reduction_indices: Any = None,
        keep_dims: bool | None = None,
    ) -> Any:
        own = reduce.__name__
        place = _first(own, None, axis=axis, reduction_indices=reduction_indices)
        kept = bool(_first(own, False, keepdims=keepdims, keep_dims=keep_dims))
        return getattr(importlib.import_module("caudal"), own)(input_tensor, place, keepdims=kept)

    reduce.__name__ = reduce.__qualname__ = name
    reduce.__doc__ = f"As `tf.{name}`; also with ``reduction_indices`` and ``keep_dims``."
    return reduce


def _extreme(name: str) -> Callable[..., Any]:
    def place(
        input: Any,
        axis: Any = None,
        name: str | None = None,
        dimension: Any = None,
        output_type: Any = "int64",
    ) -> Any:
        own = place.__name__
        along = _first(own, 0, axis=axis, dimension=dimension)
        return getattr(importlib.import_module("caudal"), own)(input, along, output_type)

    place.__name__ = place.__qualname__ = name
    place.__doc__ = f"As `tf.{name}`; also with ``dimension``."
    return place


argmax, argmin = _extreme("argmax"), _extreme("argmin")
reduce_all, reduce_any = _reduction("reduce_all"), _reduction("reduce_any")
reduce_logsumexp, reduce_max = _reduction("reduce_logsumexp"), _reduction("reduce_max")
reduce_mean, reduce_min = _reduction("reduce_mean"), _reduction("reduce_min")
reduce_prod, reduce_sum = _reduction("reduce_prod"), _reduction("reduce_sum")
