"""What a trial measured: the values of each metric by step, and which of them is best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from caudal.errors import AlreadyExistsError, InvalidArgumentError, did_you_mean
from caudal.keras import losses, metrics
from caudal.namespaces import strict

__all__ = [
    "MetricHistory",
    "MetricObservation",
    "MetricsTracker",
    "infer_metric_direction",
]

_HIGHER_IS_BETTER = frozenset(
    "Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy "
    "TopKCategoricalAccuracy SparseTopKCategoricalAccuracy TruePositives TrueNegatives Precision "
    "Recall AUC SensitivityAtSpecificity SpecificityAtSensitivity PrecisionAtRecall "
    "RecallAtPrecision F1Score FBetaScore R2Score IoU BinaryIoU MeanIoU OneHotIoU OneHotMeanIoU "
    "CosineSimilarity PearsonCorrelation ConcordanceCorrelation".split()
)
"""Classes of metrics. KerasTuner lacks those from PrecisionAtRecall on and minimises them."""


class MetricObservation:
    """The values of a metric at one step, one for each time that the trial was executed."""

    def __init__(self, value: Any, step: int) -> None:
        self.value: list[float] = list(value) if isinstance(value, list) else [value]
        self.step = step

    def append(self, value: Any) -> None:
        """Adds what another execution measured."""
        self.value += value if isinstance(value, list) else [value]

    def mean(self) -> float:
        """The mean over executions."""
        return float(np.mean(self.value))

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        return {"value": self.value, "step": self.step}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> MetricObservation:
        """The observation with these arguments."""
        return cls(config["value"], config["step"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MetricObservation) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"MetricObservation(value={self.value}, step={self.step})"


class MetricHistory:
    """One metric's observations; ``direction`` is "min" or "max"."""

    def __init__(self, direction: str = "min") -> None:
        if direction not in ("min", "max"):
            raise InvalidArgumentError(
                "direction: expected 'min' or 'max', received {received!r}.", received=direction
            )
        self.direction = direction
        self._by_step: dict[int, MetricObservation] = {}

    def update(self, value: Any, step: int) -> None:
        """Adds a value, or a list of them, at a step."""
        if step in self._by_step:
            self._by_step[step].append(value)
        else:
            self._by_step[step] = MetricObservation(value, step)

    def get_history(self) -> list[MetricObservation]:
        """The observations by step."""
        return [self._by_step[step] for step in sorted(self._by_step)]

    def set_history(self, observations: Iterable[MetricObservation]) -> None:
        """Adds observations."""
        for observation in observations:
            self.update(list(observation.value), observation.step)

    def get_best_value(self) -> float | None:
        """The best mean of a step, NaN left aside; None where there is nothing."""
        means = [observation.mean() for observation in self._by_step.values()]
        known = [mean for mean in means if not np.isnan(mean)]
        if not known:
            return float("nan") if means else None
        return min(known) if self.direction == "min" else max(known)

    def get_best_step(self) -> int | None:
        """The first step of the best value."""
        best = self.get_best_value()
        return next((o.step for o in self._by_step.values() if o.mean() == best), None)

    def get_last_value(self) -> float | None:
        """The mean of the last step."""
        history = self.get_history()
        return history[-1].mean() if history else None

    def get_statistics(self) -> dict[str, float]:
        """min, max, mean, median, var and std of the steps' means."""
        means = [observation.mean() for observation in self.get_history()]
        names = ("min", "max", "mean", "median", "var", "std")
        return {name: float(getattr(np, f"nan{name}")(means)) for name in names} if means else {}

    def get_config(self) -> dict[str, Any]:
        """Direction and observations, fit for JSON."""
        observations = [observation.get_config() for observation in self.get_history()]
        return {"direction": self.direction, "observations": observations}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> MetricHistory:
        """What `get_config` gave."""
        made = cls(config["direction"])
        made.set_history(MetricObservation.from_config(one) for one in config["observations"])
        return made


