"""EinsumDense: a dense layer whose sums an einsum equation names."""

from __future__ import annotations

import string
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras import activations
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.layers import einsum_terms, float8_sums
from caudal.keras.layers.integer_sums import QuantizedSums
from caudal.keras.layers.low_rank import LORA, great_weight
from caudal.keras.layers.weight_arguments import add_named_weight, take_weight_arguments
from caudal.linalg import einsum


class EinsumDense(QuantizedSums):
    """``activation(einsum(equation, x, kernel) + bias)``.

    equation: as "abc,cd->abd"; "..." stands for any axes. output_shape: without the batch and the
    axes of "..."; None where the extent is the input's. bias_axes: the output's letters that the
    bias has.
    """

    _config_names = (
        "output_shape",
        "equation",
        "activation",
        "bias_axes",
        "kernel_initializer",
        "bias_initializer",
        "kernel_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "kernel_constraint",
        "bias_constraint",
        "quantization_config",
    )
    kernel = great_weight("kernel")
    _zero_name = "zero_point"

    @shares({**LORA, "gptq_unpacked_column_size": None, "quantization_config": None})
    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: Any = None,
        bias_axes: str | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        quantization = self._take_extras(kwargs)
        super().__init__(**kwargs)
        parts = equation.replace(" ", "").replace("->", ",").split(",")
        if len(parts) != 3 or "->" not in equation:
            raise InvalidArgumentError(
                "EinsumDense: expected an equation such as 'abc,cd->abd', received {equation!r}.",
                equation=equation,
            )
        self.equation, self._parts = equation, tuple(parts)
        shape = (output_shape,) if isinstance(output_shape, int) else output_shape
        self.output_shape = tuple(shape)
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.bias: Any = None
        self.quantization_config = quantization
        take_weight_arguments(
            self,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )

    def _letters(self, rank: int) -> tuple[str, str, str]:
        """The three terms with "..." spelt out for an input of that rank."""
        first, kernel, result = self._parts
        free = [c for c in string.ascii_letters if c not in self.equation]
        extra = "".join(free[: rank - len(first.replace("...", ""))]) if "..." in first else ""
        return first.replace("...", extra), kernel, result.replace("...", extra)

    def _extents(self, input_shape: Any) -> dict[str, Any]:
        """The extent of every letter."""
        first, _, _ = self._letters(len(input_shape))
        if len(first) != len(input_shape):
            raise InvalidArgumentError(
                "Layer {layer!r}: the equation {equation!r} does not fit an input of shape "
                "{shape}.",
                layer=self.name,
                equation=self.equation,
                shape=tuple(input_shape),
            )
        extents = dict(zip(first, input_shape, strict=True))
        plain = self._parts[2]
        # Axes of "..." in front stand for the batch; otherwise the batch is the first letter.
        named = plain.replace("...", "")
        if not plain.startswith("..."):
            named = named[1:]
        if len(named) > len(self.output_shape):
            raise InvalidArgumentError(
                "Layer {layer!r}: the equation {equation!r} needs {count} extents of the output, "
                "received output_shape={shape}.",
                layer=self.name,
                equation=self.equation,
                count=len(named),
                shape=self.output_shape,
            )
        # As in Keras, more extents than letters do no harm.
        for letter, extent in zip(named, self.output_shape, strict=False):
            if extent is not None:
                extents[letter] = extent
        return extents

    def build(self, input_shape: Any) -> None:
        """Makes the kernel and the bias."""
        extents = self._extents(input_shape)
        _, kernel, result = self._letters(len(input_shape))
        if not self._build_quantized(einsum_terms.layout(extents, kernel, result)):
            self.kernel = self.add_weight(
                name="kernel",
                shape=tuple(extents[c] for c in kernel),
                initializer=einsum_terms.scaled(self.kernel_initializer, kernel, result),
                regularizer=self.kernel_regularizer,
                constraint=self.kernel_constraint,
            )
        if self.bias_axes:
            where = [c in self.bias_axes for c in result]
            start = where.index(True)
            shape = tuple(
                extents[c] if wanted else 1
                for c, wanted in zip(result[start:], where[start:], strict=True)
            )
            self.bias = add_named_weight(self, "bias", shape)
        self._enable_wanted_lora()

    def call(self, inputs: Any, training: Any = None) -> Any:
        """The sums, the bias, the activation."""
        y = self._quantized_sum(inputs) if self._is_quantized else self._sum(inputs, self.kernel)
        return self.activation(y if self.bias is None else y + float8_sums.bias(self))

    def _sum(self, x: Any, weight: Any) -> Any:
        first, kernel, result = self._letters(len(x.shape))
        return einsum(f"{first},{kernel}->{result}", x, weight)

    def _sum_back(self, upstream: Any, weight: Any) -> Any:
        first, kernel, result = self._letters(len(self._parts[0].replace("...", "")))
        if "..." in self.equation:
            extra = len(upstream.shape) - len(self._parts[2].replace("...", ""))
            first, kernel, result = self._letters(len(first) + extra)
        return einsum(f"{result},{kernel}->{first}", upstream, weight)

    def _input_axes(self, x: Any) -> Any:
        first, _, result = self._letters(len(x.shape))
        return tuple(i for i, c in enumerate(first) if c not in result)

    def _spread_scale(self, scale: Any, x: Any) -> Any:
        first, _, result = self._letters(len(x.shape))
        return einsum_terms.spread(scale, first, result)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The extents of the output's letters."""
        extents = self._extents(input_shape)
        return tuple(extents[c] for c in self._letters(len(input_shape))[2])
