"""TensorFlow 1's graphs: tensors that wait for a session, placeholders, gradients, steps.

While a graph is written every public function gives a `GraphTensor`: a call that is kept. A
session (``session.py``) makes the calls when the values that are fed have shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from caudal import namespaces
from caudal.compat.graphs import get_default_graph, writing
from caudal.errors import CaudalError, FailedPreconditionError, InvalidArgumentError, ShapeError
from caudal.framework import (
    Tensor,
    TensorShape,
    convert_to_tensor,
    init_scope,
)
from caudal.ir.dtypes import DType, as_dtype
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
        self.graph = get_default_graph()
        self._kind: Any = None
        given = kwargs.get("name")
        self._name = self.graph.keep(given, self) if isinstance(given, str) else ""

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
        (session or _session()).run(self, feed_dict)

    @property
    def name(self) -> str:
        """The name of its function, as TensorFlow prints a tensor's."""
        return f"{self._name or getattr(self.function, '__name__', 'tensor')}:0"

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

    def __iter__(self) -> Iterator[GraphTensor]:
        """Its parts: results of a function that has several, or rows."""
        from caudal.compat.graph_shapes import count

        return (self[i] for i in range(count(self)))

    def __getattr__(self, name: str) -> Any:
        if name in _FIELDS:
            return GraphTensor(getattr, (self, name), {})
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @classmethod
    def __caudal_tensor__(cls, value: GraphTensor) -> Any:
        """Its value where one is needed at once: the start of a variable, a shape."""
        from caudal.compat.session import Run

        with init_scope():
            return convert_to_tensor(Run({}).value(value))

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Its value, in the given session or the one that is open."""
        return (session or _session()).run(self, feed_dict)

    def __bool__(self) -> bool:
        raise FailedPreconditionError(
            "The tensor {name!r} of a graph has no value yet: run it in a tf.Session.",
            name=self.name,
        )

    def __repr__(self) -> str:
        return f"<tf.Tensor {self.name!r} of a graph>"


install(GraphTensor)

_FIELDS = frozenset(("count", "idx", "indices", "logdet", "q", "r", "values", "y"))
"""Attributes of the tuples that functions of tf return."""


def _session() -> Any:
    from caudal.compat.session import current_session

    return current_session()


def _waiting(args: tuple[Any, ...]) -> Any:
    """A call waits while a graph is written, and where tensors of a graph are among its values."""
    waits = writing() or any(
        isinstance(part, GraphTensor)
        for value in args
        for part in (value if isinstance(value, list | tuple) else (value,))
    )
    return GraphTensor.__caudal_function__ if waits else None


namespaces.while_writing(_waiting)


class Immediate(GraphTensor):
    """A step that has nothing to compute: a session takes it at once, without a program."""


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
        super().__init__(self._missing, (), {"name": name})
        self._kind = (dtype, shape)

    def _missing(self, name: str) -> Any:
        raise InvalidArgumentError(
            "Session.run: the placeholder {name!r} needs a value: pass it in feed_dict.",
            name=self.name,
        )

    def value(self, fed: Any) -> Any:
        """What is fed, as an array of its dtype; its shape must fit."""
        dtype: DType = self._kind[0]
        plain = type(fed) is np.ndarray and fed.dtype == dtype.np_dtype and fed.dtype != object
        array = fed if plain else np.asarray(convert_to_tensor(_array(fed), dtype=dtype))
        if not meets(array.shape, self._kind[1]):
            raise ShapeError(
                "Session.run: the placeholder {name!r} has shape {shape}, received {received}.",
                name=self.name,
                shape=self.shape,
                received=array.shape,
            )
        return array


def _array(fed: Any) -> Any:
    return fed if isinstance(fed, Tensor) else np.asarray(fed)


def meets(shape: tuple[int, ...], wanted: Any) -> bool:
    """Whether a shape fits a TensorShape."""
    return bool(wanted.is_compatible_with(shape))


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Placeholder:
    """A tensor whose value a session is fed with; ``None`` extents fit any."""
    return Placeholder(as_dtype(dtype), TensorShape(shape), name or "Placeholder")


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> GraphTensor:
    """A tensor with a value that `Session.run` may replace by another."""
    dtype = input.dtype if hasattr(input, "dtype") else convert_to_tensor(input).dtype
    found = Placeholder(as_dtype(dtype), TensorShape(shape), name or "PlaceholderWithDefault")
    found.function = lambda value, name: convert_to_tensor(value)
    found.args = (input,)
    return found


# --- gradients and steps ----------------------------------------------------------------------


class TrainOperation(GraphTensor):
    """One step of an optimizer: what ``minimize`` and ``apply_gradients`` return.

    pairs: (gradient, variable); None where the loss's gradients are meant, of ``variables`` or all
        that it depends on.
    """

    def __init__(
        self, optimizer: Optimizer, loss: Any, variables: Any, step: Any = None, pairs: Any = None
    ) -> None:
        super().__init__(optimizer.minimize, (loss, pairs, optimizer.rate), {})
        self.optimizer, self.loss, self.variables = optimizer, loss, variables
        self.pairs, self.global_step = pairs, step


class Gradients(GraphTensor):
    """The gradients of tensors with respect to others, as a list."""

    def __init__(self, ys: Any, xs: list[Any], grad_ys: Any = None) -> None:
        super().__init__(gradients, (ys, xs, grad_ys), {})
        self.ys, self.xs, self.grad_ys = ys, xs, grad_ys


def gradients(
    ys: Any, xs: Any, grad_ys: Any = None, name: str = "gradients", **kwargs: Any
) -> list[GraphTensor]:
    """The gradients of the sum of ``ys`` with respect to each of ``xs``."""
    wanted = list(xs) if isinstance(xs, list | tuple) else [xs]
    whole = Gradients(ys, wanted, grad_ys)
    return [GraphTensor(_item, (whole, i), {}) for i in range(len(wanted))]


def _item(found: Any, at: int) -> Any:
    return found[at]


def no_op(name: str | None = None) -> GraphTensor:
    """A step that does nothing."""
    return GraphTensor(_nothing, (), {})


def _nothing(*values: Any) -> None:
    """What a step that only waits for others computes."""


def group(*inputs: Any, name: str | None = None) -> GraphTensor:
    """A step that computes all of these."""
    kind = Immediate if inputs and all(isinstance(x, Immediate) for x in inputs) else GraphTensor
    return kind(_nothing, inputs, {})


def _step(method: str) -> Callable[..., Any]:
    def step(ref: Any, value: Any, validate_shape: Any = None, name: str | None = None) -> Any:
        return GraphTensor(lambda new: getattr(ref, method)(new), (value,), {})

    step.__name__ = step.__qualname__ = method
    return step


assign, assign_add, assign_sub = map(_step, ("assign", "assign_add", "assign_sub"))
assign.__doc__ = "A step that sets a variable."
assign_add.__doc__ = "A step that adds to a variable."
assign_sub.__doc__ = "A step that subtracts from a variable."
