"""TensorFlow 1's graphs: placeholders, sessions and the optimizers that `minimize`.

What depends on a placeholder is a `GraphTensor`: a call that is kept and made by `Session.run`,
when the values that are fed have shapes. What does not is an ordinary symbolic tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from caudal.errors import CaudalError, FailedPreconditionError, InvalidArgumentError, ShapeError
from caudal.framework import (
    GradientTape,
    SymbolicTensor,
    Tensor,
    TensorShape,
    Variable,
    convert_to_tensor,
    init_scope,
)
from caudal.framework.dispatch import apply
from caudal.ir.dtypes import DType, as_dtype
from caudal.ir.node import walk
from caudal.ops.operators import install

if TYPE_CHECKING:
    from caudal.compat.graph_optimizers import Optimizer


class GraphTensor:
    """A tensor that a session computes: ``function(*args, **kwargs)`` of other tensors."""

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        self.before = tuple(_awaited)
        self._kind: Any = None

    def _described(self) -> tuple[DType, TensorShape]:
        if self._kind is None:
            from caudal.compat.graph_shapes import describe

            self._kind = describe(self)
        found: tuple[DType, TensorShape] = self._kind
        return found

    @property
    def shape(self) -> TensorShape:
        """Its shape; extents that depend on what is fed are None."""
        return self._described()[1]

    def get_shape(self) -> TensorShape:
        """Its shape; extents that depend on what is fed are None."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Says more about its shape than is known."""
        self._kind = (self.dtype, self.shape.merge_with(shape))

    @property
    def dtype(self) -> DType | None:
        """Its element type; None where that is known only when it is run."""
        try:
            return self._described()[0]
        except CaudalError:
            return None

    @property
    def op(self) -> GraphTensor:
        """The operation that makes it: itself."""
        return self

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Computes it, in the given session or the one that is open."""
        (session or current_session()).run(self, feed_dict)

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


_awaited: list[GraphTensor] = []
"""What must be computed before what is made now: the open `control_dependencies`."""


@contextmanager
def control_dependencies(control_inputs: Any) -> Iterator[None]:
    """What is made inside the block is computed after these."""
    before = list(_awaited)
    _awaited.extend(x for x in control_inputs or () if isinstance(x, GraphTensor))
    try:
        yield
    finally:
        _awaited[:] = before


class Placeholder(GraphTensor):
    """A value that `Session.run` is fed with."""

    def __init__(self, dtype: DType, shape: TensorShape, name: str) -> None:
        super().__init__(self._missing, (), {})
        self._kind, self._name = (dtype, shape), name

    @property
    def name(self) -> str:
        """Its name."""
        return f"{self._name}:0"

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

    def __init__(self, optimizer: Optimizer, loss: Any, variables: Any, step: Any = None) -> None:
        super().__init__(optimizer.minimize, (), {})
        self.optimizer, self.loss, self.variables = optimizer, loss, variables
        self.global_step = step


class Gradients(GraphTensor):
    """The gradients of tensors with respect to others, as a list."""

    def __init__(self, ys: Any, xs: list[Any], grad_ys: Any = None) -> None:
        super().__init__(gradients, (), {})
        self.ys, self.xs, self.grad_ys = ys, xs, grad_ys


def gradients(
    ys: Any, xs: Any, grad_ys: Any = None, name: str = "gradients", **kwargs: Any
) -> list[GraphTensor]:
    """The gradients of the sum of ``ys`` with respect to each of ``xs``."""
    wanted = list(xs) if isinstance(xs, list | tuple) else [xs]
    whole = Gradients(ys, wanted, grad_ys)
    return [GraphTensor(lambda found, at=i: found[at], (whole,), {}) for i in range(len(wanted))]


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
            return self._interpreted(item)
        if not isinstance(item, GraphTensor):
            return item
        if id(item) not in self._values:
            self._values[id(item)] = self._compute(item)
        return self._values[id(item)]

    def _interpreted(self, tensor: SymbolicTensor) -> Any:
        """A tensor that depends on no placeholder: op by op, so that a tape sees its variables."""
        states = {id(state.node): state.variable for state in tensor._trace.states.values()}
        values: dict[int, Any] = {}
        for node in walk([tensor.node]):
            inputs = [values[id(x)] for x in node.inputs]
            if id(node) in states:
                values[id(node)] = states[id(node)].read_value()
            elif node.op.name == "constant":
                values[id(node)] = Tensor(node.params["value"].array)
            elif node.op.name == "item":
                values[id(node)] = inputs[0][node.params["index"]]
            else:
                values[id(node)] = apply(node.op, tuple(inputs), dict(node.params))
        return values[id(tensor.node)]

    def _compute(self, item: GraphTensor) -> Any:
        for before in item.before:
            self.value(before)
        if isinstance(item, TrainOperation):
            return self._train(item)
        if isinstance(item, Gradients):
            return self._gradients(item)
        return item.function(*self.value(item.args), **self.value(item.kwargs))

    def _train(self, item: TrainOperation) -> None:
        # What was computed before the tape has left no record: the loss is computed anew.
        fresh = _Run(self._fed)
        with GradientTape() as tape:
            loss = fresh.value(item.loss)
        variables = list(item.variables or tape.watched_variables())
        pairs = zip(tape.gradient(loss, variables), variables, strict=True)
        item.optimizer.apply(pairs, self)
        if item.global_step is not None:
            item.global_step.assign_add(1)

    def _gradients(self, item: Gradients) -> list[Any]:
        fresh = _Run(self._fed)
        with GradientTape() as tape:
            leaves = [x if isinstance(x, Variable) else fresh.value(x) for x in item.xs]
            tape.watch([x for x in leaves if not isinstance(x, Variable)])
            targets = fresh.value(item.ys)
        return list(tape.gradient(targets, leaves, fresh.value(item.grad_ys)))


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
    if isinstance(fetches, str):
        raise InvalidArgumentError(
            "Session.run: expected tensors of the graph, received the name {name!r}.", name=fetches
        )
    value = run.value(fetches)
    return value.numpy() if isinstance(value, Tensor | Variable) else value


def no_op(name: str | None = None) -> GraphTensor:
    """A step that does nothing."""
    return GraphTensor(lambda: None, (), {})


def group(*inputs: Any, name: str | None = None) -> GraphTensor:
    """A step that computes all of these."""
    return GraphTensor(lambda *values: None, inputs, {})


def assign(ref: Any, value: Any, validate_shape: Any = None, name: str | None = None) -> Any:
    """A step that sets a variable."""
    return GraphTensor(lambda new: ref.assign(new), (value,), {})


def assign_add(ref: Any, value: Any, name: str | None = None) -> Any:
    """A step that adds to a variable."""
    return GraphTensor(lambda new: ref.assign_add(new), (value,), {})


def assign_sub(ref: Any, value: Any, name: str | None = None) -> Any:
    """A step that subtracts from a variable."""
    return GraphTensor(lambda new: ref.assign_sub(new), (value,), {})
