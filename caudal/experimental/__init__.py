"""``tf.experimental``: names that TensorFlow may still change."""

from caudal.namespaces import lazy as _lazy
from caudal.namespaces import table as _table

_PLACES = _table({"caudal.ragged.shape": "DynamicRaggedShape"})

__getattr__, __dir__ = _lazy(__name__, _PLACES, label="tf.experimental")
