"""``tf.nn.experimental``: dropout with random numbers of the program's choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, floating
from caudal.namespaces import strict
from caudal.nn.activations import dropped, noise_extents
from caudal.random.sampling import stateless_uniform

__all__ = ["general_dropout", "stateless_dropout"]


def general_dropout(
    x: Any,
    rate: Any,
    uniform_sampler: Callable[..., Any],
    noise_shape: Any = None,
    name: str | None = None,
) -> Any:
    """`tf.nn.dropout` by the numbers, from [0, 1), of ``uniform_sampler(shape=, dtype=)``.

    What is kept has one of at least ``rate``.

    >>> def sampler(shape, dtype):
    ...     return as_tensor([0.2, 0.7], dtype)
    >>> general_dropout([1.0, 1.0], 0.5, sampler).numpy().tolist()
    [0.0, 2.0]
    """
    x = floating("general_dropout", x, complex_too=False)

    def mask() -> Any:
        drawn = uniform_sampler(shape=list(noise_extents(x, noise_shape)), dtype=x.dtype)
        return ops.greater_equal(drawn, cast_to(as_tensor(rate), x.dtype))

    return dropped(x, rate, mask)


def stateless_dropout(
    x: Any,
    rate: Any,
    seed: Any,
    rng_alg: Any = "auto_select",
    noise_shape: Any = None,
    name: str | None = None,
) -> Any:
    """`tf.nn.dropout` whose mask depends on ``seed``, two integers, alone."""

    def sampler(shape: Any, dtype: Any) -> Any:
        return stateless_uniform(shape, seed, dtype=dtype)

    return general_dropout(x, rate, sampler, noise_shape)


__getattr__ = strict(__name__)