class MetricsTracker:
    """The histories of all metrics of a trial, by name."""

    def __init__(self, metrics: Iterable[Any] | None = None) -> None:
        self.metrics: dict[str, MetricHistory] = {}
        self.register_metrics(metrics)

    def exists(self, name: str) -> bool:
        """Whether the metric is known."""
        return name in self.metrics

    def register_metrics(self, metrics: Iterable[Any] | None = None) -> None:
        """Enters Keras metrics by their names."""
        for metric in metrics or ():
            self.register(metric.name)

    def register(self, name: str, direction: str | None = None) -> None:
        """Enters a metric; its direction follows from the name, "min" if that says nothing.

        Raises:
            AlreadyExistsError: it is there.
        """
        if self.exists(name):
            raise AlreadyExistsError("metrics: {name!r} is registered already.", name=name)
        self.metrics[name] = MetricHistory(direction or infer_metric_direction(name) or "min")

    def update(self, name: str, value: Any, step: int = 0) -> bool:
        """Adds a value; whether the best one changed."""
        if not self.exists(name):
            self.register(name)
        before = self.metrics[name].get_best_value()
        self.metrics[name].update(float(value), step)
        return self.metrics[name].get_best_value() != before

    def get_history(self, name: str) -> list[MetricObservation]:
        """A metric's observations by step."""
        return self._of(name).get_history()

    def set_history(self, name: str, observations: Iterable[MetricObservation]) -> None:
        """Adds observations to a metric."""
        if not self.exists(name):
            self.register(name)
        self.metrics[name].set_history(observations)

    def get_best_value(self, name: str) -> float | None:
        """A metric's best value."""
        return self._of(name).get_best_value()

    def get_best_step(self, name: str) -> int | None:
        """The step of a metric's best value."""
        return self._of(name).get_best_step()

    def get_last_value(self, name: str) -> float | None:
        """A metric's value at its last step."""
        return self._of(name).get_last_value()

    def get_statistics(self, name: str) -> dict[str, float]:
        """min, max, mean, median, var and std of a metric."""
        return self._of(name).get_statistics()

    def get_direction(self, name: str) -> str:
        """Whether a metric is better low ("min") or high ("max")."""
        return self._of(name).direction

    def get_config(self) -> dict[str, Any]:
        """All histories, fit for JSON."""
        return {"metrics": {name: one.get_config() for name, one in self.metrics.items()}}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> MetricsTracker:
        """What `get_config` gave."""
        made = cls()
        for name, one in config["metrics"].items():
            made.metrics[name] = MetricHistory.from_config(one)
        return made

    def _of(self, name: str) -> MetricHistory:
        if name not in self.metrics:
            raise InvalidArgumentError(
                "metrics: {name!r} was not measured. There are: {known}.{hint}",
                name=name,
                known=", ".join(self.metrics) or "none",
                hint=did_you_mean(name, list(self.metrics)),
            )
        return self.metrics[name]


def infer_metric_direction(metric: Any) -> str | None:
    """ "min" or "max", by a metric's name, class, function or instance; None if that is unknown.

    >>> infer_metric_direction("val_accuracy"), infer_metric_direction("val_loss")
    ('max', 'min')
    >>> infer_metric_direction("something of mine") is None
    True
    """
    if isinstance(metric, str):
        name = metric.removeprefix("val_").removeprefix("weighted_")
        if name in ("loss", "crossentropy", "ce"):
            return "min"
        if name == "acc":
            return "max"
        metric = _looked_up(name)
    if metric is None:
        return None
    kinds = (metrics.Metric, losses.Loss)
    kind = metric if isinstance(metric, type) else type(metric)
    if issubclass(kind, kinds):
        name = kind.__name__
    else:
        name = getattr(metric, "__name__", "")
        found = _looked_up(name)
        if isinstance(found, kinds):
            name = type(found).__name__
    if name in _HIGHER_IS_BETTER:
        return "max"
    return "min" if hasattr(metrics, name) or hasattr(losses, name) else None


def _looked_up(name: str) -> Any:
    """A metric or loss of Keras by name, or None."""
    for module in (metrics, losses):
        try:
            return module.get(name)
        except InvalidArgumentError:
            continue
        except TypeError:
            # A class that cannot be made without arguments: SensitivityAtSpecificity.
            return getattr(module, name, None)
    return None


__getattr__ = strict(__name__, label="keras_tuner.engine.metrics_tracking")
