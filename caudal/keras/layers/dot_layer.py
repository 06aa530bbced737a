"""Dot: products of two tensors along an axis, sample by sample."""

from __future__ import annotations

from typing import Any

from caudal import math, ops
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras.layers.merging import Merge


class Dot(Merge):
    """The dot product along ``axes`` (one axis, or one per input), for each sample of the batch.

    normalize: L2-normalize along the axes first, which gives the cosine.
    """

    _config_names = ("axes", "normalize")
    _fewest = 2

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, int) and not (isinstance(axes, list | tuple) and len(axes) == 2):
            raise InvalidArgumentError(
                "Dot: `axes` must be an integer or a pair of them, received {axes!r}.", axes=axes
            )
        self.axes, self.normalize = axes, normalize

    def _places(self, shapes: Any) -> tuple[int, int]:
        pair = (self.axes, self.axes) if isinstance(self.axes, int) else tuple(self.axes)
        first, second = (axis % len(shape) for axis, shape in zip(pair, shapes, strict=True))
        a, b = shapes[0][first], shapes[1][second]
        if first == 0 or second == 0 or (a is not None and b is not None and a != b):
            raise ShapeError(
                "Layer {layer!r}: incompatible input shapes: axes {pair} of the shapes {shapes} "
                "must have equal extents and not be the batch.",
                layer=self.name,
                pair=pair,
                shapes=[tuple(shape) for shape in shapes],
            )
        return first, second

    def call(self, inputs: Any) -> Any:
        """The products."""
        x, y = inputs
        first, second = self._places([tuple(x.shape), tuple(y.shape)])
        if self.normalize:
            x, y = math.l2_normalize(x, axis=first), math.l2_normalize(y, axis=second)
        z = ops.dot_general(x, y, contract=((first,), (second,)), batch=((0,), (0,)))
        return z if len(z.shape) > 1 else ops.reshape(z, shape=(*z.shape, 1))

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """None: the steps are summed over."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The batch and the axes that are left of both."""
        self._check(input_shape)
        first, second = self._places(input_shape)
        x, y = input_shape
        left = [n for axis, n in enumerate(x) if axis != first]
        left += [n for axis, n in enumerate(y) if axis not in (0, second)]
        return tuple(left) if len(left) > 1 else (left[0], 1)


def dot(inputs: Any, axes: Any = -1, **kwargs: Any) -> Any:
    """The same as calling the layer `Dot`."""
    return Dot(axes=axes, **kwargs)(inputs)
