"""The progress bar of fit, evaluate and predict, as a callback."""

from __future__ import annotations

from typing import Any

from caudal.keras.callbacks.callback import Callback, Logs
from caudal.keras.engine.switches import say
from caudal.keras.utils.progbar import Progbar


class ProgbarLogger(Callback):
    """Prints Keras's progress lines; ``fit(verbose=...)`` adds it by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.progbar: Progbar | None = None
        self.target: int | None = None
        self.verbose = 1
        self.epochs = 1
        self._in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        """Read verbose, epochs and steps."""
        super().set_params(params)
        self.verbose = params.get("verbose", 1)
        self.epochs = params.get("epochs", 1)
        self.target = params.get("steps")

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Validation runs inside fit print nothing of their own."""
        self._in_fit = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Fit is over."""
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Print the epoch's headline and start a bar."""
        self._start()
        if self.verbose and self.epochs > 1:
            say(f"Epoch {epoch + 1}/{self.epochs}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Finish the epoch's line, validation metrics included."""
        self._finish(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Start a bar, unless this is validation inside fit."""
        if not self._in_fit:
            self._start()

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Finish the line of evaluate."""
        if not self._in_fit:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Start a bar."""
        self._start()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Finish the line of predict."""
        self._finish(None)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Move the bar on to ``batch``."""
        self._update(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Move the bar on to ``batch``."""
        if not self._in_fit:
            self._update(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Move the bar on to ``batch``."""
        self._update(batch, None)

    def leave_line(self) -> None:
        """Go to a new line if a bar is half drawn, so that what follows is readable."""
        if self.progbar is not None:
            self.progbar.leave_line()
            self.progbar = None
        self._in_fit = False

    def _start(self) -> None:
        self.seen = 0
        self.progbar = None
        if self.verbose:
            # The logs are running means already.
            self.progbar = Progbar(self.target, verbose=self.verbose, stateful_metrics="all")

    def _update(self, batch: int, logs: Logs | None) -> None:
        self.seen = batch + 1
        if self.progbar is not None:
            self.progbar.update(self.seen, list((logs or {}).items()), finalize=False)

    def _finish(self, logs: Logs | None) -> None:
        if self.progbar is not None:
            if self.progbar.target is None:
                self.progbar.target = self.seen
            self.progbar.update(self.progbar.target, list((logs or {}).items()), finalize=True)
            self.progbar = None
