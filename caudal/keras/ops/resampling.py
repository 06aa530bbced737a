"""The kernels with which images are resampled, of the distance from a pixel.

Written over ops, so that they take NumPy arrays and tensors alike.
"""

from __future__ import annotations

import math as number
from typing import Any

from caudal import ops


def _triangle(x: Any) -> Any:
    return ops.select(x < 1.0, 1.0 - x, x * 0.0)


def _cubic(x: Any) -> Any:
    """Keys, 1981, with a = -1/2."""
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return ops.select(x < 1.0, near, ops.select(x < 2.0, far, x * 0.0))


def _sinc(x: Any) -> Any:
    one = x * 0.0 + 1.0
    turn = ops.select(x < 1e-6, one, x * number.pi)
    return ops.select(x < 1e-6, one, ops.sin(turn) / turn)


def _lanczos(radius: int) -> Any:
    return lambda x: ops.select(x < float(radius), _sinc(x) * _sinc(x / radius), x * 0.0)


KERNELS: dict[str, Any] = {
    "bilinear": _triangle,
    "bicubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}
