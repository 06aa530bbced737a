"""The base class of metrics: states as variables, updated by batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.argument_rules import Checked
from caudal.keras.engine.budget import charge
from caudal.keras.engine.checkpointing import metric_children
from caudal.keras.engine.names import auto_name, name_scope
from caudal.keras.engine.policy import arithmetic_dtype
from caudal.keras.engine.stateless import call_with_values
from caudal.keras.variables import Variable
from caudal.train.trackable import children


class Metric(Checked):
    """A number that is gathered over batches.

    Subclasses make states in ``__init__`` with ``add_weight`` and define ``update_state``,
    ``result`` and, where zeros are not the start, ``reset_state``. The states are variables, so
    that a compiled training step updates them in place.
    """

    _direction: str | None = None

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or auto_name(type(self).__name__)
        self._dtype = arithmetic_dtype(dtype)

    def __setattr__(self, name: str, value: Any) -> None:
        held = self.__dict__.setdefault("_held", {})
        # A property that keeps the value under another name must not count it twice.
        held.pop(name, None)
        if isinstance(value, Variable | Metric) or _holds_metrics(value):
            held[name] = value
        object.__setattr__(self, name, value)

    @property
    def dtype(self) -> str:
        """The dtype of the states and of the result."""
        return str(self._dtype)

    @property
    def variables(self) -> list[Any]:
        """The states, those of inner metrics included."""
        found: dict[int, Any] = {}
        own = self.__dict__.get("_added", [])
        for value in [*own, *self.__dict__.get("_held", {}).values()]:
            for variable in _variables_of(value):
                found.setdefault(id(variable), variable)
        return list(found.values())

    weights = variables

    def add_variable(
        self,
        shape: Any = (),
        initializer: Any = None,
        dtype: Any = None,
        aggregation: str | None = None,
        name: str | None = None,
    ) -> Any:
        """A new state, zeros unless ``initializer`` says otherwise."""
        kind = as_dtype(dtype or self.dtype)
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        charge(shape, kind.size)
        start = _initial(initializer, shape, kind.np_dtype)
        with name_scope(self.name, owner=self):
            variable = Variable(start, trainable=False, dtype=kind, name=name or "variable")
        self.__dict__.setdefault("_added", []).append(variable)
        return variable

    def add_weight(
        self,
        shape: Any = (),
        initializer: Any = None,
        dtype: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """``add_variable``; a name first, as in Keras 2, is understood."""
        unknown = set(kwargs) - {"aggregation", "synchronization", "trainable"}
        if unknown:
            raise InvalidArgumentError(
                "{metric}.add_weight: unknown argument {name!r}",
                metric=type(self).__name__,
                name=sorted(unknown)[0],
            )
        if isinstance(shape, str):
            shape, name = (), shape
        return self.add_variable(shape, initializer, dtype, name=name)

    def update_state(self, *args: Any, **kwargs: Any) -> Any:
        """Take one batch in; to be defined by a subclass."""
        raise InvalidArgumentError(
            "{metric}: a metric must define update_state", metric=type(self).__name__
        )

    def result(self) -> Any:
        """The number so far; to be defined by a subclass."""
        raise InvalidArgumentError(
            "{metric}: a metric must define result", metric=type(self).__name__
        )

    def reset_state(self) -> None:
        """Set every state to zeros."""
        for variable in self.variables:
            variable.assign(np.zeros(tuple(variable.shape), variable.dtype.np_dtype))

    def stateless_update_state(self, metric_variables: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """The states' values after `update_state` from other values; its own states stay."""
        values: list[Any] = call_with_values(
            f"{type(self).__name__}.stateless_update_state",
            self.variables,
            metric_variables,
            lambda: self.update_state(*args, **kwargs),
        )[1]
        return values

    def stateless_result(self, metric_variables: Any) -> Any:
        """The result for other values of the states."""
        what = f"{type(self).__name__}.stateless_result"
        return call_with_values(what, self.variables, metric_variables, self.result)[0]

    def stateless_reset_state(self) -> list[Any]:
        """The states' values after `reset_state`; its own states stay."""
        own = [variable.read_value() for variable in self.variables]
        what = f"{type(self).__name__}.stateless_reset_state"
        return call_with_values(what, self.variables, own, self.reset_state)[1]

    def reset_states(self) -> None:
        """The old name of ``reset_state``."""
        self.reset_state()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """``update_state``, then ``result``."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Metric:
        """A metric from ``get_config``'s answer."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


children.register(Metric, metric_children)


def _holds_metrics(value: Any) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(part, Variable | Metric) or _holds_metrics(part) for part in value)
    )


def _variables_of(value: Any) -> list[Any]:
    if isinstance(value, Metric):
        return value.variables
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [variable for part in value for variable in _variables_of(part)]
    return [value]


def _initial(initializer: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    if isinstance(initializer, np.ndarray | Tensor):
        return np.asarray(initializer).astype(dtype)
    if initializer in (None, "zeros"):
        return np.zeros(shape, dtype)
    if initializer == "ones":
        return np.ones(shape, dtype)
    if isinstance(initializer, int | float):
        return np.full(shape, initializer, dtype)
    if isinstance(initializer, str):
        from caudal.keras import initializers

        initializer = initializers.get(initializer)
    value = initializer(shape=shape, dtype=as_dtype(dtype).name)
    return np.asarray(value, dtype)
