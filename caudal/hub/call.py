"""The call of a module: what it is given, and which of its outputs is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from caudal.control import cond
from caudal.errors import UnimplementedError
from caudal.framework import Tensor, TensorSpec, Variable, nest
from caudal.hub import endpoints, outputs
from caudal.math.conversion import cast


@dataclass(frozen=True, eq=False)
class Call:
    """A function of a module with all that a layer says about it, but for the input.

    arguments: keyword arguments of every call. signature: the name of the signature that it is.
    output_key: the output that is asked for. shapes: those of the outputs without the batch.
    """

    function: Any
    arguments: dict[str, Any]
    signature: str | None
    output_key: str | None
    shapes: Any

    @cached_property
    def _has_training(self) -> bool:
        return endpoints.takes_training(self.function)

    @cached_property
    def _floats(self) -> Any:
        return endpoints.float_dtype(self.function)

    def __call__(self, inputs: Any, training: Any) -> Any:
        """The value for tensors; ``training`` reaches functions that take it."""
        inputs = nest.map_structure(self._as_saved, inputs)
        args, kwargs = self._arguments_for(inputs)

        def run(**mode: bool) -> Any:
            return self.function(*args, **kwargs, **mode)

        if not self._has_training:
            result = run()
        elif isinstance(training, Tensor | Variable):
            result = cond(training, lambda: run(training=True), lambda: run(training=False))
        else:
            result = run(training=bool(training))
        return self._selected(result, inputs)

    @property
    def is_declared(self) -> bool:
        """Whether only what was saved says what it gives: it cannot be tried out."""
        return endpoints.is_declared(self.function)

    def declared(self, inputs: Any, layer: str) -> Any:
        """The output as KerasTensors for inputs of that kind, as it was saved.

        Raises:
            UnimplementedError: it was not saved, but is a function of this program.
        """
        if not endpoints.concrete(self.function):
            raise UnimplementedError(
                "{layer}: what a function makes of texts is not known before it runs.", layer=layer
            )
        specs = nest.map_structure(lambda leaf: TensorSpec(leaf.shape, leaf.dtype), inputs)
        args, named = self._arguments_for(specs)
        if self._has_training:
            named["training"] = False
        found = self._selected(endpoints.declared(self.function, args, named), inputs)
        batch = nest.flatten(inputs)[0].shape[0]
        return nest.map_structure(lambda spec: outputs.symbolic(spec, batch, layer), found)

    def _as_saved(self, tensor: Any) -> Any:
        """Floating tensors in the dtype that the module takes."""
        wanted = self._floats
        if wanted is None or not isinstance(tensor, Tensor) or not tensor.dtype.is_floating:
            return tensor
        return tensor if tensor.dtype == wanted else cast(tensor, wanted)

    def _arguments_for(self, inputs: Any) -> tuple[list[Any], dict[str, Any]]:
        if self.signature and isinstance(inputs, dict):
            return [], {**self.arguments, **inputs}
        return [inputs], dict(self.arguments)

    def _selected(self, result: Any, inputs: Any) -> Any:
        """The output that was asked for, of the shape that was promised."""
        result = outputs.selected(result, self.output_key)
        if self.shapes is None:
            return result
        return outputs.with_shapes(result, self.shapes, nest.flatten(inputs)[0].shape[0])
