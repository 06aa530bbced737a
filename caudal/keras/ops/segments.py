"""``keras.ops``: folds of rows by the number of their segment."""

from __future__ import annotations

from typing import Any

from caudal import math
from caudal.array import arguments
from caudal.keras.ops.promotion import cast, tensor


def _fold(op: Any, data: Any, segment_ids: Any, num_segments: int | None) -> Any:
    x, ids = tensor(data), cast(tensor(segment_ids), "int32")
    if num_segments is None:
        known = arguments.static(ids, "keras.ops: without num_segments, segment_ids")
        num_segments = int(known.max()) + 1 if known.size else 0
    return op(x, ids, num_segments)


def segment_sum(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The sums of the rows of each segment; of an empty one, 0.

    >>> segment_sum([1, 2, 4], [0, 0, 1], 3).numpy().tolist()
    [3, 4, 0]
    """
    return _fold(math.unsorted_segment_sum, data, segment_ids, num_segments)


def segment_max(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The greatest of the rows of each segment; of an empty one, the dtype's least."""
    return _fold(math.unsorted_segment_max, data, segment_ids, num_segments)


def segment_min(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The least of the rows of each segment; of an empty one, the dtype's greatest."""
    return _fold(math.unsorted_segment_min, data, segment_ids, num_segments)


def segment_prod(
    data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The products of the rows of each segment; of an empty one, 1."""
    return _fold(math.unsorted_segment_prod, data, segment_ids, num_segments)
