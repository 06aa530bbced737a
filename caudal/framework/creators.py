"""How variables are made: by way of the open `variable_creator_scope`s."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from caudal.framework import context


class Made(type):
    """The class of `Variable`: subclasses are made as they are."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Makes one, by the creators if there are any."""
        creators = context.state.creators
        if not creators or cls.__base__ is not object:
            return super().__call__(*args, **kwargs)
        given = dict(inspect.signature(vars(cls)["__init__"]).bind(None, *args, **kwargs).arguments)
        given.pop("self")

        def made(depth: int, **arguments: Any) -> Any:
            if depth:
                next_creator = functools.partial(made, depth - 1)
                return creators[depth - 1](next_creator, **arguments)
            context.state.creators = ()
            try:
                return type.__call__(cls, **arguments)
            finally:
                context.state.creators = creators

        return made(len(creators), **given)
