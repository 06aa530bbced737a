"""`tf.data.experimental`: older spellings of what became methods of Dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.data.dataset import Dataset
from caudal.data.nodes import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY
from caudal.data.options import AUTOTUNE
from caudal.framework import Tensor

__all__ = [
    "AUTOTUNE",
    "INFINITE_CARDINALITY",
    "UNKNOWN_CARDINALITY",
    "cardinality",
    "dense_to_ragged_batch",
    "enumerate_dataset",
    "get_single_element",
    "scan",
    "unbatch",
]


def cardinality(dataset: Dataset) -> Tensor:
    """``dataset.cardinality()``."""
    return dataset.cardinality()


def get_single_element(dataset: Dataset) -> Any:
    """``dataset.get_single_element()``."""
    return dataset.get_single_element()


def dense_to_ragged_batch(
    batch_size: Any, drop_remainder: bool = False, row_splits_dtype: Any = "int64"
) -> Callable[[Dataset], Dataset]:
    """``Dataset.ragged_batch`` as a transformation for ``Dataset.apply``."""
    return lambda dataset: dataset.ragged_batch(batch_size, drop_remainder, row_splits_dtype)


def unbatch() -> Callable[[Dataset], Dataset]:
    """A transformation for ``Dataset.apply``."""
    return lambda dataset: dataset.unbatch()


def enumerate_dataset(start: int = 0) -> Callable[[Dataset], Dataset]:
    """A transformation for ``Dataset.apply``."""
    return lambda dataset: dataset.enumerate(start)


def scan(initial_state: Any, scan_func: Callable[..., Any]) -> Callable[[Dataset], Dataset]:
    """A transformation for ``Dataset.apply``."""
    return lambda dataset: dataset.scan(initial_state, scan_func)
