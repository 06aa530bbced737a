"""Metrics by name, and their configurations."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError, did_you_mean
from caudal.keras.losses.lookup import FUNCTIONS as LOSS_FUNCTIONS
from caudal.keras.losses.lookup import _custom_objects
from caudal.keras.metrics import (
    accuracy,
    auc,
    confusion,
    correlation,
    fscore,
    iou,
    operating_points,
    reduction,
    regression,
)
from caudal.keras.metrics.metric import Metric

CLASSES: dict[str, type[Metric]] = {
    name: kind
    for module in (
        accuracy,
        auc,
        confusion,
        correlation,
        fscore,
        iou,
        operating_points,
        reduction,
        regression,
    )
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Metric) and not name.startswith("_")
}

FUNCTIONS: dict[str, Any] = dict(LOSS_FUNCTIONS)
FUNCTIONS.update(
    {
        function.__name__: function
        for function in (
            accuracy.binary_accuracy,
            accuracy.categorical_accuracy,
            accuracy.sparse_categorical_accuracy,
            accuracy.top_k_categorical_accuracy,
            accuracy.sparse_top_k_categorical_accuracy,
            regression.cosine_similarity,
            correlation.pearson_correlation,
            correlation.concordance_correlation,
        )
    }
)


_BY_SNAKE_NAME = {
    "accuracy": accuracy.Accuracy,
    "auc": auc.AUC,
    "precision": confusion.Precision,
    "recall": confusion.Recall,
    "root_mean_squared_error": regression.RootMeanSquaredError,
    "rmse": regression.RootMeanSquaredError,
    "true_positives": confusion.TruePositives,
    "true_negatives": confusion.TrueNegatives,
    "false_positives": confusion.FalsePositives,
    "false_negatives": confusion.FalseNegatives,
    "f1_score": fscore.F1Score,
    "fbeta_score": fscore.FBetaScore,
    "r2_score": correlation.R2Score,
}


def get(identifier: Any) -> Any:
    """A metric from a name, a config, a class, a function or itself.

    Raises InvalidArgumentError with the nearest names for an unknown one.
    """
    if identifier is None or isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return _by_name(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    if callable(identifier):
        return identifier
    raise InvalidArgumentError(
        "metrics: expected a name, a keras.metrics.Metric or a function, received {received!r}",
        received=identifier,
    )


def _metric_of(function: Any) -> Any:
    """The metric class's instance that means a function, or None."""
    wrapper = reduction.MeanMetricWrapper
    for kind in CLASSES.values():
        if issubclass(kind, wrapper) and kind is not wrapper:
            made: Any = kind
            metric = made()
            if metric._fn is function:
                return metric
    return None


def _by_name(name: str) -> Any:
    if name in FUNCTIONS:
        return _metric_of(FUNCTIONS[name]) or FUNCTIONS[name]
    kind = CLASSES.get(name) or _BY_SNAKE_NAME.get(name.lower())
    if kind is not None:
        return kind()
    custom = _custom_objects().get(name)
    if custom is not None:
        return get(custom)
    known = ["accuracy", "acc", *FUNCTIONS, *CLASSES, *_BY_SNAKE_NAME]
    raise InvalidArgumentError(
        "metrics: unknown name {name!r}.{hint}", name=name, hint=did_you_mean(name, known)
    )


def serialize(metric: Any) -> Any:
    """A function's name, or a dict with ``class_name`` and ``config``."""
    if isinstance(metric, Metric):
        return {
            "module": "keras.metrics"
            if type(metric).__name__ in CLASSES
            else type(metric).__module__,
            "class_name": type(metric).__name__,
            "config": metric.get_config(),
            "registered_name": None,
        }
    return getattr(metric, "__name__", metric)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The metric that ``serialize`` described."""
    if not isinstance(config, dict):
        found = (custom_objects or {}).get(config) if isinstance(config, str) else None
        return found if found is not None else get(config)
    name = config.get("class_name", "")
    if name == "function":
        return get(config["config"])
    kind = (custom_objects or {}).get(name) or CLASSES.get(name) or _custom_objects().get(name)
    if kind is None:
        raise InvalidArgumentError(
            "metrics: unknown class {name!r}.{hint}", name=name, hint=did_you_mean(name, [*CLASSES])
        )
    return kind.from_config(config.get("config", {}))
