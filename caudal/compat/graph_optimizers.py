"""TensorFlow 1's optimizers: Keras's formulas under the older names and defaults."""

from __future__ import annotations

import importlib
from typing import Any

from caudal.compat.graph import GraphTensor, TrainOperation, gradients
from caudal.compat.names import attribute


class Optimizer:
    """What ``minimize`` is a method of; the learning rate may be a tensor of the graph."""

    def __init__(self, keras_name: str, learning_rate: Any, **arguments: Any) -> None:
        self._name, self._arguments = keras_name, arguments
        self._rate = learning_rate
        self._made: Any = None

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: Any = None,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> TrainOperation:
        """The operation that takes one step down the loss's gradient, and counts it."""
        return TrainOperation(self, loss, var_list, global_step)

    def compute_gradients(
        self, loss: Any, var_list: Any = None, **kwargs: Any
    ) -> list[tuple[GraphTensor, Any]]:
        """(gradient, variable) pairs; of all trainable variables by default."""
        from caudal.compat.graph_variables import trainable_variables

        variables = list(var_list or trainable_variables())
        return list(zip(gradients(loss, variables), variables, strict=True))

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> GraphTensor:
        """The operation that changes variables along (gradient, variable) pairs."""
        pairs = [(g, v) for g, v in grads_and_vars if g is not None]
        variables = [variable for _, variable in pairs]

        def step(values: list[Any], rate: Any) -> None:
            self._step(zip(values, variables, strict=True), rate)
            if global_step is not None:
                global_step.assign_add(1)

        return GraphTensor(step, ([g for g, _ in pairs], self._rate), {})

    def apply(self, pairs: Any, run: Any) -> None:
        """Changes variables along (gradient, variable) pairs, in a run of a session."""
        self._step(pairs, run.value(self._rate))

    def _step(self, pairs: Any, rate: Any) -> None:
        if self._made is None:
            optimizers = importlib.import_module("caudal.keras.optimizers")
            kind = attribute(optimizers, self._name, "keras.optimizers")
            self._made = kind(learning_rate=float(rate), **self._arguments)
        elif isinstance(self._rate, GraphTensor):
            self._made.learning_rate = float(rate)
        self._made.apply_gradients([(g, v) for g, v in pairs if g is not None])

    def variables(self) -> list[Any]:
        """Its state."""
        return [] if self._made is None else list(self._made.variables)


def GradientDescentOptimizer(
    learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
) -> Optimizer:
    """``w -= learning_rate * gradient``."""
    return Optimizer("SGD", learning_rate)


def MomentumOptimizer(
    learning_rate: Any,
    momentum: Any,
    use_locking: bool = False,
    name: str = "Momentum",
    use_nesterov: bool = False,
) -> Optimizer:
    """Gradient descent with momentum."""
    return Optimizer("SGD", learning_rate, momentum=momentum, nesterov=use_nesterov)


def AdamOptimizer(
    learning_rate: Any = 0.001,
    beta1: Any = 0.9,
    beta2: Any = 0.999,
    epsilon: float = 1e-08,
    use_locking: bool = False,
    name: str = "Adam",
) -> Optimizer:
    """Adam, with TensorFlow 1's epsilon."""
    return Optimizer("Adam", learning_rate, beta_1=beta1, beta_2=beta2, epsilon=epsilon)


def AdagradOptimizer(
    learning_rate: Any,
    initial_accumulator_value: float = 0.1,
    use_locking: bool = False,
    name: str = "Adagrad",
) -> Optimizer:
    """Adagrad."""
    start = initial_accumulator_value
    return Optimizer("Adagrad", learning_rate, initial_accumulator_value=start, epsilon=0.0)


def RMSPropOptimizer(
    learning_rate: Any,
    decay: float = 0.9,
    momentum: float = 0.0,
    epsilon: float = 1e-10,
    use_locking: bool = False,
    centered: bool = False,
    name: str = "RMSProp",
) -> Optimizer:
    """RMSprop, with TensorFlow 1's epsilon; its averages begin at 0, not at 1."""
    return Optimizer(
        "RMSprop", learning_rate, rho=decay, momentum=momentum, epsilon=epsilon, centered=centered
    )


def AdadeltaOptimizer(
    learning_rate: Any = 0.001,
    rho: float = 0.95,
    epsilon: float = 1e-08,
    use_locking: bool = False,
    name: str = "Adadelta",
) -> Optimizer:
    """Adadelta, with TensorFlow 1's epsilon."""
    return Optimizer("Adadelta", learning_rate, rho=rho, epsilon=epsilon)


def FtrlOptimizer(
    learning_rate: Any,
    learning_rate_power: float = -0.5,
    initial_accumulator_value: float = 0.1,
    l1_regularization_strength: float = 0.0,
    l2_regularization_strength: float = 0.0,
    use_locking: bool = False,
    name: str = "Ftrl",
) -> Optimizer:
    """Follow the regularized leader."""
    return Optimizer(
        "Ftrl",
        learning_rate,
        learning_rate_power=learning_rate_power,
        initial_accumulator_value=initial_accumulator_value,
        l1_regularization_strength=l1_regularization_strength,
        l2_regularization_strength=l2_regularization_strength,
    )
