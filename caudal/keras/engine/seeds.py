"""Seeds of layers and initializers."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor, init_scope, random_state
from caudal.keras.engine.names import auto_name
from caudal.keras.variables import Variable
from caudal.train.trackable import children


def make_default_seed() -> int:
    """A seed from Python's own generator, which ``keras.utils.set_random_seed`` sets.

    After ``tf.random.set_seed`` seeds come from TensorFlow's global generator instead, so that
    either call alone makes weights reproducible.
    """
    if random_state.get_seed() is None:
        return random.randint(1, int(1e9))
    with init_scope():
        words = random_state.next_key().numpy().tolist()
    return random_state.mix(*words)


class SeedGenerator:
    """A source of random keys: a seed and a counter, kept in a variable.

    Each `next` gives the present state as a key and advances the counter; inside a compiled
    program the counter is part of the program's state.
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any) -> None:
        if kwargs:
            raise InvalidArgumentError(
                "SeedGenerator: unrecognized keyword arguments {names}.", names=sorted(kwargs)
            )
        seed = make_default_seed() if seed is None else seed
        if not isinstance(seed, int | np.integer) or seed < 0:
            raise InvalidArgumentError(
                "Argument `seed` must be a non-negative integer, received {seed!r}.", seed=seed
            )
        self.seed = int(seed)
        self.name = name or auto_name("seed_generator")
        self.state = Variable(
            np.array([self.seed & 0xFFFFFFFF, self.seed >> 32], np.uint32),
            dtype="uint32",
            trainable=False,
            name="seed_generator_state",
            path=f"{self.name}/seed_generator_state",
        )

    def next(self, ordered: bool = True) -> Any:
        """The present key, uint32[2], after which the state moves on."""
        key = convert_to_tensor(self.state.value)
        self.state.assign(key + convert_to_tensor(np.array([0, 1], np.uint32)))
        return key

    def get_config(self) -> dict[str, Any]:
        """The seed."""
        return {"seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """The generator of a configuration."""
        return cls(**config)


children.register(SeedGenerator, vars)
