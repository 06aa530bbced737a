"""BatchNormalization: mean 0 and variance 1 per channel, over the batch."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer
from caudal.keras.layers.batch_renorm import add_statistics, checked_clipping, correction
from caudal.keras.layers.masked_moments import moments
from caudal.keras.layers.weight_arguments import add_named_weight, take_weight_arguments
from caudal.keras.layers.wide_floats import narrow, widen


class BatchNormalization(Layer):
    """``gamma * (x - mean) / sqrt(variance + epsilon) + beta`` per extent of ``axis``.

    While training, mean and variance are the batch's, and moving averages
    ``moving * momentum + batch * (1 - momentum)`` are kept, which inference uses. A layer that is
    not trainable runs as in inference. renorm: see `batch_renorm`. Ioffe and Szegedy, "Batch
    Normalization", 2015.
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
        if not isinstance(axis, int):
            raise InvalidArgumentError(
                "BatchNormalization: `axis` must be an integer, received {axis!r}.", axis=axis
            )
        self.axis, self.momentum, self.epsilon = axis, float(momentum), float(epsilon)
        self.renorm, self.renorm_momentum = bool(renorm), renorm_momentum
        self.renorm_clipping = checked_clipping(renorm_clipping) if renorm else renorm_clipping
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
        for name in ("moving_mean", "moving_variance"):
            weight = add_named_weight(self, name, shape, trainable=False, autocast=False)
            setattr(self, name, weight)
        if self.renorm:
            add_statistics(self, shape)
        self.input_spec = InputSpec(ndim=rank, axes={self.axis: extent})

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The normalized input; while training it moves the averages.

        mask: the input's shape without its last axis; False places do not count for the moments.
        """
        x, rank = widen(inputs), len(inputs.shape)
        place = self.axis % rank
        gamma, beta = (None if w is None else widen(w) for w in (self.gamma, self.beta))
        if training and self.trainable:
            mean, variance = moments(x, [a for a in range(rank) if a != place], mask, self.name)
            if self.renorm:
                r, d = correction(self, mean, variance)
                d = d if gamma is None else d * gamma
                gamma, beta = r if gamma is None else r * gamma, d if beta is None else beta + d
            else:
                self._move(self.moving_mean, mean)
                self._move(self.moving_variance, variance)
        else:
            mean, variance = widen(self.moving_mean), widen(self.moving_variance)

        shape = tuple(x.shape[axis] if axis == place else 1 for axis in range(rank))

        def wide(value: Any) -> Any:
            return value if place == rank - 1 else ops.reshape(value, shape=shape)

        # One factor and one offset per channel: the whole tensor is read and written once.
        factor = ops.rsqrt(variance + self.epsilon)
        factor = factor if gamma is None else factor * gamma
        offset = -mean * factor if beta is None else beta - mean * factor
        return narrow(x * wide(factor) + wide(offset), inputs)

    def _move(self, average: Any, value: Any) -> None:
        average.assign(average * self.momentum + value * (1.0 - self.momentum))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
