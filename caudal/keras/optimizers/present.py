"""Which gradients are there, and which are values: before an update."""

from __future__ import annotations

import warnings
from typing import Any

from caudal import ops
from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.keras import numeric as n


def present_pairs(gradients: list[Any], variables: list[Any]) -> tuple[list[Any], list[Any]]:
    """The gradients that are there, as tensors, and their variables; warns of the others.

    Raises:
        InvalidArgumentError: there is none at all.
    """
    missing = [v.name for g, v in zip(gradients, variables, strict=True) if g is None]
    if len(missing) == len(variables):
        raise InvalidArgumentError(
            "optimizer: no gradients provided for any variable; the loss does not depend on "
            "{names}",
            names=missing,
        )
    if missing:
        warnings.warn(
            f"Gradients do not exist for variables {missing} when minimizing the loss. If using "
            "model.compile(), did you forget to provide a loss argument?",
            CaudalWarning,
            stacklevel=3,
        )
    pairs = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
    return [n.tensor(g) for g, _ in pairs], [v for _, v in pairs]


def overwritten(
    optimizer: Any, gradients: list[Any], variables: list[Any]
) -> tuple[list[Any], list[Any]]:
    """Variables whose gradient is their new value get it; what is left comes back."""
    left: list[tuple[Any, Any]] = []
    for gradient, variable in zip(gradients, variables, strict=True):
        if not getattr(variable, "overwrite_with_gradient", False):
            left.append((gradient, variable))
            continue
        value = n.cast(gradient, variable.dtype)
        if optimizer.gradient_accumulation_steps:
            # Over several calls the greatest counts.
            held = optimizer._accumulated[optimizer._get_variable_index(variable)]
            due, seen = optimizer._due(), ops.maximum(value, n.tensor(held))
            held.assign(n.where(due, 0.0, seen))
            value = n.where(due, seen, n.tensor(variable))
        variable.assign(value)
    return [gradient for gradient, _ in left], [variable for _, variable in left]
