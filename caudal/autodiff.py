"""``tf.autodiff``."""

from caudal.framework import ForwardAccumulator, GradientTape
from caudal.namespaces import strict

__all__ = ["ForwardAccumulator", "GradientTape"]

__getattr__ = strict(__name__)
