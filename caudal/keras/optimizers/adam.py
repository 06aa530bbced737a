"""Adam, and AdamW with decoupled weight decay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.keras import numeric as n
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.optimizers.optimizer import Optimizer
from caudal.keras.optimizers.options import COMMON, UNDECAYED


class Adam(Optimizer):
    """Adaptive moments (Kingma & Ba, 2014), with bias correction in the learning rate.

    ``m += (1 - beta_1) * (g - m)``, ``v += (1 - beta_2) * (g * g - v)``,
    ``w -= lr * sqrt(1 - beta_2 ** t) / (1 - beta_1 ** t) * m / (sqrt(v) + epsilon)``.

    amsgrad: divide by the greatest ``v`` so far (Reddi et al., 2018).
    """

    @shares(COMMON)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = 1e-7 if epsilon is None else epsilon
        self.amsgrad = amsgrad
        super().__init__(learning_rate, **kwargs)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the moments."""
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(
            variables, ["momentum", "velocity"]
        )
        if self.amsgrad:
            self._velocity_hats = self.add_optimizer_variables(variables, "velocity_hat")

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        index = self._get_variable_index(variable)
        momentum, velocity = self._momentums[index], self._velocities[index]
        step = self._local_step(variable)
        correction_1 = 1.0 - ops.pow(n.constant(self.beta_1, step), step)
        correction_2 = 1.0 - ops.pow(n.constant(self.beta_2, step), step)
        rate = n.cast(learning_rate, variable.dtype) * ops.sqrt(correction_2) / correction_1
        m, v = n.tensor(momentum), n.tensor(velocity)
        m = m + (gradient - m) * (1 - self.beta_1)
        v = v + (gradient * gradient - v) * (1 - self.beta_2)
        momentum.assign(m)
        velocity.assign(v)
        if self.amsgrad:
            greatest = self._velocity_hats[index]
            v = n.maximum(n.tensor(greatest), v)
            greatest.assign(v)
        variable.assign_sub(m * rate / (ops.sqrt(v) + self.epsilon))

    def get_own_config(self) -> dict[str, Any]:
        """beta_1, beta_2, epsilon and amsgrad."""
        return {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": self.amsgrad,
        }


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter, 2019)."""

    @shares(UNDECAYED)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        if weight_decay is None:
            raise InvalidArgumentError("AdamW: `weight_decay` must be a float, received None.")
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs
        )
