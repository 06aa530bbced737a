"""The base of all hyperparameters: a name, a default, conditions, and a way to be drawn."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

from caudal.tuner.engine import conditions as conditions_module
from caudal.tuner.engine.conditions import Condition


class HyperParameter:
    """One dimension of a search space; its name and conditions tell it from others.

    Values and probabilities are turned into each other: a value owns a part of [0, 1), and
    `value_to_prob` gives the middle of it where values are countable.
    """

    def __init__(self, name: str, default: Any = None, conditions: Any = None) -> None:
        self.name = name
        self._default = default
        listed = conditions if isinstance(conditions, list | tuple) else [conditions]
        self.conditions: list[Condition] = list(listed) if conditions else []

    @property
    def default(self) -> Any:
        """The value that the first build gets."""
        return self._default

    @property
    def values(self) -> Iterable[Any]:
        """The values that a grid goes through."""
        raise NotImplementedError

    def prob_to_value(self, prob: float) -> Any:
        """The value at a cumulative probability in [0, 1)."""
        raise NotImplementedError

    def value_to_prob(self, value: Any) -> float:
        """The cumulative probability of a value."""
        raise NotImplementedError

    def random_sample(self, seed: Any = None) -> Any:
        """A random value; the same for the same seed, which is a number or a text."""
        return self.prob_to_value(random.Random(seed).random())

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        return {
            "name": self.name,
            "default": self.default,
            "conditions": [conditions_module.serialize(c) for c in self.conditions],
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> HyperParameter:
        """The hyperparameter with these arguments."""
        arguments = dict(config)
        found = [conditions_module.deserialize(c) for c in arguments.pop("conditions", ())]
        return cls(conditions=found, **arguments)

    def __repr__(self) -> str:
        shown = {k: v for k, v in self.get_config().items() if k not in ("name", "conditions")}
        rest = "".join(f", {key}: {value!r}" for key, value in shown.items())
        return f"{type(self).__name__}(name: {self.name!r}{rest})"


def bucket(prob: float, count: int) -> int:
    """Which of ``count`` equal parts of [0, 1) a probability falls into.

    >>> bucket(0.5, 4), bucket(1.0, 4)
    (2, 3)
    """
    return min(int(prob / (1 / count)), count - 1)


def middle(index: float, count: int) -> float:
    """The middle of one of ``count`` equal parts of [0, 1)."""
    return (index + 0.5) / count
