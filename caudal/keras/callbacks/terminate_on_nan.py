"""TerminateOnNaN: end training when the loss is NaN or infinite."""

from __future__ import annotations

import math

from caudal.errors import AbortedError
from caudal.keras.callbacks.callback import Callback, Logs
from caudal.keras.engine.switches import say


class BadLossError(AbortedError, RuntimeError):
    """The loss is no number any more."""


class TerminateOnNaN(Callback):
    """Stops at the first batch after which the loss is NaN or infinite.

    raise_error: raise a `BadLossError` (a RuntimeError) there instead.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            if self.raise_error:
                raise BadLossError(
                    "TerminateOnNaN: the loss at batch {batch} is {loss}.", batch=batch, loss=loss
                )
            say(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True
