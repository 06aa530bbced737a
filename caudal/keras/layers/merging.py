"""What the layers share that make one tensor of several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.layer import Layer, is_shape
from caudal.keras.engine.masks import mask_of


class Merge(Layer):
    """Combines tensors elementwise, with broadcasting; fewer axes get new ones after the batch."""

    _fewest = 1

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Checks the inputs' number and shapes."""
        self._check(input_shape)

    def _check(self, shapes: Any) -> None:
        if is_shape(shapes) or not isinstance(shapes, list | tuple):
            raise InvalidArgumentError(
                "Layer {layer!r}: a merge layer should be called on a list of inputs. "
                "Received one input of shape {shape}.",
                layer=self.name,
                shape=shapes,
            )
        if len(shapes) < self._fewest:
            raise InvalidArgumentError(
                "Layer {layer!r}: expected a list of at least {fewest} inputs, received {count}.",
                layer=self.name,
                fewest=self._fewest,
                count=len(shapes),
            )

    def merge(self, values: list[Any]) -> Any:
        """Combines values of equal rank."""
        raise NotImplementedError

    def call(self, inputs: Any) -> Any:
        """The combination."""
        values = list(inputs)
        self.compute_output_shape([tuple(value.shape) for value in values])
        rank = max(len(value.shape) for value in values)
        return self.merge([_widen(value, rank) for value in values])

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True where any input counts; None where an input has no mask."""
        masks = self._masks(inputs, mask)
        if masks is None or any(one is None for one in masks):
            return None
        result = as_bools(masks[0])
        for one in masks[1:]:
            result = ops.bit_or(result, as_bools(one))
        return result

    def _masks(self, inputs: Any, mask: Any) -> Any:
        """The masks, one per input, checked."""
        good = isinstance(inputs, list | tuple) and isinstance(mask, list | tuple)
        if mask is not None and not (good and len(mask) == len(inputs)):
            raise InvalidArgumentError(
                "Layer {layer!r}: `mask` should be a list with one entry per input, received "
                "mask={mask} for inputs={inputs}.",
                layer=self.name,
                mask=mask,
                inputs=inputs,
            )
        return mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The broadcast shape."""
        self._check(input_shape)
        rank = max(map(len, input_shape))
        result = _widen_shape(tuple(input_shape[0]), rank)
        for other in input_shape[1:]:
            wide = _widen_shape(tuple(other), rank)
            result = tuple(
                self._extent(a, b, input_shape) for a, b in zip(result, wide, strict=True)
            )
        return result

    def _extent(self, a: Any, b: Any, shapes: Any) -> Any:
        if a == b:
            return a
        if a is None or b is None:
            return None
        if 1 in (a, b):
            return max(a, b)
        raise ShapeError(
            "Layer {layer!r}: inputs have incompatible shapes: {shapes}.",
            layer=self.name,
            shapes=[tuple(shape) for shape in shapes],
        )


def as_bools(mask: Any) -> Any:
    """A mask as a bool Tensor: numbers count where they are not 0."""
    mask = convert_to_tensor(mask)
    return mask if mask.dtype.is_bool else ops.cast(mask, dtype=as_dtype("bool"))


def wide_mask(mask: Any, x: Any) -> Any:
    """A mask (batch, steps) in the shape of (batch, steps, features)."""
    if mask is None:
        return None
    mask = ops.reshape(as_bools(mask), shape=(*mask.shape, 1))
    return ops.broadcast_to(mask, shape=tuple(x.shape))


def choose_unmasked(choose: Callable[..., Any], values: list[Any]) -> Any:
    """Folds values with ``choose``; a masked place of one input takes the other's value."""
    result, seen = values[0], wide_mask(mask_of(values[0]), values[0])
    for value in values[1:]:
        wide = wide_mask(mask_of(value), value)
        other = value if wide is None else ops.select(wide, value, result)
        result = choose(result if seen is None else ops.select(seen, result, other), other)
        seen = None if seen is None or wide is None else ops.bit_or(seen, wide)
    return result


def _widen_shape(shape: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    return (*shape[:1], *(1,) * (rank - len(shape)), *shape[1:])


def _widen(value: Any, rank: int) -> Any:
    shape = tuple(value.shape)
    return value if len(shape) == rank else ops.reshape(value, shape=_widen_shape(shape, rank))
