"""The functions of ``tf.autograph``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.autograph.conversion import convert, source_of
from caudal.autograph.source import NoSource
from caudal.errors import InvalidArgumentError

__all__ = ["set_verbosity", "to_code", "to_graph", "trace"]


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
