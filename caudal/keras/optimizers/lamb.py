"""Lamb: Adam whose step in each layer is as long as the layer's weights say."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.keras import numeric as n
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.optimizers.adam import Adam
from caudal.keras.optimizers.options import COMMON


class Lamb(Adam):
    """Layer-wise adaptive moments for large batches (You et al., 2019).

    Adam's step, times the norm of the variable over the norm of the step.
    """

    @shares(COMMON)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        index = self._get_variable_index(variable)
        momentum, velocity = self._momentums[index], self._velocities[index]
        step = self._local_step(variable)
        m, v = n.tensor(momentum), n.tensor(velocity)
        m = m + (gradient - m) * (1 - self.beta_1)
        v = v + (gradient * gradient - v) * (1 - self.beta_2)
        momentum.assign(m)
        velocity.assign(v)
        m = m / (1.0 - ops.pow(n.constant(self.beta_1, step), step))
        v = v / (1.0 - ops.pow(n.constant(self.beta_2, step), step))
        update = m / (ops.sqrt(v) + self.epsilon)
        long, wide = _norm(n.tensor(variable)), _norm(update)
        both = ops.bit_and(
            ops.greater(long, n.constant(0, long)), ops.greater(wide, n.constant(0, wide))
        )
        ratio = n.where(both, long / n.where(both, wide, 1.0), 1.0)
        variable.assign_sub(update * (ratio * n.cast(learning_rate, variable.dtype)))

    def get_own_config(self) -> dict[str, Any]:
        """beta_1, beta_2 and epsilon."""
        config = super().get_own_config()
        del config["amsgrad"]
        return config


def _norm(x: Any) -> Any:
    return ops.sqrt(n.sum(n.square(x)))
