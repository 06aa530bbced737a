"""Copies of models with fresh weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework.nest import assert_same_structure, flatten, map_structure
from caudal.keras.engine.input_layer import InputLayer, input_like
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.operation import FunctionOperation, Operation
from caudal.keras.engine.serialization import serialize_keras_object
from caudal.keras.layers.lambda_layer import Lambda
from caudal.keras.models.functional import Functional
from caudal.keras.models.model import Model
from caudal.keras.models.sequential import Sequential


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Any:
    """A model of the same layers with fresh weights.

    clone_function: makes the copy of one layer; from its configuration by default.
    recursive: clone the models inside layer by layer as well (with ``clone_function``).
    """
    clone = clone_function or _clone_layer

    def copy(layer: Any) -> Any:
        if recursive and isinstance(layer, Sequential | Functional):
            inner_call = call_function if isinstance(layer, Functional) else None
            return clone_model(layer, None, clone_function, inner_call, recursive=True)
        return clone(layer)

    if isinstance(model, Sequential):
        return _compile_as(model, _clone_sequential(model, copy, input_tensors))
    if isinstance(model, Functional):
        return _compile_as(model, _clone_functional(model, copy, call_function, input_tensors))
    if not isinstance(model, Model):
        raise InvalidArgumentError(
            "clone_model: expected a model, received {model!r}.", model=model
        )
    if clone_function is not None or input_tensors is not None:
        raise InvalidArgumentError(
            "clone_model: `clone_function` and `input_tensors` need a Sequential or functional "
            "model, received the subclassed model {model!r}.",
            model=model.name,
        )
    return type(model).from_config(model.get_config())


def _compile_as(model: Any, clone: Any) -> Any:
    """The clone, compiled if the model is: with an optimizer of the same configuration."""
    if model.compiled:
        clone.compile_from_config(serialize_keras_object(model.get_compile_config()))
    return clone


def _clone_layer(layer: Any) -> Any:
    if type(layer) is Lambda:
        # Its configuration may hold code; the function itself is at hand.
        return Lambda(
            layer.function,
            output_shape=layer._output_shape,
            arguments=layer.arguments,
            name=layer.name,
            dtype=layer.dtype_policy,
        )
    return type(layer).from_config(layer.get_config())


def _clone_sequential(model: Any, copy: Callable[[Any], Any], input_tensors: Any) -> Any:
    fresh = type(model)(name=model.name)
    inputs = flatten(input_tensors) if input_tensors is not None else []
    for layer in model._layers:
        if isinstance(layer, InputLayer):
            source = inputs[0] if inputs else layer.output
            fresh.add(input_like(source, layer.name))
        else:
            fresh.add(copy(layer), rebuild=False)
    fresh._maybe_rebuild()
    return fresh


def _clone_functional(
    model: Any, copy: Callable[[Any], Any], call_function: Any, input_tensors: Any
) -> Any:
    copies: dict[Operation, Any] = {}

    def call(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if operation not in copies:
            if isinstance(operation, Layer):
                copies[operation] = copy(operation)
            elif isinstance(operation, FunctionOperation):
                copies[operation] = FunctionOperation(operation.function, operation.class_label)
            else:
                copies[operation] = type(operation).from_config(operation.get_config())
        fresh = copies[operation]
        if call_function is not None:
            return call_function(fresh, *args, **kwargs)
        return fresh(*args, **kwargs)

    if input_tensors is None:
        inputs = [
            input_like(tensor, tensor._keras_history[0].name).output for tensor in model.inputs
        ]
    else:
        try:
            assert_same_structure(model._inputs_struct, input_tensors)
        except (InvalidArgumentError, DTypeError) as error:
            raise InvalidArgumentError(
                "clone_model: `input_tensors` must have the structure of the model's input: "
                "{reason}",
                reason=error,
            ) from error
        inputs = flatten(input_tensors)
    outputs = iter(model._graph.run(inputs, call))
    by_id = {id(old): new for old, new in zip(model.inputs, inputs, strict=True)}
    return Functional(
        map_structure(lambda tensor: by_id[id(tensor)], model._inputs_struct),
        _refill(model._outputs_struct, outputs),
        name=model.name,
    )


def _refill(structure: Any, values: Any) -> Any:
    from caudal.framework.nest import pack_sequence_as

    return pack_sequence_as(structure, list(values))
