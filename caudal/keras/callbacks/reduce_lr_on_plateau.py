"""ReduceLROnPlateau: a smaller learning rate when a metric no longer improves."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from caudal.errors import CaudalWarning, InvalidArgumentError, did_you_mean
from caudal.keras.callbacks.callback import Logs
from caudal.keras.callbacks.monitor import MonitorCallback
from caudal.keras.callbacks.rates import rate_of, single_optimizers
from caudal.keras.engine.argument_rules import parameters_of
from caudal.keras.engine.switches import say


class ReduceLROnPlateau(MonitorCallback):
    """Multiply the learning rate by ``factor`` after ``patience`` epochs without improvement.

    min_delta: least change that counts as an improvement.
    cooldown: epochs to wait after a reduction before counting again.
    min_lr: the rate never falls below this.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        if "epsilon" in kwargs:
            min_delta = kwargs.pop("epsilon")
            warnings.warn(
                "ReduceLROnPlateau: epsilon= is an old name, write min_delta=",
                CaudalWarning,
                stacklevel=2,
            )
        if kwargs:
            raise InvalidArgumentError(
                "ReduceLROnPlateau: unknown argument {name!r}.{hint}",
                name=next(iter(kwargs)),
                hint=did_you_mean(next(iter(kwargs)), list(parameters_of(ReduceLROnPlateau))),
            )
        super().__init__(monitor, mode, min_delta)
        if factor >= 1.0:
            raise InvalidArgumentError(
                "ReduceLROnPlateau: factor must be < 1, received {factor}", factor=factor
            )
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget an earlier run."""
        self.best: float | None = None
        self.cooldown_counter = 0
        self.wait = 0

    def in_cooldown(self) -> bool:
        """Whether a reduction was a short while ago."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare, count, reduce."""
        logs = logs if logs is not None else {}
        optimizers = single_optimizers("ReduceLROnPlateau", self.model.optimizer)
        logs.update({name: rate_of(one) for name, one in optimizers})
        current = self.current_value(logs)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                for name, one in optimizers:
                    self._reduce(epoch, name, one)

    def _reduce(self, epoch: int, name: str, optimizer: Any) -> None:
        old = rate_of(optimizer)
        if old <= np.float32(self.min_lr):
            return
        new = max(old * self.factor, self.min_lr)
        optimizer.learning_rate = new
        if self.verbose > 0:
            shown = name.replace("_", " ")
            say(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing {shown} to {new}.")
        self.cooldown_counter = self.cooldown
        self.wait = 0
