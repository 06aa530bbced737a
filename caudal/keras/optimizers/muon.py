"""Muon: momentum whose matrices are made orthogonal; AdamW for everything else."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from caudal import ops
from caudal.errors import ShapeError
from caudal.framework.matmul import matmul
from caudal.keras import numeric as n
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.optimizers.optimizer import Optimizer
from caudal.keras.optimizers.options import UNDECAYED


class Muon(Optimizer):
    """Momentum orthogonalized by Newton and Schulz's iteration (Jordan et al., 2024).

    Only matrices are trained so; vectors, kernels of convolutions, embeddings and what
    ``exclude_layers`` names are trained by AdamW.

    Args:
        learning_rate: the rate of matrices.
        adam_beta_1, adam_beta_2, epsilon, adam_weight_decay: AdamW's, for the others.
        weight_decay: the decay of matrices.
        exclude_layers: patterns; variables with such a path are trained by AdamW.
        exclude_embeddings: so are variables with "embedding" in their path.
        muon_a, muon_b, muon_c: the iteration's coefficients.
        adam_lr_ratio: AdamW's rate over the rate of matrices.
        momentum: of the gradients, ``nesterov``'s if that is set.
        ns_steps: iterations.
        rms_rate: makes steps of matrices as large as Adam's (Liu et al., 2025); None for not.
    """

    @shares(UNDECAYED, before="exclude_layers")
    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ) -> None:
        self.adam_beta_1, self.adam_beta_2 = adam_beta_1, adam_beta_2
        self.adam_weight_decay, self.epsilon = adam_weight_decay, epsilon
        self.exclude_layers = list(exclude_layers or [])
        self.exclude_embeddings = exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.adam_lr_ratio, self.momentum = adam_lr_ratio, momentum
        self.ns_steps, self.nesterov, self.rms_rate = ns_steps, nesterov, rms_rate
        super().__init__(learning_rate, weight_decay=weight_decay, **kwargs)

    def _by_adam(self, variable: Any) -> bool:
        path = str(getattr(variable, "path", variable.name))
        if len(variable.shape) != 2 or (self.exclude_embeddings and "embedding" in path.lower()):
            return True
        return any(re.search(pattern, path) for pattern in self.exclude_layers)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the momentums, and second moments where AdamW is used."""
        if self.built:
            return
        super().build(variables)
        self._momentums: list[Any] = []
        self._velocities: list[Any] = []
        for variable in variables:
            self._momentums.append(self.add_variable_from_reference(variable, "momentum"))
            velocity = None
            if self._by_adam(variable):
                velocity = self.add_variable_from_reference(variable, "velocity")
            self._velocities.append(velocity)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step."""
        rate = n.tensor(learning_rate, variable.dtype)
        index = self._get_variable_index(variable)
        if self._velocities[index] is None:
            self._orthogonal_step(index, gradient, variable, rate)
        else:
            self._adam_step(index, gradient, variable, rate * self.adam_lr_ratio)

    def _orthogonal_step(self, index: int, gradient: Any, variable: Any, rate: Any) -> None:
        slot = self._momentums[index]
        m = n.tensor(slot) * self.momentum + gradient
        slot.assign(m)
        direction = gradient + m * self.momentum if self.nesterov else m
        update = self.zeropower_via_newtonschulz5(direction, self.ns_steps)
        variable.assign_sub(self.lr_adjust(update * rate))

    def lr_adjust(self, x: Any) -> Any:
        """A matrix's step times ``rms_rate`` and the root of its longer side; or as it is."""
        if self.rms_rate is None:
            return x
        return x * (self.rms_rate * math.sqrt(max(n.shape_of(x))))

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """A matrix with singular values near 1 and the same singular vectors.

        Raises:
            ShapeError: ``x`` is no matrix.
        """
        if n.rank_of(x) != 2:
            raise ShapeError(
                "Muon: expected a matrix, received shape {shape}.", shape=n.shape_of(x)
            )
        tall = n.shape_of(x)[0] > n.shape_of(x)[1]
        x = ops.transpose(x, perm=(1, 0)) if tall else x
        x = x / (ops.sqrt(n.sum(n.square(x))) + 1e-7)
        for _ in range(steps):
            square = matmul(x, x, transpose_b=True)
            change = square * self.muon_b + matmul(square, square) * self.muon_c
            x = x * self.muon_a + matmul(change, x)
        return ops.transpose(x, perm=(1, 0)) if tall else x

    def _adam_step(self, index: int, gradient: Any, variable: Any, rate: Any) -> None:
        momentum, velocity = self._momentums[index], self._velocities[index]
        step = self._local_step(variable)
        m, v = n.tensor(momentum), n.tensor(velocity)
        m = m + (gradient - m) * (1 - self.adam_beta_1)
        v = v + (gradient * gradient - v) * (1 - self.adam_beta_2)
        momentum.assign(m)
        velocity.assign(v)
        corrections = [
            1.0 - ops.pow(n.constant(beta, step), step)
            for beta in (self.adam_beta_1, self.adam_beta_2)
        ]
        rate = rate * ops.sqrt(corrections[1]) / corrections[0]
        variable.assign_sub(m * rate / (ops.sqrt(v) + self.epsilon))

    def _decay_of(self, variable: Any) -> float | None:
        return self.adam_weight_decay if self._by_adam(variable) else self.weight_decay

    def get_own_config(self) -> dict[str, Any]:
        """The arguments that only Muon has."""
        names = (
            "adam_beta_1 adam_beta_2 adam_weight_decay epsilon exclude_layers exclude_embeddings "
            "muon_a muon_b muon_c adam_lr_ratio momentum ns_steps nesterov rms_rate"
        )
        return {name: getattr(self, name) for name in names.split()}
