"""``tf.Module``: an object whose attributes' variables can be listed."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from caudal.errors import InvalidArgumentError
from caudal.framework import Variable, name_scope
from caudal.train.restoring import adopt, attached
from caudal.train.trackable import children

_T = TypeVar("_T")
_NO_CHILDREN = frozenset(("_name", "_name_scope", "_scope_name"))


def _snake(name: str) -> str:
    """A class's name as a module's.

    >>> _snake("MyDense2D")
    'my_dense2_d'
    """
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", spaced).lower()


class Module:
    """A container of variables and of other modules; subclasses set them as attributes.

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = Variable(2.0, name="factor")
    >>> [v.name for v in Scale().variables]
    ['factor:0']
    """

    def __init__(self, name: str | None = None) -> None:
        if name is not None and not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise InvalidArgumentError(
                "Module: expected a valid Python identifier as name, received {name!r}.", name=name
            )
        self._name = name or _snake(type(self).__name__)
        # The scope where the module was made is part of its variables' names.
        with name_scope(self._name) as scope:
            self._scope_name = scope

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        adopt(self, value)
        attached(self)

    @property
    def name(self) -> str:
        """The name given, or the class's in snake case."""
        return str(self.__dict__.get("_name") or _snake(type(self).__name__))

    @property
    def name_scope(self) -> Any:
        """The scope that `with_name_scope` opens."""
        return name_scope(self.__dict__.get("_scope_name") or self.name + "/")

    @property
    def variables(self) -> tuple[Any, ...]:
        """All variables of this module and its submodules, by attribute name, each once."""
        return tuple(self._flatten(lambda value: isinstance(value, Variable)))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """Those of `variables` that train."""
        return tuple(variable for variable in self.variables if variable.trainable)

    @property
    def non_trainable_variables(self) -> tuple[Any, ...]:
        """Those of `variables` that do not train."""
        return tuple(variable for variable in self.variables if not variable.trainable)

    @property
    def submodules(self) -> tuple[Module, ...]:
        """All modules below this one."""
        return tuple(self._flatten(lambda value: isinstance(value, Module)))

    def _flatten(self, predicate: Callable[[Any], bool]) -> Iterator[Any]:
        """Attributes in the order of their names, breadth first, through lists and dicts."""
        seen: set[int] = {id(self)}
        queue: list[Any] = [self]
        while queue:
            owner = queue.pop(0)
            attributes = {k: v for k, v in vars(owner).items() if k not in _NO_CHILDREN}
            for key in sorted(attributes):
                for value in _leaves(attributes[key]):
                    if id(value) in seen:
                        continue
                    seen.add(id(value))
                    if predicate(value):
                        yield value
                    if isinstance(value, Module):
                        queue.append(value)

    @classmethod
    def with_name_scope(cls, method: Callable[..., _T]) -> Callable[..., _T]:
        """Decorate a method: variables made in it are named after the module."""

        @functools.wraps(method)
        def scoped(self: Module, *args: Any, **kwargs: Any) -> _T:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return scoped


@children.register(Module)
def _(value: Module) -> dict[str, Any]:
    return vars(value)


def _leaves(value: Any) -> Iterator[Any]:
    """A value, or what a list, tuple, set or dictionary holds."""
    if isinstance(value, dict):
        for key in sorted(value, key=str):
            yield from _leaves(value[key])
    elif isinstance(value, list | tuple | set | frozenset):
        for entry in value:
            yield from _leaves(entry)
    else:
        yield value
