"""Gamma, Poisson and binomial numbers, drawn by NumPy from a generator that the key starts.

They are drawn by rejection, so that how much work an element takes is not known beforehand:
programs call Python back for them. They have no gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, dims, static_ints
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.framework.effects import obtain
from caudal.ir.dtypes import as_dtype, float32, int32
from caudal.ir.types import Type
from caudal.random import bits
from caudal.random.sampling import op_key

Array = np.ndarray[Any, Any]


def _drawn(
    what: str, key: Any, shape: tuple[int, ...], dtype: Any, draw: Callable[..., Any], *params: Any
) -> Any:
    kind = as_dtype(dtype)
    if not (kind.is_floating or kind.is_integer):
        raise DTypeError(
            "{what}: expected a dtype of numbers, received {dtype}.", what=what, dtype=kind.name
        )
    try:
        wide = np.broadcast_shapes(shape, *(dims(p) for p in params))
    except ValueError:
        wide = ()
    if wide != shape:
        raise ShapeError(
            "{what}: expected parameters that broadcast to the shape {shape}, received {received}.",
            what=what,
            shape=shape,
            received=[dims(p) for p in params],
        )

    def call(words: Array, *values: Array) -> list[Array]:
        generator = np.random.default_rng([int(word) for word in words])
        try:
            found = draw(generator, *(v.astype(np.float64) for v in values), size=shape)
        except ValueError as error:
            raise InvalidArgumentError("{what}: {reason}.", what=what, reason=error) from error
        return [np.asarray(found).astype(kind.np_dtype)]

    return obtain(call, [Type(kind, shape)], key, *params)[0]


def _gamma(generator: Any, alpha: Array, beta: Array, size: Any) -> Any:
    return generator.gamma(alpha, size=size) / beta


def _whole(shape: Any, what: str, *params: Any) -> tuple[int, ...]:
    return static_ints(shape, what + ": shape") + np.broadcast_shapes(*(dims(p) for p in params))


def gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Gamma numbers of shapes ``alpha`` and rates ``beta`` (1 by default).

    Returns:
        ``shape + alpha.shape``: numbers of that many for each pair of parameters.
    """
    a = as_tensor(alpha)
    b = as_tensor(1.0 if beta is None else beta)
    return _drawn("gamma", op_key(seed), _whole(shape, "gamma", a, b), dtype, _gamma, a, b)


def poisson(
    shape: Any, lam: Any, dtype: Any = float32, seed: Any = None, name: str | None = None
) -> Any:
    """Poisson numbers of means ``lam``, ``shape + lam.shape``."""
    mean = as_tensor(lam)
    size = _whole(shape, "poisson", mean)
    return _drawn("poisson", op_key(seed), size, dtype, np.random.Generator.poisson, mean)


def stateless_gamma(
    shape: Any,
    seed: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = float32,
    name: str | None = None,
) -> Any:
    """Gamma numbers as a function of two seed integers; the parameters broadcast to ``shape``."""
    size = static_ints(shape, "stateless_gamma: shape")
    a, b = as_tensor(alpha), as_tensor(1.0 if beta is None else beta)
    return _drawn("stateless_gamma", bits.key_of(seed), size, dtype, _gamma, a, b)


def stateless_poisson(
    shape: Any, seed: Any, lam: Any, dtype: Any = int32, name: str | None = None
) -> Any:
    """Poisson numbers as a function of two seed integers; ``lam`` broadcasts to ``shape``."""
    size = static_ints(shape, "stateless_poisson: shape")
    draw = np.random.Generator.poisson
    return _drawn("stateless_poisson", bits.key_of(seed), size, dtype, draw, as_tensor(lam))


def stateless_binomial(
    shape: Any,
    seed: Any,
    counts: Any,
    probs: Any,
    output_dtype: Any = int32,
    name: str | None = None,
) -> Any:
    """How many of ``counts`` trials succeed, as a function of two seed integers.

    The parameters broadcast to ``shape``.
    """
    size = static_ints(shape, "stateless_binomial: shape")

    def draw(generator: Any, n: Array, p: Array, size: Any) -> Any:
        return generator.binomial(n.astype(np.int64), p, size=size)

    params = as_tensor(counts), as_tensor(probs)
    return _drawn("stateless_binomial", bits.key_of(seed), size, output_dtype, draw, *params)
