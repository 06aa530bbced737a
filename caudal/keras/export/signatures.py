"""What a model takes, as TensorSpecs; and which layer of it cannot be exported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from caudal.errors import CaudalError, InvalidArgumentError
from caudal.framework import TensorSpec, nest, trace
from caudal.ir.dtypes import as_dtype
from caudal.ir.types import Type
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.layer import Layer, is_shape
from caudal.saved_model.columns import UnwritableError


def spec_of(value: Any) -> Any:
    """The TensorSpec of a TensorSpec, a KerasTensor, an InputSpec or the like."""
    if isinstance(value, TensorSpec):
        return value
    name = getattr(value, "name", None)
    dtype = getattr(value, "dtype", None) or "float32"
    return TensorSpec(value.shape, dtype, name)


def input_signature(model: Any) -> Any:
    """The TensorSpecs of a built model's first argument, in its structure.

    Raises:
        InvalidArgumentError: the model has not seen its input's shape.
    """
    struct = getattr(model, "_inputs_struct", None)
    if struct is None and getattr(model, "_functional", None) is not None:
        struct = model._functional._inputs_struct
    if struct is not None:
        return nest.map_structure(_of_symbolic, struct)
    shapes = getattr(model, "_build_shape", None)
    if not model.built or shapes is None:
        raise InvalidArgumentError(
            "export: the model {name!r} does not know the shape of its input yet: call it on "
            "data, or give input_signature=[tf.TensorSpec(...)].",
            name=model.name,
        )
    return _of_shapes(shapes, "float32")


def _of_symbolic(tensor: KerasTensor) -> TensorSpec:
    name = tensor._keras_history.operation.name
    return TensorSpec(tensor.shape, tensor.dtype, name)


def _of_shapes(shapes: Any, dtype: Any) -> Any:
    """Specs of shapes; the batch is open."""
    if is_shape(shapes):
        return TensorSpec((None, *tuple(shapes)[1:]), dtype)
    if isinstance(shapes, dict):
        return {key: _of_shapes(value, dtype) for key, value in shapes.items()}
    return type(shapes)(_of_shapes(value, dtype) for value in shapes)


def blamed(layers: Iterable[Layer], error: UnwritableError) -> UnwritableError:
    """The error with the name of the layer that needs the op."""
    for layer in layers:
        name = layer_needing(layer, error.op)
        if name is not None:
            found = UnwritableError(
                "The layer {layer} cannot be exported. {reason}", layer=name, reason=error.message
            )
            found.op = error.op
            return found
    return error


def layer_of_texts(model: Any) -> Any:
    """The layer of a model that works on texts, or the model."""
    for layer in model._flatten_layers():
        if "Text" in type(layer).__name__ or "String" in type(layer).__name__:
            return layer
    return model


def layer_needing(model: Any, op: str) -> str | None:
    """The name of a layer whose own program has this op, as far as it can be found."""
    for layer in model._flatten_layers():
        if layer is model or list(layer._flatten_layers())[1:]:
            continue
        try:
            specs = [
                Type(as_dtype(tensor.dtype), tuple(2 if n is None else n for n in tensor.shape))
                for tensor in nest.flatten(layer.input)
            ]
            traced = trace(_alone(layer), specs)
        except (CaudalError, TypeError):
            continue
        if any(node.op.name == op for node in traced.program.nodes()):
            return f"{layer.name} ({type(layer).__name__})"
    return None


def _alone(layer: Layer) -> Any:
    return lambda *tensors: layer(nest.pack_sequence_as(layer.input, list(tensors)))
