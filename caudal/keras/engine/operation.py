"""Operation: what can be called on symbolic tensors; layers are operations with weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.errors import InvalidArgumentError, MissingNameError
from caudal.framework.nest import flatten
from caudal.keras.engine.history import Node, symbolic_leaves
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.names import auto_name
from caudal.keras.engine.shapes import probe


class Operation:
    """Something with a name that can be called on symbolic tensors and remembers it."""

    _inbound_nodes: list[Node]
    _outbound_nodes: list[Node]

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise InvalidArgumentError(
                "{cls}: expected `name` to be a string without '/', received {name!r}.",
                cls=type(self).__name__,
                name=name,
            )
        self.name = name
        self._inbound_nodes = []
        self._outbound_nodes = []

    @property
    def class_label(self) -> str:
        """The class name that `summary` shows."""
        return type(self).__name__

    @property
    def input(self) -> Any:
        """The symbolic input of the first call."""
        return self._tensors("input")

    @property
    def output(self) -> Any:
        """The symbolic output of the first call."""
        return self._tensors("output")

    def _tensors(self, which: str) -> Any:
        if not self._inbound_nodes:
            raise MissingNameError(
                "The layer {name} has never been called and thus has no defined {which}.",
                name=self.name,
                which=which,
            )
        node = self._inbound_nodes[0]
        tensors = node.outputs if which == "output" or node.is_input else node.inputs
        return tensors[0] if len(tensors) == 1 else list(tensors)

    def __repr__(self) -> str:
        return f"<Operation name={self.name}>"


class FunctionOperation(Operation):
    """A plain function (an operator, a ``tf.*`` function, an op record) in a network."""

    def __init__(self, function: Callable[..., Any], label: str) -> None:
        self.function = function
        self._label = label
        self.built = True
        super().__init__(auto_name(label))

    @property
    def class_label(self) -> str:
        """The function's name in camel case, as Keras names its operations."""
        return self._label

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Records the call, or runs the function when nothing is symbolic."""
        if not symbolic_leaves((args, kwargs)):
            return self.function(*args, **kwargs)
        return record(self, self.function, args, kwargs)

    def __repr__(self) -> str:
        return f"<{self._label} name={self.name}>"


def record(
    operation: Operation, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any
) -> Any:
    """Probes the function on the symbolic arguments and adds a node to the operation."""
    outputs = probe(function, args, kwargs)
    link(operation, args, kwargs, outputs)
    return outputs


def link(operation: Operation, args: tuple[Any, ...], kwargs: Any, outputs: Any) -> None:
    """Adds a node for a symbolic call."""
    results = flatten(outputs)
    if not all(isinstance(tensor, KerasTensor) for tensor in results):
        raise InvalidArgumentError(
            "{name}: a symbolic call must return tensors only, received {results}.",
            name=operation.name,
            results=results,
        )
    Node(operation, args, kwargs, outputs)


def apply_function(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    name: str | None = None,
) -> Any:
    """Applies a function to arguments among which are KerasTensors."""
    label = str(name or getattr(function, "__name__", type(function).__name__))
    if "_" in label or label.islower():
        label = "".join(part.capitalize() for part in label.split("_"))
    return FunctionOperation(function, label or "Function")(*args, **kwargs)
