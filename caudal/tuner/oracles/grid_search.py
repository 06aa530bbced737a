"""Grid search: every combination, defaults first, the last hyperparameter fastest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cmp_to_key
from typing import Any

from caudal.tuner.engine.hyperparameter import HyperParameter
from caudal.tuner.engine.hyperparameters import HyperParameters
from caudal.tuner.engine.oracle import Oracle
from caudal.tuner.engine.synchronized import synchronized
from caudal.tuner.engine.trial import Trial, TrialStatus


class GridSearchOracle(Oracle):
    """Goes through all combinations in order; what a trial newly asks for joins the grid.

    A Float without a step, or an Int of logarithmic sampling without one, counts with ten values.
    Its arguments are those of `Oracle`; ``max_trials`` may be None for the whole grid.
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = None,
        seed: int | None = None,
        hyperparameters: HyperParameters | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            objective=objective,
            max_trials=max_trials,
            hyperparameters=hyperparameters,
            seed=seed,
            **kwargs,
        )
        # Trials in the grid's order, and those whose next combination has to be looked at.
        self._ordered: list[str] = []
        self._waiting: list[str] = []

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The first combination that follows one that was tried and was not tried itself."""
        if not self.start_order:
            self._ordered.append(trial_id)
            self._waiting.append(trial_id)
            return {"status": TrialStatus.RUNNING, "values": self._first()}
        while self._waiting:
            tried = self._waiting.pop(0)
            values = self._next(self.trials[tried].hyperparameters.values)
            place = self._ordered.index(tried) + 1
            if values is None or not self._free(values, place):
                continue
            self._ordered.insert(place, trial_id)
            return {"status": TrialStatus.RUNNING, "values": values}
        return {"status": TrialStatus.IDLE if self.ongoing_trials else TrialStatus.STOPPED}

    @synchronized
    def end_trial(self, trial: Trial | str, status: str = TrialStatus.COMPLETED) -> None:
        """Takes a trial's end; what follows it in the grid is due."""
        self._waiting.append(trial if isinstance(trial, str) else trial.trial_id)
        super().end_trial(trial, status)

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `get_state` gave; the order follows from the trials."""
        super().set_state(state)
        values = {key: self.trials[key].hyperparameters.values for key in self.start_order}

        def compare(a: str, b: str) -> int:
            return self._compare(values[a], values[b])

        self._ordered = sorted(self.start_order, key=cmp_to_key(compare))
        self._waiting = list(self.start_order)

    # --- the grid -----------------------------------------------------------------------------

    def _first(self) -> dict[str, Any]:
        space = HyperParameters()
        space.merge(self.hyperparameters)
        return {hp.name: space.values[hp.name] for hp in space.space if space.is_active(hp)}

    def _next(self, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """The combination after one, or None after the last."""
        space = self.get_space()
        space.values = dict(values)
        for hp in reversed(space.space):
            grid = _grid(hp)
            if space.is_active(hp):
                # A value off the grid, of a trial that was given it, comes before all of it.
                at = grid.index(values[hp.name]) if values.get(hp.name) in grid else -1
                if at + 1 < len(grid):
                    space.values[hp.name] = grid[at + 1]
                    return self._whole(space)
            space.values[hp.name] = hp.default
        return None

    def _whole(self, space: HyperParameters) -> dict[str, Any]:
        """Only what is active, and defaults for what newly is."""
        for hp in space.space:
            if space.is_active(hp):
                space.values.setdefault(hp.name, hp.default)
        space.ensure_active_values()
        return space.values

    def _free(self, values: Mapping[str, Any], place: int) -> bool:
        """Whether a combination comes before the trial that has its place now."""
        if place == len(self._ordered):
            return True
        after = self.trials[self._ordered[place]].hyperparameters.values
        return self._compare(values, after) < 0

    def _compare(self, a: Mapping[str, Any], b: Mapping[str, Any]) -> int:
        """-1, 0 or 1: by the first hyperparameter in which they differ."""
        for hp in self.hyperparameters.space:
            if hp.name not in a or hp.name not in b or a[hp.name] == b[hp.name]:
                continue
            grid = _grid(hp)
            places = [grid.index(v) if v in grid else -1 for v in (a[hp.name], b[hp.name])]
            if places[0] != places[1]:
                return -1 if places[0] < places[1] else 1
        return 0


def _grid(hp: HyperParameter) -> list[Any]:
    """The values in the grid's order: the default, then the others."""
    return [hp.default, *(value for value in hp.values if value != hp.default)]
