"""Random search: every trial is drawn anew."""

from __future__ import annotations

from typing import Any

from caudal.tuner.engine.hyperparameters import HyperParameters
from caudal.tuner.engine.oracle import Oracle
from caudal.tuner.engine.trial import TrialStatus


class RandomSearchOracle(Oracle):
    """Draws values that were not tried yet. Its arguments are those of `Oracle`.

    A seed gives the trials that KerasTuner draws with it.
    """

    def __init__(
        self,
        objective: Any = None,
        max_trials: int = 10,
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

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Values at random; the end where all were tried."""
        values = self._random_values()
        status = TrialStatus.STOPPED if values is None else TrialStatus.RUNNING
        return {"status": status, "values": values}
