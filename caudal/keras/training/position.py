"""Where a training stands: epoch, batch, the order of the rows, random states, places in the data.

A place in the data is the state in which a pass was begun and the number of batches taken since: to
get back there the pass is begun again, and so many batches are taken and thrown away.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from caudal.data import Dataset
from caudal.data.nodes import shuffles
from caudal.framework import random_state
from caudal.keras.training import plain_data
from caudal.keras.training.data import ArrayData, StreamData


def random_numbers() -> dict[str, Any]:
    """The states of Python's, NumPy's and our own global generators."""
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(legacy=False),
        "caudal": random_state.snapshot(),
    }


def set_random_numbers(state: dict[str, Any]) -> None:
    """Sets the generators to what `random_numbers` gave."""
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    random_state.restore(state["caudal"])


def _source_state(data: Any) -> Any:
    """What decides the next pass over some data, beside the global generators."""
    if isinstance(data, ArrayData):
        return None if data._rng is None else data._rng.bit_generator.state
    if isinstance(data.source, Dataset):
        return [shuffle.position for shuffle in shuffles(data.source.node)]
    return plain_data.attributes(data.source) if hasattr(data.source, "__dict__") else {}


def _set_source_state(data: Any, state: Any) -> None:
    if isinstance(data, ArrayData):
        if state is not None:
            data._rng = np.random.Generator(np.random.Philox())
            data._rng.bit_generator.state = state
    elif isinstance(data.source, Dataset):
        for shuffle, position in zip(shuffles(data.source.node), state, strict=True):
            shuffle.position = position
    else:
        vars(data.source).update(state) if state else None


def begin(data: Any) -> dict[str, Any]:
    """The state in which a pass over some data begins."""
    return {"random": random_numbers(), "source": _source_state(data)}


def begin_again(data: Any, state: dict[str, Any]) -> None:
    """Brings data, and the global generators, to where a pass began."""
    set_random_numbers(state["random"])
    _set_source_state(data, state["source"])


class Position:
    """The place of one `fit` in its data.

    ``prepare`` makes the variables of the model, the optimizer and the metrics, if need be.
    """

    def __init__(
        self, data: ArrayData | StreamData, held_out: Any, prepare: Callable[[], None]
    ) -> None:
        self._prepare = prepare
        self._data = data
        self._held_out = held_out
        for source in (data, held_out):
            if isinstance(source, StreamData):
                source.note = begin
        self.epoch = 0
        self.start = 0
        """Batches of this epoch that an earlier run has done."""
        self.resumed: int | None = None
        """The epoch to begin with, where an earlier run is gone on with."""
        self._begun: dict[str, Any] = {}

    def first_epoch(self, wish: int) -> int:
        """The epoch to begin with."""
        return wish if self.resumed is None else self.resumed

    def begin_epoch(self, epoch: int) -> None:
        """Notes what decides the order of the epoch that begins now."""
        self.epoch = epoch
        self.start = 0
        self._begun = begin(self._data)

    # --- to and from a backup -----------------------------------------------------------------

    def state(self, batch: int) -> dict[str, Any]:
        """The place after ``batch`` batches of the epoch; 0 means between two epochs."""
        return {
            "begun": self._begun if batch else begin(self._data),
            "passes": [_pass_of(self._data, batch > 0), _pass_of(self._held_out, False)],
            "held_out": None if self._held_out is None else _source_state(self._held_out),
        }

    def go_to(self, state: dict[str, Any], epoch: int, batch: int) -> None:
        """Brings data and generators to a place that `state` gave.

        All variables of model and optimizer exist then; their values are for the caller to set.
        """
        self.epoch, self.start = epoch, batch
        self._begun = state["begun"]
        first = state["passes"][0]
        set_random_numbers((first or state)["begun"]["random"])
        self._prepare()
        for data, place in zip((self._data, self._held_out), state["passes"], strict=True):
            _go_on(data, place)
        # Last: all passes draw from the same generators.
        if self._held_out is not None:
            _set_source_state(self._held_out, state["held_out"])
        if first is None or first["taken"] or getattr(self._data, "restartable", True):
            begin_again(self._data, self._begun)
        # Else the first batch of a generator was drawn above, from where it was drawn before.


def _pass_of(data: Any, within: bool) -> Any:
    """The place in a pass that goes on from one epoch to the next; None where there is none.

    within: the place where the present epoch began, not where it is now.
    """
    if not isinstance(data, StreamData) or data.begun is None:
        return None
    if data.restartable and not data.goes_on:
        return None
    return {"begun": data.begun, "taken": data.before if within else data.taken}


def _go_on(data: Any, state: Any) -> None:
    if state is None:
        return
    if data.restartable:
        begin_again(data, state["begun"])
    data.go_on(state["taken"])
