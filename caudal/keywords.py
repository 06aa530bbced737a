"""Unknown keyword arguments, with the nearest names that a function knows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from caudal.errors import DTypeError, did_you_mean


def check_keywords(what: str, function: Callable[..., Any], given: Mapping[str, Any]) -> None:
    """Raise for a keyword argument that a function has no place for.

    Raises:
        DTypeError: a TypeError, as from Python itself.

    >>> check_keywords("f", lambda axis: None, {"axes": 1})
    Traceback (most recent call last):
    ...
    caudal.errors.DTypeError: f: unknown argument 'axes'. Did you mean: axis?
    """
    parameters = inspect.signature(function).parameters
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        return
    for name in given:
        if name not in parameters:
            known = [one for one in parameters if one != "self"]
            raise DTypeError(
                "{what}: unknown argument {name!r}.{hint}",
                what=what,
                name=name,
                hint=did_you_mean(name, known) or f" Known: {', '.join(known)}.",
            )
