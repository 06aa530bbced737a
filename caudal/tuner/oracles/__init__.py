"""``keras_tuner.oracles``: the strategies, one a module, without what trains."""

from caudal.namespaces import lazy, table

__getattr__, __dir__ = lazy(
    __name__,
    table(
        {
            "caudal.tuner.oracles.bayesian_optimization": "BayesianOptimizationOracle",
            "caudal.tuner.oracles.grid_search": "GridSearchOracle",
            "caudal.tuner.oracles.hyperband": "HyperbandOracle",
            "caudal.tuner.oracles.random_search": "RandomSearchOracle",
        }
    ),
    label="keras_tuner.oracles",
)
