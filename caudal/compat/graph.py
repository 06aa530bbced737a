"""TensorFlow 1's graphs: placeholders, sessions and the optimizers that `minimize`.

What depends on a placeholder is a `GraphTensor`: a call that is kept and made by `Session.run`,
when the values that are fed have shapes. What does not is an ordinary symbolic tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.compat.names import attribute
from caudal.errors import FailedPreconditionError, InvalidArgumentError, ShapeError
from caudal.framework import (
    GradientTape,
    SymbolicTensor,
    Tensor,
    TensorShape,
    Variable,
    convert_to_tensor,
    init_scope,
)
from caudal.ir.dtypes import DType, as_dtype
from caudal.ops.operators import install


class GraphTensor:
    """A tensor that a session computes: ``function(*args, **kwargs)`` of other tensors."""

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs

    @property
    def name(self) -> str:
        """The name of its function, as TensorFlow prints a tensor's."""
        return f"{getattr(self.function, '__name__', 'tensor')}:0"

    @staticmethod
    def __caudal_function__(
        function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> GraphTensor:
        """A public tf function with one of these among its arguments waits as well."""
        return GraphTensor(function, args, kwargs)

    @staticmethod
    def __caudal_apply__(op: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> GraphTensor:
        """So does an op."""
        return GraphTensor(op, inputs, params)

    def __getitem__(self, key: Any) -> GraphTensor:
        return GraphTensor(lambda value, index: value[index], (self, key), {})

    def __matmul__(self, other: Any) -> GraphTensor:
        return GraphTensor(lambda a, b: convert_to_tensor(a) @ b, (self, other), {})

    def __rmatmul__(self, other: Any) -> GraphTensor:
        return GraphTensor(lambda a, b: convert_to_tensor(a) @ b, (other, self), {})

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Its value, in the given session or the one that is open."""
        return (session or current_session()).run(self, feed_dict)

    def __bool__(self) -> bool:
        raise FailedPreconditionError(
            "The tensor {name!r} of a graph has no value yet: run it in a tf.Session.",
            name=self.name,
        )

    def __repr__(self) -> str:
        return f"<tf.Tensor {self.name!r} of a graph>"


install(GraphTensor)


class Placeholder(GraphTensor):
    """A value that `Session.run` is fed with."""

    def __init__(self, dtype: DType, shape: TensorShape, name: str) -> None:
        super().__init__(self._missing, (), {})
        self.dtype, self.shape, self._name = dtype, shape, name

    @property
    def name(self) -> str:
        """Its name."""
        return f"{self._name}:0"

    def get_shape(self) -> TensorShape:
        """Its shape; unknown extents are None."""
        return self.shape

    def _missing(self) -> Any:
        raise InvalidArgumentError(
            "Session.run: the placeholder {name!r} needs a value: pass it in feed_dict.",
            name=self.name,
        )

    def value(self, fed: Any) -> Tensor:
        """What is fed, as a tensor of its dtype; its shape must fit."""
        if isinstance(fed, Tensor):
            tensor = fed
        else:
            tensor = convert_to_tensor(np.asarray(fed), dtype=self.dtype)
        if not self.shape.is_compatible_with(tensor.shape):
            raise ShapeError(
                "Session.run: the placeholder {name!r} has shape {shape}, received {received}.",
                name=self.name,
                shape=self.shape,
                received=tuple(tensor.shape),
            )
        return tensor


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Placeholder:
    """A tensor whose value a session is fed with; ``None`` extents fit any."""
    return Placeholder(as_dtype(dtype), TensorShape(shape), name or "Placeholder")


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> GraphTensor:
    """A tensor with a value that `Session.run` may replace by another."""
    return GraphTensor(convert_to_tensor, (input,), {})


# --- running ----------------------------------------------------------------------------------


class TrainOperation(GraphTensor):
    """One step of an optimizer: what ``minimize`` returns."""

    def __init__(self, optimizer: Optimizer, loss: Any, variables: Any) -> None:
        super().__init__(optimizer.minimize, (), {})
        self.optimizer, self.loss, self.variables = optimizer, loss, variables


class _Run:
    """One call of `Session.run`: each tensor is computed once."""

    def __init__(self, fed: dict[int, Any]) -> None:
        self._fed = fed
        self._values = dict(fed)

    def value(self, item: Any) -> Any:
        """What an argument means: tensors of the graph become values."""
        if isinstance(item, list | tuple):
            return type(item)(self.value(part) for part in item)
        if isinstance(item, dict):
            return {key: self.value(part) for key, part in item.items()}
        if isinstance(item, SymbolicTensor):
            return Tensor(item._trace.evaluate_constant(item))
        if not isinstance(item, GraphTensor):
            return item
        if id(item) not in self._values:
            self._values[id(item)] = self._compute(item)
        return self._values[id(item)]

    def _compute(self, item: GraphTensor) -> Any:
        if isinstance(item, TrainOperation):
            return self._train(item)
        return item.function(*self.value(item.args), **self.value(item.kwargs))

    def _train(self, item: TrainOperation) -> None:
        # What was computed before the tape has left no record: the loss is computed anew.
        fresh = _Run(self._fed)
        with GradientTape() as tape:
            loss = fresh.value(item.loss)
        variables = list(item.variables or tape.watched_variables())
        item.optimizer.apply(zip(tape.gradient(loss, variables), variables, strict=True))


_sessions: list[Session] = []


def current_session() -> Session:
    """The innermost open session."""
    if not _sessions:
        raise FailedPreconditionError(
            "No session is open: write `with tf.Session() as session:` around it."
        )
    return _sessions[-1]


class Session:
    """Computes tensors of a graph: ``session.run(fetches, feed_dict)``."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        self.graph = graph

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """The values of a tensor, or of a list, tuple or dictionary of them, as NumPy arrays."""
        with init_scope():
            fed = {id(key): _fed(key, value) for key, value in (feed_dict or {}).items()}
            return _fetched(_Run(fed), fetches)

    def close(self) -> None:
        """Nothing is held."""
        if self in _sessions:
            _sessions.remove(self)

    def as_default(self) -> Session:
        """Itself, for a ``with`` block."""
        return self

    def __enter__(self) -> Session:
        _sessions.append(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class InteractiveSession(Session):
    """A session that is open from the start."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        _sessions.append(self)


def _fed(key: Any, value: Any) -> Any:
    """What a tensor of the graph is replaced by in a run."""
    return key.value(value) if isinstance(key, Placeholder) else convert_to_tensor(value)


def _fetched(run: _Run, fetches: Any) -> Any:
    if isinstance(fetches, dict):
        return {key: _fetched(run, part) for key, part in fetches.items()}
    if isinstance(fetches, list | tuple):
        # Values first, then steps: what is fetched beside a step is from before it.
        steps = [isinstance(part, TrainOperation) for part in fetches]
        found: list[Any] = [None] * len(fetches)
        for later in (False, True):
            for i, part in enumerate(fetches):
                if steps[i] is later:
                    found[i] = _fetched(run, part)
        return found
    value = run.value(fetches)
    return value.numpy() if isinstance(value, Tensor | Variable) else value


def global_variables_initializer() -> GraphTensor:
    """Nothing to do: a variable has its initial value from the start."""
    return GraphTensor(lambda: None, (), {})


def assign(ref: Any, value: Any, validate_shape: Any = None, name: str | None = None) -> Any:
    """A step that sets a variable."""
    return GraphTensor(lambda new: ref.assign(new), (value,), {})


def assign_add(ref: Any, value: Any, name: str | None = None) -> Any:
    """A step that adds to a variable."""
    return GraphTensor(lambda new: ref.assign_add(new), (value,), {})


# --- training ---------------------------------------------------------------------------------


class Optimizer:
    """TensorFlow 1's optimizers: Keras's formulas under the older names and defaults."""

    def __init__(self, keras_name: str, **arguments: Any) -> None:
        self._name, self._arguments = keras_name, arguments
        self._made: Any = None

    def minimize(
        self, loss: Any, global_step: Any = None, var_list: Any = None, name: str | None = None
    ) -> TrainOperation:
        """The operation that takes one step down the loss's gradient."""
        return TrainOperation(self, loss, var_list)

    def apply(self, pairs: Any) -> None:
        """Changes variables along (gradient, variable) pairs."""
        if self._made is None:
            import importlib

            optimizers = importlib.import_module("caudal.keras.optimizers")
            self._made = attribute(optimizers, self._name, "keras.optimizers")(**self._arguments)
        self._made.apply_gradients([(g, v) for g, v in pairs if g is not None])


def GradientDescentOptimizer(
    learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
) -> Optimizer:
    """``w -= learning_rate * gradient``."""
    return Optimizer("SGD", learning_rate=learning_rate)


def MomentumOptimizer(
    learning_rate: Any,
    momentum: Any,
    use_locking: bool = False,
    name: str = "Momentum",
    use_nesterov: bool = False,
) -> Optimizer:
    """Gradient descent with momentum."""
    return Optimizer("SGD", learning_rate=learning_rate, momentum=momentum, nesterov=use_nesterov)


def AdamOptimizer(
    learning_rate: Any = 0.001,
    beta1: Any = 0.9,
    beta2: Any = 0.999,
    epsilon: float = 1e-08,
    use_locking: bool = False,
    name: str = "Adam",
) -> Optimizer:
    """Adam, with TensorFlow 1's epsilon."""
    return Optimizer(
        "Adam", learning_rate=learning_rate, beta_1=beta1, beta_2=beta2, epsilon=epsilon
    )


def AdagradOptimizer(
    learning_rate: Any,
    initial_accumulator_value: float = 0.1,
    use_locking: bool = False,
    name: str = "Adagrad",
) -> Optimizer:
    """Adagrad."""
    return Optimizer(
        "Adagrad",
        learning_rate=learning_rate,
        initial_accumulator_value=initial_accumulator_value,
        epsilon=0.0,
    )
