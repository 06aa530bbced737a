"""LearningRateScheduler: a learning rate for each epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.errors import FailedPreconditionError, InvalidArgumentError
from caudal.keras.callbacks.callback import Callback, Logs
from caudal.keras.engine.switches import say


class LearningRateScheduler(Callback):
    """``schedule(epoch, lr)`` (or ``schedule(epoch)``) returns the epoch's learning rate."""

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the rate."""
        optimizer: Any = getattr(self.model, "optimizer", None)
        if not hasattr(optimizer, "learning_rate"):
            raise FailedPreconditionError(
                "LearningRateScheduler: the model's optimizer has no learning_rate; "
                "received optimizer {optimizer!r}",
                optimizer=optimizer,
            )
        if _takes_two(self.schedule):
            rate = self.schedule(epoch, float(np.asarray(optimizer.learning_rate)))
        else:
            rate = self.schedule(epoch)
        if not isinstance(rate, float | np.floating) and np.ndim(rate) != 0:
            raise InvalidArgumentError(
                "LearningRateScheduler: schedule must return a float, received {rate!r}",
                rate=rate,
            )
        optimizer.learning_rate = float(rate)
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Put the rate into the logs."""
        if logs is not None:
            logs["learning_rate"] = float(np.asarray(self.model.optimizer.learning_rate))


def _takes_two(schedule: Callable[..., float]) -> bool:
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except (TypeError, ValueError):
        return False
    return True
