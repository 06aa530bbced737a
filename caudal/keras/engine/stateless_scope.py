"""StatelessScope: variables have other values inside, and keep their own outside."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import Variable, convert_to_tensor


class _Present(threading.local):
    scope: Any = None
    symbolic: Any = None


present = _Present()


class StatelessScope:
    """Inside, reading a variable gives the value of a mapping, and assigning changes only that.

    state_mapping: pairs (variable, value). collect_losses: what layers `add_loss` is in ``losses``.

    >>> from caudal.keras import Variable
    >>> v = Variable(1.0)
    >>> with StatelessScope([(v, 5.0)]) as scope:
    ...     _ = v.assign(v + 1.0)
    >>> float(v), float(scope.get_current_value(v))
    (1.0, 6.0)

    Raises:
        InvalidArgumentError: a key of the mapping is no variable.
        ShapeError: a value has another shape than its variable.
    """

    def __init__(
        self,
        state_mapping: Sequence[tuple[Any, Any]] | None = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ) -> None:
        if not initialize_variables:
            raise UnimplementedError(
                "StatelessScope: initialize_variables=False is not there; variables have their "
                "values as soon as they are made."
            )
        self.collect_losses = collect_losses
        self.losses: list[Any] = []
        # Variables are kept, so that an id stays the name of one.
        self._values: dict[int, tuple[Any, Any]] = {}
        self._outer: list[Any] = []
        for variable, value in state_mapping or ():
            if not isinstance(variable, Variable):
                raise InvalidArgumentError(
                    "StatelessScope: the keys of `state_mapping` must be variables, received "
                    "{key!r}.",
                    key=variable,
                )
            tensor = convert_to_tensor(value)
            if tuple(tensor.shape) != tuple(variable.shape):
                raise ShapeError(
                    "StatelessScope: variable {name!r} has shape {expected}, its value in "
                    "`state_mapping` has {received}.",
                    name=variable.name,
                    expected=tuple(variable.shape),
                    received=tuple(tensor.shape),
                )
            self.add_update((variable, ops.cast(tensor, dtype=variable.dtype)))

    def __enter__(self) -> StatelessScope:
        self._outer.append(present.scope)
        present.scope = self
        return self

    def __exit__(self, *details: Any) -> None:
        present.scope = self._outer.pop()

    def add_loss(self, loss: Any) -> None:
        """Notes a loss."""
        self.losses.append(loss)

    def add_update(self, update: tuple[Any, Any]) -> None:
        """Notes the new value of a variable: (variable, value)."""
        variable, value = update
        self._values[id(variable)] = (variable, value)

    def get_current_value(self, variable: Any) -> Any:
        """The value inside, or None where there is none but the variable's own."""
        return self._values.get(id(variable), (None, None))[1]


class SymbolicScope:
    """Says that what runs inside is a search for shapes and dtypes, not for values.

    As in Keras on TensorFlow this changes no result: shapes are found with it or without, and a
    `StatelessScope` around or inside it keeps its values. It is there for programs that open both.

    >>> with StatelessScope(), SymbolicScope() as scope:
    ...     in_symbolic_scope()
    True
    >>> in_symbolic_scope()
    False
    """

    def __init__(self) -> None:
        self._outer: list[Any] = []

    def __enter__(self) -> SymbolicScope:
        self._outer.append(present.symbolic)
        present.symbolic = self
        return self

    def __exit__(self, *details: Any) -> None:
        present.symbolic = self._outer.pop()


def in_symbolic_scope() -> bool:
    """Whether a `SymbolicScope` is open in this thread."""
    return present.symbolic is not None
