"""The base class of initializers."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.argument_rules import Checked
from caudal.keras.engine.keras_tensor import standardize_shape
from caudal.keras.engine.policy import floatx
from caudal.keras.engine.seeds import SeedGenerator, make_default_seed


class Initializer(Checked):
    """A function ``(shape, dtype=None) -> tensor`` with a configuration."""

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """A tensor of that shape."""
        raise InvalidArgumentError(
            "Initializer {cls} must implement `__call__(shape, dtype=None)`.",
            cls=type(self).__name__,
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The initializer of a configuration."""
        return cls(**config)

    def clone(self) -> Any:
        """Another one with the same configuration."""
        return type(self).from_config(self.get_config())

    def __copy__(self) -> Any:
        return copy.deepcopy(self)

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in self.get_config().items())
        return f"<{type(self).__name__}({shown})>"


def known_shape(shape: Any) -> tuple[int, ...]:
    """The shape as a tuple of ints."""
    extents = standardize_shape(shape)
    if None in extents:
        raise InvalidArgumentError(
            "An initializer needs a shape without None, received {shape}.", shape=extents
        )
    return extents


def to_tensor(value: Any, dtype: Any) -> Tensor:
    """A NumPy array as a tensor of the dtype, floatx by default."""
    wanted = as_dtype(floatx() if dtype is None else dtype)
    return convert_to_tensor(np.asarray(value).astype(wanted.np_dtype))


class RandomInitializer(Initializer):
    """The base of those that draw numbers.

    The same instance with an integer seed, or with none, gives the same numbers on every call, as
    in Keras; with a SeedGenerator it goes on.
    """

    def __init__(self, seed: Any = None) -> None:
        if isinstance(seed, dict):
            # As `get_config` writes a SeedGenerator.
            seed = SeedGenerator.from_config(seed.get("config", seed))
        self._given_seed = seed
        if seed is None:
            seed = make_default_seed()
        elif not isinstance(seed, int | np.integer | SeedGenerator):
            raise InvalidArgumentError(
                "{cls}: `seed` must be an integer, a SeedGenerator or None, received {seed!r}.",
                cls=type(self).__name__,
                seed=seed,
            )
        self.seed = seed

    def generator(self) -> np.random.Generator:
        """NumPy's counter-based generator for the next draw."""
        if isinstance(self.seed, SeedGenerator):
            words = self.seed.next().numpy().tolist()
            return np.random.Generator(np.random.Philox(np.random.SeedSequence(words)))
        seed = int(self.seed) & (2**64 - 1)
        return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed)))

    def get_config(self) -> dict[str, Any]:
        """The seed as it was given."""
        return {"seed": self._seed_config()}

    def _seed_config(self) -> Any:
        seed = self._given_seed
        if isinstance(seed, SeedGenerator):
            seed = {
                "module": "keras.random",
                "class_name": "SeedGenerator",
                "config": {"seed": seed.seed, "name": seed.name},
                "registered_name": None,
            }
        return seed
