"""RandomExtent: what RandomHeight and RandomWidth of Keras 2 share."""

from __future__ import annotations

import math
from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import convert_to_tensor, is_symbolic
from caudal.image import resize
from caudal.ir.dtypes import as_dtype
from caudal.keras import random
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.seeds import SeedGenerator
from caudal.keras.layers.image_values import factor_range
from caudal.keras.utils.resizing import RESIZE_METHODS


class RandomExtent(Layer):
    """Stretches images along one axis to an extent drawn for the whole batch, while training.

    The result's extent is drawn when the layer is called, and a compiled program's are fixed: use
    it in the ``map`` of a dataset, or on batches, and not within a model that is trained.
    """

    _config_names = ("factor", "interpolation", "seed")
    _axis: int
    """Which of (..., height, width, channels) changes, from the end."""

    def __init__(
        self, factor: Any, interpolation: str = "bilinear", seed: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.factor = factor
        self._range = factor_range(factor, "factor", kind, high=math.inf)
        if isinstance(factor, list | tuple) and factor[0] > factor[1]:
            raise InvalidArgumentError(
                "{layer}: `factor` must be (least, greatest), received {factor}.",
                layer=kind,
                factor=factor,
            )
        if interpolation not in RESIZE_METHODS:
            raise InvalidArgumentError(
                "{layer}: `interpolation` must be one of {known}, received {value!r}.",
                layer=kind,
                known=tuple(RESIZE_METHODS),
                value=interpolation,
            )
        self.interpolation, self.seed = interpolation, seed
        self.generator = SeedGenerator(seed)
        self._build_at_init()

    def call(self, inputs: Any, training: Any = True) -> Any:
        """The images in the compute dtype; of another extent while training."""
        x = ops.cast(convert_to_tensor(inputs), dtype=as_dtype(self.compute_dtype))
        if not training:
            return x
        shape = [int(extent) for extent in x.shape]
        if len(shape) not in (3, 4):
            raise ShapeError(
                "{layer}: expected an image of 3 axes or a batch of 4, received shape {shape}.",
                layer=type(self).__name__,
                shape=tuple(shape),
            )
        if is_symbolic(x):
            raise UnimplementedError(
                "{layer} draws another extent at each call, and a compiled program's are fixed. "
                "Apply it in the map() of a dataset, before the model.",
                layer=type(self).__name__,
            )
        low, high = self._range
        drawn = random.uniform((), 1.0 + low, 1.0 + high, seed=self.generator)
        shape[self._axis] = int(float(drawn) * shape[self._axis])
        sized = resize(x, shape[-3:-1], method=self.interpolation)
        return ops.cast(sized, dtype=as_dtype(self.compute_dtype))

    def compute_output_spec(self, inputs: Any, training: Any = True) -> Any:
        """The output as a KerasTensor; the extent is unknown in inference too, as in Keras 2."""
        return KerasTensor(self.compute_output_shape(inputs.shape), self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with None for what is drawn."""
        shape = list(input_shape)
        shape[self._axis] = None
        return tuple(shape)
