"""ModelCheckpoint: save the model, or its weights, while it is trained."""

from __future__ import annotations

import os
import warnings
from typing import Any

from caudal.errors import CaudalWarning, InvalidArgumentError, did_you_mean
from caudal.keras.callbacks.callback import Logs
from caudal.keras.callbacks.monitor import MonitorCallback
from caudal.keras.engine.switches import say

_KNOWN = (
    "filepath monitor verbose save_best_only save_weights_only mode save_freq "
    "initial_value_threshold"
).split()


class ModelCheckpoint(MonitorCallback):
    """Save to ``filepath`` after every epoch, or every ``save_freq`` batches.

    filepath: may hold ``{epoch}``, ``{batch}`` and metrics: ``"{epoch:02d}-{val_loss:.2f}.keras"``.
        The suffix chooses the format as in ``model.save`` and ``model.save_weights``; without one
        a folder is made.
    save_best_only: only when ``monitor`` improved; mode: "min", "max" or "auto".
    save_weights_only: ``model.save_weights`` in place of ``model.save``.
    save_freq: "epoch", or a number of batches.
    initial_value_threshold: what the first value must beat.

    Unknown arguments are warned of and left aside, because old programs have such; ``period``,
    Keras 2's number of epochs between two savings, is honoured.
    """

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
        **kwargs: Any,
    ) -> None:
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"ModelCheckpoint: mode {mode!r} is unknown, 'auto' is taken",
                CaudalWarning,
                stacklevel=2,
            )
            mode = "auto"
        super().__init__(monitor, mode)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self.best = initial_value_threshold
        self.period = self._old_arguments(kwargs)
        if save_freq != "epoch" and (
            isinstance(save_freq, bool) or not isinstance(save_freq, int) or save_freq < 1
        ):
            raise InvalidArgumentError(
                "ModelCheckpoint: save_freq must be 'epoch' or a positive number of batches, "
                "received {value!r}",
                value=save_freq,
            )
        self._epoch = 0
        self._unsaved_batches = 0
        self._last_batch = -1

    @staticmethod
    def _old_arguments(kwargs: dict[str, Any]) -> int:
        period = kwargs.pop("period", None)
        if period is not None:
            warnings.warn(
                "ModelCheckpoint: period= is Keras 2's; write save_freq=",
                CaudalWarning,
                stacklevel=3,
            )
        for name in kwargs:
            warnings.warn(
                f"ModelCheckpoint: unknown argument {name!r} is left aside."
                f"{did_you_mean(name, _KNOWN)}",
                CaudalWarning,
                stacklevel=3,
            )
        return int(period or 1)

    def overrides_batch_hooks(self, mode: str) -> bool:
        """Batches matter only where they are counted."""
        return mode == "train" and self.save_freq != "epoch"

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Remember the epoch, for names of files."""
        self._epoch = epoch
        self._last_batch = -1

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Save every ``save_freq`` batches."""
        if self.save_freq == "epoch":
            return
        self._unsaved_batches += batch - self._last_batch
        self._last_batch = batch
        if self._unsaved_batches >= self.save_freq:
            self._unsaved_batches = 0
            self._consider(logs, batch)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save after the epoch."""
        if self.save_freq == "epoch" and (epoch + 1) % self.period == 0:
            self._epoch = epoch
            self._consider(logs, None)

    def _consider(self, logs: Logs | None, batch: int | None) -> None:
        path = self._path(logs or {}, batch)
        epoch = self._epoch + 1
        if not self.save_best_only:
            self._say(f"Epoch {epoch}: saving model to {path}")
            self._save(path)
            return
        current = self.current_value(logs)
        if current is None:
            # The warning has said that nothing can be compared: as in Keras, it saves all the same.
            self._save(path)
            return
        if not self.is_improvement(current, self.best):
            best = float("nan") if self.best is None else self.best
            self._say(f"Epoch {epoch}: {self.monitor} did not improve from {best:.5f}")
            return
        before = "None" if self.best is None else f"{self.best:.5f}"
        self._say(
            f"Epoch {epoch}: {self.monitor} improved from {before} to {current:.5f}, "
            f"saving model to {path}"
        )
        self.best = current
        self._save(path)

    def _say(self, text: str) -> None:
        if self.verbose > 0:
            say(f"\n{text}")

    def _save(self, path: str) -> None:
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        self._say(f"Epoch {self._epoch + 1}: finished saving model to {path}")

    def _path(self, logs: Logs, batch: int | None) -> str:
        """The name for this epoch and batch, counted from 1."""
        fields = {**logs, "epoch": self._epoch + 1}
        if batch is not None:
            fields["batch"] = batch + 1
        try:
            return str(self.filepath.format(**fields))
        except (KeyError, IndexError, ValueError) as error:
            raise InvalidArgumentError(
                "ModelCheckpoint: filepath {path!r} cannot be filled in: {reason!r}. Known are "
                "{known}.",
                path=self.filepath,
                reason=error,
                known=", ".join(fields),
            ) from error
