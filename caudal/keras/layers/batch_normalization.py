"""BatchNormalization: mean 0 and variance 1 per channel, over the batch."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.layers.masked_moments import moments
from caudal.keras.layers.weight_arguments import add_named_weight, take_weight_arguments
from caudal.keras.layers.wide_floats import narrow, widen


class BatchNormalization(Layer):
    """``gamma * (x - mean) / sqrt(variance + epsilon) + beta`` per extent of ``axis``.

    While training, mean and variance are the batch's, and moving averages
    ``moving * momentum + batch * (1 - momentum)`` are kept, which inference uses. A layer that is
    not trainable runs as in inference. Ioffe and Szegedy, "Batch Normalization", 2015.
    """

    _config_names = (
        "axis",
        "momentum",
        "epsilon",
        "center",
        "scale",
        "beta_initializer",
        "gamma_initializer",
        "moving_mean_initializer",
        "moving_variance_initializer",
        "beta_regularizer",
        "gamma_regularizer",
        "beta_constraint",
        "gamma_constraint",
        "synchronized",
        "renorm",
        "renorm_clipping",
        "renorm_momentum",
    )

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if renorm or renorm_clipping is not None:
            raise UnimplementedError("BatchNormalization: renorm is not implemented.")
        if not isinstance(axis, int):
            raise InvalidArgumentError(
                "BatchNormalization: `axis` must be an integer, received {axis!r}.", axis=axis
            )
        self.axis, self.momentum, self.epsilon = axis, float(momentum), float(epsilon)
        self.renorm, self.renorm_clipping = False, None
        self.renorm_momentum = renorm_momentum
        self.center, self.scale, self.synchronized = center, scale, synchronized
        take_weight_arguments(
            self,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            moving_mean_initializer=moving_mean_initializer,
            moving_variance_initializer=moving_variance_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: Any) -> None:
        """Makes scale, offset and the moving averages."""
        rank = len(input_shape)
        if not -rank <= self.axis < rank or input_shape[self.axis] is None:
            raise ShapeError(
                "Layer {layer!r}: axis {axis} must be one of the input's and of known extent, "
                "received shape {shape}.",
                layer=self.name,
                axis=self.axis,
                shape=input_shape,
            )
        extent = input_shape[self.axis]
        shape = (extent,)
        if self.scale:
            self.gamma = add_named_weight(self, "gamma", shape, autocast=False)
        if self.center:
            self.beta = add_named_weight(self, "beta", shape, autocast=False)
        self.moving_mean = add_named_weight(
            self, "moving_mean", shape, trainable=False, autocast=False
        )
        self.moving_variance = add_named_weight(
            self, "moving_variance", shape, trainable=False, autocast=False
        )
        self.input_spec = InputSpec(ndim=rank, axes={self.axis: extent})

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The normalized input; while training it moves the averages.

        mask: the input's shape without its last axis; False places do not count for the moments.
        """
        x, rank = widen(inputs), len(inputs.shape)
        place = self.axis % rank
        if training and self.trainable:
            axes = [axis for axis in range(rank) if axis != place]
            mean, variance = moments(x, axes, mask, self.name)
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
        else:
            mean, variance = widen(self.moving_mean), widen(self.moving_variance)

        shape = tuple(x.shape[axis] if axis == place else 1 for axis in range(rank))

        def wide(value: Any) -> Any:
            value = widen(value)
            return value if place == rank - 1 else ops.reshape(value, shape=shape)

        # One factor and one offset per channel: the whole tensor is read and written once.
        factor = ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            factor = factor * widen(self.gamma)
        offset = -mean * factor
        if self.beta is not None:
            offset = offset + widen(self.beta)
        return narrow(x * wide(factor) + wide(offset), inputs)

    def _move(self, average: Any, value: Any) -> None:
        average.assign(average * self.momentum + value * (1.0 - self.momentum))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
