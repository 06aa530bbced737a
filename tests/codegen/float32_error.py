"""The error of vecmath's float32 functions in units in the last place, over strided inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from vector_function import vecmath

from caudal.codegen.target import TARGETS
from caudal.ir.dtypes import float32
from caudal.ops import special

Array = np.ndarray[Any, Any]


def _sigmoid(x: Array) -> Array:
    return special.sigmoid(np, x)


REFERENCES: dict[str, Callable[[Array], Array]] = {
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "cos": np.cos,
    "cosh": np.cosh,
    "digamma": special.digamma,
    "erf": special.erf,
    "erfc": special.erfc,
    "erfinv": special.erfinv,
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "lgamma": special.lgamma,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sigmoid": _sigmoid,
    "sin": np.sin,
    "sinh": np.sinh,
    "tan": np.tan,
    "tanh": np.tanh,
}
_CHUNK = 1 << 22


def ulp_error(got: Array, exact: Array) -> Array:
    """|got - exact| in units of the last place of the rounded exact value; inf where one is NaN.

    A result that is the rounded exact value counts as at most 0.5, even if that is infinite.
    """
    rounded = exact.astype(np.float32)
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    # The unit at the greatest float stands for that of infinity.
    finite = np.where(np.isfinite(rounded), rounded, np.float32(3e38))
    unit = np.abs(np.spacing(finite)).astype(np.float64)
    error = np.abs(got.astype(np.float64) - exact) / unit
    # NaN meets NaN, or infinity infinity.
    error = np.where(same & np.isnan(error), 0.0, error)
    error = np.where(same, np.minimum(error, 0.5), error)
    return np.where(np.isnan(error), np.inf, error)


def worst_error(name: str, stride: int, target: str | None = None) -> tuple[float, np.float32]:
    """The greatest error over every ``stride``-th float32, and where it is."""
    function = vecmath(name, float32, target=TARGETS[target] if target else None)
    worst, where = 0.0, np.float32(0)
    for start in range(0, 2**32, _CHUNK * stride):
        stop = min(2**32, start + _CHUNK * stride)
        bits = np.arange(start, stop, stride, dtype=np.uint64).astype(np.uint32)
        x = bits.view(np.float32)
        with np.errstate(all="ignore"):
            error = ulp_error(function(x), REFERENCES[name](x.astype(np.float64)))
        at = int(np.argmax(error))
        if error[at] > worst:
            worst, where = float(error[at]), x[at]
    return worst, where
