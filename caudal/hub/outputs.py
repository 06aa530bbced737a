"""Which output of a module a layer gives, and of which shape."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import TensorShape, TensorSpec, nest
from caudal.keras.engine.keras_tensor import KerasTensor


def selected(result: Any, key: str | None) -> Any:
    """The output of a key, or all that was given without one.

    Raises:
        InvalidArgumentError: there is no such output.
    """
    if not key:
        return result
    if not isinstance(result, dict):
        raise InvalidArgumentError(
            "Specifying `output_key` is forbidden if output type {kind} is not a dict.",
            kind=type(result).__name__,
        )
    if key not in result:
        raise InvalidArgumentError(
            "KerasLayer output does not contain the output key {key} (available: {known}).",
            key=key,
            known=sorted(result),
        )
    return result[key]


def symbolic(spec: TensorSpec, batch: Any, layer: str) -> KerasTensor:
    """The KerasTensor of a saved output for a batch.

    Raises:
        UnimplementedError: nobody has said its shape.
    """
    if spec.shape.rank is None:
        raise UnimplementedError(
            "{layer}: the module does not say which shape its output has. Pass output_shape=, "
            "the shape without the batch, as output_shape=[20].",
            layer=layer,
        )
    extents = list(spec.shape)
    if extents and extents[0] is None:
        extents[0] = batch
    return KerasTensor(extents, spec.dtype)


def shapes_of(given: Any) -> Any:
    """A nest with TensorShapes for its lists and tuples of extents.

    >>> shapes_of({"a": [20], "b": (None, 3)})
    {'a': TensorShape([20]), 'b': TensorShape([None, 3])}
    """
    if isinstance(given, dict):
        return {key: shapes_of(item) for key, item in given.items()}
    if not isinstance(given, list | tuple):
        raise UnimplementedError(
            "hub.KerasLayer: expected output_shape to be a shape without the batch, as [20], or a "
            "nest of shapes, received {given!r}.",
            given=given,
        )
    if all(extent is None or isinstance(extent, int) for extent in given):
        return TensorShape(given)
    return type(given)(shapes_of(item) for item in given)


def with_shapes(specs: Any, shapes: Any, batch: Any) -> Any:
    """Specs, or tensors, whose shapes agree with what ``output_shape`` said.

    Raises:
        InvalidArgumentError: they do not.
    """

    def one(value: Any, shape: Any) -> Any:
        wanted = TensorShape((batch, *shape))
        if not wanted.is_compatible_with(value.shape):
            raise InvalidArgumentError(
                "hub.KerasLayer: output_shape says {wanted}, the output has the shape {received}.",
                wanted=list(wanted),
                received=list(value.shape),
            )
        return TensorSpec(wanted, value.dtype) if isinstance(value, TensorSpec) else value

    leaves = nest.flatten_up_to(specs, shapes) if nest.is_nested(specs) else [shapes]
    found = [one(value, shape) for value, shape in zip(nest.flatten(specs), leaves, strict=True)]
    return nest.pack_sequence_as(specs, found)
