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
from caudal.framework.trace import Traced, abstract_eval
from caudal.framework.variable import Variable
from caudal.ir.types import Type


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

    @property
    def inputs(self) -> list[Any]:
        """The symbolic tensors of its arguments."""
        return list(self._traced.trace.inputs)

    @property
    def outputs(self) -> list[Any]:
        """The symbolic tensors that it returns, flat."""
        return list(self._traced.outputs)

    @property
    def structured_outputs(self) -> Any:
        """The symbolic tensors in the structure that it returns."""
        return self._traced.pack(self._traced.outputs)

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
        specs = self.inputs
        values = nest.flatten((args, kwargs))
        if len(values) == len(self._fixed) != len(self._places):
            values = [values[place] for place in self._places]
        else:
            values = in_order(self.name, [(spec.name,) for spec in specs], args, kwargs)
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


def in_order(
    label: str, names: Sequence[tuple[Any, ...]], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[Any]:
    """The tensors of a call in the order of a signature.

    Args:
        label: the function's name, for the error.
        names: for each tensor those that it can be given by.
        args, kwargs: the call's.

    Raises:
        InvalidArgumentError: a keyword is none of the names.
    """
    found = nest.flatten(args)
    given = {key: iter(nest.flatten(value)) for key, value in kwargs.items()}
    for options in names[len(found) :]:
        key = next((name for name in options if name in given), None)
        found += [] if key is None else [next(given[key], None)]
    unknown = sorted(set(kwargs) - {name for options in names for name in options})
    if unknown:
        raise InvalidArgumentError(
            "{name}: its tensors are {names}, received the keyword {unknown!r}.",
            name=label,
            names=[options[-1] for options in names],
            unknown=unknown[0],
        )
    return found


_PROBES = (5, 7)
"""Two extents tried where a spec says None; an extent of a result that differs is None too."""


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

    @property
    def structured_outputs(self) -> Any:
        """The results' structure, with TensorSpecs; what depends on an open extent is open."""
        first, second = (self._results(probe) for probe in _PROBES)
        return nest.map_structure(_merged, first, second)

    @property
    def outputs(self) -> list[Any]:
        """The specs of its results, flat."""
        return [leaf for leaf in nest.flatten(self.structured_outputs) if leaf is not None]

    def _results(self, probe: int) -> Any:
        def closed(spec: TensorSpec) -> Type:
            if spec.shape.rank is None:
                raise InvalidArgumentError(
                    "{name}: what it returns cannot be told, as the rank of {spec} is unknown.",
                    name=self.name,
                    spec=spec,
                )
            return Type(spec.dtype, tuple(probe if n is None else n for n in spec.shape.as_list()))

        def run(*tensors: Any) -> Any:
            args, kwargs = self._filled(tensors)
            return self._function.traceable(*args, **kwargs)

        return abstract_eval(run, *map(closed, self.inputs))

    def _filled(self, tensors: Sequence[Any]) -> Any:
        """(args, kwargs) of the function, with the tensors in the places of the specs."""
        leaves = nest.flatten(self.structured_input_signature)
        rest = iter(tensors)
        values = [next(rest) if isinstance(leaf, TensorSpec) else leaf for leaf in leaves]
        return nest.pack_sequence_as(self.structured_input_signature, values)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the function with the tensors of its signature, in order or by name."""
        signature = self.structured_input_signature
        leaves = nest.flatten(signature)
        if len(self.inputs) < len(leaves) == len(nest.flatten((args, kwargs))):
            return self._function(*args, **kwargs)
        places = zip(self._function.leaf_names(signature), leaves, strict=True)
        names = [(name, leaf.name) for name, leaf in places if isinstance(leaf, TensorSpec)]
        values = in_order(self.name, names, args, kwargs)
        if len(values) != len(names):
            raise InvalidArgumentError(
                "{name}: expected {expected} tensors, received {received}.",
                name=self.name,
                expected=len(names),
                received=len(values),
            )
        args, kwargs = self._filled(values)
        return self._function(*args, **kwargs)


def _merged(a: Any, b: Any) -> Any:
    if not isinstance(a, Type):
        return a
    extents = zip(a.shape, b.shape, strict=True)
    return TensorSpec([one if one == two else None for one, two in extents], a.dtype)
