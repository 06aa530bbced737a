"""``tf.autodiff``."""

from caudal.framework import GradientTape
from caudal.namespaces import strict

__all__ = ["GradientTape"]

__getattr__ = strict(__name__)
