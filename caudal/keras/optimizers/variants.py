"""Adam's relatives and others: Adamax, Nadam, Lion, Ftrl."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.keras import numeric as n
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.optimizers.adam import Adam
from caudal.keras.optimizers.optimizer import Optimizer
from caudal.keras.optimizers.options import COMMON
from caudal.keras.variables import Variable


class Adamax(Optimizer):
    """Adam with the infinity norm: ``u = max(beta_2 * u, abs(g))`` (Kingma & Ba, 2014)."""

    @shares(COMMON)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        **kwargs: Any,
    ) -> None:
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = 1e-7 if epsilon is None else epsilon
        super().__init__(learning_rate, **kwargs)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the moments."""
        if self.built:
            return
        super().build(variables)
        self._m, self._u = self.add_optimizer_variables(variables, ["momentum", "norm"])

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        index = self._get_variable_index(variable)
        step = self._local_step(variable)
        correction = 1.0 - ops.pow(n.constant(self.beta_1, step), step)
        m = n.tensor(self._m[index])
        m = m + (gradient - m) * (1 - self.beta_1)
        u = n.maximum(n.tensor(self._u[index]) * self.beta_2, ops.abs(gradient))
        self._m[index].assign(m)
        self._u[index].assign(u)
        rate = n.cast(learning_rate, variable.dtype)
        variable.assign_sub(m * rate / ((u + self.epsilon) * correction))

    def get_own_config(self) -> dict[str, Any]:
        """beta_1, beta_2 and epsilon."""
        return {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}


class Nadam(Adam):
    """Adam with Nesterov momentum (Dozat, 2015)."""

    @shares(COMMON)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the moments and the running product of the momentum schedule."""
        if self.built:
            return
        super().build(variables)
        self._product = Variable(np.float32(1), dtype="float32", trainable=False, name="u_product")
        self._variables.append(self._product)

    def _schedule(self, ahead: int) -> Any:
        step = self._local_step(self._product, ahead)
        return (1.0 - ops.pow(n.constant(0.96, step), step) * 0.5) * self.beta_1

    def _before_updates(self) -> None:
        self._product.assign(n.tensor(self._product) * self._schedule(1))

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        index = self._get_variable_index(variable)
        momentum, velocity = self._momentums[index], self._velocities[index]
        dtype = variable.dtype
        step = self._local_step(variable)
        now, ahead = n.cast(self._schedule(1), dtype), n.cast(self._schedule(2), dtype)
        product = n.cast(n.tensor(self._product), dtype)
        m, v = n.tensor(momentum), n.tensor(velocity)
        m = m + (gradient - m) * (1 - self.beta_1)
        v = v + (gradient * gradient - v) * (1 - self.beta_2)
        momentum.assign(m)
        velocity.assign(v)
        m_hat = m * (ahead / (1.0 - product * ahead)) + gradient * ((1.0 - now) / (1.0 - product))
        v_hat = v / (1.0 - ops.pow(n.constant(self.beta_2, step), step))
        variable.assign_sub(m_hat * n.cast(learning_rate, dtype) / (ops.sqrt(v_hat) + self.epsilon))

    def get_own_config(self) -> dict[str, Any]:
        """beta_1, beta_2 and epsilon."""
        config = super().get_own_config()
        config.pop("amsgrad")
        return config


class Lion(Optimizer):
    """``w -= lr * sign(beta_1 * m + (1 - beta_1) * g)`` (Chen et al., 2023)."""

    @shares(COMMON)
    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.99, **kwargs: Any
    ) -> None:
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        if not 0 < beta_1 <= 1:
            raise InvalidArgumentError(
                "Lion: beta_1 must be in (0, 1], received {beta_1}", beta_1=beta_1
            )
        super().__init__(learning_rate, **kwargs)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the momentums."""
        if self.built:
            return
        super().build(variables)
        self._momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        slot = self._momentums[self._get_variable_index(variable)]
        m = n.tensor(slot)
        direction = ops.sign(m * self.beta_1 + gradient * (1.0 - self.beta_1))
        variable.assign_sub(direction * n.cast(learning_rate, variable.dtype))
        slot.assign(m * self.beta_2 + gradient * (1.0 - self.beta_2))

    def get_own_config(self) -> dict[str, Any]:
        """beta_1 and beta_2."""
        return {"beta_1": self.beta_1, "beta_2": self.beta_2}


class Ftrl(Optimizer):
    """Follow the regularized leader, with L1, L2 and shrinkage (McMahan et al., 2013)."""

    @shares(COMMON)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **kwargs: Any,
    ) -> None:
        if learning_rate_power > 0:
            raise InvalidArgumentError(
                "Ftrl: `learning_rate_power` must be 0 or below, received {value}.",
                value=learning_rate_power,
            )
        for name, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0:
                raise InvalidArgumentError(
                    "Ftrl: `{name}` must be 0 or above, received {value}.", name=name, value=value
                )
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        super().__init__(learning_rate, **kwargs)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the accumulators."""
        if self.built:
            return
        super().build(variables)
        self._accumulators, self._linears = self.add_optimizer_variables(
            variables, ["accumulator", "linear"], [self.initial_accumulator_value, "zeros"]
        )

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        index = self._get_variable_index(variable)
        rate = n.cast(learning_rate, variable.dtype)
        old, value = n.tensor(self._accumulators[index]), n.tensor(variable)
        power = n.constant(-self.learning_rate_power, old)
        new = old + gradient * gradient
        pulled = gradient + value * (2 * self.l2_shrinkage_regularization_strength)
        new_root = ops.pow(new, power)
        shift = (new_root - ops.pow(old, power)) / rate * value
        linear = n.tensor(self._linears[index]) + pulled - shift
        l2 = self.beta / (rate * 2.0) + self.l2_regularization_strength
        quadratic = new_root / rate + l2 * 2.0
        l1 = self.l1_regularization_strength
        variable.assign((n.clip(linear, -l1, l1) - linear) / quadratic)
        self._linears[index].assign(linear)
        self._accumulators[index].assign(new)

    def get_own_config(self) -> dict[str, Any]:
        """The strengths, the power and the start of the accumulators."""
        return {
            "learning_rate_power": self.learning_rate_power,
            "initial_accumulator_value": self.initial_accumulator_value,
            "l1_regularization_strength": self.l1_regularization_strength,
            "l2_regularization_strength": self.l2_regularization_strength,
            "l2_shrinkage_regularization_strength": self.l2_shrinkage_regularization_strength,
            "beta": self.beta,
        }
