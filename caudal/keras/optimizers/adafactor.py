"""Adafactor: second moments from those of rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caudal import ops
from caudal.keras import numeric as n
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.optimizers.optimizer import Optimizer
from caudal.keras.optimizers.options import COMMON


class Adafactor(Optimizer):
    """Adaptive rates by rows and columns (Shazeer & Stern, 2018).

    The second moments of a matrix follow from those of its rows and columns; of more axes, the
    last two are folded. As in Keras, the product is kept among the variables too.

    Args:
        learning_rate: with ``relative_step`` the largest rate.
        beta_2_decay: the decay of second moments at step t is ``1 - t ** beta_2_decay``.
        epsilon_1: added to squared gradients.
        epsilon_2: the least size of a weight that a step is relative to.
        clip_threshold: updates with a greater root mean square are scaled down to it.
        relative_step: the rate falls as ``1 / sqrt(t)``.
    """

    @shares(COMMON)
    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **kwargs: Any,
    ) -> None:
        self.beta_2_decay = beta_2_decay
        self.epsilon_1, self.epsilon_2 = epsilon_1, epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step
        super().__init__(learning_rate, **kwargs)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the moments: rows and columns of matrices, all elements of vectors."""
        if self.built:
            return
        super().build(variables)
        self._rows, self._columns, self._velocities = [], [], []
        for variable in variables:
            shape = n.shape_of(variable)
            folded = len(shape) > 1
            # As Keras does, vectors have two unused numbers: files keep their order.
            row, column = (shape[:-1], (*shape[:-2], shape[-1])) if folded else ((), ())
            name = variable.name
            self._rows.append(self.add_variable(row, dtype=variable.dtype, name=name))
            self._columns.append(self.add_variable(column, dtype=variable.dtype, name=name))
            self._velocities.append(self.add_variable_from_reference(variable, "velocity"))

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        index = self._get_variable_index(variable)
        step = self._local_step(variable)
        rate = n.cast(learning_rate, variable.dtype)
        # So does Keras, whatever `relative_step` says.
        rate = n.minimum(rate, ops.rsqrt(step))
        size = n.maximum(_root_mean_square(n.tensor(variable)), self.epsilon_2)
        kept = 1.0 - ops.pow(step, n.constant(self.beta_2_decay, step))
        square = n.square(gradient) + self.epsilon_1
        slot = self._velocities[index]
        if n.rank_of(gradient) > 1:
            rows, columns = self._rows[index], self._columns[index]
            row = n.tensor(rows) * kept + n.mean(square, axis=-1) * (1.0 - kept)
            column = n.tensor(columns) * kept + n.mean(square, axis=-2) * (1.0 - kept)
            rows.assign(row)
            columns.assign(column)
            row = row / n.mean(row, axis=-1, keepdims=True)
            velocity = n.expand_dims(row, -1) * n.expand_dims(column, -2)
        else:
            velocity = n.tensor(slot) * kept + square * (1.0 - kept)
        slot.assign(velocity)
        update = gradient * ops.rsqrt(velocity)
        excess = n.maximum(_root_mean_square(update) / self.clip_threshold, 1.0)
        variable.assign_sub(update * (rate * size / excess))

    def get_own_config(self) -> dict[str, Any]:
        """The decay, the epsilons, the threshold and whether steps are relative."""
        return {
            "beta_2_decay": self.beta_2_decay,
            "epsilon_1": self.epsilon_1,
            "epsilon_2": self.epsilon_2,
            "clip_threshold": self.clip_threshold,
            "relative_step": self.relative_step,
        }


def _root_mean_square(x: Any) -> Any:
    return ops.sqrt(n.mean(n.square(x)))
