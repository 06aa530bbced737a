"""Hyperband (Li et al., JMLR 18, 2018): many models for few epochs, the best of them for more.

A bracket is a successive halving: its first round trains many random models for a few epochs,
each round after it the best ``1 / factor`` of the round before for ``factor`` times as many
epochs. Brackets differ in how boldly they begin; one iteration goes through all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from caudal.tuner.engine.arguments import check_number
from caudal.tuner.engine.hyperparameters import HyperParameters
from caudal.tuner.engine.oracle import Oracle
from caudal.tuner.engine.trial import Trial, TrialStatus

Answer = dict[str, Any]
_RUN_VALUES = ("tuner/epochs", "tuner/initial_epoch", "tuner/bracket", "tuner/round")


class HyperbandOracle(Oracle):
    """Chooses by Hyperband.

    max_epochs: the most epochs of one model. factor: how many models there are for each that goes
    on. hyperband_iterations: how often all brackets are run; None for no end. The others are those
    of `Oracle`.

    Raises:
        InvalidArgumentError: a factor below 2, no epochs, or another number that does not fit.
    """

    def __init__(
        self,
        objective: Any = None,
        max_epochs: int = 100,
        factor: int = 3,
        hyperband_iterations: int | None = 1,
        seed: int | None = None,
        hyperparameters: HyperParameters | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            objective=objective,
            hyperparameters=hyperparameters,
            seed=seed,
            **kwargs,
        )
        check_number("Hyperband: factor", factor, least=2, whole=False)
        check_number("Hyperband: max_epochs", max_epochs, least=1)
        if hyperband_iterations is not None:
            check_number("Hyperband: hyperband_iterations", hyperband_iterations, 0, whole=False)
        self.hyperband_iterations = hyperband_iterations or math.inf
        self.max_epochs, self.min_epochs, self.factor = max_epochs, 1, factor
        self._current_iteration = 0
        self._current_bracket = self._get_num_brackets() - 1
        self._brackets: list[dict[str, Any]] = []
        self._begin_bracket()

    def populate_space(self, trial_id: str) -> Answer:
        """The next trial of the brackets that are open, or of a new one."""
        self._brackets = [bracket for bracket in self._brackets if not self._complete(bracket)]
        for bracket in self._brackets:
            if len(bracket["rounds"][0]) < self._get_size(bracket["bracket_num"], 0):
                return self._random_trial(trial_id, bracket)
            promoted = self._promoted(trial_id, bracket)
            if promoted is not None:
                return promoted
        last = self._current_iteration + 1 == self.hyperband_iterations
        if self._current_bracket == 0 and last:
            return _wait_or_stop(self.ongoing_trials)
        self._current_bracket -= 1
        if self._current_bracket < 0:
            self._current_bracket = self._get_num_brackets() - 1
            self._current_iteration += 1
        self._begin_bracket()
        return self._random_trial(trial_id, self._brackets[-1])

    def _promoted(self, trial_id: str, bracket: dict[str, Any]) -> Answer | None:
        """A trial that did well in one round, for the next; None where that is not known yet."""
        number, rounds = bracket["bracket_num"], bracket["rounds"]
        for turn in range(1, len(rounds)):
            taken = {entry["past_id"] for entry in rounds[turn]}
            left = [self.trials[e["id"]] for e in rounds[turn - 1] if e["id"] not in taken]
            scored = [trial for trial in left if trial.status == TrialStatus.COMPLETED]
            dropped = self._get_size(number, turn - 1) - self._get_size(number, turn)
            if len(scored) <= dropped:
                continue
            best = self._best_of(scored)
            rounds[turn].append({"past_id": best.trial_id, "id": trial_id})
            values = dict(best.hyperparameters.values)
            values["tuner/trial_id"] = best.trial_id
            return self._answer(values, number, turn)
        return None

    def _random_trial(self, trial_id: str, bracket: dict[str, Any]) -> Answer:
        values = self._random_values()
        if values is None:
            return _wait_or_stop(self.ongoing_trials)
        bracket["rounds"][0].append({"past_id": None, "id": trial_id})
        return self._answer(values, bracket["bracket_num"], 0)

    def _answer(self, values: dict[str, Any], number: int, turn: int) -> Answer:
        values["tuner/epochs"] = self._get_epochs(number, turn)
        values["tuner/initial_epoch"] = self._get_epochs(number, turn - 1) if turn else 0
        values["tuner/bracket"] = number
        values["tuner/round"] = turn
        return {"status": TrialStatus.RUNNING, "values": values}

    def _best_of(self, trials: list[Trial]) -> Trial:
        sign = -1 if self.objective.direction == "max" else 1
        return min(trials, key=lambda trial: sign * (trial.score or 0.0))

    def _digest(self, values: Mapping[str, Any]) -> str:
        """Epochs and round make no other combination; the trial that it goes on from does."""
        return super()._digest({k: v for k, v in values.items() if k not in _RUN_VALUES})

    # --- brackets -----------------------------------------------------------------------------

    def _begin_bracket(self) -> None:
        number = self._current_bracket
        rounds: list[list[Any]] = [[] for _ in range(self._get_num_rounds(number))]
        self._brackets.append({"bracket_num": number, "rounds": rounds})

    def _complete(self, bracket: dict[str, Any]) -> bool:
        last = len(bracket["rounds"]) - 1
        return len(bracket["rounds"][last]) == self._get_size(bracket["bracket_num"], last)

    def _get_size(self, bracket_num: int, round_num: int) -> int:
        """How many trials a round has: brackets take about the same number of epochs."""
        last = math.ceil(1 + math.log(self.max_epochs, self.factor)) / (bracket_num + 1)
        return math.ceil(last * float(self.factor) ** (bracket_num - round_num))

    def _get_epochs(self, bracket_num: int, round_num: int) -> int:
        """How many epochs a round's trials have been trained for at its end."""
        return math.ceil(self.max_epochs / float(self.factor) ** (bracket_num - round_num))

    def _get_num_rounds(self, bracket_num: int) -> int:
        return bracket_num + 1

    def _get_num_brackets(self) -> int:
        count, epochs = 0, float(self.max_epochs)
        while epochs >= self.min_epochs:
            epochs, count = epochs / self.factor, count + 1
        return count

    # --- on disk ------------------------------------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        """The search with its brackets, fit for JSON."""
        return {
            **super().get_state(),
            "hyperband_iterations": self.hyperband_iterations,
            "max_epochs": self.max_epochs,
            "min_epochs": self.min_epochs,
            "factor": self.factor,
            "brackets": self._brackets,
            "current_bracket": self._current_bracket,
            "current_iteration": self._current_iteration,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `get_state` gave."""
        super().set_state(state)
        self.hyperband_iterations = state["hyperband_iterations"]
        self.max_epochs, self.min_epochs = state["max_epochs"], state["min_epochs"]
        self.factor, self._brackets = state["factor"], state["brackets"]
        self._current_bracket = state["current_bracket"]
        self._current_iteration = state["current_iteration"]


def _wait_or_stop(ongoing: Mapping[str, Any]) -> Answer:
    return {"status": TrialStatus.IDLE if ongoing else TrialStatus.STOPPED}
