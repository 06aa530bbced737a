"""Optimizers and learning-rate schedules.

``optimizer.py`` has the base class; each update rule is a short chain of elementwise arithmetic,
which the compiler fuses into one pass over a weight and its slots.
"""

from caudal.keras.optimizers import legacy, schedules
from caudal.keras.optimizers.adafactor import Adafactor
from caudal.keras.optimizers.adam import Adam, AdamW
from caudal.keras.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from caudal.keras.optimizers.lamb import Lamb
from caudal.keras.optimizers.lookup import deserialize, get, serialize
from caudal.keras.optimizers.loss_scale import LossScaleOptimizer
from caudal.keras.optimizers.multi import MultiOptimizer, OptimizerMap
from caudal.keras.optimizers.muon import Muon
from caudal.keras.optimizers.optimizer import Optimizer
from caudal.keras.optimizers.schedule_free import ScheduleFreeAdamW
from caudal.keras.optimizers.sgd import SGD
from caudal.keras.optimizers.variants import Adamax, Ftrl, Lion, Nadam

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "legacy",
    "schedules",
    "serialize",
]

# Keras 2's names in small letters; `adam` and `sgd` stand before the modules of these names.
adadelta, adagrad, adam, adamax = Adadelta, Adagrad, Adam, Adamax
nadam, rmsprop, sgd = Nadam, RMSprop, SGD
