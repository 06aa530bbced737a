"""``tf.random``: samplers over counter-based bits (`bits`), and generators with a state."""

from caudal.framework.random_state import set_seed
from caudal.namespaces import strict
from caudal.random import experimental
from caudal.random.distributions import (
    gamma,
    poisson,
    stateless_binomial,
    stateless_gamma,
    stateless_poisson,
)
from caudal.random.generator import Generator, get_global_generator, set_global_generator
from caudal.random.sampling import (
    categorical,
    fold_in,
    normal,
    shuffle,
    split,
    stateless_categorical,
    stateless_normal,
    stateless_truncated_normal,
    stateless_uniform,
    truncated_normal,
    uniform,
)

__all__ = [
    "Generator",
    "categorical",
    "experimental",
    "fold_in",
    "gamma",
    "get_global_generator",
    "normal",
    "poisson",
    "set_global_generator",
    "set_seed",
    "shuffle",
    "split",
    "stateless_binomial",
    "stateless_categorical",
    "stateless_gamma",
    "stateless_normal",
    "stateless_poisson",
    "stateless_truncated_normal",
    "stateless_uniform",
    "truncated_normal",
    "uniform",
]

__getattr__ = strict(__name__)
