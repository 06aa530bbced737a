"""``tf.autograph``: Python's control flow on tensors, inside tf.function.

``source`` finds a function's syntax tree, ``jumps`` takes return, break and continue out of it,
``liveness`` says which names statements hand on, ``rewrite`` turns statements into calls of
``runtime``, and ``conversion`` makes and keeps the new functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.autograph import experimental
from caudal.autograph.conversion import convert, source_of
from caudal.autograph.source import NoSource
from caudal.errors import InvalidArgumentError
from caudal.namespaces import strict

__all__ = ["experimental", "set_verbosity", "to_code", "to_graph", "trace"]


def to_graph(
    entity: Callable[..., Any], recursive: bool = True, experimental_optional_features: Any = None
) -> Any:
    """The function with its control flow turned into calls that also understand tensors.

    >>> def sign(x):
    ...     return 1 if x > 0 else -1
    >>> to_graph(sign)(5)
    1
    """
    return convert(entity)


def to_code(
    entity: Callable[..., Any], recursive: bool = True, experimental_optional_features: Any = None
) -> str:
    """The Python text of what `to_graph` makes, for reading.

    Raises:
        InvalidArgumentError: the function's source is not available.
    """
    try:
        return source_of(getattr(entity, "python_function", entity))
    except (NoSource, AttributeError) as error:
        raise InvalidArgumentError(
            "to_code: the source of {entity!r} is not available: {problem}.",
            entity=entity,
            problem=str(error),
        ) from error


def trace(*args: Any) -> None:
    """Prints its arguments while a function is being traced."""
    print(*args)


def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Accepted: a conversion has nothing to tell about."""


__getattr__ = strict(__name__)
