"""Optimizers with one accumulated scale per weight: RMSprop, Adagrad, Adadelta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caudal import ops
from caudal.keras import numeric as n
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.optimizers.optimizer import Optimizer
from caudal.keras.optimizers.options import COMMON


class RMSprop(Optimizer):
    """``v = rho * v + (1 - rho) * g * g; w -= lr * g / sqrt(v + epsilon)`` (Tieleman & Hinton).

    momentum: gather the steps as SGD does.
    centered: subtract the squared mean of the gradients from ``v``.
    """

    @shares(COMMON)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float | None = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ) -> None:
        self.rho = rho
        self.momentum = momentum
        self.epsilon = 1e-7 if epsilon is None else epsilon
        self.centered = centered
        super().__init__(learning_rate, **kwargs)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the slots."""
        if self.built:
            return
        super().build(variables)
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        if self.momentum > 0:
            self._momentums = self.add_optimizer_variables(variables, "momentum")
        if self.centered:
            self._means = self.add_optimizer_variables(variables, "average_gradient")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        index = self._get_variable_index(variable)
        rate = n.cast(learning_rate, variable.dtype)
        v = n.tensor(self._velocities[index]) * self.rho + gradient * gradient * (1 - self.rho)
        self._velocities[index].assign(v)
        scale = v + self.epsilon
        if self.centered:
            mean = n.tensor(self._means[index]) * self.rho + gradient * (1 - self.rho)
            self._means[index].assign(mean)
            scale = v - mean * mean + self.epsilon
        step = gradient * rate / ops.sqrt(scale)
        if self.momentum > 0:
            step = n.tensor(self._momentums[index]) * self.momentum + step
            self._momentums[index].assign(step)
        variable.assign_sub(step)

    def get_own_config(self) -> dict[str, Any]:
        """rho, momentum, epsilon and centered."""
        return {
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }


class Adagrad(Optimizer):
    """``a += g * g; w -= lr * g / sqrt(a + epsilon)`` (Duchi et al., 2011)."""

    @shares(COMMON)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float | None = 1e-7,
        **kwargs: Any,
    ) -> None:
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = 1e-7 if epsilon is None else epsilon
        super().__init__(learning_rate, **kwargs)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the accumulators."""
        if self.built:
            return
        super().build(variables)
        self._accumulators = self.add_optimizer_variables(
            variables, "accumulator", self.initial_accumulator_value
        )

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        slot = self._accumulators[self._get_variable_index(variable)]
        total = n.tensor(slot) + gradient * gradient
        slot.assign(total)
        rate = n.cast(learning_rate, variable.dtype)
        variable.assign_sub(gradient * rate / ops.sqrt(total + self.epsilon))

    def get_own_config(self) -> dict[str, Any]:
        """initial_accumulator_value and epsilon."""
        return {
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }


class Adadelta(Optimizer):
    """Steps scaled by the ratio of past steps to past gradients (Zeiler, 2012)."""

    @shares(COMMON)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float | None = 1e-7,
        **kwargs: Any,
    ) -> None:
        self.rho = rho
        self.epsilon = 1e-7 if epsilon is None else epsilon
        super().__init__(learning_rate, **kwargs)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the accumulators."""
        if self.built:
            return
        super().build(variables)
        self._grads, self._deltas = self.add_optimizer_variables(
            variables, ["accumulated_grad", "accumulated_delta_var"]
        )

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        index = self._get_variable_index(variable)
        rho = self.rho
        grads = n.tensor(self._grads[index]) * rho + gradient * gradient * (1 - rho)
        self._grads[index].assign(grads)
        deltas = n.tensor(self._deltas[index])
        step = ops.sqrt(deltas + self.epsilon) * gradient / ops.sqrt(grads + self.epsilon)
        self._deltas[index].assign(deltas * rho + step * step * (1 - rho))
        variable.assign_sub(step * n.cast(learning_rate, variable.dtype))

    def get_own_config(self) -> dict[str, Any]:
        """rho and epsilon."""
        return {"rho": self.rho, "epsilon": self.epsilon}
