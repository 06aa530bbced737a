"""EarlyStopping: end training when a metric no longer improves."""

from __future__ import annotations

from typing import Any

from caudal.keras.callbacks.callback import Logs
from caudal.keras.callbacks.monitor import MonitorCallback
from caudal.keras.engine.switches import say


class EarlyStopping(MonitorCallback):
    """Stop after ``patience`` epochs without an improvement of ``monitor``.

    min_delta: least change that counts as an improvement.
    mode: "min", "max" or "auto".
    baseline: a value that the metric must beat for an improvement to reset the patience.
    restore_best_weights: put the weights of the best epoch back at the end.
    start_from_epoch: number of epochs to wait before watching.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget an earlier run, so that the instance can be used again."""
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_weights: Any = None
        self.best_epoch = 0

    def get_monitor_value(self, logs: Logs | None) -> float | None:
        """The number that is watched; a subclass may make one of several."""
        return self.current_value(logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare, remember the best weights, stop when patience is at its end."""
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            # Training may never improve: this epoch's weights are then the best.
            self.best_weights = self.model.get_weights()
            self.best_epoch = epoch
        self.wait += 1
        if self.is_improvement(current, self.best):
            self.best = current
            self.best_epoch = epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.is_improvement(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Report, and restore the best weights."""
        if self.stopped_epoch > 0 and self.verbose > 0:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                best = self.best_epoch + 1
                say(f"Restoring model weights from the end of the best epoch: {best}.")
            self.model.set_weights(self.best_weights)
