"""``RandomSearch``."""

from __future__ import annotations

from caudal.tuner.oracles.random_search import RandomSearchOracle
from caudal.tuner.tuners.search import StrategyTuner


class RandomSearch(StrategyTuner):
    """Tries ``max_trials`` combinations at random.

    hypermodel: a function ``build(hp)`` that returns a compiled model, or a `HyperModel`.
    objective, max_trials, seed, hyperparameters ... as of `RandomSearchOracle`; directory,
    project_name, overwrite, executions_per_trial ... as of `Tuner`.

        tuner = RandomSearch(build, objective="val_accuracy", max_trials=5)
        tuner.search(x, y, epochs=3, validation_data=(x_val, y_val))
        model = tuner.get_best_models()[0]
    """

    oracle_kind = RandomSearchOracle
