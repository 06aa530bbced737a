"""LayerNormalization: mean 0 and variance 1 within each sample."""

from __future__ import annotations

from typing import Any

from caudal import nn, ops
from caudal.errors import DTypeError
from caudal.keras import constraints, initializers, regularizers
from caudal.keras.engine.layer import Layer
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.wide_floats import widen


class LayerNormalization(Layer):
    """``gamma * (x - mean) / sqrt(variance + epsilon) + beta`` over ``axis`` of each sample.

    rms_scaling: ``gamma * x / sqrt(variance + epsilon)``, without the mean's difference and beta.
    Ba and others, "Layer Normalization", 2016.
    """

    _config_names = (
        "axis",
        "epsilon",
        "center",
        "scale",
        "rms_scaling",
        "beta_initializer",
        "gamma_initializer",
        "beta_regularizer",
        "gamma_regularizer",
        "beta_constraint",
        "gamma_constraint",
    )

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        rms_scaling: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, int | list | tuple):
            raise DTypeError(
                "LayerNormalization: `axis` must be an integer or a list of them, "
                "received {axis!r}.",
                axis=axis,
            )
        self.rms_scaling = bool(rms_scaling)
        self.axis = list(axis) if isinstance(axis, list | tuple) else [axis]
        self.epsilon, self.center, self.scale = epsilon, center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        # float32 inputs beyond float16's range are normalized before they are cast.
        self.autocast = False
        self.gamma: Any = None
        self.beta: Any = None

    def _axes(self, rank: int) -> list[int]:
        return sorted(axis % rank for axis in self.axis)

    def build(self, input_shape: Any) -> None:
        """Makes scale and offset."""
        shape = tuple(input_shape[axis] for axis in self._axes(len(input_shape)))
        if self.scale or self.rms_scaling:
            self.gamma = self.add_weight(
                name="gamma",
                shape=shape,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
            )
        if self.center and not self.rms_scaling:
            self.beta = self.add_weight(
                name="beta",
                shape=shape,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
            )

    def call(self, inputs: Any) -> Any:
        """The normalized input."""
        rank = len(inputs.shape)
        axes = self._axes(rank)
        shape = tuple(inputs.shape[axis] if axis in axes else 1 for axis in range(rank))
        x = widen(inputs)
        mean, variance = nn.moments(x, axes, keepdims=True)
        y = (x if self.rms_scaling else x - mean) * ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            y = y * ops.reshape(widen(self.gamma), shape=shape)
        if self.beta is not None:
            y = y + ops.reshape(widen(self.beta), shape=shape)
        return to_compute_dtype(y, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
