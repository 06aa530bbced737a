"""Training with values rounded to eight bits: scales follow the greatest values seen.

P. Micikevicius and others, "FP8 formats for deep learning", 2022; the rule for scales is that of
NVIDIA's Transformer Engine.
"""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import float32, int32
from caudal.keras import ops as k

_BITS = {"float8_e4m3fn": (3, -6, 448.0), "float8_e5m2": (2, -14, 57344.0)}
"""Bits of a fraction, exponent of the least normal number, greatest finite number."""


def greatest(dtype: str) -> float:
    """The greatest finite value of a float8 dtype."""
    return _BITS[dtype][2]


def _rounded(x: Any, dtype: str) -> Any:
    """A float32 tensor within a float8 dtype's range, rounded to its values, halves to even."""
    fraction, least, _ = _BITS[dtype]
    # With its fraction's bits cleared a number is the power of two below it.
    bits = k.bitwise_and(ops.bitcast(x, dtype=int32), 0x7F800000)
    power = k.maximum(ops.bitcast(bits, dtype=float32), 2.0**least)
    step = k.multiply(power, 2.0**-fraction)
    return k.multiply(k.round(k.divide(x, step)), step)


def compute_float8_scale(amax: Any, scale: Any, dtype_max: Any, margin: int = 0) -> Any:
    """``amax / dtype_max * 2**margin``, or the scale before where ``amax`` is 0 or not finite.

    >>> round(float(compute_float8_scale(2.0, 1.0, 448.0)), 6)
    0.004464
    """
    amax, scale = convert_to_tensor(amax), convert_to_tensor(scale)
    factor = k.divide(k.divide(dtype_max, amax), 2.0**margin)
    factor = k.where(k.greater(amax, 0.0), factor, k.reciprocal(scale))
    return k.reciprocal(k.where(k.isfinite(amax), factor, k.reciprocal(scale)))


def compute_float8_amax_history(x: Any, amax_history: Any) -> Any:
    """The history moved on by one, with the greatest absolute value of ``x`` in its first place.

    >>> compute_float8_amax_history([1.0, -3.0], [5.0, 4.0, 2.0]).numpy().tolist()
    [3.0, 2.0, 5.0]
    """
    history = convert_to_tensor(amax_history)
    latest = k.reshape(k.cast(k.max(k.abs(convert_to_tensor(x))), history.dtype.name), (1,))
    if int(history.shape[0]) == 1:
        return latest
    # What was second is written over, what was first goes to the end.
    return k.concatenate([latest, history[2:], history[:1]])


def quantize_and_dequantize(
    inputs: Any, scale: Any, quantized_dtype: str, compute_dtype: str
) -> Any:
    """``inputs / scale`` rounded to a float8 dtype, times ``scale``.

    >>> float(quantize_and_dequantize(1.03, 1.0, "float8_e4m3fn", "float32"))
    1.0
    """
    if quantized_dtype not in _BITS:
        raise InvalidArgumentError(
            "quantize_and_dequantize: `quantized_dtype` must be one of {known}, received "
            "{dtype!r}.",
            known=tuple(_BITS),
            dtype=quantized_dtype,
        )
    scale = k.cast(scale, compute_dtype)
    x = k.divide(inputs, scale)
    limit = greatest(quantized_dtype)
    x = _rounded(k.cast(k.clip(x, -limit, limit), "float32"), quantized_dtype)
    return k.multiply(k.cast(x, compute_dtype), scale)
