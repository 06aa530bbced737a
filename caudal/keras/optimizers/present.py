"""Which gradients are there: a variable that the loss does not depend on has none."""

from __future__ import annotations

import warnings
from typing import Any

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
