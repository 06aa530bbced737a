"""Dense: every output is a weighted sum of all inputs."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype
from caudal.keras import activations, constraints, initializers, regularizers
from caudal.keras.engine.input_spec import InputSpec
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.layers import float8_sums
from caudal.keras.layers.arguments import positive
from caudal.keras.layers.integer_sums import QuantizedSums
from caudal.keras.layers.low_rank import great_weight
from caudal.keras.layers.quantizable import EXTRAS
from caudal.keras.quantizers.layout import Layout
from caudal.sparse.tensor import SparseTensor, to_dense


class Dense(QuantizedSums):
    """``activation(x @ kernel + bias)`` over the last axis.

    Input ``(batch, ..., n)``, output ``(batch, ..., units)``; kernel ``(n, units)``.

    >>> import numpy as np
    >>> layer = Dense(2, kernel_initializer="ones")
    >>> layer(np.ones((1, 3), "float32")).numpy().tolist()
    [[3.0, 3.0]]
    """

    _config_names = (
        "units",
        "activation",
        "use_bias",
        "kernel_initializer",
        "bias_initializer",
        "kernel_regularizer",
        "bias_regularizer",
        "kernel_constraint",
        "bias_constraint",
        "quantization_config",
    )
    kernel = great_weight("kernel")

    @shares(EXTRAS)
    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        quantization = self._take_extras(kwargs)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = positive(units, "units", type(self).__name__)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.bias: Any = None
        self.quantization_config = quantization
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Any) -> None:
        """Makes the kernel and the bias."""
        features = known_last(self.name, input_shape)
        shape = (features, self.units)
        if not self._build_quantized(Layout("kernel", shape, (0,), (1,), (self.units,), shape)):
            self.kernel = self.add_weight(
                name="kernel",
                shape=shape,
                initializer=self.kernel_initializer,
                regularizer=self.kernel_regularizer,
                constraint=self.kernel_constraint,
            )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})
        self._enable_wanted_lora()

    def call(self, inputs: Any, training: Any = None) -> Any:
        """The weighted sums, through the activation."""
        x = to_compute_dtype(inputs, self.compute_dtype)
        y = self._quantized_sum(x) if self._is_quantized else self._sum(x, self.kernel)
        if self.bias is not None:
            y = y + float8_sums.bias(self)
        return y if self.activation is None else self.activation(y)

    def _sum(self, x: Any, weight: Any) -> Any:
        last = len(x.shape) - 1
        weight = convert_to_tensor(weight)
        return ops.dot_general(x, weight, contract=((last,), (0,)), batch=((), ()))

    def _sum_back(self, upstream: Any, weight: Any) -> Any:
        last = len(upstream.shape) - 1
        return ops.dot_general(upstream, weight, contract=((last,), (1,)), batch=((), ()))

    def _input_axes(self, x: Any) -> Any:
        return -1

    def _spread_scale(self, scale: Any, x: Any) -> Any:
        return scale

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with ``units`` in the last place."""
        return (*input_shape[:-1], self.units)


def known_last(layer: str, shape: Any) -> int:
    """The extent of the last axis, which must be known."""
    from caudal.errors import ShapeError

    if not shape or shape[-1] is None:
        raise ShapeError(
            "Layer {layer!r}: the last axis of its input must have a known extent, "
            "received shape {shape}.",
            layer=layer,
            shape=shape,
        )
    return int(shape[-1])


def to_compute_dtype(x: Any, dtype: str) -> Any:
    """Integers and bools become floats, sparse tensors dense; other tensors stay."""
    wanted = as_dtype(dtype)
    x = to_dense(x) if isinstance(x, SparseTensor) else convert_to_tensor(x)
    return x if x.dtype is wanted else ops.cast(x, dtype=wanted)
