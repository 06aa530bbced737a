"""Normal numbers between given bounds."""

from __future__ import annotations

import math
from typing import Any

from caudal import ops
from caudal.array.arguments import scalar, static_ints, unify
from caudal.random import bits


def stateless_parameterized_truncated_normal(
    shape: Any,
    seed: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    name: str | None = None,
) -> Any:
    """Normal numbers between ``minvals`` and ``maxvals``, by the inverse CDF.

    Args:
        shape: the result's, which the parameters broadcast to.
        seed: two integers; equal ones give equal numbers.
        means, stddevs: of the normal distribution before it is cut.
        minvals, maxvals: the bounds.
        name: not used.

    >>> x = stateless_parameterized_truncated_normal([100], [1, 2], minvals=1.0, maxvals=3.0)
    >>> bool((x.numpy() >= 1).all() and (x.numpy() <= 3).all())
    True
    """
    what = "stateless_parameterized_truncated_normal"
    mean, scale, low, high = unify(what, means, stddevs, minvals, maxvals)
    extents = static_ints(shape, what + ": shape")
    root = scalar(math.sqrt(0.5), mean)

    def level(bound: Any) -> Any:
        return ops.erf(ops.mul(ops.div(ops.sub(bound, mean), scale), root))

    u = bits.unit(bits.key_of(seed), extents, mean.dtype)
    bottom, top = level(low), level(high)
    inner = ops.add(bottom, ops.mul(u, ops.sub(top, bottom)))
    z = ops.div(ops.mul(ops.erfinv(inner), scale), root)
    return ops.minimum(ops.maximum(ops.add(z, mean), low), high)
