"""What the layers share that change their input at random while training."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.seeds import SeedGenerator


class NoiseLayer(Layer):
    """A layer that does nothing outside of training; ``seed`` makes it reproducible."""

    seed_generator: SeedGenerator

    def __init__(self, strength: Any, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        # One that never draws has no random state among its variables.
        if strength:
            self.seed_generator = SeedGenerator(seed)
        self._build_at_init()

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape


def check_rate(rate: Any, *, below_one: bool = False, name: str = "rate") -> float:
    """A probability."""
    good = isinstance(rate, int | float) and not isinstance(rate, bool)
    if not good or not 0 <= rate <= 1 or (below_one and rate == 1):
        raise InvalidArgumentError(
            "Invalid value received for argument `{name}`. Expected a float value between 0 and 1. "
            "Received: {name}={rate!r}",
            name=name,
            rate=rate,
        )
    return rate  # type: ignore[no-any-return]
