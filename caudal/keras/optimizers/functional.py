"""An optimizer as a function: values of variables in, new values out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caudal.errors import FailedPreconditionError, InvalidArgumentError
from caudal.keras.engine.stateless import call_with_values


class Functional:
    """What Keras's optimizers have besides `apply`."""

    built: bool
    _trainable_variables: list[Any]

    @property
    def variables(self) -> list[Any]:
        """The optimizer's own state."""
        raise NotImplementedError

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """One update."""
        raise NotImplementedError

    def stateless_apply(
        self,
        optimizer_variables: Sequence[Any],
        grads: Sequence[Any],
        trainable_variables: Sequence[Any],
    ) -> tuple[list[Any], list[Any]]:
        """One update of values: the new ``(trainable_variables, optimizer_variables)``.

        The variables themselves keep what they hold. The optimizer must be built.

        >>> from caudal.keras import Variable, optimizers
        >>> weight, sgd = Variable([1.0, 2.0]), optimizers.SGD(0.5)
        >>> sgd.build([weight])
        >>> new, state = sgd.stateless_apply(sgd.variables, [[2.0, 2.0]], [weight])
        >>> new[0].numpy().tolist(), weight.numpy().tolist()
        ([0.0, 1.0], [1.0, 2.0])

        Raises:
            FailedPreconditionError: the optimizer is not built.
            InvalidArgumentError: the number of values is not that of the variables.
        """
        name = type(self).__name__
        if not self.built:
            raise _NotBuilt(
                "{name}.stateless_apply: build the optimizer first: optimizer.build(variables).",
                name=name,
            )
        own, trained = self.variables, self._trainable_variables
        for what, expected, received in (
            ("optimizer_variables", own, optimizer_variables),
            ("trainable_variables", trained, trainable_variables),
        ):
            if len(expected) != len(received):
                raise InvalidArgumentError(
                    "{name}.stateless_apply: expected {expected} values in `{what}`, received "
                    "{received}.",
                    name=name,
                    what=what,
                    expected=len(expected),
                    received=len(received),
                )
        variables, values = [*trained, *own], [*trainable_variables, *optimizer_variables]
        _, after = call_with_values(name, variables, values, lambda: self.apply(grads))
        return after[: len(trained)], after[len(trained) :]

    def assign(self, variable: Any, value: Any) -> None:
        """Gives a variable a value, for an ``update_step`` of yours."""
        variable.assign(value)

    def assign_add(self, variable: Any, value: Any) -> None:
        """Adds a value to a variable."""
        variable.assign_add(value)

    def assign_sub(self, variable: Any, value: Any) -> None:
        """Takes a value from a variable."""
        variable.assign_sub(value)


class _NotBuilt(FailedPreconditionError, ValueError):
    """Keras raises a ValueError."""
