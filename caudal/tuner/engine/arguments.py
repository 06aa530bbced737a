"""What tuners and oracles are given: numbers that fit, names that exist."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError


def check_number(name: str, value: Any, least: float, whole: bool = True) -> None:
    """Raises for what is no number, below ``least``, or no whole number.

    >>> check_number("max_trials", 5, least=1)

    Raises:
        InvalidArgumentError: so it is.
    """
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if number and value >= least and (not whole or float(value).is_integer()):
        return
    raise InvalidArgumentError(
        "{name}: expected a {kind}{least}, received {received!r}.",
        name=name,
        kind="whole number" if whole else "number",
        least=f" of at least {least}" if np.isfinite(least) else "",
        received=value,
    )


def argument_names(kind: type[Any], root: type[Any]) -> set[str]:
    """What a class takes, and what it hands on to its bases down from ``root``."""
    found: set[str] = set()
    for base in kind.__mro__:
        if "__init__" in vars(base) and issubclass(base, root):
            parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
            found |= {p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD}
    return found - {"self"}
