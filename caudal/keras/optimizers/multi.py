"""MultiOptimizer: different optimizers for different variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError, MissingNameError
from caudal.keras.optimizers.loss_scale import LossScaleOptimizer
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
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise DTypeError(
                "OptimizerMap: `optimizer_map` must be a dict. Received: {received!r}",
                received=optimizer_map,
            )
        self._optimizer_map: dict[str, Optimizer] = {}
        for key, optimizer in (optimizer_map or {}).items():
            self[key] = optimizer

    def __call__(self, variable: Any) -> Optimizer:
        """The optimizer of a variable."""
        return self[str(variable.path)]

    @property
    def default_optimizer(self) -> Optimizer:
        """The optimizer of variables that no pattern matches."""
        return self._default

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._optimizer_map:
            return self._optimizer_map[key]
        matching = [pattern for pattern in self._optimizer_map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise InvalidArgumentError(
                "OptimizerMap: the path {key!r} matches several patterns: {matching}. Make them "
                "exclude each other.",
                key=key,
                matching=matching,
            )
        found: Optimizer = self._optimizer_map[matching[0]] if matching else self._default
        return found

    def __setitem__(self, key: str, value: Optimizer) -> None:
        if key in self._optimizer_map:
            raise InvalidArgumentError(
                "OptimizerMap: {key!r} is in it already, with {value!r}.",
                key=key,
                value=self._optimizer_map[key],
            )
        self._optimizer_map[key] = _single(value, "optimizer")

    def __delitem__(self, key: str) -> None:
        del self._optimizer_map[key]

    def __len__(self) -> int:
        return len(self._optimizer_map)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizer_map)

    def get_config(self) -> dict[str, Any]:
        """The optimizers' configurations."""
        from caudal.keras.optimizers.lookup import serialize

        return {
            "default_optimizer": serialize(self._default),
            "optimizer_map": {key: serialize(value) for key, value in self._optimizer_map.items()},
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


def _single(value: Any, name: str) -> Any:
    if isinstance(value, MultiOptimizer | LossScaleOptimizer):
        raise InvalidArgumentError(
            "{name} cannot be a {cls}: it stands around others and not among them.",
            name=name,
            cls=type(value).__name__,
        )
    return _checked(value, name)


class MultiOptimizer(Optimizer):
    """Leaves each variable to one of several optimizers.

    Args:
        optimizer_map: an `OptimizerMap`, a function from a variable to its optimizer, or one
            optimizer for all.
        loss_scale_factor: the loss is multiplied and the gradients are divided by it; the
            optimizers' own are not used.
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Any], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        if isinstance(optimizer_map, Optimizer):
            optimizer_map = OptimizerMap(optimizer_map)
        if not callable(optimizer_map):
            raise InvalidArgumentError(
                "optimizer must be a Keras OptimizerMap or a function of a variable, received "
                "{received!r}.",
                received=optimizer_map,
            )
        self._choice = optimizer_map
        self._members: list[Optimizer] = []
        self._member_of: list[int] = []
        super().__init__(0.0, name, loss_scale_factor=loss_scale_factor)
        if isinstance(optimizer_map, OptimizerMap):
            # In the order of the map, the default last.
            for member in [*optimizer_map.values(), optimizer_map.default_optimizer]:
                self._join(member)

    def _join(self, member: Optimizer) -> int:
        """The number of an optimizer, which is taken in if it is new."""
        for number, known in enumerate(self._members):
            if known is member:
                return number
        # Gradients are scaled once.
        member.loss_scale_factor = None
        self._members.append(member)
        return len(self._members) - 1

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
        chosen = [_single(self._choice(variable), "optimizer") for variable in variables]
        super().build(variables)
        self._member_of = [self._join(one) for one in chosen]
        for number, member in enumerate(self._members):
            pairs = zip(variables, self._member_of, strict=True)
            own = [variable for variable, one in pairs if one == number]
            if own:
                member.build(own)

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
        for member in (member for member in self._members if member.built):
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
