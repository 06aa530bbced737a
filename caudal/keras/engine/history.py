"""The functional API's graph: which operation made which symbolic tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from caudal.errors import InvalidArgumentError
from caudal.framework.nest import flatten, map_structure
from caudal.keras.engine.keras_tensor import KerasTensor


class KerasHistory(NamedTuple):
    """Where a symbolic tensor comes from: result ``tensor_index`` of a node of an operation."""

    operation: Any
    node_index: int
    tensor_index: int


class Node:
    """One call of an operation on symbolic tensors.

    ``args`` and ``kwargs`` are the call's arguments with the KerasTensors in place, ``outputs``
    the KerasTensors that it returned. Making the node links it to both operations.
    """

    def __init__(
        self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outputs: Any
    ) -> None:
        self.operation = operation
        self.args, self.kwargs = args, kwargs
        self.outputs = flatten(outputs)
        self.inputs: list[KerasTensor] = symbolic_leaves((args, kwargs))
        self.index = len(operation._inbound_nodes)
        operation._inbound_nodes.append(self)
        for position, tensor in enumerate(self.outputs):
            tensor._keras_history = KerasHistory(operation, self.index, position)
            tensor.name = tensor.name  # counted in the order of the calls
        for parent in self.parents:
            parent.operation._outbound_nodes.append(self)

    @property
    def parents(self) -> list[Node]:
        """The nodes that made the inputs, one per input; none of a tensor that was only written."""
        return [node_of(tensor) for tensor in self.inputs if tensor._keras_history is not None]

    @property
    def is_input(self) -> bool:
        """Whether it stands for a model's input."""
        return not self.inputs

    def fill(self, replace: Callable[[KerasTensor], Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with every KerasTensor replaced."""

        if len(self.args) == 1 and not self.kwargs and isinstance(self.args[0], KerasTensor):
            return (replace(self.args[0]),), {}

        def leaf(value: Any) -> Any:
            return replace(value) if isinstance(value, KerasTensor) else value

        return map_arguments(leaf, self.args), map_arguments(leaf, self.kwargs)


def node_of(tensor: KerasTensor) -> Node:
    """The node that made a symbolic tensor.

    Raises:
        InvalidArgumentError: nothing made it: ``KerasTensor(...)`` itself was called.
    """
    history = tensor._keras_history
    if history is None:
        raise InvalidArgumentError(
            "{tensor} was made by no layer: a model needs tensors from keras.Input(...).",
            tensor=tensor,
        )
    node: Node = history.operation._inbound_nodes[history.node_index]
    return node


def map_arguments(fn: Callable[[Any], Any], value: Any) -> Any:
    """As `map_structure`, looking into slices as well."""

    def leaf(item: Any) -> Any:
        if isinstance(item, slice):
            return slice(fn(item.start), fn(item.stop), fn(item.step))
        return fn(item)

    return map_structure(leaf, value)


def symbolic_leaves(value: Any) -> list[KerasTensor]:
    """All KerasTensors in a nest of arguments, in order."""
    found: list[KerasTensor] = []

    def leaf(item: Any) -> Any:
        if isinstance(item, KerasTensor):
            found.append(item)
        return item

    map_arguments(leaf, value)
    return found


def any_symbolic(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a KerasTensor is among the arguments."""
    for value in args:
        if isinstance(value, KerasTensor):
            return True
        if isinstance(value, list | tuple | dict | slice) and symbolic_leaves(value):
            return True
    return bool(kwargs) and bool(symbolic_leaves(kwargs))
