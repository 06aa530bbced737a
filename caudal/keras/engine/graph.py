"""The order of a functional model's calls, and running them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.framework.nest import flatten
from caudal.keras.engine.history import Node, node_of
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.operation import Operation


class Graph:
    """The nodes between some inputs and some outputs, each after its parents.

    ``operations`` is in Keras's order: by depth (distance from the outputs), the deepest first,
    and within a depth by when a walk from the outputs first meets them.
    """

    def __init__(self, inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor]) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)
        self._first_met: dict[Operation, int] = {}
        self._sources = {id(tensor) for tensor in inputs}
        order = self._walk()
        depths, operation_depths = self._depths(order)
        self.nodes = self._by_depth(depths, order)
        by_depth: dict[int, list[Operation]] = defaultdict(list)
        for operation, depth in operation_depths.items():
            by_depth[depth].append(operation)
        self.operations: list[Operation] = [
            operation
            for depth in sorted(by_depth, reverse=True)
            for operation in sorted(by_depth[depth], key=self._met)
        ]
        self._check_names()

    def _met(self, operation: Operation) -> int:
        return self._first_met.get(operation, -1)

    def _begins(self, tensor: KerasTensor) -> bool:
        """Whether a tensor is an input whose origin is no part of the graph."""
        history = tensor._keras_history
        return id(tensor) in self._sources and (history is None or not node_of(tensor).is_input)

    def _expand(self, node: Node) -> list[Node]:
        """The parents to visit: none above the model's inputs."""
        if any(id(tensor) in self._sources for tensor in node.outputs):
            return []
        return [node_of(tensor) for tensor in node.inputs if not self._begins(tensor)]

    def _walk(self) -> list[Node]:
        """All nodes, each after its parents; iterative, for networks of any depth."""
        done: dict[Node, None] = {}
        active: set[Node] = set()
        stack: list[tuple[Node, bool]] = []
        for tensor in self.outputs:
            if self._begins(tensor):
                continue
            stack.append((node_of(tensor), False))
            while stack:
                node, ready = stack.pop()
                if ready:
                    active.discard(node)
                    done[node] = None
                    continue
                if node in done or node in active:
                    continue
                self._first_met.setdefault(node.operation, len(self._first_met))
                if node.is_input and not any(id(t) in self._sources for t in node.outputs):
                    raise InvalidArgumentError(
                        "The output {output!r} depends on the input {missing!r}, which is not "
                        "among the model's inputs {inputs}. Add it to `inputs`.",
                        output=tensor.name,
                        missing=node.operation.name,
                        inputs=[item.name for item in self.inputs],
                    )
                active.add(node)
                stack.append((node, True))
                stack.extend((parent, False) for parent in reversed(self._expand(node)))
        return list(done)

    def _depths(self, order: list[Node]) -> tuple[dict[Node, int], dict[Operation, int]]:
        depths: dict[Node, int] = {}
        operation_depths: dict[Operation, int] = {}
        for node in reversed(order):
            depth = max(depths.get(node, 0), operation_depths.get(node.operation, 0))
            depths[node] = depth
            operation_depths[node.operation] = depth
            for parent in self._expand(node):
                depths[parent] = max(depth + 1, depths.get(parent, 0))
        for tensor in self.inputs:
            # An input that no output needs is still an input.
            if self._begins(tensor):
                continue
            node = node_of(tensor)
            if node not in depths:
                depths[node] = 0
                operation_depths.setdefault(node.operation, 0)
                order.append(node)
        return depths, operation_depths

    @staticmethod
    def _by_depth(depths: dict[Node, int], order: list[Node]) -> list[Node]:
        place = {node: position for position, node in enumerate(order)}
        return sorted(order, key=lambda node: (-depths[node], place[node]))

    def _check_names(self) -> None:
        seen: set[str] = set()
        for operation in self.operations:
            if operation.name in seen:
                raise InvalidArgumentError(
                    "The name {name!r} is used by two layers of the model. All layer names must "
                    "be unique: change the `name` argument of one.",
                    name=operation.name,
                )
            seen.add(operation.name)

    def run(self, values: Sequence[Any], call: Callable[..., Any]) -> list[Any]:
        """The outputs for values of the inputs; ``call(operation, args, kwargs)`` does a node."""
        known: dict[int, Any] = {
            id(tensor): value for tensor, value in zip(self.inputs, values, strict=True)
        }
        for node in self.nodes:
            if node.is_input or all(id(tensor) in known for tensor in node.outputs):
                continue
            args, kwargs = node.fill(lambda tensor: known[id(tensor)])
            results = flatten(call(node.operation, args, kwargs))
            for tensor, value in zip(node.outputs, results, strict=True):
                known[id(tensor)] = value
        return [known[id(tensor)] for tensor in self.outputs]
