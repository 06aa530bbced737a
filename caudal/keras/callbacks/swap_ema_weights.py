"""SwapEMAWeights: evaluation with the moving averages of the weights."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras import numeric as n
from caudal.keras.callbacks.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Exchanges weights and averages while the model is evaluated or predicts.

    The optimizer must keep averages (``use_ema=True``).

    swap_on_epoch: also from the end of every epoch to the beginning of the next, so that a
        ModelCheckpoint after this callback saves the averages.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._swapped = False

    def set_model(self, model: Any) -> None:
        """Look at the optimizer."""
        super().set_model(model)
        optimizer = self._optimizer()
        if not getattr(optimizer, "use_ema", False):
            raise InvalidArgumentError(
                "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. "
                "Received: use_ema={use_ema}",
                use_ema=getattr(optimizer, "use_ema", None),
            )

    def _optimizer(self) -> Any:
        optimizer = self.model.optimizer
        return getattr(optimizer, "inner_optimizer", optimizer)

    def _swap(self) -> None:
        optimizer = self._optimizer()
        for variable, average in zip(
            optimizer._trainable_variables, optimizer._averages, strict=True
        ):
            value = n.tensor(variable).numpy().copy()
            variable.assign(average.numpy().copy())
            average.assign(value)
        self._swapped = not self._swapped

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Training goes on with the weights."""
        if self.swap_on_epoch and self._optimizer().built and self._swapped:
            self._swap()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """What follows sees the averages."""
        if self.swap_on_epoch and not self._swapped:
            self._swap()
            if epoch + 1 == self.params.get("epochs"):
                # The optimizer puts the averages in place next: let them be what is there.
                optimizer = self._optimizer()
                for average, variable in zip(
                    optimizer._averages, optimizer._trainable_variables, strict=True
                ):
                    average.assign(variable.numpy())
                self._swapped = False

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Evaluate the averages."""
        self._swap()

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Back to the weights."""
        self._swap()

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Predict with the averages."""
        if not self.swap_on_epoch:
            self._swap()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Back to the weights."""
        if not self.swap_on_epoch:
            self._swap()
