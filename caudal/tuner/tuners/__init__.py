"""``keras_tuner.tuners``: the search's loop with a strategy, one a module."""

from caudal.namespaces import lazy, table

__getattr__, __dir__ = lazy(
    __name__,
    table(
        {
            "caudal.tuner.engine.tuner": "Tuner",
            "caudal.tuner.tuners.bayesian_optimization": "BayesianOptimization",
            "caudal.tuner.tuners.grid_search": "GridSearch",
            "caudal.tuner.tuners.hyperband": "Hyperband",
            "caudal.tuner.tuners.random_search": "RandomSearch",
            "caudal.tuner.tuners.sklearn_tuner": "SklearnTuner",
        }
    ),
    label="keras_tuner.tuners",
)
