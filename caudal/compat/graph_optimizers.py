"""TensorFlow 1's optimizers: Keras's formulas under the older names and defaults."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.compat.graph import GraphTensor, TrainOperation, gradients
from caudal.compat.graphs import get_default_graph
from caudal.compat.names import attribute
from caudal.framework import Variable, convert_to_tensor, init_scope


class Optimizer:
    """What ``minimize`` is a method of; the learning rate may be a tensor of the graph."""

    def __init__(self, keras_name: str, learning_rate: Any, **arguments: Any) -> None:
        self._name, self._arguments = keras_name, arguments
        self.rate = learning_rate
        self._made: Any = None
        self._now: Any = None
        self._starts: list[tuple[Any, Any]] = []
        get_default_graph().optimizers.append(self)

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
    ) -> TrainOperation:
        """The operation that changes variables along (gradient, variable) pairs."""
        pairs = [(g, v) for g, v in grads_and_vars if g is not None]
        return TrainOperation(self, None, None, global_step, pairs)

    def apply(self, pairs: Any, rate: Any) -> None:
        """Changes variables along (gradient, variable) pairs, in a run of a session."""
        self._now = rate
        fresh = self._made is None
        if fresh:
            optimizers = importlib.import_module("caudal.keras.optimizers")
            kind = attribute(optimizers, self._name, "keras.optimizers")
            # A rate that the graph computes is asked for at each step.
            waits = isinstance(self.rate, GraphTensor)
            start = (lambda: self._now) if waits else float(convert_to_tensor(rate))
            self._made = kind(learning_rate=start, **self._arguments)
        self._made.apply_gradients([(g, v) for g, v in pairs if g is not None])
        if fresh:
            self._remember()

    def _remember(self) -> None:
        """What its state begins with: one number each."""
        with init_scope():
            for variable in self._made.variables:
                self._starts.append((variable, np.asarray(variable.numpy()).reshape(-1)[:1]))

    def restart(self) -> None:
        """Its state as it was at first, when variables are initialised again."""
        for variable, start in self._starts:
            if start.size:
                variable.assign(np.full(tuple(variable.shape), start[0]))

    def variables(self) -> list[Any]:
        """Its state."""
        return [] if self._made is None else list(self._made.variables)


class _OwnFormula(Optimizer):
    """An optimizer whose formula Keras does not have: slots that begin at ``starts``, an update."""

    def __init__(
        self,
        learning_rate: Any,
        starts: Sequence[float],
        update: Callable[[Any, Any, list[Any]], Any],
    ) -> None:
        super().__init__("", learning_rate)
        self._begin, self._update = tuple(starts), update
        self._slots: dict[int, list[Any]] = {}

    def apply(self, pairs: Any, rate: Any) -> None:
        """Changes variables along (gradient, variable) pairs, in a run of a session."""
        for gradient, variable in pairs:
            if gradient is None:
                continue
            slots = self._slots.get(id(variable))
            if slots is None:
                slots = self._slots[id(variable)] = self._new(variable)
            dense = convert_to_tensor(gradient)
            speed = ops.cast(convert_to_tensor(rate), dtype=dense.dtype)
            variable.assign_sub(self._update(dense, speed, slots))

    def _new(self, variable: Any) -> list[Any]:
        made = []
        with init_scope():
            for start in self._begin:
                array = np.full(tuple(variable.shape), start, variable.dtype.np_dtype)
                made.append(Variable(array, trainable=False, name=variable.name + "/slot"))
                self._starts.append((made[-1], array.reshape(-1)[:1]))
        return made

    def variables(self) -> list[Any]:
        """Its state."""
        return [slot for slots in self._slots.values() for slot in slots]


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
    """``a = momentum * a + gradient``; ``w -= learning_rate * a``. The rate is not in ``a``."""

    def update(gradient: Any, rate: Any, slots: list[Any]) -> Any:
        speed = slots[0].assign(slots[0] * momentum + gradient)
        return rate * (gradient + speed * momentum if use_nesterov else speed)

    return _OwnFormula(learning_rate, [0.0], update)


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
    """RMSprop; the mean square begins at 1, and epsilon is under the root."""

    def update(gradient: Any, rate: Any, slots: list[Any]) -> Any:
        square = slots[0].assign(slots[0] * decay + gradient * gradient * (1.0 - decay))
        under = square + epsilon
        if centered:
            mean = slots[2].assign(slots[2] * decay + gradient * (1.0 - decay))
            under = under - mean * mean
        return slots[1].assign(slots[1] * momentum + rate * gradient / ops.sqrt(under))

    return _OwnFormula(learning_rate, [1.0, 0.0, 0.0], update)


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
