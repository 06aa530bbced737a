"""Names of ciphers, states of generators, and a shuffled order that is never stored."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims, static, static_int
from caudal.errors import DTypeError, InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.framework.effects import obtain
from caudal.ir.dtypes import int64, uint32
from caudal.ir.types import Type
from caudal.random import bits

Array = np.ndarray[Any, Any]

_ROUNDS = 8
"""Of the Feistel network: 4 would do for a uniform order (Luby and Rackoff 1988)."""


class Algorithm(enum.Enum):
    """Ciphers of TensorFlow's generators. Caudal's own is Threefry whichever is asked for."""

    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3


_STATE_WORDS = {"PHILOX": 3, "THREEFRY": 2, "AUTO_SELECT": 3}


def create_rng_state(seed: Any, alg: Any) -> Any:
    """The int64 state of a generator of a seed, as `tf.random.Generator.from_state` takes it.

    >>> create_rng_state(1, "philox").numpy().tolist()
    [1, 0, 0]
    """
    name = alg.name if isinstance(alg, Algorithm) else str(alg).upper()
    if isinstance(alg, int) and alg in (1, 2, 3):
        name = Algorithm(alg).name
    if name not in _STATE_WORDS:
        raise InvalidArgumentError(
            "create_rng_state: expected alg 'philox', 'threefry' or 'auto_select', received "
            "{alg!r}.",
            alg=alg,
        )
    words, given = _STATE_WORDS[name], np.asarray(static(seed, "create_rng_state: seed"))
    if given.ndim > 1 or given.size > words or not np.issubdtype(given.dtype, np.integer):
        raise InvalidArgumentError(
            "create_rng_state: expected an integer, or at most {words} of them, received {seed!r}.",
            words=words,
            seed=seed,
        )
    missing = words - given.size
    row = given.reshape(-1).astype(np.int64)
    # A number is the first word; a list stands at the end.
    pairs = (0, missing) if given.ndim == 0 else (missing, 0)
    return convert_to_tensor(np.pad(row, pairs))


def index_shuffle(index: Any, seed: Any, max_index: Any) -> Any:
    """The places of ``index`` in a random order of 0 to ``max_index``, which is never stored.

    Each index is enciphered by a Feistel network over the next power of 4, again and again until
    it is within the range. TensorFlow's order for the same seed is another one.

    Args:
        index: an integer, or a row of them.
        seed: two or three integers.
        max_index: the greatest index; it must be known when a function is traced.

    >>> sorted(index_shuffle(np.arange(5), seed=[1, 2], max_index=4).numpy().tolist())
    [0, 1, 2, 3, 4]
    """
    place, most = as_tensor(index), static_int(max_index, "index_shuffle: max_index")
    if not place.dtype.is_integer:
        raise DTypeError(
            "index_shuffle: expected an integer index, received {kind}.", kind=place.dtype.name
        )
    if not 0 <= most < 2**31:
        raise InvalidArgumentError(
            "index_shuffle: expected max_index from 0 to below 2**31, received {most}.", most=most
        )
    words = as_tensor(seed)
    if dims(words) not in ((2,), (3,)) or not words.dtype.is_integer:
        raise InvalidArgumentError(
            "index_shuffle: expected two or three integers as seed, received {seed!r}.", seed=seed
        )
    key = bits.key_of(words[:2])
    if dims(words)[0] == 3:
        key = bits.fold_in(key, cast_to(words[2], uint32))
    half = max(1, (most.bit_length() + 1) // 2)
    table = ops.threefry(key, shape=(_ROUNDS, 1 << half))

    def shuffled(numbers: Any, rounds: Any) -> list[Any]:
        return [_walked(numbers.astype(np.int64), rounds, half, most)]

    found = obtain(shuffled, [Type(int64, dims(place))], place, table)[0]
    return cast_to(found, place.dtype)


def _walked(numbers: Array, table: Array, half: int, most: int) -> Array:
    """Each number enciphered until it is at most ``most``."""
    if ((numbers < 0) | (numbers > most)).any():
        raise InvalidArgumentError(
            "index_shuffle: expected indices from 0 to {most}, received {numbers}.",
            most=most,
            numbers=numbers.tolist(),
        )
    flat = numbers.reshape(-1).copy()
    outside = np.ones(flat.shape, bool)
    mask = (1 << half) - 1
    while outside.any():
        left, right = flat[outside] >> half, flat[outside] & mask
        for row in table:
            left, right = right, left ^ (row[right].astype(np.int64) & mask)
        flat[outside] = left << half | right
        outside = flat > most
    return np.asarray(flat.reshape(numbers.shape))
