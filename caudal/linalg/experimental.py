"""``tf.linalg.experimental``: what TensorFlow may still change."""

from caudal.linalg.conjugate_gradient import conjugate_gradient
from caudal.namespaces import strict

__all__ = ["conjugate_gradient"]

__getattr__ = strict(__name__)
