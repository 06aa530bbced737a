"""Replacing or combining elements at places that an index tensor gives: variables' scatters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.ir.types import Type
from caudal.ops.checks import NUMBERS, require, require_integers, require_same_dtype
from caudal.ops.record import NOT_DIFFERENTIABLE, Host, Op, Sample

FOLDS: dict[str, Any] = {
    "add": np.add,
    "sub": np.subtract,
    "max": np.maximum,
    "min": np.minimum,
    "mul": np.multiply,
    "div": np.true_divide,
}


def _infer(x: Type, indices: Type, updates: Type, fold: str) -> Type:
    require_integers("fold_at", "indices", indices)
    require_same_dtype("fold_at", x, updates)
    depth = indices.shape[-1] if indices.shape else 0
    expected = indices.shape[:-1] + x.shape[depth:]
    require(
        bool(indices.shape) and depth <= len(x.shape) and updates.shape == expected,
        "fold_at: expected updates of shape {expected} for {x} and indices {indices}, "
        "received {updates}.",
        expected=expected,
        x=x,
        indices=indices,
        updates=updates,
    )
    return x


def in_place(x: Any, indices: Any, updates: Any, fold: str) -> None:
    """Changes the array ``x``; equal indices are served in the order of the updates.

    Raises:
        InvalidArgumentError: an index is outside.
    """
    depth = indices.shape[-1]
    limits = np.asarray(x.shape[:depth], np.int64)
    bad = ((indices < 0) | (indices >= limits)).any(axis=-1)
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InvalidArgumentError(
            "scatter: indices{place} = {index} is outside of shape {shape}.",
            place=list(place),
            index=indices[place].tolist(),
            shape=x.shape,
        )
    at = tuple(np.moveaxis(indices, -1, 0))
    if fold == "update":
        x[at] = updates
    else:
        with np.errstate(all="ignore"):
            FOLDS[fold].at(x, at, updates)


def _reference(xp: Any, x: Any, indices: Any, updates: Any, fold: str) -> Any:
    result = np.array(x)
    in_place(result, indices, updates, fold)
    return result


def _samples(rng: np.random.Generator) -> Iterator[Sample]:
    x = rng.normal(size=(4, 3))
    for fold in ("update", *FOLDS):
        yield Sample((x, np.array([[2], [0]]), rng.normal(size=(2, 3))), {"fold": fold})
    yield Sample((x, np.array([[2, 1], [0, 0]]), np.array([5.0, 7.0])), {"fold": "update"})


fold_at = Op(
    "fold_at",
    infer=_infer,
    reference=_reference,
    grad=NOT_DIFFERENTIABLE,
    emit=Host(),
    samples=_samples,
    dtypes=NUMBERS,
)
"""``x`` with ``updates`` folded in at ``indices`` [..., depth]: "update" replaces, "add" adds."""
