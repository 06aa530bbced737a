"""TerminateOnNaN: end training when the loss is NaN or infinite."""

from __future__ import annotations

import math

from caudal.keras.callbacks.callback import Callback, Logs
from caudal.keras.engine.switches import say


class TerminateOnNaN(Callback):
    """Stops at the first batch after which the loss is NaN or infinite."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            say(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True
