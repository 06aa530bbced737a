"""``tf.experimental``: names that TensorFlow may still change."""

from caudal.namespaces import lazy as _lazy
from caudal.namespaces import table as _table

_PLACES = _table(
    {
        "caudal.experimental.numpy": "*",
        "caudal.extension.dispatch": (
            "dispatch_for_api dispatch_for_binary_elementwise_apis "
            "dispatch_for_unary_elementwise_apis unregister_dispatch_for"
        ),
        "caudal.extension.spec": "ExtensionTypeSpec",
        "caudal.extension.types": "BatchableExtensionType ExtensionType",
        "caudal.ragged.row_partition": "RowPartition",
        "caudal.ragged.shape": "DynamicRaggedShape",
    }
)

_GONE = {
    "dtensor": (
        "Caudal computes on one host: use tf.distribute.MirroredStrategy() instead of "
        "tf.experimental.dtensor."
    ),
}

__getattr__, __dir__ = _lazy(__name__, _PLACES, label="tf.experimental", gone=_GONE)
