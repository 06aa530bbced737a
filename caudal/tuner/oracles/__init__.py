"""``keras_tuner.oracles``: the strategies, one a module, without what trains.

Names without "Oracle" are those of KerasTuner 1.0.
"""

from caudal.namespaces import lazy, table

__getattr__, __dir__ = lazy(
    __name__,
    table(
        {
            "caudal.tuner.oracles.bayesian_optimization": (
                "BayesianOptimizationOracle BayesianOptimization=BayesianOptimizationOracle"
            ),
            "caudal.tuner.oracles.grid_search": "GridSearchOracle",
            "caudal.tuner.oracles.hyperband": "HyperbandOracle Hyperband=HyperbandOracle",
            "caudal.tuner.oracles.random_search": (
                "RandomSearchOracle RandomSearch=RandomSearchOracle"
            ),
        }
    ),
    label="keras_tuner.oracles",
)
