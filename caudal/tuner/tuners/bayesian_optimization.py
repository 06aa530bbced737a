"""``BayesianOptimization``."""

from __future__ import annotations

from caudal.tuner.oracles.bayesian_optimization import BayesianOptimizationOracle
from caudal.tuner.tuners.search import StrategyTuner


class BayesianOptimization(StrategyTuner):
    """Looks where good scores are likely by those measured so far. Needs optuna.

    Arguments: a hypermodel, then those of `BayesianOptimizationOracle` and of `Tuner`.
    """

    oracle_kind = BayesianOptimizationOracle
