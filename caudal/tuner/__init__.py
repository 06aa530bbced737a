"""KerasTuner's API: searches for hyperparameters. ``keras_tuner`` under `caudal run`.

``engine`` has spaces, trials, oracles and the search's loop; ``oracles`` choose values (at
random, all of a grid, Hyperband, Bayesian optimisation); ``tuners`` are a loop with an oracle.
"""

from caudal.namespaces import lazy, table

__version__ = "1.4.8"

_PLACES = table(
    {
        "caudal.tuner.applications": "*",
        "caudal.tuner.engine": "*",
        "caudal.tuner.errors": "*",
        "caudal.tuner.oracles": "*",
        "caudal.tuner.tuners": "*",
        "caudal.tuner.engine.hypermodel": "HyperModel",
        "caudal.tuner.engine.hyperparameters": "HyperParameters",
        "caudal.tuner.engine.objective": "Objective",
        "caudal.tuner.engine.oracle": "Oracle",
        "caudal.tuner.engine.synchronized": "synchronized",
        "caudal.tuner.tuners.bayesian_optimization": "BayesianOptimization",
        "caudal.tuner.tuners.grid_search": "GridSearch",
        "caudal.tuner.tuners.hyperband": "Hyperband",
        "caudal.tuner.tuners.random_search": "RandomSearch",
        "caudal.tuner.tuners.sklearn_tuner": "SklearnTuner",
        "caudal.tuner.engine.tuner": "Tuner",
    }
)

__getattr__, __dir__ = lazy(__name__, _PLACES, label="keras_tuner")
