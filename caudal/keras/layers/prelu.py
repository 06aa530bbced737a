"""PReLU: a learned slope below 0."""

from __future__ import annotations

from typing import Any

from caudal import math, nn
from caudal.keras import constraints, initializers, regularizers
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.layer import Layer


class PReLU(Layer):
    """x above 0, ``alpha * x`` below, with an alpha per position.

    shared_axes: axes (from 1) along which one alpha serves all.
    He and others, "Delving deep into rectifiers", 2015.
    """

    _config_names = ("alpha_initializer", "alpha_regularizer", "alpha_constraint", "shared_axes")

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        if shared_axes is not None and not isinstance(shared_axes, list | tuple):
            shared_axes = [shared_axes]
        self.shared_axes = None if shared_axes is None else list(shared_axes)

    def build(self, input_shape: Any) -> None:
        """Makes alpha."""
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            shape[axis - 1] = 1
        self.alpha = self.add_weight(
            shape=shape,
            name="alpha",
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        shared = self.shared_axes or ()
        axes = {
            axis: input_shape[axis] for axis in range(1, len(input_shape)) if axis not in shared
        }
        self.input_spec = InputSpec(ndim=len(input_shape), axes=axes)

    def call(self, inputs: Any) -> Any:
        """The activated input."""
        return nn.relu(inputs) + math.minimum(inputs, 0.0) * self.alpha

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
