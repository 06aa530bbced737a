"""Rounding to the levels of small integers that stays float."""

from __future__ import annotations

from typing import Any

from caudal import quantization
from caudal.framework import convert_to_tensor
from caudal.keras import ops as k
from caudal.keras.engine.history import any_symbolic
from caudal.keras.engine.operation import apply_function


def fake_quant_with_min_max_vars(
    inputs: Any,
    min_vals: Any,
    max_vals: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    axis: int | None = None,
) -> Any:
    """``inputs`` rounded to one of ``2**num_bits`` levels between two ends.

    min_vals, max_vals: scalars, or one for each channel of ``axis``; gradients reach them where
    inputs lie beyond. narrow_range: one level fewer, at the low end.

    >>> fake_quant_with_min_max_vars([0.3, 9.0], 0.0, 3.0, num_bits=2).numpy().tolist()
    [0.0, 3.0]

    Raises:
        InvalidArgumentError: ``num_bits`` is not from 2 to 16.
    """
    if any_symbolic((inputs,), {}):
        return apply_function(
            fake_quant_with_min_max_vars,
            (inputs, min_vals, max_vals),
            {"num_bits": num_bits, "narrow_range": narrow_range, "axis": axis},
            name="FakeQuantWithMinMaxVars",
        )
    x = convert_to_tensor(inputs)
    dtype = x.dtype.name
    low, high = (k.cast(convert_to_tensor(end), "float32") for end in (min_vals, max_vals))
    options: dict[str, Any] = {"num_bits": int(num_bits), "narrow_range": narrow_range}
    if axis is None:
        found = quantization.fake_quant_with_min_max_vars(
            k.cast(x, "float32"), k.reshape(low, ()), k.reshape(high, ()), **options
        )
        return k.cast(found, dtype)
    moved = k.swapaxes(k.cast(x, "float32"), axis, -1)
    low, high = (k.broadcast_to(end, moved.shape[-1:]) for end in (low, high))
    found = quantization.fake_quant_with_min_max_vars_per_channel(moved, low, high, **options)
    return k.swapaxes(k.cast(found, dtype), axis, -1)
