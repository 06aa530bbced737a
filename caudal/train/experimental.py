"""``tf.train.experimental``."""

from caudal.namespaces import strict
from caudal.train.trackable import PythonState

__all__ = ["PythonState"]

__getattr__ = strict(__name__)
