"""``tf.random.Generator``: a stream of random numbers with a state of its own."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, static, static_int, static_ints
from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.framework import Variable
from caudal.ir.dtypes import as_dtype, float32, int64
from caudal.random import bits
from caudal.random.sampling import _scaled

_STATE = 3
"""Words of a generator's state: a key of two and a counter."""


def _words(seed: Any) -> np.ndarray[Any, Any]:
    """A seed (an integer, or several) as a state; equal seeds give equal states."""
    numbers = [int(n) for n in np.asarray(static(seed, "seed")).reshape(-1)]
    mixed = [0, 0]
    for position, number in enumerate(numbers):
        mixed[position % 2] ^= (number & 0xFFFFFFFF) + position
        mixed[(position + 1) % 2] ^= (number >> 32) & 0xFFFFFFFF
    return np.asarray([mixed[0] & 0xFFFFFFFF, mixed[1] & 0xFFFFFFFF, 0], np.uint32)


class Generator:
    """A stream of random numbers. Make one with `from_seed`.

    >>> first = Generator.from_seed(1).normal([2]).numpy()
    >>> again = Generator.from_seed(1).normal([2]).numpy()
    >>> bool((first == again).all())
    True
    """

    def __init__(self, copy_from: Any = None, state: Any = None, alg: Any = None) -> None:
        if (copy_from is None) == (state is None):
            raise InvalidArgumentError("Generator: expected copy_from or state, and not both.")
        if copy_from is not None:
            state = copy_from.state.numpy()
        words = np.asarray(static(state, "Generator: state")).astype(np.uint32).reshape(-1)
        if words.shape != (_STATE,):
            words = _words(words)
        self._state = Variable(words, trainable=False, name="generator_state")

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> Generator:
        """The generator of an integer."""
        return cls(state=_words(seed))

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """A generator that is another one each time, seeded by the operating system."""
        return cls(state=_words(int.from_bytes(os.urandom(8), "little")))

    @classmethod
    def from_state(cls, state: Any, alg: Any = None) -> Generator:
        """The generator that goes on from a state."""
        return cls(state=state)

    @property
    def state(self) -> Any:
        """The state, a variable: assign it, or save it in a checkpoint."""
        return self._state

    @property
    def key(self) -> Any:
        """The first two words of the state."""
        return self._state[:2]

    @property
    def algorithm(self) -> str:
        """The name of the counter-based cipher."""
        return "threefry"

    def reset(self, state: Any) -> None:
        """Go on from another state."""
        self._state.assign(np.asarray(static(state, "reset: state")).astype(np.uint32))

    def reset_from_seed(self, seed: Any) -> None:
        """Start again from a seed."""
        self._state.assign(_words(seed))

    def skip(self, delta: Any) -> Any:
        """Leave ``delta`` draws out."""
        step = np.asarray([0, 0, static_int(delta, "skip: delta")], np.uint32)
        self._state.assign_add(step)
        return self._state

    def next_key(self) -> Any:
        """The key of the next draw; the counter moves on by one."""
        now = as_tensor(self._state)
        one = as_tensor(np.asarray([0, 0, 1], np.uint32))
        self._state.assign(ops.add(now, one))
        key = ops.slice(now, begin=(0,), end=(2,), strides=(1,))
        counter = ops.reshape(ops.slice(now, begin=(2,), end=(3,), strides=(1,)), shape=())
        return bits.fold_in(key, counter)

    def normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = float32,
        name: str | None = None,
    ) -> Any:
        """Normal numbers."""
        extents = static_ints(shape, "normal: shape")
        z = bits.normal_of(self.next_key(), extents, as_dtype(dtype))
        return _scaled(z, mean, stddev)

    def truncated_normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = float32,
        name: str | None = None,
    ) -> Any:
        """Normal numbers within two standard deviations of the mean."""
        extents = static_ints(shape, "truncated_normal: shape")
        z = bits.truncated_normal_of(self.next_key(), extents, as_dtype(dtype))
        return _scaled(z, mean, stddev)

    def uniform(
        self,
        shape: Any,
        minval: Any = 0,
        maxval: Any = None,
        dtype: Any = float32,
        name: str | None = None,
    ) -> Any:
        """Uniform numbers on [minval, maxval)."""
        extents = static_ints(shape, "uniform: shape")
        return bits.uniform_of(self.next_key(), extents, as_dtype(dtype), minval, maxval)

    def uniform_full_int(self, shape: Any, dtype: Any = "uint64", name: str | None = None) -> Any:
        """Integers over the dtype's whole range."""
        kind = as_dtype(dtype)
        if not kind.is_integer or kind.size < 4:
            raise UnimplementedError(
                "uniform_full_int: expected a dtype of 32 or 64 bits, received {received}.",
                received=kind.name,
            )
        wide = as_dtype("uint32" if kind.size == 4 else "uint64")
        extents = static_ints(shape, "uniform_full_int: shape")
        words = bits.uniform_of(self.next_key(), extents, wide, 0, None)
        return words if kind is wide else ops.bitcast(words, dtype=kind)

    def make_seeds(self, count: int = 1) -> Any:
        """``[2, count]`` int64 seeds for the ``stateless_*`` functions."""
        n = static_int(count, "make_seeds: count")
        return self.uniform_full_int((2, n), dtype=int64)

    def split(self, count: int = 1) -> list[Generator]:
        """``count`` new generators, independent of this one and of each other."""
        keys = self.uniform_full_int((static_int(count, "split: count"), 2), dtype="uint32")
        return [Generator(state=np.append(row, np.uint32(0))) for row in keys.numpy()]


_global: list[Generator] = []


def get_global_generator() -> Generator:
    """The generator that programs share; it is made at the first call."""
    if not _global:
        _global.append(Generator.from_non_deterministic_state())
    return _global[0]


def set_global_generator(generator: Generator) -> None:
    """Make another generator the shared one."""
    _global[:] = [generator]
