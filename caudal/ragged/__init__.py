"""``tf.ragged``: tensors whose rows have different lengths.

``partition``: how values are divided into rows. ``tensor``: `RaggedTensor`. ``conversion``: to and
from dense and sparse tensors. ``indexing``, ``elementwise``, ``reduce``, ``functions``: what can be
done with them. ``dispatch``: which ``tf.*`` function does which of it.
"""

from caudal.namespaces import strict
from caudal.ragged import dispatch as _dispatch  # noqa: F401  (installs operators)
from caudal.ragged.cross import cross, cross_hashed
from caudal.ragged.factory import (
    constant,
    map_flat_values,
    range,
    row_splits_to_segment_ids,
    segment_ids_to_row_splits,
)
from caudal.ragged.functions import boolean_mask, stack
from caudal.ragged.functions import split_values as stack_dynamic_partitions

__all__ = [
    "boolean_mask",
    "constant",
    "cross",
    "cross_hashed",
    "map_flat_values",
    "range",
    "row_splits_to_segment_ids",
    "segment_ids_to_row_splits",
    "stack",
    "stack_dynamic_partitions",
]

__getattr__ = strict(__name__)
