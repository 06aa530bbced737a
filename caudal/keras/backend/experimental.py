"""``keras.backend.experimental``: which generator draws random numbers; there is one."""

from __future__ import annotations

from caudal.errors import UnimplementedError
from caudal.namespaces import strict

__all__ = [
    "disable_tf_random_generator",
    "enable_tf_random_generator",
    "is_tf_random_generator_enabled",
]


def enable_tf_random_generator() -> None:
    """Nothing to do: random numbers come from generators with a state."""


def disable_tf_random_generator() -> None:
    """There is no other generator.

    Raises:
        UnimplementedError: always.
    """
    raise UnimplementedError(
        "keras.backend.experimental.disable_tf_random_generator: Caudal has no other generator."
    )


def is_tf_random_generator_enabled() -> bool:
    """Always true."""
    return True


__getattr__ = strict(__name__, label="keras.backend.experimental")
