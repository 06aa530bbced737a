"""Keeping gradients small: by value, by norm, by the norm of all together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caudal import ops
from caudal.keras import numeric as n


def clip(
    gradients: Sequence[Any],
    clipnorm: float | None,
    clipvalue: float | None,
    global_clipnorm: float | None,
) -> list[Any]:
    """The gradients, clipped by the one of the three limits that is given."""
    if clipnorm and clipnorm > 0:
        return [by_norm(gradient, clipnorm) for gradient in gradients]
    if global_clipnorm and global_clipnorm > 0:
        return by_global_norm(gradients, global_clipnorm)
    if clipvalue and clipvalue > 0:
        return [n.clip(gradient, -clipvalue, clipvalue) for gradient in gradients]
    return list(gradients)


def by_norm(gradient: Any, limit: float) -> Any:
    """``gradient * limit / max(norm, limit)``."""
    norm = ops.sqrt(n.sum(n.square(gradient)))
    return gradient * limit / n.maximum(norm, limit)


def by_global_norm(gradients: Sequence[Any], limit: float) -> list[Any]:
    """All gradients times ``limit / max(norm of all, limit)``; NaN if the norm is not finite."""
    total = n.sum(n.square(gradients[0]))
    for gradient in gradients[1:]:
        total = total + n.sum(n.square(gradient))
    norm = ops.sqrt(total)
    scale = n.minimum(1.0 / norm, 1.0 / limit) * limit + (norm - norm)
    return [gradient * scale for gradient in gradients]
