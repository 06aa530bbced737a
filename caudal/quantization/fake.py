"""Fake quantization: floats rounded to the levels of integers of a few bits, and still floats.

The range is moved so that 0 is a level (B. Jacob and others, "Quantization and training of neural
networks for efficient integer-arithmetic-only inference", 2018). The gradient passes where the
input lies in the range; what lies beyond moves the range's ends.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from caudal import ops
from caudal.array.arguments import as_tensor, dims, scalar
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import custom_gradient
from caudal.ir.dtypes import float32


class _Range(NamedTuple):
    """The moved range: its ends, and the distance of two levels."""

    low: Any
    high: Any
    step: Any


def _range(what: str, low: Any, high: Any, num_bits: int, narrow_range: bool) -> _Range:
    if not 2 <= int(num_bits) <= 16:
        raise InvalidArgumentError(
            "{what}: expected num_bits from 2 to 16, received {bits}.", what=what, bits=num_bits
        )
    first, last = scalar(1.0 if narrow_range else 0.0, low), scalar(2.0**num_bits - 1, low)
    step = ops.div(ops.sub(high, low), ops.sub(last, first))
    zero = ops.sub(first, ops.div(low, step))
    # Halves upwards; the place of 0 is never negative where it lies in the range.
    nearest = ops.floor(ops.add(zero, scalar(0.5, zero)))
    place = ops.minimum(ops.maximum(nearest, first), last)
    return _Range(ops.mul(ops.sub(first, place), step), ops.mul(ops.sub(last, place), step), step)


def _rounded(x: Any, at: _Range) -> Any:
    kept = ops.minimum(ops.maximum(x, at.low), at.high)
    level = ops.floor(ops.add(ops.div(ops.sub(kept, at.low), at.step), scalar(0.5, x)))
    found = ops.add(ops.mul(level, at.step), at.low)
    # A range of nothing leaves nothing.
    return ops.select(ops.equal(at.step, scalar(0, x)), scalar(0, x), found)


def _shares(g: Any, x: Any, at: _Range) -> tuple[Any, Any, Any]:
    """The gradient where x is below, in and above the range."""
    below, above = ops.less(x, at.low), ops.greater(x, at.high)
    zero = scalar(0, g)
    inside = ops.select(ops.bit_or(below, above), zero, g)
    return ops.select(below, g, zero), inside, ops.select(above, g, zero)


def _ends(x: Any, low: Any, high: Any, what: str, channels: bool) -> tuple[Any, Any]:
    ends = as_tensor(low, float32), as_tensor(high, float32)
    wanted = dims(x)[-1:] if channels else ()
    if any(dims(end) != wanted for end in ends):
        raise ShapeError(
            "{what}: expected min and max of shape {wanted}, received {low} and {high}.",
            what=what,
            wanted=wanted,
            low=dims(ends[0]),
            high=dims(ends[1]),
        )
    return ends


def _by_variables(
    what: str, inputs: Any, low: Any, high: Any, num_bits: int, narrow: bool, channels: bool
) -> Any:
    values = as_tensor(inputs, float32)

    @custom_gradient
    def quantize(x: Any, first: Any, last: Any) -> Any:
        at = _range(what, first, last, num_bits, narrow)

        def back(g: Any) -> tuple[Any, Any, Any]:
            below, inside, above = _shares(g, x, at)
            axes = tuple(range(len(dims(x)) - channels))
            return inside, ops.reduce_sum(below, axes=axes), ops.reduce_sum(above, axes=axes)

        return _rounded(x, at), back

    return quantize(values, *_ends(values, low, high, what, channels))


def fake_quant_with_min_max_args(
    inputs: Any,
    min: float = -6,
    max: float = 6,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """float32 values rounded to ``2 ** num_bits`` levels between two numbers.

    ``narrow_range`` leaves the lowest level out.

    >>> fake_quant_with_min_max_args([0.1, 7.0], 0.0, 3.0, num_bits=2).numpy().tolist()
    [0.0, 3.0]
    """
    if not min < max:
        raise InvalidArgumentError(
            "fake_quant_with_min_max_args: expected min < max, received {min} and {max}.",
            min=min,
            max=max,
        )
    return fake_quant_with_min_max_vars(inputs, min, max, num_bits, narrow_range)


def fake_quant_with_min_max_args_gradient(
    gradients: Any,
    inputs: Any,
    min: float = -6,
    max: float = 6,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """The gradient of `fake_quant_with_min_max_args`."""
    found = fake_quant_with_min_max_vars_gradient(
        gradients, inputs, float(min), float(max), num_bits, narrow_range
    )
    return found[0]


def fake_quant_with_min_max_vars(
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """`fake_quant_with_min_max_args` between two scalar tensors, which get gradients."""
    what = "fake_quant_with_min_max_vars"
    low, high = (float(v) if isinstance(v, int) else v for v in (min, max))
    return _by_variables(what, inputs, low, high, num_bits, narrow_range, False)


def fake_quant_with_min_max_vars_per_channel(
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Any:
    """`fake_quant_with_min_max_vars` with a range for each channel of the last axis."""
    what = "fake_quant_with_min_max_vars_per_channel"
    return _by_variables(what, inputs, min, max, num_bits, narrow_range, True)


def _gradient(
    what: str, g: Any, inputs: Any, low: Any, high: Any, bits: int, narrow: bool, channels: bool
) -> tuple[Any, Any, Any]:
    x = as_tensor(inputs, float32)
    first, last = _ends(x, low, high, what, channels)
    at = _range(what, first, last, bits, narrow)
    below, inside, above = _shares(as_tensor(g, float32), x, at)
    axes = tuple(range(len(dims(x)) - channels))
    return inside, ops.reduce_sum(below, axes=axes), ops.reduce_sum(above, axes=axes)


def fake_quant_with_min_max_vars_gradient(
    gradients: Any,
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> tuple[Any, Any, Any]:
    """The gradients of `fake_quant_with_min_max_vars` for inputs, min and max."""
    what = "fake_quant_with_min_max_vars_gradient"
    return _gradient(what, gradients, inputs, min, max, num_bits, narrow_range, False)


def fake_quant_with_min_max_vars_per_channel_gradient(
    gradients: Any,
    inputs: Any,
    min: Any,
    max: Any,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> tuple[Any, Any, Any]:
    """The gradients of `fake_quant_with_min_max_vars_per_channel`."""
    what = "fake_quant_with_min_max_vars_per_channel_gradient"
    return _gradient(what, gradients, inputs, min, max, num_bits, narrow_range, True)
