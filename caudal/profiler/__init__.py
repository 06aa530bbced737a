"""``tf.profiler``: there is no profiler; programs that ask for one run on, and are told so."""

from caudal.namespaces import strict
from caudal.profiler import experimental

__all__ = ["experimental"]

__getattr__ = strict(__name__)
