"""SGD: gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras import numeric as n
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.optimizers.optimizer import Optimizer
from caudal.keras.optimizers.options import COMMON


class SGD(Optimizer):
    """``w -= lr * g``; with momentum ``v = momentum * v - lr * g; w += v``.

    nesterov: ``w += momentum * v - lr * g`` instead (Sutskever et al., 2013).
    """

    @shares(COMMON)
    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **kwargs: Any,
    ) -> None:
        self.momentum = momentum
        self.nesterov = nesterov
        if not 0 <= momentum <= 1:
            raise InvalidArgumentError(
                "SGD: momentum must be in [0, 1], received {momentum}", momentum=momentum
            )
        super().__init__(learning_rate, **kwargs)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the velocities."""
        if self.built:
            return
        super().build(variables)
        self.momentums = (
            self.add_optimizer_variables(variables, "momentum") if self.momentum else []
        )

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        step = gradient * n.cast(learning_rate, variable.dtype)
        if not self.momentum:
            variable.assign_sub(step)
            return
        slot = self.momentums[self._get_variable_index(variable)]
        velocity = n.tensor(slot) * self.momentum - step
        slot.assign(velocity)
        variable.assign_add(velocity * self.momentum - step if self.nesterov else velocity)

    def get_own_config(self) -> dict[str, Any]:
        """momentum and nesterov."""
        return {"momentum": self.momentum, "nesterov": self.nesterov}
