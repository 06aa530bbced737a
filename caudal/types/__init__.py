"""``tf.types``: names for annotations."""

from caudal.namespaces import lazy as _lazy
from caudal.namespaces import table as _table

__getattr__, __dir__ = _lazy(__name__, _table({"caudal.types.experimental": "*"}), label="tf.types")
