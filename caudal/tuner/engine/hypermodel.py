"""``HyperModel``: a family of models over a search space."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from caudal.namespaces import strict
from caudal.tuner.errors import FatalValueError

__all__ = ["HyperModel"]


class HyperModel:
    """Subclass it with ``build(self, hp)``, which returns a compiled model.

    Override ``fit`` to train in another way: it gets what `Tuner.search` was given, and returns a
    History, a dict of metrics or one float to be made small.

    tunable: False leaves what ``build`` asks for out of the search space: defaults are taken.
    """

    def __init__(self, name: str | None = None, tunable: bool = True) -> None:
        self.name = name
        self.tunable = tunable

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = _tuned(vars(cls)["build"])  # type: ignore[method-assign]

    def build(self, hp: Any) -> Any:
        """The model of these hyperparameters."""
        raise NotImplementedError

    def declare_hyperparameters(self, hp: Any) -> None:
        """Enters hyperparameters into the space before the first build."""

    def fit(self, hp: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
        """Trains a model that ``build`` made; ``kwargs`` has the tuner's ``callbacks`` too."""
        return model.fit(*args, **kwargs)


def _tuned(build: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(build)
    def wrapped(self: HyperModel, hp: Any, *args: Any, **kwargs: Any) -> Any:
        # What is entered into a copy does not reach the search space.
        own = hp if getattr(self, "tunable", True) else hp.copy()
        return build(self, own, *args, **kwargs)

    return wrapped


class FunctionHyperModel(HyperModel):
    """A function ``build(hp)`` as a `HyperModel`."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function

    def build(self, hp: Any) -> Any:
        """What the function makes."""
        return self.function(hp)


def get_hypermodel(hypermodel: Any) -> HyperModel | None:
    """The `HyperModel` that a user means: one, a function, or None.

    Raises:
        FatalValueError: it is something else.
    """
    if hypermodel is None or isinstance(hypermodel, HyperModel):
        return hypermodel
    if not callable(hypermodel) or isinstance(hypermodel, type):
        raise FatalValueError(
            "hypermodel: expected a function build(hp) that returns a model, or an instance of "
            "keras_tuner.HyperModel, received {received!r}.",
            received=hypermodel,
        )
    return FunctionHyperModel(hypermodel)


__getattr__ = strict(__name__, label="keras_tuner.engine.hypermodel")
