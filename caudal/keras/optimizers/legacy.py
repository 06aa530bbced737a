"""``keras.optimizers.legacy``: the old module's names are the present optimizers."""

from caudal.keras.optimizers.adam import Adam
from caudal.keras.optimizers.adaptive import Adadelta, Adagrad, RMSprop
from caudal.keras.optimizers.optimizer import Optimizer
from caudal.keras.optimizers.sgd import SGD
from caudal.keras.optimizers.variants import Adamax, Ftrl, Nadam

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "Adamax",
    "Ftrl",
    "Nadam",
    "Optimizer",
    "RMSprop",
]
