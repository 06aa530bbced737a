"""``select(condition, x, y)``: x where the condition holds, else y; all three broadcast."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.ir.types import Type
from caudal.ops.infer import (
    BOOL,
    broadcast,
    require_count,
    require_dtype,
    require_same_dtype,
)
from caudal.ops.numeric import scalar
from caudal.ops.record import Elementwise, Op, Sample


def _infer(*kinds: Type) -> Type:
    require_count("select", kinds, 3)
    require_dtype("select", kinds[0], BOOL, "the condition")
    dtype = require_same_dtype("select's branches", kinds[1:])
    return Type(dtype, broadcast("select", [kind.shape for kind in kinds]))


def _grad(g: Any, y: Any, condition: Any, left: Any, right: Any) -> list[Any]:
    zero = scalar(0, g)
    return [None, select(condition, g, zero), select(condition, zero, g)]


def _samples(rng: np.random.Generator) -> list[Sample]:
    shapes = (((3, 4),) * 3, ((3, 1), (1, 4), ()), ((), (2,), (2,)), ((0,), (0,), (1,)))
    return [
        Sample(
            (
                np.asarray(rng.uniform(size=first) < 0.5),
                np.asarray(rng.uniform(-2, 2, second)),
                np.asarray(rng.uniform(-2, 2, third)),
            )
        )
        for first, second, third in shapes
    ]


select = Op(
    "select",
    infer=_infer,
    reference=lambda xp, condition, x, y: xp.where(condition, x, y),
    grad=_grad,
    emit=Elementwise(lambda b, condition, x, y: b.select(condition, x, y)),
    samples=_samples,
    dtypes=BOOL,
)
