"""The callbacks that a trial adds: the tuner's own hooks, and the checkpoint of the best epoch."""

from __future__ import annotations

from typing import Any

from caudal.keras.callbacks import Callback
from caudal.tuner.engine.objective import Objective


class TunerCallback(Callback):
    """Calls the tuner's ``on_epoch_begin`` and ``on_epoch_end``."""

    def __init__(self, tuner: Any, trial: Any) -> None:
        super().__init__()
        self.tuner, self.trial = tuner, trial

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Before an epoch."""
        self.tuner.on_epoch_begin(self.trial, self.model, epoch, logs=logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """After an epoch."""
        self.tuner.on_epoch_end(self.trial, self.model, epoch, logs=logs)


class TunerBatchCallback(TunerCallback):
    """Calls the batch hooks too: for tuners that have some, as fit is slower with them."""

    def on_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Before a training batch."""
        self.tuner.on_batch_begin(self.trial, self.model, batch, logs)

    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """After a training batch."""
        self.tuner.on_batch_end(self.trial, self.model, batch, logs)


class SaveBestEpoch(Callback):
    """Saves the weights at the best epoch of all executions of a trial.

    At every epoch, where the logs do not have the objective.
    """

    def __init__(self, objective: Objective, filepath: str) -> None:
        super().__init__()
        self.objective, self.filepath = objective, filepath
        self.best_value = float("-inf" if objective.direction == "max" else "inf")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Saves if the epoch is the best so far."""
        logs = logs or {}
        if self.objective.has_value(logs):
            value = self.objective.get_value(logs)
            if not self.objective.better_than(value, self.best_value):
                return
            self.best_value = value
        self.model.save_weights(self.filepath)
