"""``Oracle``: which values are tried next, and the record of all that was tried."""

from __future__ import annotations

import glob
import hashlib
import math
import os
import random
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from caudal.errors import DataLossError, FailedPreconditionError, InvalidArgumentError
from caudal.namespaces import strict
from caudal.tuner.engine.arguments import check_number
from caudal.tuner.engine.display import Display
from caudal.tuner.engine.hyperparameters import HyperParameters
from caudal.tuner.engine.metrics_tracking import MetricsTracker
from caudal.tuner.engine.objective import Objective, create_objective
from caudal.tuner.engine.stateful import Stateful
from caudal.tuner.engine.synchronized import synchronized
from caudal.tuner.engine.trial import Trial, TrialStatus
from caudal.tuner.errors import FatalRuntimeError

__all__ = ["Objective", "Oracle", "synchronized"]

_COLLISIONS = 20
"""After so many draws of what was tried already, a space counts as exhausted."""


class Oracle(Stateful):
    """Subclass it and override `populate_space` for a strategy of your own.

    objective: a metric's name, an `Objective`, a list of these, or None where a trial returns the
        value to be made small.
    max_trials: how many combinations are tried at most; None for no limit.
    hyperparameters: a space known in advance; what it has goes before what a build asks for.
    allow_new_entries: whether a build may ask for others; tune_new_entries: whether these are
        searched, or keep their defaults.
    seed: of the random draws.
    max_retries_per_trial: how often a trial that went wrong is run again.
    max_consecutive_failed_trials: after so many failures in a row the search ends.

    Raises:
        InvalidArgumentError: an objective that is none; a number that does not fit; no space, and
            no new entries allowed.
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int | None = None,
        hyperparameters: HyperParameters | None = None,
        allow_new_entries: bool = True,
        tune_new_entries: bool = True,
        seed: int | None = None,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
    ) -> None:
        self.objective = create_objective(objective)
        if max_trials is not None:
            check_number("max_trials", max_trials, least=1)
        if seed is not None:
            check_number("seed", seed, least=-math.inf)
        check_number("max_retries_per_trial", max_retries_per_trial, least=0)
        check_number("max_consecutive_failed_trials", max_consecutive_failed_trials, least=0)
        self.max_trials = max_trials
        for name, allowed in (
            ("tune_new_entries", tune_new_entries),
            ("allow_new_entries", allow_new_entries),
        ):
            if hyperparameters is None and not allowed:
                raise InvalidArgumentError(
                    "{name}=False needs a search space: pass it as hyperparameters=.", name=name
                )
        self.hyperparameters = hyperparameters or HyperParameters()
        self.allow_new_entries = allow_new_entries
        self.tune_new_entries = tune_new_entries
        self.max_retries_per_trial = max_retries_per_trial
        self.max_consecutive_failed_trials = max_consecutive_failed_trials
        self.trials: dict[str, Trial] = {}
        self.ongoing_trials: dict[str, Trial] = {}
        self.start_order: list[str] = []
        self.end_order: list[str] = []
        self.seed = random.randint(1, 10_000) if seed is None else seed
        self._seed_state = self.seed
        self._run_times: defaultdict[str, int] = defaultdict(int)
        self._retry_queue: list[str] = []
        self._tried: set[str] = set()
        self._digests: dict[str, str] = {}
        self._display = Display(self)
        self._directory, self._project_name = ".", "untitled_project"

    # --- what subclasses say ------------------------------------------------------------------

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """``{"status": ..., "values": ...}`` for a new trial.

        status: "RUNNING" with the values; "IDLE" to wait for trials that run; "STOPPED" at the end.
        """
        raise NotImplementedError

    def score_trial(self, trial: Trial) -> None:
        """Sets score and best step of a trial that ended well."""
        trial.score = trial.metrics.get_best_value(self.objective.name)
        trial.best_step = trial.metrics.get_best_step(self.objective.name)

    # --- a trial's life -----------------------------------------------------------------------

    @synchronized
    def create_trial(self, tuner_id: str) -> Trial:
        """The next trial for a tuner; its status says if there is one.

        Raises:
            FailedPreconditionError: the strategy waits, and there is no trial to wait for.
        """
        if tuner_id in self.ongoing_trials:
            return self.ongoing_trials[tuner_id]
        if self._retry_queue:
            trial = self.trials[self._retry_queue.pop()]
            # What it measured before it broke off would be averaged with what it measures now.
            trial.metrics, trial.score, trial.message = MetricsTracker(), None, None
            trial.status = TrialStatus.RUNNING
        else:
            trial = self._new_trial()
            if trial.status != TrialStatus.RUNNING:
                return trial
            self.trials[trial.trial_id] = trial
            self.start_order.append(trial.trial_id)
            self._record_values(trial)
        self.ongoing_trials[tuner_id] = trial
        self._save_trial(trial)
        self.save()
        self._display.on_trial_begin(trial)
        return trial

    def _new_trial(self) -> Trial:
        width = len(str(self.max_trials))
        trial_id = str(len(self.trials)).zfill(width)
        found: Mapping[str, Any] = {"status": TrialStatus.STOPPED}
        if not self.max_trials or len(self.trials) < self.max_trials:
            found = self.populate_space(trial_id)
        if found["status"] == TrialStatus.IDLE and not self.ongoing_trials:
            raise FailedPreconditionError(
                "{oracle}.populate_space says IDLE, but no trial runs that it could wait for.",
                oracle=type(self).__name__,
            )
        space = self.hyperparameters.copy()
        space.values = dict(found.get("values") or {})
        return Trial(space, trial_id, found["status"])

    @synchronized
    def update_trial(self, trial_id: str, metrics: Mapping[str, Any], step: int = 0) -> Trial:
        """Records what a trial measured at a step.

        Raises:
            InvalidArgumentError: the objective is not among the metrics.
        """
        metrics = dict(metrics)
        lacking = self.objective.missing(metrics)
        if self.objective.name not in metrics and not lacking:
            metrics[self.objective.name] = self.objective.get_value(metrics)
        elif self.objective.name not in metrics:
            raise InvalidArgumentError(
                "objective: {lacking} is not among what the trial measured: {found}. Use one of "
                "these, or measure it: compile(metrics=...), fit(validation_data=...).",
                lacking=", ".join(map(repr, lacking)),
                found=", ".join(metrics) or "nothing",
            )
        trial = self.trials[trial_id]
        for name, value in metrics.items():
            if not trial.metrics.exists(name):
                trial.metrics.register(name, self.objective.direction_of(name))
            trial.metrics.update(name, value, step=step)
        self._save_trial(trial)
        return trial

    @synchronized
    def end_trial(self, trial: Trial | str, status: str = TrialStatus.COMPLETED) -> None:
        """Takes a trial's end: scores it, or has it run again, or counts its failure.

        A number and a status, as older programs pass, are taken for the trial.

        Raises:
            FatalRuntimeError: it is the last of too many failures in a row.
        """
        if isinstance(trial, str):
            trial_id, message, space = trial, None, self.trials[trial].hyperparameters
        else:
            trial_id, message, space = trial.trial_id, trial.message, trial.hyperparameters
            status = trial.status
        ended = self.trials[trial_id]
        ended.hyperparameters, ended.status, ended.message = space, status, message
        self.update_space(space)
        if ended.status == TrialStatus.COMPLETED:
            self.score_trial(ended)
            if ended.score is None or math.isnan(ended.score):
                ended.status, ended.score = TrialStatus.INVALID, None
                ended.message = f"{self.objective.name} is NaN."
        self._record_values(ended)
        self._run_times[trial_id] += 1
        self._settle(ended)
        owner = next((k for k, one in self.ongoing_trials.items() if one is ended), None)
        if owner is not None:
            del self.ongoing_trials[owner]
        self._save_trial(ended)
        self.save()
        self._display.on_trial_end(ended)
        self._check_failures()

    def _settle(self, trial: Trial) -> None:
        """Whether an invalid trial is run again, or has failed."""
        if trial.status == TrialStatus.INVALID:
            if self._run_times[trial.trial_id] <= self.max_retries_per_trial:
                self._retry_queue.append(trial.trial_id)
                return
            trial.status = TrialStatus.FAILED
        self.end_order.append(trial.trial_id)

    def _check_failures(self) -> None:
        last = [self.trials[key] for key in self.end_order][-self.max_consecutive_failed_trials :]
        failed = [trial for trial in last if trial.status == TrialStatus.FAILED]
        if len(failed) >= self.max_consecutive_failed_trials > 0:
            raise FatalRuntimeError(
                "The search ends: {count} trials failed one after the other "
                "(max_consecutive_failed_trials). The last of them:\n{message}",
                count=len(failed),
                message=failed[-1].message or "it gave no reason.",
            )

    # --- the space ----------------------------------------------------------------------------

    @synchronized
    def get_space(self) -> HyperParameters:
        """A copy of the search space."""
        return self.hyperparameters.copy()

    @synchronized
    def update_space(self, hyperparameters: HyperParameters) -> None:
        """Adds what is new in another space.

        Raises:
            FatalRuntimeError: there is something, and ``allow_new_entries`` is False.
        """
        known = self.hyperparameters
        fresh = [hp for hp in hyperparameters.space if not known.holds(hp)]
        if fresh and not self.allow_new_entries:
            raise FatalRuntimeError(
                "allow_new_entries=False, but the model asks for {names}: enter it in the "
                "hyperparameters that the tuner is given.",
                names=", ".join(repr(hp.name) for hp in fresh),
            )
        if self.tune_new_entries:
            known.merge(fresh)

    def _random_values(self) -> dict[str, Any] | None:
        """Values that were not tried yet; None where the space seems exhausted."""
        for _ in range(_COLLISIONS + 1):
            drawn = HyperParameters()
            for hp in self.hyperparameters.space:
                drawn.merge([hp])
                if drawn.is_active(hp):
                    drawn.values[hp.name] = hp.random_sample(self._seed_state)
                    self._seed_state += 1
            if self._digest(drawn.values) not in self._tried:
                return drawn.values
        return None

    def _digest(self, values: Mapping[str, Any]) -> str:
        text = "".join(f"{name}={values[name]}" for name in sorted(values))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def _record_values(self, trial: Trial) -> None:
        """Remembers a trial's values as tried, in place of those it had before."""
        trial.hyperparameters.ensure_active_values(f"{self.seed}/{trial.trial_id}")
        digest = self._digest(trial.hyperparameters.values)
        before = self._digests.get(trial.trial_id)
        if before is not None and before != digest:
            self._tried.discard(before)
        self._tried.add(digest)
        self._digests[trial.trial_id] = digest

    # --- results ------------------------------------------------------------------------------

    def get_trial(self, trial_id: str) -> Trial:
        """The trial of a number."""
        return self.trials[trial_id]

    @synchronized
    def get_best_trials(self, num_trials: int = 1) -> list[Trial]:
        """The trials with the best scores; others follow where there are not enough."""
        scored: list[Trial] = []
        rest: list[Trial] = []
        for trial in self.trials.values():
            whole = trial.status == TrialStatus.COMPLETED and trial.score is not None
            (scored if whole else rest).append(trial)
        sign = -1 if self.objective.direction == "max" else 1
        scored.sort(key=lambda trial: sign * (trial.score or 0.0))
        return (scored + rest)[:num_trials]

    def remaining_trials(self) -> int | None:
        """How many trials are left; None without a limit."""
        return self.max_trials - len(self.trials) if self.max_trials else None

    @property
    def verbose(self) -> int:
        """Whether trials are printed."""
        return self._display.verbose

    @verbose.setter
    def verbose(self, value: Any) -> None:
        self._display.verbose = 1 if value == "auto" else int(value)

    # --- on disk ------------------------------------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        """The search, fit for JSON; trials have files of their own."""
        ongoing = {tuner: trial.trial_id for tuner, trial in self.ongoing_trials.items()}
        return {
            "ongoing_trials": ongoing,
            "hyperparameters": self.hyperparameters.get_config(),
            "start_order": self.start_order,
            "end_order": self.end_order,
            "run_times": dict(self._run_times),
            "retry_queue": self._retry_queue,
            "seed": self.seed,
            "seed_state": self._seed_state,
            "tried_so_far": sorted(self._tried),
            "id_to_hash": self._digests,
            "display": self._display.get_state(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `get_state` gave; trials are there already."""
        self.ongoing_trials = {k: self.trials[one] for k, one in state["ongoing_trials"].items()}
        self.hyperparameters = HyperParameters.from_config(state["hyperparameters"])
        self.start_order, self.end_order = list(state["start_order"]), list(state["end_order"])
        self._run_times = defaultdict(int, state["run_times"])
        self._retry_queue = list(state["retry_queue"])
        self.seed, self._seed_state = state["seed"], state["seed_state"]
        self._tried = set(state["tried_so_far"])
        self._digests = {k: digest for k, digest in state["id_to_hash"].items() if digest}
        self._display.set_state(state["display"])

    @synchronized
    def save(self, fname: Any = None) -> None:
        """Writes ``oracle.json``."""
        super().save(fname or self._file())

    @synchronized
    def reload(self, fname: Any = None) -> None:
        """Reads the project's trials and ``oracle.json``; what ran then is to be run again.

        Raises:
            DataLossError: a file is damaged, or of another kind of search.
        """
        found = sorted(glob.glob(os.path.join(self._folder, "trial_*", "trial.json")))
        loaded = {trial.trial_id: trial for trial in map(Trial.load, found)}
        self.trials = loaded
        try:
            super().reload(fname or self._file())
            # A trial that was written when the process ended, and the oracle was not.
            self.trials = {key: loaded[key] for key in self.start_order}
        except (KeyError, TypeError, AttributeError) as error:
            raise DataLossError(
                "The project {folder!r} is not of a {kind}: {reason!r} is missing or wrong. Choose "
                "another project_name, or pass overwrite=True to begin anew.",
                folder=self._folder,
                kind=type(self).__name__,
                reason=error,
            ) from error
        self._retry_queue += [trial.trial_id for trial in self.ongoing_trials.values()]
        self.ongoing_trials = {}

    def _set_project_dir(self, directory: Any, project_name: str) -> None:
        self._directory, self._project_name = os.fspath(directory), project_name

    @property
    def _folder(self) -> str:
        return os.path.join(self._directory, self._project_name)

    def _file(self) -> str:
        return os.path.join(self._folder, "oracle.json")

    def _save_trial(self, trial: Trial) -> None:
        trial.save(os.path.join(self._folder, f"trial_{trial.trial_id}", "trial.json"))


__getattr__ = strict(__name__, label="keras_tuner.engine.oracle")
