"""History: the logs of every epoch."""

from __future__ import annotations

from typing import Any

from caudal.keras.callbacks.callback import Callback, Logs


class History(Callback):
    """``history`` maps each metric to its values by epoch; ``epoch`` lists the epochs.

    ``fit`` adds one by itself and returns it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget an earlier run."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Append the epoch's logs."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
