"""Losses as metrics: means of errors, crossentropies, hinges and divergences."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras import losses
from caudal.keras import numeric as n
from caudal.keras.losses.regression import matched
from caudal.keras.metrics.reduction import Mean, MeanMetricWrapper


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """The cosine of the angle; 1 is the same direction (the loss has the other sign)."""
    return -losses.cosine_similarity(y_true, y_pred, axis=axis)


def _simple(class_name: str, function: Any, doc: str, name: str) -> type[MeanMetricWrapper]:
    """A metric class whose constructor takes only ``name`` and ``dtype``."""

    def init(self: Any, name: str | None = name, dtype: Any = None) -> None:
        MeanMetricWrapper.__init__(self, function, name, dtype)

    body = {
        "__init__": init,
        "__doc__": doc,
        "__module__": __name__,
        "__qualname__": class_name,
        "_direction": "down",
    }
    return type(class_name, (MeanMetricWrapper,), body)


MeanSquaredError = _simple(
    "MeanSquaredError",
    losses.mean_squared_error,
    "The mean of squared errors.",
    "mean_squared_error",
)
MeanAbsoluteError = _simple(
    "MeanAbsoluteError",
    losses.mean_absolute_error,
    "The mean of absolute errors.",
    "mean_absolute_error",
)
MeanAbsolutePercentageError = _simple(
    "MeanAbsolutePercentageError",
    losses.mean_absolute_percentage_error,
    "The mean of absolute errors in per cent of the label.",
    "mean_absolute_percentage_error",
)
MeanSquaredLogarithmicError = _simple(
    "MeanSquaredLogarithmicError",
    losses.mean_squared_logarithmic_error,
    "The mean of squared differences of log(1 + y).",
    "mean_squared_logarithmic_error",
)
LogCoshError = _simple("LogCoshError", losses.log_cosh, "The mean of log(cosh(error)).", "logcosh")
KLDivergence = _simple(
    "KLDivergence", losses.kl_divergence, "The Kullback-Leibler divergence.", "kl_divergence"
)
Poisson = _simple("Poisson", losses.poisson, "The Poisson loss.", "poisson")
Hinge = _simple("Hinge", losses.hinge, "The hinge loss.", "hinge")
SquaredHinge = _simple(
    "SquaredHinge", losses.squared_hinge, "The squared hinge loss.", "squared_hinge"
)
CategoricalHinge = _simple(
    "CategoricalHinge",
    losses.categorical_hinge,
    "The hinge of one-hot labels.",
    "categorical_hinge",
)


class RootMeanSquaredError(Mean):
    """The square root of the mean of squared errors.

    >>> float(RootMeanSquaredError()([2, 4, 6], [1, 3, 5]))
    1.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Add a batch."""
        y_pred = n.tensor(y_pred, self.dtype)
        y_true, y_pred = matched(self.name, y_true, y_pred)
        super().update_state(n.square(y_true - y_pred), sample_weight)

    def result(self) -> Any:
        """The root of the mean so far."""
        return ops.sqrt(super().result())


class CosineSimilarity(MeanMetricWrapper):
    """The mean cosine of the angle between label and prediction."""

    _direction = "up"

    def __init__(
        self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1
    ) -> None:
        super().__init__(cosine_similarity, name, dtype, axis=axis)


class BinaryCrossentropy(MeanMetricWrapper):
    """The mean binary crossentropy."""

    _direction = "down"

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            losses.binary_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
        )


class CategoricalCrossentropy(MeanMetricWrapper):
    """The mean crossentropy of one-hot labels."""

    _direction = "down"

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            losses.categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The mean crossentropy of integer labels."""

    _direction = "down"

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            losses.sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
