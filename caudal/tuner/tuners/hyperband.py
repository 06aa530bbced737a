"""``Hyperband``."""

from __future__ import annotations

from typing import Any

from caudal.tuner.engine.trial import Trial
from caudal.tuner.oracles.hyperband import HyperbandOracle
from caudal.tuner.tuners.search import StrategyTuner


class Hyperband(StrategyTuner):
    """Trains many models for few epochs and goes on with the best, from where they were.

    Arguments: a hypermodel, then those of `HyperbandOracle` (``objective``, ``max_epochs``,
    ``factor``, ``hyperband_iterations`` ...) and of `Tuner`. ``epochs`` of `search` has no effect.
    """

    oracle_kind = HyperbandOracle

    def run_trial(self, trial: Trial, *args: Any, **kwargs: Any) -> Any:
        """Trains from the round before to this round's number of epochs."""
        values = trial.hyperparameters.values
        if "tuner/epochs" in values:
            kwargs["epochs"] = values["tuner/epochs"]
            kwargs["initial_epoch"] = values["tuner/initial_epoch"]
        return super().run_trial(trial, *args, **kwargs)

    def _build_hypermodel(self, hp: Any) -> Any:
        model = super()._build_hypermodel(hp)
        before = hp.values.get("tuner/trial_id")
        if before is not None:
            self._load_weights(model, before)
        return model
