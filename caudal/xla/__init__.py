"""``tf.xla``: Caudal compiles by itself what is to be compiled."""

from caudal.namespaces import strict
from caudal.xla import experimental

__all__ = ["experimental"]

__getattr__ = strict(__name__)
