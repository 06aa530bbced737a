"""LossScaleOptimizer: gradients in float16 kept within range by a factor of the loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal import math, ops
from caudal.errors import InvalidArgumentError, did_you_mean
from caudal.keras import numeric as n
from caudal.keras.engine.argument_rules import parameters_of
from caudal.keras.optimizers.optimizer import Optimizer

# What older files hold of the common arguments, which mean something to the inner optimizer only.
_NEUTRAL: dict[str, Any] = {
    **dict.fromkeys("weight_decay clipnorm global_clipnorm clipvalue loss_scale_factor".split()),
    **dict.fromkeys("ema_overwrite_frequency gradient_accumulation_steps".split()),
    "use_ema": False,
    "ema_momentum": 0.99,
}


class LossScaleOptimizer(Optimizer):
    """Wraps an optimizer and scales the loss, so that small gradients survive in float16.

    A step with a gradient that is infinite or NaN changes no weight and halves the scale; after
    ``dynamic_growth_steps`` good steps in a row the scale doubles. Micikevicius and others, "Mixed
    Precision Training", 2018.

    >>> from caudal.keras.optimizers import SGD
    >>> float(LossScaleOptimizer(SGD(0.1), initial_scale=8.0).scale_loss(2.0))
    16.0
    """

    def __init__(
        self,
        inner_optimizer: Any,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not kwargs.pop("dynamic", True):
            raise InvalidArgumentError(
                "LossScaleOptimizer no longer supports `dynamic=False`. Set `loss_scale_factor` on "
                "the inner optimizer instead."
            )
        for key, value in kwargs.items():
            if key not in _NEUTRAL or value != _NEUTRAL[key]:
                raise InvalidArgumentError(
                    "LossScaleOptimizer does not support `{key}`. Set it on the `inner_optimizer` "
                    "instead.{hint}",
                    key=key,
                    hint=did_you_mean(key, list(parameters_of(LossScaleOptimizer))),
                )
        if not isinstance(inner_optimizer, Optimizer):
            raise InvalidArgumentError(
                "LossScaleOptimizer: `inner_optimizer` must be a keras.optimizers.Optimizer, "
                "received {value!r}.",
                value=inner_optimizer,
            )
        # Gradients are scaled once.
        inner_optimizer.loss_scale_factor = None
        self.inner_optimizer = inner_optimizer
        super().__init__(learning_rate=0.0, name=name)
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        # Made here and not in `build`: a step is traced with them from the first one on.
        self.step_counter = self.add_variable((), 0, np.dtype("int64"), name="step_counter")
        self.dynamic_scale = self.add_variable((), float(initial_scale), name="dynamic_scale")

    def build(self, variables: Sequence[Any]) -> None:
        """Makes the inner optimizer's slots."""
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def variables(self) -> list[Any]:
        """The scale's variables, then those of the inner optimizer."""
        return [*self._variables, *self.inner_optimizer.variables]

    def scale_loss(self, loss: Any) -> Any:
        """The loss times the scale."""
        loss = n.tensor(loss)
        return loss * n.cast(n.tensor(self.dynamic_scale), loss.dtype)

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """One update, or none where a gradient is not finite."""
        if not self.built:
            self.build(list(trainable_variables))
        inner = self.inner_optimizer
        changing = [*(trainable_variables or self._trainable_variables), *inner.variables]
        present = [n.tensor(gradient) for gradient in grads if gradient is not None]
        good = math.reduce_all(ops.is_finite(present[0]))
        for gradient in present[1:]:
            good = ops.bit_and(good, math.reduce_all(ops.is_finite(gradient)))
        scale, count = n.tensor(self.dynamic_scale), n.tensor(self.step_counter)
        # The update is computed in any case and kept only where it is good: no branch is needed.
        before = [n.tensor(variable) for variable in changing]
        given = trainable_variables or self._trainable_variables
        inner.apply(
            [_unscaled(g, v, scale) for g, v in zip(grads, given, strict=True)],
            trainable_variables,
        )
        for variable, old in zip(changing, before, strict=True):
            variable.assign(n.where(good, n.tensor(variable), old))
        grown = ops.bit_and(
            good, ops.equal(count, n.constant(self.dynamic_growth_steps - 1, count))
        )
        fresh = ops.bit_or(grown, ops.bit_not(good))
        self.step_counter.assign(n.where(fresh, n.constant(0, count), count + 1))
        better = n.where(grown, scale * 2.0, scale)
        self.dynamic_scale.assign(n.where(good, better, scale * 0.5))

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    lr = learning_rate

    @property
    def iterations(self) -> Any:
        """The inner optimizer's: the number of updates done."""
        return self.inner_optimizer.iterations

    def finalize_variable_values(self, var_list: Any = None) -> None:
        """What the inner optimizer does at the end of ``fit``."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        from caudal.keras.engine.serialization import serialize_keras_object

        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> Optimizer:
        """An optimizer from ``get_config``'s answer."""
        from caudal.keras.optimizers.lookup import deserialize

        config = dict(config)
        return cls(deserialize(config.pop("inner_optimizer"), custom_objects), **config)


def _unscaled(gradient: Any, variable: Any, scale: Any) -> Any:
    if gradient is None or getattr(variable, "overwrite_with_gradient", False):
        return gradient
    gradient = n.tensor(gradient)
    return gradient / n.cast(scale, gradient.dtype)
