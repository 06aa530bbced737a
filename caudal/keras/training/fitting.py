"""What ``fit`` does around its epochs: reading data, setting some aside, validating."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.metrics.metric import Metric
from caudal.keras.training import arguments, checks
from caudal.keras.training.data import ArrayData, ArrayPasses, StreamData, read


def read_data(
    parts: tuple[Any, Any, Any], class_weight: Any, validation_data: Any, split: float
) -> tuple[ArrayData | StreamData, ArrayData | StreamData | None]:
    """The training data and the validation data, the latter perhaps split off the former.

    Warns if the training arrays hold NaN or infinity.
    """
    data = read(*parts, class_weight=class_weight)
    held_out: ArrayData | StreamData | None = None
    if validation_data is not None:
        held_out = arguments.validation(validation_data)
    elif split:
        if not isinstance(data, ArrayData):
            raise InvalidArgumentError(
                "validation_split is only supported for arrays, received x of {kind}; use "
                "validation_data",
                kind=type(parts[0]).__name__,
            )
        data, held_out = data.split(split)
    checks.warn_not_finite(data)
    return data, held_out


def in_steps(
    data: ArrayData | StreamData, batch_size: int, steps: int | None, shuffle: bool
) -> ArrayData | StreamData:
    """Arrays whose epochs are shorter than a pass become a stream: an epoch goes on in the pass.

    As in Keras, the rest of a pass is an epoch of its own, and the next one begins anew.
    """
    if isinstance(data, StreamData) or steps is None or steps >= data.steps(batch_size):
        return data
    return StreamData(ArrayPasses(data, batch_size, shuffle))


def steps_of(data: ArrayData | StreamData, batch_size: int) -> int | None:
    """The number of batches of an epoch, if it can be known."""
    return data.steps(batch_size) if isinstance(data, ArrayData) else data.length


class Validation:
    """The validation of ``fit``: when it is due, with its data read once."""

    def __init__(
        self, model: Any, data: Any, batch_size: int, steps: int | None, freq: Any
    ) -> None:
        self._model = model
        self._data = data
        self._batch_size = batch_size
        self._steps = arguments.steps("fit", "validation_steps", steps)
        self._freq = freq
        if isinstance(data, StreamData):
            data.starts_over = True

    def run(self, epoch: int, progress: Any) -> dict[str, Any]:
        """The validation logs of an epoch, named val_...; empty where none is due."""
        if self._data is None or not arguments.is_due(self._freq, epoch):
            return {}
        logs = self._model._evaluate(self._data, self._batch_size, self._steps, progress)
        return {f"val_{name}": value for name, value in logs.items()}


def own_metrics(model: Any) -> list[Any]:
    """The metrics that a model and its layers keep as attributes."""
    found: list[Any] = []
    for value in vars(model).values():
        parts = value if isinstance(value, list | tuple) else [value]
        found += [part for part in parts if isinstance(part, Metric)]
    for layer in getattr(model, "layers", ()):
        if hasattr(layer, "train_step"):
            continue
        found += [value for value in vars(layer).values() if isinstance(value, Metric)]
    return found
