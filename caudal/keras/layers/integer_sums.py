"""Products with a quantized weight: small integers, summed in int32."""

from __future__ import annotations

from typing import Any, Protocol

from caudal.framework import convert_to_tensor, custom_gradient
from caudal.keras import ops as k
from caudal.keras.layers import calibrated_sums, float8_sums
from caudal.keras.layers.quantizable import Quantizable


class Contracting(Protocol):
    """What a layer that sums products over a weight gives."""

    def _sum(self, x: Any, weight: Any) -> Any:
        """The sums."""

    def _sum_back(self, upstream: Any, weight: Any) -> Any:
        """The gradient of the sums in x."""

    def _input_axes(self, x: Any) -> Any:
        """The axes of x that are summed over."""

    def _spread_scale(self, scale: Any, x: Any) -> Any:
        """A scale of x, its summed axes of extent 1, in the shape of the sums."""


class QuantizedSums(Quantizable):
    """A `Contracting` layer that can be quantized."""

    _modes = ("int8", "int4", "float8", *calibrated_sums.MODES)

    def _quantized_sum(self, x: Any) -> Any:
        """The sums of a quantized layer, with its low-rank product."""
        if self.quantization_mode == "float8":
            return float8_sums.summed(self, x)
        if self.quantization_mode in calibrated_sums.MODES:
            return calibrated_sums.summed(self, x)
        layout, this = self._layouts[0], _contracting(self)
        whole = self.quantization_mode == "int8" or (
            self._block is None and self.inputs_quantizer is not None and layout.own_quantizer4
        )
        if whole:
            y = self._integer_sum(x)
        elif self.inputs_quantizer is not None:
            y = self._rounded_input_sum(x)
        else:
            y = this._sum(x, self._floats(layout))
        if self.lora_enabled:
            y = y + k.cast(this._sum(k.cast(x, "float32"), self._low_rank_product()), y.dtype.name)
        return y

    def _integer_sum(self, x: Any) -> Any:
        """Integers times integers; the gradient in x is that of the weight as floats."""
        layout, dtype, this = self._layouts[0], self.compute_dtype, _contracting(self)
        weight = convert_to_tensor(self._stored(layout.name))
        scale = convert_to_tensor(self._stored(layout.name + "_scale"))
        if self.quantization_mode == "int4":
            weight = layout.unpack(weight)

        @custom_gradient
        def summed(x: Any) -> Any:
            def back(upstream: Any) -> Any:
                return this._sum_back(upstream, layout.dequantize8(weight, scale, dtype))

            if self.inputs_quantizer is None:
                return k.divide(this._sum(x, k.cast(weight, dtype)), scale), back
            levels, input_scale = self.inputs_quantizer(x, axis=this._input_axes(x))
            wide = "int32" if levels.dtype.is_integer else dtype
            y = k.cast(this._sum(k.cast(levels, wide), k.cast(weight, wide)), dtype)
            return k.divide(y, k.multiply(scale, this._spread_scale(input_scale, x))), back

        return summed(x)

    def _rounded_input_sum(self, x: Any) -> Any:
        """Inputs rounded to integers, a weight as floats."""
        layout, this = self._layouts[0], _contracting(self)
        weight = self._floats(layout)

        @custom_gradient
        def summed(x: Any, weight: Any) -> Any:
            levels, scale = self.inputs_quantizer(x, axis=this._input_axes(x))
            y = this._sum(k.cast(levels, self.compute_dtype), weight)
            return k.divide(y, this._spread_scale(scale, x)), lambda g: (
                this._sum_back(g, weight),
                None,
            )

        return summed(x, weight)


def _contracting(layer: Any) -> Contracting:
    found: Contracting = layer
    return found
