"""Products whose factors, and whose gradients, are rounded to float8; scales are learned along."""

from __future__ import annotations

from typing import Any

from caudal.errors import UnimplementedError
from caudal.framework import convert_to_tensor, custom_gradient
from caudal.keras import ops as k
from caudal.keras.quantizers.float8 import (
    compute_float8_amax_history,
    compute_float8_scale,
    greatest,
    quantize_and_dequantize,
)

_PARTS = ("inputs", "kernel", "outputs_grad")
NAMES = tuple(f"{part}_{kind}" for part in _PARTS for kind in ("scale", "amax_history"))
"""The variables, in the order of files."""
_FORWARD, _BACKWARD = "float8_e4m3fn", "float8_e5m2"


def make_scales(layer: Any) -> None:
    """The scales and histories: their gradients are their new values."""
    length = getattr(layer._own_policy, "amax_history_length", 1024)
    for part in _PARTS:
        for kind, shape, start in (("scale", (), "ones"), ("amax_history", (length,), "zeros")):
            made = layer.add_weight(
                name=f"{part}_{kind}",
                shape=shape,
                initializer=start,
                dtype="float32",
                autocast=False,
                overwrite_with_gradient=True,
            )
            setattr(layer, f"{part}_{kind}", made)


def _next(x: Any, scale: Any, history: Any, dtype: str) -> tuple[Any, Any]:
    """Scale and history after ``x`` was seen."""
    amax = k.max(history, axis=0)
    return (
        compute_float8_scale(amax, scale, greatest(dtype)),
        compute_float8_amax_history(x, history),
    )


def summed(layer: Any, x: Any) -> Any:
    """The layer's sums, of factors in float8."""
    if layer.lora_enabled:
        raise UnimplementedError(
            "Layer {name!r}: float8 does not go together with LoRA.", name=layer.name
        )
    dtype, training = layer.compute_dtype, bool(layer._training_now)

    @custom_gradient
    def rounded(x: Any, scale: Any, history: Any) -> Any:
        after = _next(x, scale, history, _FORWARD) if training else (None, None)
        found = quantize_and_dequantize(x, scale, _FORWARD, dtype)
        return found, lambda upstream: (upstream, *after)

    @custom_gradient
    def rounded_back(y: Any, scale: Any, history: Any) -> Any:
        def back(upstream: Any) -> Any:
            found = quantize_and_dequantize(upstream, scale, _BACKWARD, dtype)
            return found, *_next(upstream, scale, history, _BACKWARD)

        return y, back

    scales = [convert_to_tensor(getattr(layer, name)) for name in NAMES]
    kernel = convert_to_tensor(layer._stored(layer._great))
    y = layer._sum(rounded(x, *scales[:2]), rounded(kernel, *scales[2:4]))
    return rounded_back(y, *scales[4:])


def bias(layer: Any) -> Any:
    """The bias, rounded to bfloat16 where the arithmetic is float32."""
    value = convert_to_tensor(layer.bias)
    if layer.quantization_mode != "float8" or layer.compute_dtype != "float32":
        return value
    return k.cast(k.cast(value, "bfloat16"), value.dtype.name)
