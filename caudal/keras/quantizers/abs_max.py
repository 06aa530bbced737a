"""Symmetric quantization: the greatest absolute value becomes the greatest integer."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import convert_to_tensor
from caudal.keras import ops as k
from caudal.keras.engine.policy import epsilon as fuzz


class Quantizer:
    """The base class: a function of a tensor, with a configuration."""

    def __init__(self, output_dtype: str = "int8") -> None:
        self.output_dtype = output_dtype

    def __call__(self, x: Any) -> Any:
        """The quantized tensor; the base class gives the tensor itself."""
        return x

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; a subclass gives them."""
        raise UnimplementedError(
            "Quantizer {cls} does not implement get_config().", cls=type(self).__name__
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The quantizer of a configuration."""
        return cls(**config)


def abs_max_quantize(
    inputs: Any,
    axis: Any,
    value_range: tuple[int, int] = (-127, 127),
    dtype: str = "int8",
    epsilon: float = 1e-7,
    to_numpy: bool = False,
) -> tuple[Any, Any]:
    """``(round(inputs * scale), scale)`` with ``scale = high / (max|inputs| + epsilon)``.

    axis: the axis or axes of which one scale is taken; the scale keeps them with extent 1.
    to_numpy: work in the host's double precision where NumPy does.

    >>> values, scale = abs_max_quantize(np.asarray([[1.0, -2.0]], "float32"), axis=-1)
    >>> values.numpy().tolist(), round(float(scale[0, 0]), 3)
    ([[64, -127]], 63.5)
    """
    low, high = value_range
    x = convert_to_tensor(inputs)
    if not to_numpy:
        greatest = k.max(k.abs(x), axis=axis, keepdims=True)
        scale = k.cast(k.divide(high, k.add(greatest, epsilon)), x.dtype.name)
        return k.cast(k.clip(k.round(k.multiply(x, scale)), low, high), dtype), scale
    array = x.numpy()
    axes = tuple(axis) if isinstance(axis, list) else axis
    ratio = high / (np.max(np.abs(array), axis=axes, keepdims=True) + array.dtype.type(epsilon))
    levels = np.clip(np.round(array * ratio), low, high).astype(dtype)
    return convert_to_tensor(levels), convert_to_tensor(np.asarray(ratio).astype(array.dtype))


class AbsMaxQuantizer(Quantizer):
    """`abs_max_quantize` with its settings.

    axis: the axes of one scale unless the call names others; the last by default.

    >>> AbsMaxQuantizer(axis=0).get_config()["axis"]
    (0,)

    Raises:
        InvalidArgumentError: ``value_range`` does not fit int8.
    """

    def __init__(
        self,
        axis: Any = None,
        value_range: tuple[int, int] = (-127, 127),
        epsilon: float | None = 1e-7,
        output_dtype: str = "int8",
    ) -> None:
        super().__init__(output_dtype)
        if axis is not None:
            axis = (axis,) if isinstance(axis, int) else tuple(axis)
        self.axis = axis
        self.value_range = value_range
        self.epsilon = fuzz() if epsilon is None else epsilon
        if output_dtype == "int8" and (value_range[0] < -128 or value_range[1] > 127):
            raise InvalidArgumentError(
                "AbsMaxQuantizer: with output_dtype='int8', `value_range` must lie within "
                "[-128, 127]. Received: value_range={value_range}",
                value_range=value_range,
            )

    def __call__(self, x: Any, axis: Any = None, to_numpy: bool = False) -> tuple[Any, Any]:
        """(integers, scale)."""
        axis = self.axis if axis is None else axis
        return abs_max_quantize(
            x,
            -1 if axis is None else axis,
            self.value_range,
            self.output_dtype,
            self.epsilon,
            to_numpy,
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; the axis only if it was given."""
        config: dict[str, Any] = {
            "value_range": self.value_range,
            "epsilon": self.epsilon,
            "output_dtype": self.output_dtype,
        }
        return config if self.axis is None else {**config, "axis": self.axis}
