"""SpectralNormalization: a layer whose kernel's greatest singular value is kept at 1."""

from __future__ import annotations

from typing import Any

from caudal import math, ops
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor, stop_gradient
from caudal.keras import initializers
from caudal.keras import numeric as n
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.layers.arguments import positive
from caudal.keras.layers.wrapper import Wrapper
from caudal.linalg import matmul


class SpectralNormalization(Wrapper):
    """Divides the kernel (or embeddings) of ``layer`` by its spectral norm at each training call.

    The norm is followed by power iteration, ``power_iterations`` steps a call, from a vector kept
    between calls. A kernel of zeros stays. Miyato and others, "Spectral Normalization for GANs",
    2018.

    >>> import numpy as np
    >>> from caudal.keras.layers import Dense
    >>> layer = SpectralNormalization(Dense(2, kernel_initializer="identity"))
    >>> layer(3 * np.eye(2, dtype="float32"), training=True).numpy().round(3).tolist()
    [[3.0, 0.0], [0.0, 3.0]]
    """

    _config_names = ("layer", "power_iterations")

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = positive(power_iterations, "power_iterations", type(self).__name__)

    def build(self, input_shape: Any = None) -> None:
        """Builds the layer inside and makes the vector."""
        super().build(input_shape)
        self.input_spec = InputSpec(shape=[None, *input_shape[1:]])
        kernel = getattr(self.layer, "kernel", getattr(self.layer, "embeddings", None))
        if kernel is None:
            raise InvalidArgumentError(
                "{layer!r} object has no attribute 'kernel' nor 'embeddings', which "
                "SpectralNormalization needs.",
                layer=type(self.layer).__name__,
            )
        self.kernel = kernel
        self.vector_u = self.add_weight(
            shape=(1, int(kernel.shape[-1])),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
            dtype=kernel.dtype,
        )

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The layer's output in the input's dtype; training normalizes the kernel first."""
        if training:
            kernel = convert_to_tensor(self.kernel)
            vector, scaled = self.normalized_weights()
            some = math.reduce_any(ops.not_equal(kernel, n.constant(0, kernel)))
            # The kernel is a variable after as before: no gradient goes through the norm.
            self.vector_u.assign(n.where(some, stop_gradient(vector), n.tensor(self.vector_u)))
            self.kernel.assign(stop_gradient(n.where(some, scaled, kernel)))
        return n.cast(self.layer(inputs), inputs.dtype)

    def normalized_weights(self) -> tuple[Any, Any]:
        """The vector after the power iterations, and the kernel over its norm."""
        kernel, vector = convert_to_tensor(self.kernel), convert_to_tensor(self.vector_u)
        weights = n.reshape(kernel, (-1, int(kernel.shape[-1])))
        for _ in range(self.power_iterations):
            other = _unit(matmul(vector, weights, transpose_b=True))
            vector = _unit(matmul(other, weights))
        norm = matmul(matmul(other, weights), vector, transpose_b=True)
        return vector, kernel / n.reshape(norm, ())

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The layer's."""
        return self.layer.compute_output_shape(input_shape)


def _unit(x: Any) -> Any:
    """The vector of length 1 in its direction."""
    return x * ops.rsqrt(n.maximum(n.sum(x * x), 1e-14))
