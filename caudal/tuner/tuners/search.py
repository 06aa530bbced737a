"""The tuners of a strategy: `Tuner` with an oracle that is made from the arguments."""

from __future__ import annotations

from typing import Any, ClassVar

from caudal.tuner.engine.arguments import argument_names
from caudal.tuner.engine.oracle import Oracle
from caudal.tuner.engine.tuner import Tuner


class StrategyTuner(Tuner):
    """Arguments that ``oracle_kind`` takes go there, the others to `Tuner`."""

    oracle_kind: ClassVar[type[Oracle]]

    def __init__(self, hypermodel: Any = None, *args: Any, **kwargs: Any) -> None:
        taken = argument_names(self.oracle_kind, Oracle) & set(kwargs)
        wanted = {name: kwargs.pop(name) for name in taken}
        super().__init__(self.oracle_kind(*args, **wanted), hypermodel, **kwargs)

    @classmethod
    def _argument_names(cls) -> set[str]:
        return super()._argument_names() | argument_names(cls.oracle_kind, Oracle)
