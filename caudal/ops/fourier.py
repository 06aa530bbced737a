"""The discrete Fourier transform of the last axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import ShapeError
from caudal.ir.dtypes import complex64, complex128
from caudal.ir.types import Type
from caudal.ops.infer import require_count, require_dtype
from caudal.ops.linear import masked, random
from caudal.ops.record import Host, Op, Sample


def _infer_fft(*kinds: Type, inverse: bool) -> Type:
    require_count("fft", kinds, 1)
    require_dtype("fft", kinds[0], (complex64, complex128))
    if not kinds[0].shape or not kinds[0].shape[-1]:
        raise ShapeError(
            "fft: expected at least one element along the last axis, received shape {received}.",
            received=kinds[0].shape,
        )
    return kinds[0]


def _grad_fft(g: Any, y: Any, x: Any, inverse: bool) -> list[Any]:
    scale = float(x.shape[-1])
    return [masked(fft(g, inverse=not inverse), np.asarray(1 / scale if inverse else scale))]


fft: Op = Op(
    "fft",
    infer=_infer_fft,
    reference=lambda xp, x, inverse: (np.fft.ifft if inverse else np.fft.fft)(x).astype(x.dtype),
    grad=_grad_fft,
    emit=Host(),
    samples=lambda rng: [
        Sample((random(rng, 2, 8),), {"inverse": False}, differentiable=False),
        Sample((random(rng, 5),), {"inverse": True}, differentiable=False),
    ],
    dtypes=(complex64, complex128),
)
