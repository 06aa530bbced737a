"""ScheduleFreeAdamW: an average of the iterates takes the place of a falling rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.keras import numeric as n
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.optimizers.optimizer import Optimizer
from caudal.keras.optimizers.options import COMMON


class ScheduleFreeAdamW(Optimizer):
    """AdamW without a schedule (Defazio et al., 2024).

    ``z -= lr * g / (sqrt(v) + epsilon)``, and the variables are the mean of all z so far. As in
    Keras 3.15, gradients are taken at that mean, and ``beta_1`` has no influence.

    Args:
        learning_rate: the rate, constant after the warm-up.
        beta_1: Keras's argument; in its configuration.
        beta_2: the decay of second moments.
        epsilon: added to their root.
        warmup_steps: steps in which the rate rises from 0.
    """

    @shares(COMMON)
    def __init__(
        self,
        learning_rate: Any = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **kwargs: Any,
    ) -> None:
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.warmup_steps = warmup_steps
        if not 0 < beta_1 <= 1:
            raise InvalidArgumentError(
                "ScheduleFreeAdamW: beta_1 must be in (0, 1], received {beta_1}", beta_1=beta_1
            )
        super().__init__(learning_rate, **kwargs)

    def build(self, variables: Sequence[Any]) -> None:
        """Make z, which begins at the variables, and the second moments."""
        if self.built:
            return
        super().build(variables)
        self._momentums: list[Any] = []
        self._velocities: list[Any] = []
        for variable in variables:
            # A value and not an assignment: slots may be made while a step is traced.
            self._momentums.append(
                self.add_variable_from_reference(variable, "momentum", _start(variable))
            )
            self._velocities.append(self.add_variable_from_reference(variable, "velocity"))

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        index = self._get_variable_index(variable)
        momentum, velocity = self._momentums[index], self._velocities[index]
        step = self._local_step(variable)
        rate = n.cast(learning_rate, variable.dtype)
        if self.warmup_steps > 0:
            rate = rate * n.minimum(step / float(self.warmup_steps), 1.0)
        mean, z, v = n.tensor(variable), n.tensor(momentum), n.tensor(velocity)
        v = v + (gradient * gradient - v) * (1 - self.beta_2)
        velocity.assign(v)
        corrected = v / (1.0 - ops.pow(n.constant(self.beta_2, step), step))
        z = z - rate * gradient / (ops.sqrt(corrected) + self.epsilon)
        momentum.assign(z)
        variable.assign(mean + (z - mean) / step)

    def get_own_config(self) -> dict[str, Any]:
        """beta_1, beta_2, epsilon and warmup_steps."""
        return {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "warmup_steps": self.warmup_steps,
        }


def _start(variable: Any) -> Callable[..., Any]:
    return lambda shape, dtype=None: variable.numpy()
