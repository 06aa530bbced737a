"""GroupNormalization: mean 0 and variance 1 within groups of channels of each sample."""

from __future__ import annotations

from typing import Any

from caudal import nn, ops
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.weight_arguments import add_named_weight, take_weight_arguments
from caudal.keras.layers.wide_floats import widen


class GroupNormalization(Layer):
    """Normalizes over a group of channels and all positions; ``groups=-1``: each channel alone.

    Wu and He, "Group Normalization", 2018.
    """

    _config_names = (
        "groups",
        "axis",
        "epsilon",
        "center",
        "scale",
        "beta_initializer",
        "gamma_initializer",
        "beta_regularizer",
        "gamma_regularizer",
        "beta_constraint",
        "gamma_constraint",
    )

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(groups, int) or (groups < 1 and groups != -1):
            raise InvalidArgumentError(
                "GroupNormalization: `groups` must be a positive integer or -1, received "
                "{groups!r}.",
                groups=groups,
            )
        self.groups, self.axis, self.epsilon = groups, axis, epsilon
        # float32 inputs beyond float16's range are normalized before they are cast.
        self.autocast = False
        self.center, self.scale = center, scale
        take_weight_arguments(
            self,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: Any) -> None:
        """Makes scale and offset."""
        channels = input_shape[self.axis]
        groups = channels if self.groups == -1 else self.groups
        if channels is None or not 0 < groups <= channels or channels % groups:
            raise ShapeError(
                "Layer {layer!r}: the number of channels must be known and a multiple of "
                "groups={groups}, received shape {shape}.",
                layer=self.name,
                groups=self.groups,
                shape=input_shape,
            )
        self.groups = groups
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})
        if self.scale:
            self.gamma = add_named_weight(self, "gamma", (channels,), autocast=False)
        if self.center:
            self.beta = add_named_weight(self, "beta", (channels,), autocast=False)

    def call(self, inputs: Any) -> Any:
        """The normalized input."""
        shape = tuple(inputs.shape)
        place = self.axis % len(shape)
        size = shape[place] // self.groups
        apart = (*shape[:place], self.groups, size, *shape[place + 1 :])
        x = ops.reshape(widen(inputs), shape=apart)
        axes = [axis for axis in range(1, len(apart)) if axis != place]
        mean, variance = nn.moments(x, axes, keepdims=True)
        y = (x - mean) * ops.rsqrt(variance + self.epsilon)
        y = ops.reshape(y, shape=shape)
        wide = tuple(n if axis == place else 1 for axis, n in enumerate(shape))
        if self.gamma is not None:
            y = y * ops.reshape(widen(self.gamma), shape=wide)
        if self.beta is not None:
            y = y + ops.reshape(widen(self.beta), shape=wide)
        return to_compute_dtype(y, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
