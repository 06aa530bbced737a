"""Learning rates of a model: one, or one for each optimizer of a `MultiOptimizer`."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import FailedPreconditionError


def single_optimizers(callback: str, optimizer: Any) -> list[tuple[str, Any]]:
    """(the name of its rate in the logs, optimizer) of each that has a learning rate.

    Raises:
        FailedPreconditionError: one has none.
    """
    members = getattr(optimizer, "optimizers", None)
    found = [("learning_rate", optimizer)]
    if members is not None:
        found = [(f"learning_rate_{member.name}", member) for member in members]
    for _, one in found:
        if not hasattr(one, "learning_rate"):
            raise FailedPreconditionError(
                "{callback}: the model's optimizer has no learning_rate; received optimizer "
                "{optimizer!r}",
                callback=callback,
                optimizer=one,
            )
    return found


def rate_of(optimizer: Any) -> float:
    """The learning rate now."""
    return float(np.asarray(optimizer.learning_rate))
