"""What a training loop can see of a pipeline that only picks and orders rows of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from caudal.data.elements import leaves

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class ArrayView:
    """The arrays below a pipeline such as ``from_tensor_slices(...).shuffle(n).batch(m)``.

    arrays: the structure of arrays given to from_tensor_slices; rows are along the first axis.
    batch_size: rows in a batch.
    drop_remainder: whether a last, smaller batch is left out.
    count: rows in one pass.
    numbers: starts a pass; gives the row numbers in order, in pieces.
    """

    arrays: Any
    batch_size: int
    drop_remainder: bool
    count: int
    numbers: Callable[[], Iterator[Array]]

    @property
    def held(self) -> int:
        """Rows of the arrays."""
        return len(leaves(self.arrays)[0])

    def epoch(self) -> Array:
        """The row numbers of the next pass, in the order in which the pipeline gives them."""
        pieces = list(self.numbers())
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)

    @property
    def num_batches(self) -> int:
        """Batches in one pass."""
        rounding = 0 if self.drop_remainder else self.batch_size - 1
        return (self.count + rounding) // self.batch_size
