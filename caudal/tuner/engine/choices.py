"""Hyperparameters of listed values: `Choice`, `Boolean`, `Fixed`."""

from __future__ import annotations

from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.tuner.engine.conditions import plain_list
from caudal.tuner.engine.hyperparameter import HyperParameter, bucket, middle


class Choice(HyperParameter):
    """One of ``values``, which are all of one kind: str, int, float or bool.

    ordered: whether near values are alike; by default true of numbers.

    Raises:
        InvalidArgumentError: no values, a default that is none of them, ordered texts.
        DTypeError: values of several or other kinds.

    >>> Choice("size", [8, 16, 32]).prob_to_value(0.5)
    16
    """

    def __init__(
        self,
        name: str,
        values: Any,
        ordered: bool | None = None,
        default: Any = None,
        **kwargs: Any,
    ) -> None:
        listed = list(values) if isinstance(values, list | tuple | range) else [values]
        if not listed or values is None:
            raise InvalidArgumentError("hp.Choice({name!r}): values is empty.", name=name)
        if len({type(value) for value in listed}) > 1:
            raise DTypeError(
                "hp.Choice({name!r}): expected values of one kind, received {values}.",
                name=name,
                values=listed,
            )
        self._values = plain_list(listed, f"hp.Choice({name!r}) values")
        if default is not None:
            kind = type(self._values[0])
            default = kind(default) if kind in (str, int) else default
            if default not in self._values:
                raise InvalidArgumentError(
                    "hp.Choice({name!r}): the default {default!r} is none of {values}.",
                    name=name,
                    default=default,
                    values=self._values,
                )
        super().__init__(name, default, **kwargs)
        numeric = isinstance(self._values[0], int | float)
        if ordered and not numeric:
            raise InvalidArgumentError(
                "hp.Choice({name!r}): only numbers are ordered, received {values}.",
                name=name,
                values=self._values,
            )
        self.ordered = numeric if ordered is None else ordered

    @property
    def values(self) -> list[Any]:
        """The values."""
        return self._values

    @property
    def default(self) -> Any:
        """The default, or the first value."""
        return self._values[0] if self._default is None else self._default

    def prob_to_value(self, prob: float) -> Any:
        """The value at a cumulative probability."""
        return self._values[bucket(prob, len(self._values))]

    def value_to_prob(self, value: Any) -> float:
        """The middle of a value's part."""
        return middle(self._values.index(value), len(self._values))

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        return {**super().get_config(), "values": self._values, "ordered": self.ordered}


class Boolean(HyperParameter):
    """True or False.

    >>> Boolean("augment").prob_to_value(0.75)
    True
    """

    def __init__(self, name: str, default: bool = False, **kwargs: Any) -> None:
        if not isinstance(default, bool):
            raise InvalidArgumentError(
                "hp.Boolean({name!r}): the default must be True or False, received {default!r}.",
                name=name,
                default=default,
            )
        super().__init__(name, default, **kwargs)

    @property
    def values(self) -> tuple[bool, ...]:
        """Both."""
        return (True, False)

    def prob_to_value(self, prob: float) -> bool:
        """True in the upper half."""
        return prob >= 0.5

    def value_to_prob(self, value: Any) -> float:
        """The middle of a value's half."""
        return 0.75 if value else 0.25


class Fixed(HyperParameter):
    """A value that is not searched: str, int, float or bool."""

    def __init__(self, name: str, value: Any, **kwargs: Any) -> None:
        if not isinstance(value, str | int | float):
            raise InvalidArgumentError(
                "hp.Fixed({name!r}): expected a str, int, float or bool, received {value!r}.",
                name=name,
                value=value,
            )
        self.value = plain_list(value, f"hp.Fixed({name!r})")[0]
        super().__init__(name, self.value, **kwargs)

    @property
    def values(self) -> tuple[Any, ...]:
        """The value."""
        return (self.value,)

    def prob_to_value(self, prob: float) -> Any:
        """The value, whatever the probability."""
        return self.value

    def value_to_prob(self, value: Any) -> float:
        """One half."""
        return 0.5

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        config = super().get_config()
        return {"name": self.name, "conditions": config["conditions"], "value": self.value}
