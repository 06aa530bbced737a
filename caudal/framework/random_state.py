"""The state of random numbers: keys for counter-based generators.

A key is uint32[2]: a word mixed from the seeds, and a counter that each draw moves on. Keys live
in variables, so a compiled program advances them in place and a run can be resumed.
"""

from __future__ import annotations

import operator
import os
import threading
from typing import Any

import numpy as np

from caudal.errors import DTypeError
from caudal.framework import context
from caudal.framework.tensor import Tensor
from caudal.framework.variable import Variable

_STEP = np.array([0, 1], np.uint32)
_lock = threading.RLock()


def mix(*words: int) -> int:
    """A 32-bit word from integers: the finalizer of SplitMix64 (Steele et al., 2014), folded.

    >>> mix(1, 2) == mix(1, 2), mix(1, 2) == mix(2, 1)
    (True, False)
    """
    mask = 2**64 - 1
    state = 0x9E3779B97F4A7C15
    for word in words:
        state = (state + (word & mask) + 0x9E3779B97F4A7C15) & mask
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
        state ^= state >> 31
    return (state ^ (state >> 32)) & 0xFFFFFFFF


class KeySource:
    """A stream of keys with its own state.

    >>> a, b = KeySource(1), KeySource(1)
    >>> bool((a.next_key().numpy() == b.next_key().numpy()).all())
    True
    """

    def __init__(self, *seeds: int, name: str = "random_state") -> None:
        with context.init_scope():
            words = [mix(*seeds), 0]
            self.state = Variable(np.array(words, np.uint32), trainable=False, name=name)

    def reset(self, *seeds: int) -> None:
        """Starts again, from these seeds."""
        with context.init_scope():
            self.state.assign(np.array([mix(*seeds), 0], np.uint32))

    def next_key(self) -> Tensor:
        """The next key: uint32[2]. Inside a trace the counter is state of the program."""
        with _lock, context.stop_recording():
            key = self.state.read_value()
            self.state.assign(key + Tensor(_STEP))
        return key


class _Global:
    """The process's seed and the sources that hang on it."""

    def __init__(self) -> None:
        self.seed: int | None = None
        self.entropy = int.from_bytes(os.urandom(8), "little")
        self.sources: dict[int | None, KeySource] = {}

    def seeds(self, op_seed: int | None) -> tuple[int, ...]:
        """What the key of a source is mixed from."""
        if self.seed is None:
            # Without a global seed an op's own seed alone makes it reproducible.
            return (self.entropy,) if op_seed is None else (0, op_seed)
        return (self.seed,) if op_seed is None else (self.seed, op_seed)

    def source(self, op_seed: int | None) -> KeySource:
        """The source for an op's seed."""
        with _lock:
            found = self.sources.get(op_seed)
            if found is None:
                found = KeySource(*self.seeds(op_seed))
                self.sources[op_seed] = found
            return found


_global = _Global()


def set_seed(seed: int) -> None:
    """Sets the global seed: from here on the same draws follow as after any other such call.

    Raises:
        DTypeError: the seed is no integer.
    """
    try:
        number = operator.index(seed)
    except TypeError as error:
        raise DTypeError("set_seed: expected an integer, received {got!r}.", got=seed) from error
    with _lock:
        _global.seed = number
        for op_seed, source in _global.sources.items():
            source.reset(*_global.seeds(op_seed))


def get_seed() -> int | None:
    """The global seed, None if it was never set."""
    return _global.seed


def next_key(seed: int | None = None) -> Tensor:
    """A fresh key, uint32[2], of the global generator (or of an op with its own ``seed``)."""
    return _global.source(None if seed is None else int(seed)).next_key()


def key_of(seed: Any) -> Any:
    """The key of a stateless function's seed: two integers.

    Equal seeds give equal keys, and the result is a uint32[2] tensor.
    """
    words = np.asarray(seed).reshape(-1).tolist()
    return Tensor(np.array([mix(*words), mix(*words, 1)], np.uint32))


def snapshot() -> dict[str, Any]:
    """The state of the global generator and of all that hang on it, for `restore`."""
    with _lock, context.init_scope():
        sources = [(seed, source.state.numpy()) for seed, source in _global.sources.items()]
        return {"seed": _global.seed, "entropy": _global.entropy, "sources": sources}


def restore(state: dict[str, Any]) -> None:
    """Goes on where `snapshot` was taken, also in another process."""
    with _lock, context.init_scope():
        _global.seed, _global.entropy = state["seed"], state["entropy"]
        for seed, words in state["sources"]:
            _global.source(seed).state.assign(np.asarray(words, np.uint32))
