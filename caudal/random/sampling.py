"""``tf.random``: samplers drawing from the global generator, or from a seed of their own."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import (
    as_tensor,
    axis_of,
    dims,
    floating,
    static,
    static_int,
    static_ints,
)
from caudal.errors import ShapeError
from caudal.framework import is_symbolic, random_state
from caudal.ir.dtypes import as_dtype, float32, int64
from caudal.random import bits


def op_key(seed: Any = None) -> Any:
    """The key of the next draw: from the global generator, or from the stream of an op's seed."""
    return random_state.next_key() if seed is None else random_state.next_key(int(seed))


def uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Uniform numbers on [minval, maxval): [0, 1) by default; integers need maxval."""
    extents = static_ints(shape, "uniform: shape")
    return bits.uniform_of(op_key(seed), extents, as_dtype(dtype), minval, maxval)


def _scaled(z: Any, mean: Any, stddev: Any) -> Any:
    plain_scale = isinstance(stddev, int | float) and stddev == 1
    plain_mean = isinstance(mean, int | float) and mean == 0
    if not plain_scale:
        z = ops.mul(z, as_tensor(stddev, z.dtype))
    return z if plain_mean else ops.add(z, as_tensor(mean, z.dtype))


def normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Normal numbers."""
    extents = static_ints(shape, "normal: shape")
    return _scaled(bits.normal_of(op_key(seed), extents, as_dtype(dtype)), mean, stddev)


def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = float32,
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Normal numbers within two standard deviations of the mean."""
    extents = static_ints(shape, "truncated_normal: shape")
    z = bits.truncated_normal_of(op_key(seed), extents, as_dtype(dtype))
    return _scaled(z, mean, stddev)


def _shuffled(value: Any, key: Any) -> Any:
    x = as_tensor(value)
    if not dims(x):
        return x
    return ops.gather(x, bits.permutation(key, dims(x)[0]), axis=0)


def shuffle(value: Any, seed: Any = None, name: str | None = None) -> Any:
    """The first axis in a random order."""
    return _shuffled(value, op_key(seed))


def _drawn(logits: Any, num_samples: Any, dtype: Any, key: Any) -> Any:
    x = floating("categorical", logits, complex_too=False)
    if len(x.shape) != 2:
        raise ShapeError(
            "categorical: expected logits [batch, classes], received shape {shape}.",
            shape=dims(x),
        )
    batch, classes = dims(x)
    count = static_int(num_samples, "categorical: num_samples")
    x = ops.reshape(ops.cast(x, dtype=float32), shape=(batch, 1, classes))
    # The Gumbel-max trick: the argmax of logits + Gumbel noise has the softmax's distribution.
    noisy = ops.add(x, bits.gumbel(key, (batch, count, classes)))
    return ops.argmax(noisy, axis=2, dtype=as_dtype(dtype or int64))


def categorical(
    logits: Any, num_samples: Any, dtype: Any = None, seed: Any = None, name: str | None = None
) -> Any:
    """``[batch, num_samples]`` class ids drawn with the probabilities softmax(logits)."""
    return _drawn(logits, num_samples, dtype, op_key(seed))


def keep_mask(shape: Any, rate: Any, seed: Any = None) -> Any:
    """True with probability ``1 - rate``: dropout's mask."""
    extents = static_ints(shape, "dropout: shape")
    rate = as_tensor(rate)
    kept: Any = 1 - rate if is_symbolic(rate) else 1.0 - float(static(rate, "dropout: rate"))
    return bits.below(op_key(seed), extents, kept)


def bernoulli(shape: Any, probability: float, dtype: Any = "bool", seed: Any = None) -> Any:
    """True (or 1) with a probability."""
    drawn = bits.below(op_key(seed), static_ints(shape, "bernoulli: shape"), probability)
    return ops.cast(drawn, dtype=as_dtype(dtype)) if as_dtype(dtype).name != "bool" else drawn


# --- with a seed of their own -----------------------------------------------------------------


def stateless_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """`uniform` as a function of two seed integers: the same seed gives the same numbers."""
    extents = static_ints(shape, "stateless_uniform: shape")
    return bits.uniform_of(bits.key_of(seed), extents, as_dtype(dtype), minval, maxval)


def stateless_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """`normal` as a function of two seed integers."""
    extents = static_ints(shape, "stateless_normal: shape")
    return _scaled(bits.normal_of(bits.key_of(seed), extents, as_dtype(dtype)), mean, stddev)


def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = float32,
    name: str | None = None,
    alg: Any = "auto_select",
) -> Any:
    """`truncated_normal` as a function of two seed integers."""
    extents = static_ints(shape, "stateless_truncated_normal: shape")
    z = bits.truncated_normal_of(bits.key_of(seed), extents, as_dtype(dtype))
    return _scaled(z, mean, stddev)


def stateless_categorical(
    logits: Any, num_samples: Any, seed: Any, dtype: Any = int64, name: str | None = None
) -> Any:
    """`categorical` as a function of two seed integers."""
    return _drawn(logits, num_samples, dtype, bits.key_of(seed))


def stateless_shuffle(
    value: Any, seed: Any, alg: Any = "auto_select", name: str | None = None
) -> Any:
    """`shuffle` as a function of two seed integers."""
    return _shuffled(value, bits.key_of(seed))


def split(seed: Any, num: int = 2, alg: Any = "auto_select") -> Any:
    """``num`` new seeds, ``[num, 2]`` int32, from one."""
    key = bits.key_of(seed)
    words = ops.threefry(key, shape=(static_int(num, "split: num"), 2))
    return ops.bitcast(words, dtype=as_dtype("int32"))


def fold_in(seed: Any, data: Any, alg: Any = "auto_select") -> Any:
    """A new seed from a seed and an integer."""
    number = ops.cast(as_tensor(data), dtype=as_dtype("uint32"))
    return ops.bitcast(bits.fold_in(bits.key_of(seed), number), dtype=as_dtype("int32"))


def axis_shuffle(value: Any, axis: int, key: Any) -> Any:
    """A tensor in a random order along an axis, for Keras."""
    x = as_tensor(value)
    place = axis_of(axis, len(x.shape), "shuffle")
    return ops.gather(x, bits.permutation(key, dims(x)[place]), axis=place)
