"""Convolutions with few filters, such as the last layer of an autoencoder.

The register tiles of a contraction are as wide as a vector; with one or three filters most of
their lanes would be empty. Here every tap of the kernel is a filter of a pointwise convolution
(a matrix product without gaps in memory), and the taps' results are added where they belong.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from caudal import ops
from caudal.ir.dtypes import float32, float64

Ints = tuple[int, ...]

_FILTERS = 4
"""The most filters, and how many times as many channels there must be."""
_TAPS = 64


def few_filters(
    x: Any,
    w: Any,
    *,
    strides: Ints,
    padding: tuple[tuple[int, int], ...],
    lhs_dilation: Ints,
    rhs_dilation: Ints,
    groups: int,
) -> Any:
    """The convolution of ``ops.conv`` as a product with all taps, and a sum of shifted parts.

    Returns:
        The result, or None where that would not be faster, or would round 16-bit sums early.
    """
    *window, channels, filters = w.shape
    count = math.prod(window)
    fits = 1 < count <= _TAPS and filters <= _FILTERS and channels >= _FILTERS * filters
    # The products take count * filters numbers for every channels numbers of the data.
    fits = fits and count * filters <= _FILTERS * channels
    plain = groups == 1 and {*strides, *lhs_dilation} == {1}
    if not (fits and plain and x.dtype in (float32, float64)) or 0 in x.shape:
        return None
    rank = len(window)
    first = ops.transpose(w, perm=(rank, *range(rank), rank + 1))
    taps = ops.reshape(first, shape=(channels, count * filters))
    products = ops.dot_general(x, taps, contract=((rank + 1,), (0,)), batch=((), ()))
    low, high = zip(*padding, strict=True)
    none = (0,) * (rank + 2)
    spread = ops.pad(products, low=(0, *low, 0), high=(0, *high, 0), interior=none, value=0.0)
    reach = [(k - 1) * d for k, d in zip(window, rhs_dilation, strict=True)]
    extents = [n - r for n, r in zip(spread.shape[1:-1], reach, strict=True)]
    if min(extents) <= 0:
        return None
    total = None
    for number, tap in enumerate(itertools.product(*map(range, window))):
        begin = [t * d for t, d in zip(tap, rhs_dilation, strict=True)]
        end = [b + n for b, n in zip(begin, extents, strict=True)]
        part = ops.slice(
            spread,
            begin=(0, *begin, number * filters),
            end=(x.shape[0], *end, (number + 1) * filters),
            strides=(1,) * (rank + 2),
        )
        total = part if total is None else ops.add(total, part)
    return total
