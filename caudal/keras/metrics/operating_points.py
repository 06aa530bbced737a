"""The best of one rate where another reaches a given value, over many thresholds."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.keras import numeric as n
from caudal.keras.metrics.confusion import _Confusion

_RATES: dict[str, tuple[str, str]] = {
    "precision": ("true_positives", "false_positives"),
    "recall": ("true_positives", "false_negatives"),
    "sensitivity": ("true_positives", "false_negatives"),
    "specificity": ("true_negatives", "false_positives"),
}


class _OperatingPoint(_Confusion):
    """The largest ``_wanted`` rate of the thresholds at which ``_given`` is at least ``value``."""

    _direction = "up"
    _counts = ("true_positives", "true_negatives", "false_positives", "false_negatives")
    _wanted = ""
    _given = ""

    def __init__(
        self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: Any
    ) -> None:
        what = type(self).__name__
        if not isinstance(value, int | float) or not 0 <= value <= 1:
            raise InvalidArgumentError(
                "{what}: `{name}` must be a number in [0, 1], received {value!r}.",
                what=what,
                name=self._given,
                value=value,
            )
        if not isinstance(num_thresholds, int) or num_thresholds <= 0:
            raise InvalidArgumentError(
                "{what}: `num_thresholds` must be a positive integer, received {count!r}.",
                what=what,
                count=num_thresholds,
            )
        inner = [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
        thresholds = [0.5] if num_thresholds == 1 else [0.0, *inner, 1.0]
        super().__init__(thresholds, name, dtype, class_id=class_id)
        self.value, self.num_thresholds = value, num_thresholds

    def result(self) -> Any:
        """The rate so far; 0 where no threshold reaches the value."""
        wanted, given = (self._rate(name) for name in (self._wanted, self._given))
        reached = ops.greater_equal(given, n.constant(self.value, given))
        return n.max(n.where(reached, wanted, 0.0))

    def _rate(self, name: str) -> Any:
        hits, misses = (self._read(count) for count in _RATES[name])
        return n.divide_no_nan(hits, hits + misses)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        config = super().get_config()
        del config["thresholds"]
        own = {"num_thresholds": self.num_thresholds, "class_id": self.class_id}
        return config | own | {self._given: self.value}


class PrecisionAtRecall(_OperatingPoint):
    """The best precision among the thresholds whose recall is at least ``recall``.

    >>> metric = PrecisionAtRecall(0.5)
    >>> float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    _wanted, _given = "precision", "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall


class RecallAtPrecision(_OperatingPoint):
    """The best recall among the thresholds whose precision is at least ``precision``.

    >>> metric = RecallAtPrecision(0.8)
    >>> float(metric([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
    0.5
    """

    _wanted, _given = "recall", "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision


class SensitivityAtSpecificity(_OperatingPoint):
    """The best sensitivity among the thresholds whose specificity is at least ``specificity``.

    >>> metric = SensitivityAtSpecificity(0.5)
    >>> float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]))
    0.5
    """

    _wanted, _given = "sensitivity", "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity


class SpecificityAtSensitivity(_OperatingPoint):
    """The best specificity among the thresholds whose sensitivity is at least ``sensitivity``.

    >>> metric = SpecificityAtSensitivity(0.5)
    >>> round(float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    0.6667
    """

    _wanted, _given = "specificity", "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity
