"""Functional: a model made of the graph between symbolic inputs and outputs."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

from caudal.errors import CaudalWarning, InvalidArgumentError, ShapeError
from caudal.framework.composite import Composite
from caudal.framework.nest import flatten, map_structure, pack_sequence_as
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.context import call_context
from caudal.keras.engine.function import check_symbolic
from caudal.keras.engine.graph import Graph
from caudal.keras.engine.history import node_of
from caudal.keras.engine.input_layer import input_like
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.masks import mask_of, set_mask
from caudal.keras.models.model import Model


class Functional(Model):
    """What ``Model(inputs, outputs)`` makes.

    ``inputs`` and ``outputs`` are symbolic tensors, or lists, tuples or dicts of them; a call
    takes and gives the same structures, except that a list or tuple of one output gives that one.
    """

    _graph: Graph
    _inputs_struct: Any
    _outputs_struct: Any

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any) -> None:
        check_symbolic(inputs, "inputs")
        check_symbolic(outputs, "outputs")
        inputs, outputs = _from_input_layers(inputs, outputs)
        trainable = kwargs.pop("trainable", None)
        if "_inbound_nodes" not in self.__dict__:
            Model.__init__(self, name=name, **kwargs)
        graph = Graph(flatten(inputs), flatten(outputs))
        object.__setattr__(self, "_graph", graph)
        object.__setattr__(self, "_inputs_struct", inputs)
        object.__setattr__(self, "_outputs_struct", outputs)
        self._layers[:] = [item for item in graph.operations if isinstance(item, Layer)]
        self._input_spec = self._specs()
        self.built = True
        # Losses noted while the graph was drawn belong to no call.
        self._clear_losses()
        if trainable is not None:
            self.trainable = trainable
        self._build_shape = map_structure(lambda tensor: tensor.shape, inputs)

    # --- what it looks like -------------------------------------------------------------------

    @property
    def layers(self) -> list[Any]:
        """The layers in order of depth, inputs first."""
        return [item for item in self._graph.operations if isinstance(item, Layer)]

    @layers.setter
    def layers(self, value: Any) -> None:
        Model.layers.fset(self, value)  # type: ignore[attr-defined]

    @property
    def operations(self) -> list[Any]:
        """The layers and the functions between them, in order of depth."""
        return list(self._graph.operations)

    @property
    def inputs(self) -> list[Any]:
        """The symbolic inputs, flat."""
        return list(self._graph.inputs)

    @property
    def outputs(self) -> list[Any]:
        """The symbolic outputs, flat."""
        return list(self._graph.outputs)

    @property
    def input(self) -> Any:
        """The symbolic inputs in the structure that the model was made with."""
        return self._inputs_struct

    @property
    def output(self) -> Any:
        """The symbolic outputs in the structure that the model was made with."""
        return self._outputs_struct

    @property
    def input_shape(self) -> Any:
        """The shapes of the inputs."""
        return map_structure(lambda tensor: tensor.shape, self._inputs_struct)

    @property
    def output_shape(self) -> Any:
        """The shapes of the outputs; of one output in any structure, its shape."""
        if len(self._graph.outputs) == 1:
            return self._graph.outputs[0].shape
        return map_structure(lambda tensor: tensor.shape, self._outputs_struct)

    @property
    def input_names(self) -> list[str]:
        """The names of the layers that make the inputs."""
        return [tensor._keras_history.operation.name for tensor in self._graph.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the layers that make the outputs."""
        return [tensor._keras_history.operation.name for tensor in self._graph.outputs]

    def _specs(self) -> Any:
        """The shapes that a call's inputs must have; the batch axis is free."""
        specs = [
            InputSpec(
                shape=(None, *tensor.shape[1:]),
                name=tensor._keras_history.operation.name,
                allow_last_axis_squeeze=True,
                optional=_is_optional(tensor),
            )
            for tensor in self._graph.inputs
        ]
        return specs[0] if len(specs) == 1 else specs

    # --- the call -----------------------------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        """Nothing to do: the graph's layers are built."""
        self.built = True

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """Runs the graph."""
        values = self._standardize(inputs)
        for value, one in zip(values, flatten(mask), strict=False):
            if one is not None:
                set_mask(value, one)
        results = self._graph.run(values, self._call_operation)
        if any(tensor.ragged for tensor in self._graph.outputs) and self._is_outermost():
            from caudal.keras.engine.padded_rows import as_output

            results = [
                as_output(result, self.name) if tensor.ragged else result
                for result, tensor in zip(results, self._graph.outputs, strict=True)
            ]
        return _alone(pack_sequence_as(self._outputs_struct, results))

    def _is_outermost(self) -> bool:
        """Whether the user called it, or the Sequential model around it."""
        entry = call_context.entry
        return entry is self or getattr(entry, "_functional", None) is self

    @staticmethod
    def _call_operation(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if any(isinstance(arg, Composite) for arg in args):
            from caudal.sparse.tensor import SparseTensor, to_dense

            # Of a layer with sparse=True, called op by op.
            args = tuple(to_dense(arg) if isinstance(arg, SparseTensor) else arg for arg in args)
        return operation(*args, **kwargs)

    def compute_output_spec(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The graph on other symbolic inputs: shapes through every layer."""
        values = self._standardize(inputs, told=True)

        def run(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if isinstance(operation, Layer):
                return operation.compute_output_spec(*args, **kwargs)
            from caudal.keras.engine.shapes import probe

            return probe(operation.function, args, kwargs)

        results = self._graph.run(values, run)
        fresh = [KerasTensor(tensor.shape, tensor.dtype) for tensor in results]
        return pack_sequence_as(self._outputs_struct, fresh)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The outputs' shapes for the inputs'."""
        return Layer.compute_output_shape(self, input_shape)

    def _standardize(self, inputs: Any, told: bool = False) -> list[Any]:
        """The values in the order of the graph's inputs, with ranks and dtypes mended."""
        tensors = self._graph.inputs
        values = self._arrange(inputs, told)
        if len(values) != len(tensors):
            raise InvalidArgumentError(
                'Model "{model}" expects {expected} inputs {names}, but it received {received}. '
                "Pass a list of tensors, or a dict with these names.",
                model=self.name,
                expected=len(tensors),
                names=self.input_names,
                received=len(values),
            )
        return [self._fit(value, tensor) for value, tensor in zip(values, tensors, strict=True)]

    def _arrange(self, inputs: Any, told: bool) -> list[Any]:
        struct = self._inputs_struct
        if not isinstance(inputs, dict):
            if isinstance(struct, dict) and len(struct) > 1 and list(struct) != sorted(struct):
                raise InvalidArgumentError(
                    "Model {model!r} was made with a dict of inputs {names}, whose order is not "
                    "that of a list: call it with a dict.",
                    model=self.name,
                    names=list(struct),
                )
            if isinstance(struct, dict) and not told:
                self._warn_structure(sorted(struct), f"{len(flatten(inputs))} without names")
            return flatten(inputs)
        names = sorted(struct) if isinstance(struct, dict) else self.input_names
        flat = len(names) == len(self.inputs)
        optional = {
            name
            for name, tensor in zip(names, self.inputs, strict=False)
            if flat and _is_optional(tensor)
        }
        missing = [name for name in names if name not in inputs and name not in optional]
        if missing:
            raise InvalidArgumentError(
                'Missing data for input "{name}" of model {model!r}. You passed a dictionary with '
                "keys {received}. Expected the following keys: {expected}",
                name=missing[0],
                model=self.name,
                received=list(inputs),
                expected=names,
            )
        if len(inputs) > len(names) and not told:
            self._warn_structure(names, list(inputs))
        return flatten([inputs.get(name) for name in names])

    def _warn_structure(self, expected: list[str], received: Any) -> None:
        warnings.warn(
            "The structure of `inputs` doesn't match the expected structure of model "
            f"{self.name!r}. Expected: {expected}, received: {received}.",
            CaudalWarning,
            stacklevel=3,
        )

    def _fit(self, value: Any, tensor: KerasTensor) -> Any:
        """A value as the symbolic input wants it: dtype, and one axis of extent 1 more or less."""
        import caudal

        if value is None and _is_optional(tensor):
            return None
        if isinstance(value, Composite):
            from caudal.keras.engine.padded_rows import as_input

            value = as_input(value, tensor, self.name)
        if not hasattr(value, "shape"):
            raise InvalidArgumentError(
                "Model {model!r}: expected a tensor for input {name!r}, received {value!r}.",
                model=self.name,
                name=tensor._keras_history.operation.name,
                value=value,
            )
        mask, shape, wanted = mask_of(value), tuple(value.shape), tensor.shape
        if len(shape) == len(wanted) + 1 and shape[-1] == 1:
            value = caudal.squeeze(value, -1)
        elif len(shape) == len(wanted) - 1 and wanted[-1:] == (1,):
            value = caudal.expand_dims(value, -1)
        shape = tuple(value.shape)
        # Extents are the business of input_spec and of the layers.
        if len(shape) != len(wanted):
            raise ShapeError(
                "Model {model!r}: invalid shape for input {name!r}: expected {expected}, "
                "received {received}.",
                model=self.name,
                name=tensor._keras_history.operation.name,
                expected=wanted,
                received=shape,
            )
        if as_dtype(value.dtype) is not tensor._dtype and not isinstance(value, KerasTensor):
            from caudal import ops

            value = ops.cast(value, dtype=tensor._dtype)
        if mask is not None:
            set_mask(value, mask)
        return value

    # --- configuration ------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The layers, their connections, and the inputs and outputs."""
        from caudal.keras.models.functional_config import functional_config

        if not _is_plain(type(self)):
            return super().get_config()
        return functional_config(self)

    def get_build_config(self) -> None:
        """A functional model is built from the start."""


def _alone(outputs: Any) -> Any:
    """The one output of a list or tuple of one; other structures as they are."""
    single = isinstance(outputs, list | tuple) and len(outputs) == 1
    return outputs[0] if single else outputs


def _is_optional(tensor: KerasTensor) -> bool:
    return bool(getattr(tensor._keras_history.operation, "optional", False))


def _is_plain(cls: type) -> bool:
    """Whether a class takes (inputs, outputs): its own constructors hand all arguments on."""
    own = [
        inspect.signature(base.__dict__["__init__"]).parameters.values()
        for base in cls.__mro__[: cls.__mro__.index(Functional)]
        if "__init__" in base.__dict__
    ]
    rest = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return all(rest <= {item.kind for item in parameters} for parameters in own)


def _from_input_layers(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """The same network from input layers on: a model may begin at any layer's output."""
    tensors = flatten(inputs)
    if all(tensor._keras_history and node_of(tensor).is_input for tensor in tensors):
        return inputs, outputs
    graph = Graph(tensors, flatten(outputs))
    fresh = [
        tensor
        if tensor._keras_history and node_of(tensor).is_input
        else input_like(tensor, tensor.name).output
        for tensor in tensors
    ]
    results = graph.run(fresh, lambda operation, args, kwargs: operation(*args, **kwargs))
    return pack_sequence_as(inputs, fresh), pack_sequence_as(outputs, results)
