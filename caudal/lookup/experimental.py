"""``tf.lookup.experimental``: tables that change."""

from caudal.lookup.mutable import DenseHashTable, MutableHashTable
from caudal.namespaces import strict

__all__ = ["DenseHashTable", "MutableHashTable"]

__getattr__ = strict(__name__)
