"""The tuners of a strategy: `Tuner` with an oracle that is made from the arguments."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from caudal.tuner.engine.oracle import Oracle
from caudal.tuner.engine.tuner import Tuner


class StrategyTuner(Tuner):
    """Arguments that ``oracle_kind`` takes go there, the others to `Tuner`."""

    oracle_kind: ClassVar[type[Oracle]]

    def __init__(self, hypermodel: Any = None, *args: Any, **kwargs: Any) -> None:
        wanted = {name: kwargs.pop(name) for name in _arguments(self.oracle_kind) & set(kwargs)}
        super().__init__(self.oracle_kind(*args, **wanted), hypermodel, **kwargs)


def _arguments(kind: type[Oracle]) -> set[str]:
    """What an oracle's class takes, and what it hands on to its bases."""
    found: set[str] = set()
    for base in kind.__mro__:
        if "__init__" in vars(base) and issubclass(base, Oracle):
            parameters = inspect.signature(base.__init__).parameters.values()
            found |= {p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD}
    return found - {"self"}
