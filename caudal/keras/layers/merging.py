"""What the layers share that make one tensor of several."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras.engine.layer import Layer, is_shape


class Merge(Layer):
    """Combines tensors elementwise, with broadcasting; fewer axes get new ones after the batch."""

    _fewest = 1

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


def _widen_shape(shape: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    return (*shape[:1], *(1,) * (rank - len(shape)), *shape[1:])


def _widen(value: Any, rank: int) -> Any:
    shape = tuple(value.shape)
    return value if len(shape) == rank else ops.reshape(value, shape=_widen_shape(shape, rank))
