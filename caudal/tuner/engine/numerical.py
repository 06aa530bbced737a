"""Hyperparameters that are numbers of a range: `Int`, `Float`."""

from __future__ import annotations

import math
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.tuner.engine.hyperparameter import HyperParameter, bucket, middle

SAMPLINGS = ("linear", "log", "reverse_log")


class Numerical(HyperParameter):
    """Numbers from ``min_value`` to ``max_value``.

    ``sampling`` says how a probability p falls on them, with r = max / min:

    - "linear": min + p (max - min), and ``step`` is added between values;
    - "log": min r^p, and ``step`` multiplies;
    - "reverse_log": max + min - min r^(1 - p), dense near max.
    """

    def __init__(
        self,
        name: str,
        min_value: Any,
        max_value: Any,
        step: Any = None,
        sampling: str | None = "linear",
        default: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, default, **kwargs)
        self.min_value, self.max_value, self.step = min_value, max_value, step
        # None was the default of older versions.
        self.sampling = str(sampling or "linear").lower()
        self._check()

    def _check(self) -> None:
        what = {"kind": type(self).__name__, "name": self.name}
        if self.sampling not in SAMPLINGS:
            raise InvalidArgumentError(
                "hp.{kind}({name!r}): sampling must be one of {known}, received {received!r}.",
                known=", ".join(SAMPLINGS),
                received=self.sampling,
                **what,
            )
        if self.min_value > self.max_value:
            raise InvalidArgumentError(
                "hp.{kind}({name!r}): min_value {low} is above max_value {high}.",
                low=self.min_value,
                high=self.max_value,
                **what,
            )
        if self.sampling != "linear" and self.min_value <= 0:
            raise InvalidArgumentError(
                "hp.{kind}({name!r}): sampling={sampling!r} needs a min_value above 0, "
                "received {low}.",
                sampling=self.sampling,
                low=self.min_value,
                **what,
            )
        least = 0 if self.sampling == "linear" else 1
        if self.step is not None and self.step <= least:
            raise InvalidArgumentError(
                "hp.{kind}({name!r}): with sampling={sampling!r} step must be above {least}, "
                "received {step}.",
                sampling=self.sampling,
                least=least,
                step=self.step,
                **what,
            )

    @property
    def default(self) -> Any:
        """The default, or the least value."""
        return self.min_value if self._default is None else self._default

    @property
    def values(self) -> tuple[Any, ...]:
        """Every value, or ten of equal distance in probability where there is no step."""
        if self.step is None:
            return tuple(dict.fromkeys(self.prob_to_value(i * 0.1 + 0.05) for i in range(10)))
        return tuple(self._at(index) for index in range(self._count()))

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        return {
            **super().get_config(),
            "min_value": self.min_value,
            "max_value": self.max_value,
            "step": self.step,
            "sampling": self.sampling,
        }

    def _count(self) -> int:
        """How many values the step allows; the bound counts if it is reached."""
        if self.sampling == "linear":
            return int((self.max_value - self.min_value) // self.step + 1)
        # The small number makes up for a logarithm that is just short of a whole one.
        return int(math.log(self.max_value / self.min_value, self.step) + 1e-8) + 1

    def _at(self, index: int) -> Any:
        low, high, step = self.min_value, self.max_value, self.step
        if self.sampling == "linear":
            return low + index * step
        grown = low * math.pow(step, index)
        return grown if self.sampling == "log" else high + low - grown

    def _continuous(self, prob: float, high: float) -> float:
        low = self.min_value
        if self.sampling == "linear":
            return float(prob * (high - low) + low)
        if self.sampling == "log":
            return float(low * math.pow(high / low, prob))
        return float(high + low - low * math.pow(high / low, 1 - prob))

    def _prob(self, value: float, high: float) -> float:
        low = self.min_value
        if high == low:
            return 0.5
        if self.sampling == "linear":
            return float((value - low) / (high - low))
        if self.sampling == "log":
            return math.log(value / low) / math.log(high / low)
        return 1 - math.log((high + low - value) / low) / math.log(high / low)

    def _step_value(self, prob: float) -> Any:
        return self._at(bucket(prob, self._count()))

    def _step_prob(self, value: float) -> float:
        low, high = self.min_value, self.max_value
        if self.sampling == "linear":
            return middle((value - low) // self.step, self._count())
        grown = value if self.sampling == "log" else high - value + low
        return middle(math.log(grown / low, self.step), self._count())


class Int(Numerical):
    """Whole numbers from ``min_value`` to ``max_value``, both included.

    Raises:
        InvalidArgumentError: bounds or a step that are no whole numbers or do not fit.

    >>> list(Int("units", 2, 32, step=2, sampling="log").values)
    [2, 4, 8, 16, 32]
    """

    def __init__(
        self,
        name: str,
        min_value: Any,
        max_value: Any,
        step: Any = None,
        sampling: str | None = "linear",
        default: Any = None,
        **kwargs: Any,
    ) -> None:
        if step is None and str(sampling or "linear").lower() == "linear":
            step = 1
        super().__init__(
            name,
            _whole(name, "min_value", min_value),
            _whole(name, "max_value", max_value),
            None if step is None else _whole(name, "step", step),
            sampling,
            default,
            **kwargs,
        )

    @property
    def values(self) -> tuple[int, ...]:
        """Every value, or about ten where there is no step."""
        return tuple(dict.fromkeys(int(value) for value in super().values))

    def prob_to_value(self, prob: float) -> int:
        """The value at a cumulative probability."""
        if self.step is None:
            return min(int(self._continuous(prob, self.max_value + 1)), int(self.max_value))
        return int(self._step_value(prob))

    def value_to_prob(self, value: Any) -> float:
        """The middle of a value's part."""
        if self.step is None:
            return self._prob(value + 0.5, self.max_value + 1)
        return self._step_prob(value)

    def get_config(self) -> dict[str, Any]:
        """Its arguments; a default that was not given stays None, as in KerasTuner's files."""
        return {**super().get_config(), "default": self._default}


class Float(Numerical):
    """Numbers from ``min_value`` to ``max_value``.

    >>> Float("rate", 1e-4, 1e-2, sampling="log").prob_to_value(0.5)
    0.001
    """

    def __init__(
        self,
        name: str,
        min_value: Any,
        max_value: Any,
        step: Any = None,
        sampling: str | None = "linear",
        default: Any = None,
        **kwargs: Any,
    ) -> None:
        bounds = (_number(name, "min_value", min_value), _number(name, "max_value", max_value))
        step = None if step is None else _number(name, "step", step)
        super().__init__(name, *bounds, step, sampling, default, **kwargs)

    def prob_to_value(self, prob: float) -> float:
        """The value at a cumulative probability."""
        if self.step is None:
            return self._continuous(prob, self.max_value)
        return float(self._step_value(prob))

    def value_to_prob(self, value: Any) -> float:
        """The cumulative probability of a value."""
        if self.step is None:
            return self._prob(value, self.max_value)
        return self._step_prob(value)


def _whole(name: str, argument: str, value: Any) -> int:
    number = _number(name, argument, value, "Int")
    if number != int(number):
        raise InvalidArgumentError(
            "hp.Int({name!r}): {argument} must be a whole number, received {value!r}.",
            name=name,
            argument=argument,
            value=value,
        )
    return int(number)


def _number(name: str, argument: str, value: Any, kind: str = "Float") -> float:
    try:
        number = float(value)
        if not isinstance(value, str) and math.isfinite(number):
            return number
    except (TypeError, ValueError):
        pass  # said below
    raise InvalidArgumentError(
        "hp.{kind}({name!r}): {argument} must be a finite number, received {value!r}.",
        kind=kind,
        name=name,
        argument=argument,
        value=value,
    )
