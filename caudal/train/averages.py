"""``tf.train.ExponentialMovingAverage``: shadows of variables that follow them slowly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import Variable, convert_to_tensor, init_scope


class ExponentialMovingAverage:
    """Keeps ``shadow = decay * shadow + (1 - decay) * variable`` for variables.

    Args:
        decay: a number near 1.
        num_updates: a count (a number or variable); the decay is then at most
            ``(1 + num_updates) / (10 + num_updates)``.
        zero_debias: whether shadows begin at 0, and are divided by what is missing.

    >>> v = Variable(1.0)
    >>> averages = ExponentialMovingAverage(0.5)
    >>> averages.apply([v])
    >>> _ = v.assign(3.0)
    >>> averages.apply([v])
    >>> float(averages.average(v))
    2.0
    """

    def __init__(
        self,
        decay: float,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay, self._updates, self._debias = decay, num_updates, zero_debias
        self.name = name
        self._shadows: dict[int, Any] = {}
        self._weights: dict[int, Any] = {}
        self._known: list[Any] = []

    def apply(self, var_list: Sequence[Any] | None = None) -> None:
        """Moves the shadows; the first call of a variable makes its shadow.

        Raises:
            InvalidArgumentError: an entry is no variable of floats.
        """
        if var_list is None:
            raise InvalidArgumentError("ExponentialMovingAverage.apply: expected variables.")
        self.begin(var_list)
        for variable in var_list:
            self._move(variable)

    def begin(self, var_list: Sequence[Any]) -> None:
        """Makes the shadows of variables that have none."""
        for variable in var_list:
            if not isinstance(variable, Variable) or not variable.dtype.is_floating:
                raise InvalidArgumentError(
                    "ExponentialMovingAverage.apply: expected variables of floats, received "
                    "{received!r}.",
                    received=variable,
                )
            if id(variable) not in self._shadows:
                self._start(variable)

    def _start(self, variable: Any) -> None:
        with init_scope():
            value = variable.read_value()
            first = np.zeros_like(value.numpy()) if self._debias else value
            label = f"{variable.name.removesuffix(':0')}/{self.name}"
            self._shadows[id(variable)] = Variable(first, trainable=False, name=label)
            self._weights[id(variable)] = Variable(
                np.zeros((), variable.dtype.np_dtype), trainable=False, name=label + "/weight"
            )
        self._known.append(variable)

    def _rate(self, like: Any) -> Any:
        decay = convert_to_tensor(np.asarray(self._decay, like.dtype.np_dtype))
        if self._updates is None:
            return decay
        from caudal import ops

        count = ops.cast(convert_to_tensor(self._updates), dtype=like.dtype)
        return ops.minimum(decay, (count + 1.0) / (count + 10.0))

    def _move(self, variable: Any) -> None:
        decay = self._rate(variable)
        shadow, weight = self._shadows[id(variable)], self._weights[id(variable)]
        shadow.assign(shadow * decay + variable.read_value() * (1.0 - decay))
        weight.assign(weight * decay + (1.0 - decay))

    def average(self, var: Any) -> Any:
        """The shadow of a variable; None if it has none."""
        shadow = self._shadows.get(id(var))
        if shadow is None or not self._debias:
            return shadow
        return shadow / self._weights[id(var)]

    def average_name(self, var: Any) -> str:
        """The name of a variable's shadow."""
        return f"{var.name.removesuffix(':0')}/{self.name}"

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """Variables by the names of their shadows, for a saver."""
        chosen = self._known if moving_avg_variables is None else moving_avg_variables
        return {self.average_name(variable): variable for variable in chosen}
