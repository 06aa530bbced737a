"""``tf.random.experimental``."""

from caudal.namespaces import strict
from caudal.random.algorithms import Algorithm, create_rng_state, index_shuffle
from caudal.random.generator import Generator, get_global_generator, set_global_generator
from caudal.random.sampling import fold_in as stateless_fold_in
from caudal.random.sampling import split as stateless_split
from caudal.random.sampling import stateless_shuffle

__all__ = [
    "Algorithm",
    "Generator",
    "create_rng_state",
    "get_global_generator",
    "index_shuffle",
    "set_global_generator",
    "stateless_fold_in",
    "stateless_shuffle",
    "stateless_split",
]

__getattr__ = strict(__name__)
