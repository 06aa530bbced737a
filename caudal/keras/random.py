"""``keras.random``: samplers with Keras's arguments; ``seed`` is an integer or a SeedGenerator."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor, random_state
from caudal.ir.dtypes import as_dtype, int32, int64
from caudal.keras.engine.policy import floatx
from caudal.keras.engine.seeds import SeedGenerator
from caudal.namespaces import strict
from caudal.random import bits
from caudal.random.distributions import _drawn as draw_numbers
from caudal.random.sampling import _drawn as draw_categories


def _key(seed: Any) -> Any:
    """The key of a draw: the same one each time for an integer seed."""
    if seed is None:
        return random_state.next_key()
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, Tensor) and tuple(seed.shape) == (2,):
        return bits.key_of(seed)
    if not hasattr(seed, "__index__"):
        raise InvalidArgumentError(
            "keras.random: `seed` must be an integer or a SeedGenerator, received {seed!r}.",
            seed=seed,
        )
    return bits.key_of((int(seed), 0))


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(int(extent) for extent in shape)


def normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Normal numbers."""
    drawn = bits.normal_of(_key(seed), _shape(shape), as_dtype(dtype or floatx()))
    return drawn * stddev + mean


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Normal numbers within two standard deviations of the mean."""
    drawn = bits.truncated_normal_of(_key(seed), _shape(shape), as_dtype(dtype or floatx()))
    return drawn * stddev + mean


def uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Uniform numbers on [minval, maxval).

    >>> bool((uniform((3,), seed=1).numpy() == uniform((3,), seed=1).numpy()).all())
    True
    """
    kind = as_dtype(dtype or floatx())
    if not kind.is_floating:
        raise InvalidArgumentError(
            "keras.random.uniform: expected a dtype of floats, received {dtype}.", dtype=kind.name
        )
    return bits.uniform_of(_key(seed), _shape(shape), kind, minval, maxval)


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """Integers on [minval, maxval), of any dtype of whole numbers."""
    kind = as_dtype(dtype)
    if not kind.is_integer:
        raise InvalidArgumentError(
            "keras.random.randint: expected a dtype of integers, received {dtype}.", dtype=kind.name
        )
    drawn = kind if kind in (int32, int64) else int64 if kind.size > 2 else int32
    found = bits.uniform_of(_key(seed), _shape(shape), drawn, minval, maxval)
    return found if drawn is kind else ops.cast(found, dtype=kind)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """Zeros with probability ``rate``; the rest grows by ``1 / (1 - rate)``."""
    x = convert_to_tensor(inputs)
    shape = tuple(x.shape)
    if noise_shape is not None:
        shape = tuple(
            extent if wanted is None else wanted
            for extent, wanted in zip(shape, noise_shape, strict=True)
        )
    return ops.select(bits.below(_key(seed), shape, 1.0 - rate), x / (1.0 - rate), 0.0)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """The slices along ``axis`` in a random order."""
    x = convert_to_tensor(x)
    place = axis % len(x.shape)
    return ops.gather(x, bits.permutation(_key(seed), int(x.shape[place])), axis=place)


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """Class numbers (batch, num_samples), drawn with the probabilities softmax(logits).

    >>> categorical([[0.0, -1e9], [-1e9, 0.0]], 3).numpy().tolist()
    [[0, 0, 0], [1, 1, 1]]
    """
    return draw_categories(logits, num_samples, dtype, _key(seed))


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Gamma numbers of shape ``alpha`` and rate 1; ``alpha`` broadcasts to ``shape``."""

    def draw(generator: Any, a: Any, size: Any) -> Any:
        return generator.gamma(a, size=size)

    return draw_numbers(
        "gamma", _key(seed), _shape(shape), dtype or floatx(), draw, convert_to_tensor(alpha)
    )


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Beta numbers on [0, 1]; the parameters broadcast to ``shape``."""

    def draw(generator: Any, a: Any, b: Any, size: Any) -> Any:
        return generator.beta(a, b, size=size)

    params = convert_to_tensor(alpha), convert_to_tensor(beta)
    return draw_numbers("beta", _key(seed), _shape(shape), dtype or floatx(), draw, *params)


def binomial(
    shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None
) -> Any:
    """How many of ``counts`` trials succeed; the parameters broadcast to ``shape``."""

    def draw(generator: Any, n: Any, p: Any, size: Any) -> Any:
        return generator.binomial(n.astype("int64"), p, size=size)

    params = convert_to_tensor(counts), convert_to_tensor(probabilities)
    return draw_numbers("binomial", _key(seed), _shape(shape), dtype or floatx(), draw, *params)


__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]

__getattr__ = strict(__name__, label="keras.random")
