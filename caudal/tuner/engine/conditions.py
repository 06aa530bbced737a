"""When a hyperparameter counts: conditions on the value of another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from caudal.errors import DTypeError, InvalidArgumentError


class Condition:
    """What must hold for a hyperparameter to be active; `Parent` is the only kind."""

    def is_active(self, values: Mapping[str, Any]) -> bool:
        """Whether it holds for these active values."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Condition:
        """The condition with these arguments."""
        return cls(**config)


class Parent(Condition):
    """The hyperparameter ``name`` is active and has one of ``values``.

    >>> Parent("model", ["dnn", "cnn"]).is_active({"model": "cnn"})
    True
    """

    def __init__(self, name: str, values: Any) -> None:
        self.name = name
        self.values = plain_list(values, "parent_values")

    def is_active(self, values: Mapping[str, Any]) -> bool:
        """Whether the parent has one of the values."""
        return self.name in values and values[self.name] in self.values

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        return {"name": self.name, "values": self.values}

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Parent) and other.name == self.name
        return same and other.values == self.values  # type: ignore[attr-defined]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Parent(name={self.name!r}, values={self.values!r})"


def plain_list(values: Any, what: str) -> list[Any]:
    """One value, a list or a tuple as a list of Python's own str, bool, int or float.

    Raises:
        DTypeError: something else is among them.
    """
    listed = list(values) if isinstance(values, list | tuple) else [values]
    listed = [value.item() if isinstance(value, np.generic) else value for value in listed]
    for kind in (str, bool, int, float):
        if listed and isinstance(listed[0], kind):
            return [kind(value) for value in listed]
    raise DTypeError(
        "{what}: expected str, int, float or bool, received {values!r}.", what=what, values=values
    )


def serialize(condition: Condition) -> dict[str, Any]:
    """A condition as a configuration."""
    return {"class_name": type(condition).__name__, "config": condition.get_config()}


def deserialize(config: Any) -> Condition:
    """The condition of a configuration.

    Raises:
        InvalidArgumentError: there is no such condition; nothing is imported by its name.
    """
    try:
        if config["class_name"] == "Parent":
            return Parent(**config["config"])
    except (KeyError, TypeError):
        pass  # said below
    raise InvalidArgumentError(
        "hyperparameters: expected the configuration of a condition, received {config!r}.",
        config=config,
    )
