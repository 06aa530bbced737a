"""Functions traced for one signature: what `Function.get_concrete_function` returns."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import context, nest
from caudal.framework.convert import convert_to_tensor
from caudal.framework.graph import Graph
from caudal.framework.shape import TensorSpec
from caudal.framework.tensor import Tensor
from caudal.framework.trace import Traced
from caudal.framework.variable import Variable


class Operation(NamedTuple):
    """One node of a function's graph, for reading."""

    name: str
    type: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


class FunctionGraph:
    """What a traced function computes, for programs that look at ``concrete.graph``."""

    building_function = True

    def __init__(self, traced: Traced) -> None:
        self._traced = traced
        self.name = traced.name

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables that it uses."""
        return tuple(self._traced.variables)

    def get_operations(self) -> list[Operation]:
        """Every node of the program before it is compiled, each after its inputs."""
        found = []
        for number, node in enumerate(self._traced.program.nodes()):
            kinds = node.type if isinstance(node.type, tuple) else (node.type,)
            parts = [part.type for part in node.inputs if not isinstance(part.type, tuple)]
            found.append(
                Operation(
                    f"{node.op.name}_{number}",
                    node.op.name,
                    tuple(TensorSpec(kind.shape, kind.dtype) for kind in parts),
                    tuple(TensorSpec(kind.shape, kind.dtype) for kind in kinds),
                )
            )
        return found

    def as_graph_def(self, **options: Any) -> Any:
        """Not there: Caudal's programs are no TensorFlow graphs."""
        raise UnimplementedError(
            "{name}.graph.as_graph_def(): Caudal compiles functions itself and has no GraphDef. "
            "Use tf.saved_model.save to write a function for TensorFlow.",
            name=self.name,
        )


class ConcreteFunction:
    """A function traced for one signature; call it with its tensors."""

    def __init__(self, traced: Traced, args: Any, places: list[int], leaves: list[Any]) -> None:
        self.traced = traced
        self._args = args
        self._places = places
        self._fixed = leaves
        self._graph: Graph | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The function's name."""
        return self.traced.name

    @property
    def graph(self) -> FunctionGraph:
        """What it computes, for reading."""
        return FunctionGraph(self.traced)

    def pretty_printed_signature(self, verbose: bool = True) -> str:
        """Its arguments and results, for people."""
        args, kwargs = self.structured_input_signature
        return f"{self.name}(args={args}, kwargs={kwargs}) -> {self.structured_outputs}"

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables that it uses."""
        return tuple(self.traced.variables)

    captured_inputs = variables

    @property
    def trainable_variables(self) -> tuple[Variable, ...]:
        """The trainable ones."""
        return tuple(v for v in self.traced.variables if v.trainable)

    @property
    def inputs(self) -> list[TensorSpec]:
        """The specs of its tensors, flat."""
        nodes = self.traced.program.inputs
        return [TensorSpec(node.shape, node.dtype, node.params["name"] or None) for node in nodes]

    @property
    def outputs(self) -> list[TensorSpec]:
        """The specs of its results, flat."""
        return [TensorSpec(output.shape, output.dtype) for output in self.traced.outputs]

    @property
    def structured_input_signature(self) -> Any:
        """(args, kwargs) with a TensorSpec in each tensor's place."""
        leaves = list(self._fixed)
        for place, spec in zip(self._places, self.inputs, strict=True):
            leaves[place] = spec
        return nest.pack_sequence_as(self._args, leaves)

    @property
    def structured_outputs(self) -> Any:
        """The results' structure, with TensorSpecs."""
        return self.traced.pack(self.outputs)

    @property
    def output_shapes(self) -> Any:
        """The results' shapes."""
        return self.traced.pack([spec.shape for spec in self.outputs])

    @property
    def output_dtypes(self) -> Any:
        """The results' dtypes."""
        return self.traced.pack([spec.dtype for spec in self.outputs])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls it with the tensors of its signature (Python values may be left out)."""
        values = nest.flatten((args, kwargs))
        if len(values) == len(self._fixed) != len(self._places):
            values = [values[place] for place in self._places]
        specs = self.inputs
        if len(values) != len(specs):
            raise InvalidArgumentError(
                "{name}: expected {expected} tensors, received {received}.",
                name=self.name,
                expected=len(specs),
                received=len(values),
            )
        tensors = [convert_to_tensor(v, spec.dtype) for v, spec in zip(values, specs, strict=True)]
        return self.call_flat(tensors)

    def call_flat(self, tensors: Sequence[Any]) -> Any:
        """Runs on flat tensors; an active tape sees one differentiable call."""
        if context.state.tapes:
            return self.traced.pack(self._differentiable().call(tensors))
        return self.traced.pack([Tensor(array) for array in self.traced.run_flat(tensors)])

    def _differentiable(self) -> Graph:
        with self._lock:
            if self._graph is None:
                self._graph = Graph.of_traced(self.traced)
            return self._graph

    def __repr__(self) -> str:
        return f"<ConcreteFunction {self.name} at {id(self):#x}>"


class OpenFunction:
    """A concrete function whose signature leaves extents open: one program per actual shape."""

    def __init__(self, function: Any, signature: Any) -> None:
        self._function = function
        self.structured_input_signature = signature
        self.name = function.name

    @property
    def inputs(self) -> list[TensorSpec]:
        """The specs of its tensors, flat."""
        leaves = nest.flatten(self.structured_input_signature)
        return [leaf for leaf in leaves if isinstance(leaf, TensorSpec)]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function; the arguments must fit the signature."""
        return self._function(*args, **kwargs)
