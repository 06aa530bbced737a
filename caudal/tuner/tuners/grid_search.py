"""``GridSearch``."""

from __future__ import annotations

from caudal.tuner.oracles.grid_search import GridSearchOracle
from caudal.tuner.tuners.search import StrategyTuner


class GridSearch(StrategyTuner):
    """Tries every combination, or the first ``max_trials`` of them.

    A Float without a step counts with ten values. Arguments: a hypermodel, then those of
    `GridSearchOracle` and of `Tuner`.
    """

    oracle_kind = GridSearchOracle
