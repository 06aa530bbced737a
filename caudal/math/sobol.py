"""Sobol's sequence: numbers that fill the unit cube evenly (Sobol 1967; Joe and Kuo 2008)."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.array.arguments import static_int
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype, float32

_BITS = 31
# For each dimension but the first a primitive polynomial over GF(2), as bits, and the first
# direction numbers: new-joe-kuo-6 of Joe and Kuo (2008), "Constructing Sobol sequences with better
# two-dimensional projections".
_TABLE = """
3:1 7:1,3 11:1,3,1 13:1,1,1 19:1,1,3,3 25:1,3,5,13 37:1,1,5,5,17 41:1,1,5,5,5 47:1,1,7,11,19
55:1,1,5,1,1 59:1,1,1,3,11 61:1,3,5,5,31 67:1,3,3,9,7,49 91:1,1,1,15,21,21 97:1,3,1,13,27,49
103:1,1,1,15,7,5 109:1,3,1,15,13,25 115:1,1,5,5,19,61 131:1,3,7,11,23,15,103
137:1,3,7,13,13,15,69 143:1,1,3,13,7,35,63 145:1,3,5,9,1,25,53 157:1,3,1,13,9,35,107
167:1,3,1,5,27,61,31 171:1,1,5,11,19,41,61 185:1,3,5,3,3,13,69 191:1,1,7,13,1,19,1
193:1,3,7,5,13,19,59 203:1,1,3,9,25,29,41 211:1,3,5,13,23,1,55 213:1,3,7,3,13,59,17
229:1,3,1,3,5,53,69 239:1,1,5,5,23,33,13 241:1,1,7,7,1,61,123 247:1,1,7,9,13,61,49
253:1,3,3,5,3,55,33 285:1,3,1,15,31,13,49,245 299:1,3,5,15,31,59,63,97 301:1,3,1,11,11,11,77,249
"""
_ROWS = _TABLE.split()


def sobol_sample(
    dim: Any, num_results: Any, skip: Any = 0, dtype: Any = float32, name: str | None = None
) -> Any:
    """Points of Sobol's sequence in the unit cube, one a row.

    Args:
        dim: the cube's dimensions, 1 to 40.
        num_results: how many points.
        skip: how many of the sequence to leave out; the point 0 is always left out.
        dtype: float32 or float64.

    Raises:
        InvalidArgumentError: a number is out of range.

    >>> sobol_sample(2, 3).numpy().tolist()
    [[0.5, 0.5], [0.75, 0.25], [0.25, 0.75]]
    """
    size, count, begin = (
        static_int(value, f"sobol_sample: {what}")
        for what, value in (("dim", dim), ("num_results", num_results), ("skip", skip))
    )
    kind = as_dtype(dtype)
    if kind.name not in ("float32", "float64"):
        raise DTypeError("sobol_sample: expected float32 or float64, received {x}.", x=kind.name)
    if not 1 <= size <= len(_ROWS) + 1 or count < 1 or begin < 0 or begin + count >= 1 << _BITS:
        raise InvalidArgumentError(
            "sobol_sample: expected dim from 1 to {most}, num_results of at least 1 and skip of at "
            "least 0, received {received}.",
            most=len(_ROWS) + 1,
            received=(size, count, begin),
        )
    # The n-th point is the sum (over GF(2)) of the directions at the bits of n's Gray code.
    number = np.arange(begin + 1, begin + count + 1, dtype=np.int64)
    gray = number ^ (number >> 1)
    points = np.zeros((count, size), np.int64)
    directions = np.stack([_directions(axis) for axis in range(size)])
    for bit in range(_BITS):
        points ^= ((gray >> bit) & 1)[:, None] * directions[:, bit]
    return convert_to_tensor((points / float(1 << _BITS)).astype(kind.np_dtype))


def _directions(axis: int) -> np.ndarray[Any, Any]:
    """The direction of each bit of the Gray code, the lowest bit first."""
    if not axis:
        return np.asarray([1 << (_BITS - 1 - bit) for bit in range(_BITS)], np.int64)
    polynomial, _, first = _ROWS[axis - 1].partition(":")
    code, found = int(polynomial), [int(m) for m in first.split(",")]
    degree = code.bit_length() - 1
    while len(found) < _BITS:
        value = found[-degree] ^ (found[-degree] << degree)
        for k in range(1, degree):
            if code >> (degree - k) & 1:
                value ^= found[-k] << k
        found.append(value)
    return np.asarray([m << (_BITS - 1 - bit) for bit, m in enumerate(found)], np.int64)
