"""Bayesian optimisation: what was measured so far says where to look next.

The sampler is optuna's tree-structured Parzen estimator (Bergstra et al., NIPS 2011). It sees each
hyperparameter in its own scale of probability, so that steps and logarithmic ranges are what they
are for random draws, and is made anew from the trials each time: a search that was killed goes on
as if nothing had happened.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

from caudal.errors import MissingModuleError, UnimplementedError
from caudal.tuner.engine.arguments import check_number
from caudal.tuner.engine.choices import Boolean, Choice, Fixed
from caudal.tuner.engine.hyperparameter import HyperParameter
from caudal.tuner.engine.hyperparameters import HyperParameters
from caudal.tuner.engine.oracle import Oracle
from caudal.tuner.engine.trial import TrialStatus

_TRIES = 20


class BayesianOptimizationOracle(Oracle):
    """Draws ``num_initial_points`` trials at random, then where good scores are likely.

    num_initial_points: three for each hyperparameter by default.
    alpha, beta: numbers of KerasTuner's Gaussian process; the sampler here has no such, so only
        their defaults are taken. The other arguments are those of `Oracle`.

    Raises:
        MissingModuleError: optuna is not installed.
        UnimplementedError: another alpha or beta.
        InvalidArgumentError: a number that does not fit.
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int = 10,
        num_initial_points: int | None = None,
        alpha: float = 1e-4,
        beta: float = 2.6,
        seed: int | None = None,
        hyperparameters: HyperParameters | None = None,
        **kwargs: Any,
    ) -> None:
        for name, value, usual in (("alpha", alpha, 1e-4), ("beta", beta, 2.6)):
            if value != usual:
                raise UnimplementedError(
                    "BayesianOptimization: {name} is a number of KerasTuner's Gaussian process; "
                    "Caudal samples with optuna's TPE, which has none. Leave {name} out.",
                    name=name,
                )
        if num_initial_points is not None:
            check_number("num_initial_points", num_initial_points, least=0)
        _optuna()
        super().__init__(
            objective=objective,
            max_trials=max_trials,
            seed=seed,
            hyperparameters=hyperparameters,
            **kwargs,
        )
        self.num_initial_points, self.alpha, self.beta = num_initial_points, alpha, beta

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Values at random at first, then those that the sampler suggests."""
        ended = [t for t in self.trials.values() if t.status == TrialStatus.COMPLETED]
        first = self.num_initial_points or max(3 * len(self.hyperparameters.space), 3)
        values = self._suggested() if len(ended) >= first else None
        values = values or self._random_values()
        status = TrialStatus.STOPPED if values is None else TrialStatus.RUNNING
        return {"status": status, "values": values}

    def _suggested(self) -> dict[str, Any] | None:
        """Values that the sampler likes and that were not tried; None if it finds no such."""
        for _ in range(_TRIES):
            seed, self._seed_state = self._seed_state, self._seed_state + 1
            with _quiet() as optuna:
                trial = self._study(optuna, seed).ask()
                values = self._ask(trial)
            if self._digest(values) not in self._tried:
                return values
        return None

    def _ask(self, trial: Any) -> dict[str, Any]:
        drawn = HyperParameters()
        for index, hp in enumerate(self.hyperparameters.space):
            drawn.merge([hp])
            if not drawn.is_active(hp):
                continue
            if isinstance(hp, Fixed):
                drawn.values[hp.name] = hp.value
            elif _named(hp):
                drawn.values[hp.name] = trial.suggest_categorical(_key(index, hp), list(hp.values))
            else:
                drawn.values[hp.name] = hp.prob_to_value(trial.suggest_float(_key(index, hp), 0, 1))
        return drawn.values

    def _study(self, optuna: Any, seed: int) -> Any:
        """A study of all trials that have a score."""
        sampler = optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=0, multivariate=True, group=True
        )
        way = "maximize" if self.objective.direction == "max" else "minimize"
        study = optuna.create_study(direction=way, sampler=sampler)
        for trial in self.trials.values():
            if trial.status != TrialStatus.COMPLETED:
                continue
            params, kinds = self._params(optuna, trial.hyperparameters)
            study.add_trial(
                optuna.trial.create_trial(params=params, distributions=kinds, value=trial.score)
            )
        return study

    def _params(self, optuna: Any, tried: HyperParameters) -> tuple[dict[str, Any], dict[str, Any]]:
        params: dict[str, Any] = {}
        kinds: dict[str, Any] = {}
        for index, hp in enumerate(self.hyperparameters.space):
            if isinstance(hp, Fixed) or hp.name not in tried.values or not tried.is_active(hp):
                continue
            key, value = _key(index, hp), tried.values[hp.name]
            if _named(hp) and value in hp.values:
                kinds[key] = optuna.distributions.CategoricalDistribution(list(hp.values))
                params[key] = value
            elif not _named(hp):
                kinds[key] = optuna.distributions.FloatDistribution(0, 1)
                params[key] = min(max(hp.value_to_prob(value), 0.0), 1.0)
        return params, kinds

    def get_state(self) -> dict[str, Any]:
        """The search, fit for JSON."""
        own = {name: getattr(self, name) for name in ("num_initial_points", "alpha", "beta")}
        return {**super().get_state(), **own}

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `get_state` gave."""
        super().set_state(state)
        self.num_initial_points = state["num_initial_points"]


def _key(index: int, hp: HyperParameter) -> str:
    """Names may stand in a space twice, under different conditions."""
    return f"{index}/{hp.name}"


def _named(hp: HyperParameter) -> bool:
    """Whether values have no order."""
    return isinstance(hp, Boolean) or (isinstance(hp, Choice) and not hp.ordered)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise MissingModuleError(
            "BayesianOptimization samples with optuna: pip install 'caudal[tune]'. ({reason})",
            reason=error,
        ) from error
    return optuna


@contextlib.contextmanager
def _quiet() -> Iterator[Any]:
    """optuna without its messages and its warnings of what is experimental."""
    optuna = _optuna()
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield optuna
    finally:
        optuna.logging.set_verbosity(before)
