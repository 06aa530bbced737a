"""The base class of callbacks: every hook, doing nothing."""

from __future__ import annotations

from typing import Any

from caudal.keras.engine.argument_rules import Checked

Logs = dict[str, Any]

_BATCH_HOOKS = {
    "train": ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class Callback(Checked):
    """Subclass it and override the hooks you need; pass it in ``callbacks=[...]``.

    ``self.model`` is the model and ``self.params`` a dict with ``verbose``, ``epochs`` and
    ``steps``. ``logs`` holds Python floats. Overriding a batch hook makes Caudal come back to
    Python after every batch; without one it runs many batches in one native call.

    >>> class Show(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, logs["loss"])
    >>> Show().on_epoch_end(0, {"loss": 0.5})
    0 0.5
    """

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The model that is being trained, evaluated or asked for predictions."""
        return getattr(self, "_model", None)

    @model.setter
    def model(self, model: Any) -> None:
        self._model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Called once before the first hook."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Called once before the first hook."""
        self._model = model

    def overrides_batch_hooks(self, mode: str) -> bool:
        """Whether a subclass asks to be called around every batch of ``mode``."""
        kind = type(self)
        return any(
            name in self.__dict__ or getattr(kind, name) is not getattr(Callback, name)
            for name in _BATCH_HOOKS[mode]
        )

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """The old name of ``on_train_batch_begin``."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """The old name of ``on_train_batch_end``."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch; ``logs`` has the metrics, those of validation as ``val_...``."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training batch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a training batch; ``logs`` has the metrics so far in this epoch."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of ``evaluate``, validation included."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of ``evaluate``, validation included."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of ``predict``."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of ``predict``; ``logs["outputs"]`` are its predictions."""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """At the start of ``fit``."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """At the end of ``fit``; ``logs`` are those of the last epoch."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """At the start of ``evaluate``, validation included."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """At the end of ``evaluate``, validation included."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """At the start of ``predict``."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """At the end of ``predict``."""
