"""What the image layers' arguments mean: factors, ranges of values, formats of boxes."""

from __future__ import annotations

from typing import Any

from caudal import math
from caudal.errors import InvalidArgumentError
from caudal.keras.ops.promotion import cast_value

Range = tuple[float, float]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def factor_range(
    value: Any,
    name: str,
    layer: str,
    low: float = -1.0,
    high: float = 1.0,
    *,
    least: float | None = None,
) -> Range:
    """(least, greatest) of a number a, which means (-a, a) within bounds, or of a pair.

    least: what a number's own range begins with, instead of -a.

    >>> factor_range(0.2, "factor", "RandomRotation"), factor_range((1, 0), "factor", "RandomZoom")
    ((-0.2, 0.2), (0, 1))
    """
    pair = tuple(value) if isinstance(value, list | tuple) else (value,)
    good = len(pair) in (1, 2) and all(map(_is_number, pair))
    good = good and low <= min(pair) and max(pair) <= high
    if not good or (isinstance(value, list | tuple) and len(pair) != 2):
        raise InvalidArgumentError(
            "{layer}: `{name}` must be a number or a pair of numbers from {low} to {high}, "
            "received {value!r}.",
            layer=layer,
            name=name,
            low=low,
            high=high,
            value=value,
        )
    if len(pair) == 1:
        pair = (max(-abs(pair[0]), low) if least is None else least, abs(pair[0]))
    return min(pair), max(pair)


def value_range(value: Any, layer: str) -> list[float]:
    """[least, greatest] of what a pixel may be.

    >>> value_range((255, 0), "Solarization")
    [0, 255]
    """
    pair = isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value))
    if not pair:
        raise InvalidArgumentError(
            "{layer}: `value_range` must be a pair of numbers, received {value!r}.",
            layer=layer,
            value=value,
        )
    return sorted(value)


def rescaled(x: Any, source: Any, target: Any) -> Any:
    """Pixels within ``source`` brought into ``target``."""
    if tuple(source) == tuple(target):
        return x
    low, high = (cast_value(float(bound), x.dtype) for bound in source)
    first, last = (cast_value(float(bound), x.dtype) for bound in target)
    return (x - low) / (high - low) * (last - first) + first


def within(x: Any, bounds: Any) -> Any:
    """Pixels kept within a range of values."""
    low, high = bounds
    return math.clip_by_value(x, float(low), float(high))


def box_format(value: Any, layer: str) -> str | None:
    """The name of a format of bounding boxes, or None."""
    from caudal.keras.utils.bounding_boxes import FORMATS

    if value is not None and value not in FORMATS:
        raise InvalidArgumentError(
            "{layer}: `bounding_box_format` must be one of {known}, received {value!r}.",
            layer=layer,
            known=FORMATS,
            value=value,
        )
    return value  # type: ignore[no-any-return]
