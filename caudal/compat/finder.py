"""The meta-path finder and the alias modules that it makes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from caudal.compat.names import (
    KERAS_VERSION,
    ROOTS,
    TENSORFLOW_VERSION,
    VERSIONS,
    attribute,
    canonical,
    public_names,
    resolve,
    shown,
)
from caudal.errors import FailedPreconditionError, MissingModuleError, MissingNameError

_OWN_VALUES: dict[str, dict[str, Any]] = {
    "tensorflow": {"__version__": TENSORFLOW_VERSION},
    "tensorflow.compat.v1": {"__version__": TENSORFLOW_VERSION},
    "tensorflow.version": {"VERSION": TENSORFLOW_VERSION},
    "keras": {"__version__": KERAS_VERSION},
}
"""What a program may read to learn which TensorFlow it runs on."""


class AliasModule(ModuleType):
    """A module of TensorFlow's or Keras's name whose attributes are another module's.

    Attributes that are Caudal's modules come as aliases too, so that every name below has the
    same errors.
    """

    def __init__(self, name: str, target: ModuleType) -> None:
        super().__init__(name, target.__doc__)
        self.__path__: list[str] = []  # a package, so that the finder is asked for submodules
        self.__file__ = getattr(target, "__file__", None)
        self.__dict__["__caudal_target__"] = target
        self.__dict__.update(_OWN_VALUES.get(canonical(name), {}))

    def __getattr__(self, name: str) -> Any:
        target = self.__dict__["__caudal_target__"]
        if name == "__all__":
            return public_names(target)
        if name[:2] == "__":
            return getattr(target, name)
        spelled = f"{self.__name__}.{name}"
        if canonical(spelled) != f"{canonical(self.__name__)}.{name}":
            value = resolve(spelled)  # a package that TensorFlow shows in several places
        else:
            value = attribute(target, name, self.__name__)
        if isinstance(value, ModuleType) and value.__name__.partition(".")[0] == "caudal":
            value = importlib.import_module(f"{self.__name__}.{name}")
        self.__dict__[name] = value
        return value

    def __dir__(self) -> Iterable[str]:
        return sorted({*public_names(self.__dict__["__caudal_target__"]), *self.__dict__})

    def __repr__(self) -> str:
        return f"<module {self.__name__!r} served by Caudal>"


class AliasFinder(MetaPathFinder, Loader):
    """Answers for the names in ``ROOTS`` and everything below them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of an alias module; None for names of others.

        Raises:
            MissingModuleError: Caudal lacks it. Python's own finders must not be asked: a real
                submodule under an alias would mix two frameworks.
        """
        if fullname.partition(".")[0] not in ROOTS:
            return None
        try:
            value = resolve(fullname)
        except MissingNameError as error:
            # No ``name=``: from-imports would swallow the error and write one without hints.
            raise MissingModuleError("{text}", text=str(error)) from None
        if not isinstance(value, ModuleType):
            owner, _, name = fullname.rpartition(".")
            raise MissingModuleError(
                "{shown} is no module but a {kind}: write 'from {owner} import {name}'.",
                shown=shown(fullname),
                kind=type(value).__name__ if not isinstance(value, type) else "class",
                owner=owner,
                name=name,
            )
        spec = ModuleSpec(fullname, self, origin="caudal", is_package=True)
        spec.loader_state = value
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The alias."""
        return AliasModule(spec.name, spec.loader_state)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run: the code is Caudal's."""

    def find_distributions(self, context: Any = None) -> Iterator[Any]:
        """Makes importlib.metadata answer for the packages that Caudal stands in for."""
        from caudal.compat.distribution import AliasDistribution

        wanted = getattr(context, "name", None)
        for name in VERSIONS:
            if wanted is None or wanted.lower().replace("_", "-") == name:
                yield AliasDistribution(name)


_finder = AliasFinder()


def install() -> None:
    """Makes `import tensorflow`, `import keras` and the packages beside them give Caudal.

    Raises:
        FailedPreconditionError: one of them is imported already.
    """
    if _finder in sys.meta_path:
        return
    for root in ROOTS:
        module = sys.modules.get(root)
        if module is not None and not isinstance(module, AliasModule):
            raise FailedPreconditionError(
                "caudal.install(): {root} is already imported from {file}. Call caudal.install() "
                "before the first import of it.",
                root=root,
                file=getattr(module, "__file__", "elsewhere"),
            )
    sys.meta_path.insert(0, _finder)


def uninstall() -> None:
    """Undoes `install`; modules that were imported keep working where they are held."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for name, module in list(sys.modules.items()):
        if isinstance(module, AliasModule):
            del sys.modules[name]
