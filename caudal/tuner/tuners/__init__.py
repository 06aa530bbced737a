"""``keras_tuner.tuners``: the search's loop with a strategy, one a module.

`Sklearn` is `SklearnTuner`'s name in KerasTuner 1.0.
"""

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
            "caudal.tuner.tuners.sklearn_tuner": "SklearnTuner Sklearn=SklearnTuner",
        }
    ),
    label="keras_tuner.tuners",
)
