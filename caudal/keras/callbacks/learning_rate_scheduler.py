"""LearningRateScheduler: a learning rate for each epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.keras.callbacks.callback import Callback, Logs
from caudal.keras.callbacks.rates import rate_of, single_optimizers
from caudal.keras.engine.switches import say


class LearningRateScheduler(Callback):
    """``schedule(epoch, lr)`` (or ``schedule(epoch)``) returns the epoch's learning rate."""

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the rate."""
        optimizer = getattr(self.model, "optimizer", None)
        for name, one in single_optimizers("LearningRateScheduler", optimizer):
            self._set(epoch, name, one)

    def _set(self, epoch: int, name: str, optimizer: Any) -> None:
        if _takes_two(self.schedule):
            rate = self.schedule(epoch, rate_of(optimizer))
        else:
            rate = self.schedule(epoch)
        if not isinstance(rate, float | np.floating) and np.ndim(rate) != 0:
            raise InvalidArgumentError(
                "LearningRateScheduler: schedule must return a float, received {rate!r}",
                rate=rate,
            )
        optimizer.learning_rate = float(rate)
        if self.verbose > 0:
            shown = name.replace("_", " ")
            say(f"\nEpoch {epoch + 1}: LearningRateScheduler setting {shown} to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Put the rate into the logs."""
        if logs is not None:
            for name, one in single_optimizers("LearningRateScheduler", self.model.optimizer):
                logs[name] = rate_of(one)


def _takes_two(schedule: Callable[..., float]) -> bool:
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except (TypeError, ValueError):
        return False
    return True
