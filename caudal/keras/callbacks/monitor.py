"""What callbacks that watch one metric share."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from caudal.errors import CaudalWarning, InvalidArgumentError, did_you_mean
from caudal.keras.callbacks.callback import Callback, Logs

_UP = ("acc", "auc", "precision", "recall", "f1")
"""Parts of names of which more is better."""


class MonitorCallback(Callback):
    """Watches ``monitor`` and knows whether more or less of it is better.

    mode: "min", "max" or "auto": by the metric's own direction, else by its name (accuracy,
        auc, precision, recall and f1 go up, everything else down).
    min_delta: a change of less than this is no improvement.
    """

    def __init__(self, monitor: str, mode: str = "auto", min_delta: float = 0.0) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            raise InvalidArgumentError(
                "{callback}: mode must be 'auto', 'min' or 'max', received {mode!r}",
                callback=type(self).__name__,
                mode=mode,
            )
        self.monitor = monitor
        self.mode = mode
        self.min_delta = abs(min_delta)

    def current_value(self, logs: Logs | None) -> float | None:
        """The watched value of this epoch; a warning and None if there is none."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            if self.mode == "auto" and not self._is_known():
                raise InvalidArgumentError(
                    "{callback}: the model has no metric {name!r}, and mode='auto' cannot know "
                    "whether more of it is better.{hint} Available are: {known}",
                    callback=type(self).__name__,
                    name=self.monitor,
                    hint=did_you_mean(self.monitor, list(logs or {})),
                    known=", ".join(logs or {}),
                )
            warnings.warn(
                f"{type(self).__name__}: the metric {self.monitor!r} is not available; "
                f"available are: {', '.join(logs or {})}",
                CaudalWarning,
                stacklevel=2,
            )
            return None
        if np.size(value) != 1:
            raise InvalidArgumentError(
                "{callback}: {name!r} is not one number but has shape {shape}; give the metric "
                "an average.",
                callback=type(self).__name__,
                name=self.monitor,
                shape=np.shape(value),
            )
        return float(np.asarray(value).item())

    def _is_known(self) -> bool:
        """Whether the name is a loss, a metric of the model or tells its direction."""
        name = self.monitor.removeprefix("val_")
        metrics = _leaves(getattr(self.model, "metrics", ()))
        return (
            name.endswith("loss")
            or any(word in name for word in _UP)
            or any(metric.name == name for metric in metrics)
        )

    @property
    def monitor_op(self) -> Any:
        """``keras.ops.greater`` where more is better, else ``keras.ops.less``."""
        from caudal.keras import ops

        return ops.greater if self._goes_up() else ops.less

    def is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether ``value`` beats ``reference`` by more than ``min_delta``."""
        if reference is None:
            return True
        if self._goes_up():
            return value - self.min_delta > reference
        return value + self.min_delta < reference

    def _goes_up(self) -> bool:
        if self.mode != "auto":
            return self.mode == "max"
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return False
        for metric in _leaves(getattr(self.model, "metrics", ())):
            direction = getattr(metric, "_direction", None)
            if metric.name == name and direction is not None:
                return bool(direction == "up")
        return any(word in name for word in _UP)


def _leaves(metrics: Any) -> list[Any]:
    found: list[Any] = []
    for metric in metrics:
        inner = getattr(metric, "metrics", None)
        found += _leaves(inner) if inner else [metric]
    return found
