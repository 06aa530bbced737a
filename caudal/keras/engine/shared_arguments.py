"""Arguments that a family of constructors shares: named in each, written down once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any


def shares(defaults: Mapping[str, Any], before: str | None = None) -> Callable[..., Any]:
    """A decorator of an ``__init__`` that ends in ``**kwargs`` and hands these on to its base.

    The arguments can be given by place too, behind the constructor's own or in front of the one
    named ``before``, and `inspect.signature` shows them.

    >>> class Base:
    ...     def __init__(self, colour="red", **kwargs):
    ...         self.colour = colour
    >>> class Dot(Base):
    ...     @shares({"colour": "red"})
    ...     def __init__(self, size, **kwargs):
    ...         super().__init__(**kwargs)
    >>> Dot(2, "blue").colour, Dot(2).colour
    ('blue', 'red')
    >>> str(inspect.signature(Dot))
    "(size, colour='red', **kwargs)"
    """

    def decorate(init: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(init).parameters.values())
        place = next(
            i for i, one in enumerate(own) if one.name == before or one.kind is one.VAR_KEYWORD
        )
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        shared = [inspect.Parameter(key, kind, default=value) for key, value in defaults.items()]
        signature = inspect.Signature([*own[:place], *shared, *own[place:]])

        @functools.wraps(init)
        def wrapper(self: Any, *args: Any, **kwargs: Any) -> None:
            if len(args) < place:
                init(self, *args, **kwargs)
                return
            given = signature.bind(self, *args, **kwargs).arguments
            more = given.pop("kwargs", {})
            init(**given, **more)

        wrapper.__signature__ = signature  # type: ignore[attr-defined]
        return wrapper

    return decorate
