"""Models that are frozen between ``compile`` and training, as Keras 2's adversarial pairs are."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from caudal.keras.engine.signatures import say_once


class Compiled:
    """What of a model was trainable when it was compiled."""

    def __init__(self, model: Any) -> None:
        layers = model._flatten_layers()
        self._layers = [(layer, layer._trainable) for layer in layers]
        self._variables = [(v, v.trainable) for layer in layers for v in layer._trainable_variables]
        self.trains = bool(model.trainable_variables)

    @contextmanager
    def again(self) -> Iterator[None]:
        """Makes it trainable so while it is open."""
        layers = [(layer, layer._trainable) for layer, _ in self._layers]
        variables = [(variable, variable.trainable) for variable, _ in self._variables]
        try:
            _set(self._layers, self._variables)
            yield
        finally:
            _set(layers, variables)


def _set(layers: list[Any], variables: list[Any]) -> None:
    for layer, value in layers:
        layer._trainable = value
    for variable, value in variables:
        variable.trainable = value


def as_compiled(model: Any, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The training step of a model, which trains what it can.

    Keras 3 goes by what is trainable when a model is first trained; a model of which nothing is
    would learn nothing, and where `compile` saw it trainable, Keras 2's rule holds.
    """

    @functools.wraps(step)
    def run(data: Any) -> Any:
        compiled = model._training.compiled_as
        if model.trainable_variables or compiled is None or not compiled.trains:
            return step(data)
        say_once(
            "{model}: nothing of the model is trainable any more, so what was so at compile() is "
            "trained, as in Keras 2. Today's spelling is to set `trainable` before each call.",
            model=model.name,
        )
        with compiled.again():
            return step(data)

    return run
