"""``keras_tuner.engine``: what every search stands on.

``hyperparameters`` (of ``numerical``, ``choices``) is the space; ``objective`` and
``metrics_tracking`` what is wanted and measured; ``trial`` one combination; ``oracle`` the record
and the choice of what comes next; ``base_tuner`` the loop, ``tuner`` that for Keras models.
"""

from caudal.namespaces import lazy, table

__all__ = [
    "base_tuner",
    "conditions",
    "hypermodel",
    "hyperparameters",
    "metrics_tracking",
    "objective",
    "oracle",
    "stateful",
    "trial",
    "tuner",
]

__getattr__, __dir__ = lazy(
    __name__,
    table({f"caudal.tuner.engine.{name}": "*" for name in __all__}),
    label="keras_tuner.engine",
)
