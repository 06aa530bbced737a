"""Sum and Mean of values, and any function's mean as a metric."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal import ops
from caudal.keras import numeric as n
from caudal.keras.metrics.metric import Metric


def samplewise(values: Any, sample_weight: Any, reduce: Any, dtype: str) -> tuple[Any, Any]:
    """Values and weights with one element per sample; the values are weighted.

    Further axes are reduced by ``reduce`` (the mean or the sum), first those that the weights
    lack, then, after weighting, the rest.
    """
    mask = getattr(values, "_keras_mask", None)
    values = n.tensor(values, dtype)
    weights = None
    # As in Keras: the values' own mask counts together with weights only.
    if sample_weight is not None:
        weights = _weights(sample_weight, mask, dtype)
        values, weights = n.squeeze_or_expand_to_same_rank(values, weights)
        rank = n.rank_of(weights)
        if n.rank_of(values) > rank:
            values = reduce(values, tuple(range(rank, n.rank_of(values))))
        if n.shape_of(weights) != n.shape_of(values):
            weights = ops.broadcast_to(weights, shape=n.shape_of(values))
        values = values * weights
        if rank > 1:
            weights = reduce(weights, tuple(range(1, rank)))
    if n.rank_of(values) > 1:
        values = reduce(values, tuple(range(1, n.rank_of(values))))
    return values, weights


def _weights(sample_weight: Any, mask: Any, dtype: str) -> Any:
    if sample_weight is None:
        return n.tensor(mask, dtype)
    weights = n.tensor(sample_weight, dtype)
    if mask is None:
        return weights
    factor, weights = n.squeeze_or_expand_to_same_rank(n.tensor(mask, dtype), weights)
    return weights * factor


class Sum(Metric):
    """The weighted sum of values.

    >>> metric = Sum()
    >>> metric.update_state([1, 3, 5, 7])
    >>> float(metric.result())
    16.0
    """

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add the values."""
        values, _ = samplewise(values, sample_weight, n.sum, self.dtype)
        self.total.assign_add(n.sum(values))

    def result(self) -> Any:
        """The sum so far."""
        return n.tensor(self.total)


class Mean(Metric):
    """The weighted mean of values.

    >>> metric = Mean()
    >>> metric.update_state([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
    >>> float(metric.result())
    2.0
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), name="total")
        self.count = self.add_variable((), name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add the values, each counting its weight."""
        values, weights = samplewise(values, sample_weight, n.mean, self.dtype)
        self.total.assign_add(n.sum(values))
        if weights is not None:
            count = n.sum(weights)
        else:
            count = n.tensor(float(n.shape_of(values)[0]) if n.rank_of(values) else 1.0, self.dtype)
        self.count.assign_add(count)

    def result(self) -> Any:
        """The mean so far; 0 before any value."""
        return n.divide_no_nan(n.tensor(self.total), n.tensor(self.count))


class MeanMetricWrapper(Mean):
    """The mean of a function ``fn(y_true, y_pred, **kwargs)`` over the samples."""

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name or getattr(fn, "__name__", None), dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Add ``fn`` of a batch."""
        mask = getattr(y_pred, "_keras_mask", None)
        values = n.tensor(self._fn(y_true, y_pred, **self._fn_kwargs))
        if mask is not None and sample_weight is None:
            sample_weight = n.cast(mask, self.dtype)
        elif mask is not None:
            sample_weight = _weights(sample_weight, mask, self.dtype)
        super().update_state(values, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments; a built-in metric's class already knows its function."""
        config = super().get_config()
        if type(self) is MeanMetricWrapper:
            config["fn"] = self._fn
        return config | self._fn_kwargs
