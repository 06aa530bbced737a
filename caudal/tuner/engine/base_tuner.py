"""``BaseTuner``: the search's loop, for models of any kind."""

from __future__ import annotations

import os
import shutil
import time
import traceback
import warnings
from typing import Any

from caudal.errors import (
    CaudalWarning,
    InvalidArgumentError,
    UnimplementedError,
    did_you_mean,
)
from caudal.namespaces import strict
from caudal.runtime.sharing import shared_programs
from caudal.tuner.engine.arguments import argument_names
from caudal.tuner.engine.hypermodel import get_hypermodel
from caudal.tuner.engine.oracle import Oracle
from caudal.tuner.engine.results import best_step, metrics_of
from caudal.tuner.engine.stateful import Stateful
from caudal.tuner.engine.trial import Trial, TrialStatus
from caudal.tuner.errors import FailedTrialError, FatalError

__all__ = ["BaseTuner"]

_LOOK_SECONDS = 0.05
"""How long a tuner rests that waits for the trials of other threads."""


class BaseTuner(Stateful):
    """Asks an oracle for trials, runs them, and tells it the results.

    Subclasses say in `run_trial`, `save_model` and `load_model` what a trial is.

    oracle: what chooses the values. hypermodel: a `HyperModel` or a function ``build(hp)``.
    directory, project_name: the search's folder is ``directory/project_name``; a search that is
        there goes on, unless ``overwrite`` is True, which deletes it.
    tuner_id: the name of this tuner's file.

    Raises:
        InvalidArgumentError: ``oracle`` is none; unknown arguments.
        UnimplementedError: the environment asks for workers in several processes.
    """

    def __init__(
        self,
        oracle: Oracle,
        hypermodel: Any = None,
        directory: Any = None,
        project_name: str | None = None,
        overwrite: bool = False,
        **kwargs: Any,
    ) -> None:
        if not isinstance(oracle, Oracle):
            raise InvalidArgumentError(
                "oracle: expected a keras_tuner.Oracle, received {received!r}.", received=oracle
            )
        if os.environ.get("KERASTUNER_ORACLE_IP"):
            raise UnimplementedError(
                "KERASTUNER_ORACLE_IP is set: Caudal's tuner runs in one process only. Unset it."
            )
        self.logger = kwargs.pop("logger", None)
        if self.logger is not None:
            warnings.warn(CaudalWarning("Tuner: logger has no effect."), stacklevel=3)
        own_id = kwargs.pop("tuner_id", None)
        if kwargs:
            raise InvalidArgumentError(
                "{kind}: unknown arguments {names}.{hint}",
                kind=type(self).__name__,
                names=", ".join(kwargs),
                hint=did_you_mean(next(iter(kwargs)), sorted(self._argument_names())),
            )
        self.oracle = oracle
        self.hypermodel: Any = get_hypermodel(hypermodel)
        self.directory = directory or "."
        self.project_name = project_name or "untitled_project"
        self.tuner_id = own_id or os.environ.get("KERASTUNER_TUNER_ID", "tuner0")
        self.oracle._set_project_dir(self.directory, self.project_name)
        if overwrite and os.path.isdir(self._folder):
            shutil.rmtree(self._folder)
        if os.path.exists(os.path.join(self._folder, "oracle.json")):
            print(f"The search in {self._folder} goes on.")
            self.reload()
        else:
            self._populate_initial_space()

    @classmethod
    def _argument_names(cls) -> set[str]:
        return argument_names(cls, BaseTuner)

    # --- the space ----------------------------------------------------------------------------

    def _populate_initial_space(self) -> None:
        """Builds until every conditional scope was active once, so that all its names are known."""
        if self.hypermodel is None:
            return
        hp = self.oracle.get_space()
        self.hypermodel.declare_hyperparameters(hp)
        self.oracle.update_space(hp)
        hp = self.oracle.get_space()
        entered: list[Any] = []
        waiting: list[Any] = []
        while True:
            self.hypermodel.build(hp)
            self.oracle.update_space(hp)
            entered += [scope for scope in hp.active_scopes if scope not in entered]
            waiting += [scope for scope in hp.inactive_scopes if scope not in waiting]
            waiting = [scope for scope in waiting if scope not in entered]
            if not waiting:
                return
            # Counted as entered: a scope whose conditions exclude one another never will be.
            scope = waiting.pop(0)
            entered.append(scope)
            hp = self.oracle.get_space()
            hp.values.update((condition.name, condition.values[0]) for condition in scope)
            hp.ensure_active_values(self.oracle.seed)

    # --- the search ---------------------------------------------------------------------------

    def search(self, *fit_args: Any, **fit_kwargs: Any) -> None:
        """Runs trials until the oracle has no more; arguments go to `run_trial`.

        ``verbose=0`` keeps the tuner quiet too.
        """
        if "verbose" in fit_kwargs:
            self.oracle.verbose = fit_kwargs["verbose"]
        self.on_search_begin()
        with shared_programs():
            self._run_trials(*fit_args, **fit_kwargs)
        self.on_search_end()

    def _run_trials(self, *fit_args: Any, **fit_kwargs: Any) -> None:
        while True:
            self.pre_create_trial()
            trial = self.oracle.create_trial(self.tuner_id)
            if trial.status == TrialStatus.STOPPED:
                break
            if trial.status == TrialStatus.IDLE:
                time.sleep(_LOOK_SECONDS)
                continue
            self.on_trial_begin(trial)
            self._try_trial(trial, *fit_args, **fit_kwargs)
            self.on_trial_end(trial)

    def _try_trial(self, trial: Trial, *fit_args: Any, **fit_kwargs: Any) -> None:
        try:
            self._run_and_report(trial, *fit_args, **fit_kwargs)
            trial.status = TrialStatus.COMPLETED
        except FatalError:
            raise
        except Exception as error:
            given_up = isinstance(error, FailedTrialError)
            trial.status = TrialStatus.FAILED if given_up else TrialStatus.INVALID
            trial.message = traceback.format_exc()

    def _run_and_report(self, trial: Trial, *fit_args: Any, **fit_kwargs: Any) -> None:
        results = self.run_trial(trial, *fit_args, **fit_kwargs)
        objective = self.oracle.objective
        if self.oracle.get_trial(trial.trial_id).metrics.exists(objective.name):
            return  # an older program's run_trial has told the oracle itself
        source = f"{type(self).__name__}.run_trial"
        measured = metrics_of(results, objective, source)
        step = best_step(results, objective, source)
        self.oracle.update_trial(trial.trial_id, measured, step=step)

    def run_trial(self, trial: Trial, *fit_args: Any, **fit_kwargs: Any) -> Any:
        """Runs a trial; returns a float, a dict of metrics, a History or a list of these."""
        raise NotImplementedError

    def save_model(self, trial_id: str, model: Any, step: int = 0) -> None:
        """Saves a trial's model."""
        raise NotImplementedError

    def load_model(self, trial: Trial) -> Any:
        """The model of a trial, as it was saved."""
        raise NotImplementedError

    # --- hooks --------------------------------------------------------------------------------

    def pre_create_trial(self) -> None:
        """Before the oracle is asked for a trial."""

    def on_search_begin(self) -> None:
        """Before the first trial."""

    def on_search_end(self) -> None:
        """After the last trial."""

    def on_trial_begin(self, trial: Trial) -> None:
        """Before a trial."""

    def on_trial_end(self, trial: Trial) -> None:
        """After a trial: tells the oracle and saves. Call it if you override it."""
        try:
            self.oracle.end_trial(trial)
        finally:
            self.save()

    # --- results ------------------------------------------------------------------------------

    def get_best_models(self, num_models: int = 1) -> list[Any]:
        """The best trials' models, best first."""
        return [self.load_model(trial) for trial in self.oracle.get_best_trials(num_models)]

    def get_best_hyperparameters(self, num_trials: int = 1) -> list[Any]:
        """The best trials' hyperparameters, best first: ``hypermodel.build`` takes them."""
        return [trial.hyperparameters for trial in self.oracle.get_best_trials(num_trials)]

    def search_space_summary(self, extended: bool = False) -> None:
        """Prints every hyperparameter with its arguments."""
        space = self.oracle.get_space().space
        print(f"Search space: {len(space)} hyperparameters")
        for hp in space:
            config = hp.get_config()
            print(f"{config.pop('name')} ({type(hp).__name__})")
            print(config)

    def results_summary(self, num_trials: int = 10) -> None:
        """Prints the best trials."""
        print(f"Results in {self._folder}")
        print(f"The best {num_trials} trials by {self.oracle.objective}")
        for trial in self.oracle.get_best_trials(num_trials):
            print()
            trial.summary()

    def plot(self, to_file: Any = None) -> Any:
        """A picture of the search as a matplotlib Figure, also written to ``to_file``.

        Not in KerasTuner. See `draw_search`.
        """
        from caudal.tuner.engine.picture import draw_search

        return draw_search(self.oracle, to_file)

    @property
    def remaining_trials(self) -> int | None:
        """How many trials are left; None without a limit."""
        return self.oracle.remaining_trials()

    # --- on disk ------------------------------------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        """Nothing: the oracle has all."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Nothing is kept here."""

    def save(self, fname: Any = None) -> None:
        """Writes the search's files."""
        self.oracle.save()
        super().save(fname or self._file())

    def reload(self, fname: Any = None) -> None:
        """Goes on with what the search's folder has."""
        self.oracle.reload()
        if os.path.exists(fname or self._file()):
            super().reload(fname or self._file())

    @property
    def project_dir(self) -> str:
        """The search's folder, which is made."""
        os.makedirs(self._folder, exist_ok=True)
        return self._folder

    def get_trial_dir(self, trial_id: str) -> str:
        """A trial's folder, which is made."""
        folder = os.path.join(self._folder, f"trial_{trial_id}")
        os.makedirs(folder, exist_ok=True)
        return folder

    @property
    def _folder(self) -> str:
        return os.path.join(os.fspath(self.directory), self.project_name)

    def _file(self) -> str:
        return os.path.join(self._folder, f"{self.tuner_id}.json")


__getattr__ = strict(__name__, label="keras_tuner.engine.base_tuner")
