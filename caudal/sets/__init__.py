"""``tf.sets``: the last axis of a tensor as sets."""

from caudal.namespaces import strict
from caudal.sets.operations import difference, intersection, size, union

__all__ = ["difference", "intersection", "size", "union"]

__getattr__ = strict(__name__)
