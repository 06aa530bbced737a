"""MultiOptimizer: different optimizers for different variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError, MissingNameError
from caudal.keras.optimizers.optimizer import Optimizer


class OptimizerMap(MutableMapping[str, Optimizer]):
    """Optimizers by patterns of variables' paths; the default serves the rest.

    >>> from caudal.keras import optimizers
    >>> found = OptimizerMap(optimizers.SGD(), {"encoder/.*": optimizers.Adam()})
    >>> type(found["encoder/kernel"]).__name__, type(found["head/kernel"]).__name__
    ('Adam', 'SGD')
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: Any = None) -> None:
        self._default: Optimizer = _checked(default_optimizer, "default_optimizer", DTypeError)
        self._map: dict[str, Optimizer] = {}
        for key, optimizer in (optimizer_map or {}).items():
            self[key] = optimizer

    @property
    def default_optimizer(self) -> Optimizer:
        """The optimizer of variables that no pattern matches."""
        return self._default

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._map:
            return self._map[key]
        matching = [pattern for pattern in self._map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise InvalidArgumentError(
                "OptimizerMap: the path {key!r} matches several patterns: {matching}. Make them "
                "exclude each other.",
                key=key,
                matching=matching,
            )
        found: Optimizer = self._map[matching[0]] if matching else self._default
        return found

    def __setitem__(self, key: str, value: Optimizer) -> None:
        if key in self._map:
            raise InvalidArgumentError(
                "OptimizerMap: {key!r} is in it already, with {value!r}.",
                key=key,
                value=self._map[key],
            )
        self._map[key] = _checked(value, "optimizer")

    def __delitem__(self, key: str) -> None:
        del self._map[key]

    def __len__(self) -> int:
        return len(self._map)

    def __iter__(self) -> Iterator[str]:
        return iter(self._map)

    def get_config(self) -> dict[str, Any]:
        """The optimizers' configurations."""
        from caudal.keras.optimizers.lookup import serialize

        return {
            "default_optimizer": serialize(self._default),
            "optimizer_map": {key: serialize(value) for key, value in self._map.items()},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> OptimizerMap:
        """A map from ``get_config``'s answer."""
        from caudal.keras.optimizers.lookup import deserialize

        entries = (config.get("optimizer_map") or {}).items()
        made = {key: deserialize(value) for key, value in entries}
        return cls(deserialize(config["default_optimizer"]), made)


def _checked(value: Any, name: str, error: Any = InvalidArgumentError) -> Any:
    if not isinstance(value, Optimizer):
        raise error(
            "{name} must be a Keras Optimizer instance. Received: {value!r}", name=name, value=value
        )
    return value


class MultiOptimizer(Optimizer):
    """Leaves each variable to one of several optimizers.

    Args:
        optimizer_map: an `OptimizerMap`, or a function from a variable to its optimizer.
        loss_scale_factor: the loss is multiplied and the gradients are divided by it.
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Any], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        if not isinstance(optimizer_map, OptimizerMap) and not callable(optimizer_map):
            raise InvalidArgumentError(
                "optimizer must be a Keras OptimizerMap or a function of a variable, received "
                "{received!r}.",
                received=optimizer_map,
            )
        self._choice = optimizer_map
        self._members: list[Optimizer] = []
        self._member_of: list[int] = []
        super().__init__(0.0, name, loss_scale_factor=loss_scale_factor)

    @property
    def optimizers(self) -> list[Optimizer]:
        """The optimizers in use."""
        return list(self._members)

    @property
    def learning_rate(self) -> Any:
        """Refused: each of the optimizers has its own."""
        raise MissingNameError(
            "Learning rate cannot be accessed on a MultiOptimizer. Access the learning rate on "
            "the individual sub-optimizers instead."
        )

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise MissingNameError(
            "MultiOptimizer: the learning rate cannot be set; set it on one of .optimizers."
        )

    @property
    def variables(self) -> list[Any]:
        """Its own, then those of the optimizers."""
        return [*self._variables, *(v for member in self._members for v in member.variables)]

    def build(self, variables: Sequence[Any]) -> None:
        """Choose an optimizer for each variable, and make their slots."""
        if self.built:
            return
        super().build(variables)
        chosen = [self._chosen(variable) for variable in variables]
        order = chosen
        if isinstance(self._choice, OptimizerMap):
            # In the order of the map, the default last.
            listed = [*self._choice.values(), self._choice.default_optimizer]
            order = [one for one in listed if any(one is other for other in chosen)]
        self._members = list({id(one): one for one in order}.values())
        numbers = {id(one): number for number, one in enumerate(self._members)}
        self._member_of = [numbers[id(one)] for one in chosen]
        for member in self._members:
            pairs = zip(variables, chosen, strict=True)
            member.build([variable for variable, one in pairs if one is member])

    def _chosen(self, variable: Any) -> Optimizer:
        if isinstance(self._choice, OptimizerMap):
            return self._choice[str(variable.path)]
        found: Optimizer = _checked(self._choice(variable), "optimizer")
        return found

    def _update(self, gradients: list[Any], variables: list[Any]) -> None:
        for number, member in enumerate(self._members):
            pairs = [
                (gradient, variable)
                for gradient, variable in zip(gradients, variables, strict=True)
                if self._member_of[self._get_variable_index(variable)] == number
            ]
            if pairs:
                member.apply(
                    [gradient for gradient, _ in pairs], [variable for _, variable in pairs]
                )

    def finalize_variable_values(self, var_list: Any = None) -> None:
        """At the end of ``fit``: each optimizer puts its averages in place."""
        for member in self._members:
            member.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """The map, which must be an `OptimizerMap`."""
        from caudal.keras.engine.serialization import serialize_keras_object

        if not isinstance(self._choice, OptimizerMap):
            raise InvalidArgumentError(
                "MultiOptimizer: only one with an OptimizerMap has a configuration, received a "
                "function {received!r}.",
                received=self._choice,
            )
        choice = serialize_keras_object(self._choice)
        scale = self.loss_scale_factor
        return {"optimizer_map": choice, "loss_scale_factor": scale, "name": self.name}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> MultiOptimizer:
        """An optimizer from ``get_config``'s answer."""
        choice = config["optimizer_map"]
        if isinstance(choice, dict):
            choice = OptimizerMap.from_config(choice["config"])
        return cls(choice, config.get("loss_scale_factor"), config.get("name"))
