"""Function: the operations between some symbolic tensors as one operation."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.framework.nest import flatten, is_nested, map_structure, pack_sequence_as
from caudal.keras.engine.graph import Graph
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.operation import Operation
from caudal.keras.engine.shapes import probe


class Function(Operation):
    """What was applied between ``inputs`` and ``outputs``, to be applied to other values.

    Both are symbolic tensors or nests of them; a call takes and gives the same structures. Unlike
    a `Model` it begins at any symbolic tensors and has no weights of its own to train.

    Raises:
        InvalidArgumentError: inputs or outputs are empty or no symbolic tensors, an output does
            not follow from the inputs, or a call's values do not fit.

    >>> import numpy as np
    >>> from caudal.keras import KerasTensor
    >>> x = KerasTensor((None, 2))
    >>> Function(x, x * 3.0)(np.ones((1, 2), "float32")).numpy().tolist()
    [[3.0, 3.0]]
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        super().__init__(name=name)
        for what, structure in (("inputs", inputs), ("outputs", outputs)):
            check_symbolic(structure, what)
        self._graph = Graph(flatten(inputs), flatten(outputs))
        self._inputs_struct, self._outputs_struct = inputs, outputs

    @property
    def operations(self) -> list[Any]:
        """The operations in between, in order of depth."""
        return list(self._graph.operations)

    @property
    def inputs(self) -> list[Any]:
        """The symbolic inputs, flat."""
        return list(self._graph.inputs)

    @property
    def outputs(self) -> list[Any]:
        """The symbolic outputs, flat."""
        return list(self._graph.outputs)

    def call(self, inputs: Any) -> Any:
        """Runs the operations."""
        self._check_structure(inputs)
        values = [convert_to_tensor(value) for value in flatten(inputs)]
        results = self._graph.run(
            values, lambda operation, args, kwargs: operation(*args, **kwargs)
        )
        return pack_sequence_as(self._outputs_struct, results)

    def compute_output_spec(self, inputs: Any) -> Any:
        """The outputs for other symbolic inputs."""
        self._check_structure(inputs)
        return probe(self.call, (inputs,), {})

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The outputs' shapes for shapes of the inputs."""
        from caudal.keras.tree import map_shape_structure

        spec = self.compute_output_spec(map_shape_structure(KerasTensor, input_shape))
        return map_structure(lambda tensor: tensor.shape, spec)

    def _check_structure(self, inputs: Any) -> None:
        from caudal.keras.tree import flatten_with_path

        expected, received = (flatten_with_path(part) for part in (self._inputs_struct, inputs))
        if [path for path, _ in expected] != [path for path, _ in received]:
            raise InvalidArgumentError(
                "Function {name!r}: expected inputs in the structure {expected}, received "
                "{received}.",
                name=self.name,
                expected=map_structure(lambda tensor: tensor.shape, self._inputs_struct),
                received=[path for path, _ in received] if is_nested(inputs) else "one value",
            )
        for (_, tensor), (path, value) in zip(expected, received, strict=True):
            shape = tuple(getattr(value, "shape", ()))
            fits = len(shape) == len(tensor.shape) and all(
                want is None or have is None or want == have
                for want, have in zip(tensor.shape, shape, strict=True)
            )
            if not fits:
                raise InvalidArgumentError(
                    "Function {name!r}: expected an input of shape {expected}{place}, received "
                    "{received}.",
                    name=self.name,
                    expected=tensor.shape,
                    place=f" at {path}" if path else "",
                    received=shape,
                )


def check_symbolic(structure: Any, what: str) -> None:
    """Raises unless there are only symbolic tensors in a nest, and at least one."""
    leaves = flatten(structure)
    for leaf in leaves:
        if not isinstance(leaf, KerasTensor):
            raise InvalidArgumentError(
                "All `{what}` values must be KerasTensors, made by keras.Input and by calling "
                "layers on them; received {leaf!r} of type {kind}.",
                what=what,
                leaf=leaf,
                kind=type(leaf).__name__,
            )
    if not leaves:
        raise InvalidArgumentError("`{what}` is empty.", what=what)
