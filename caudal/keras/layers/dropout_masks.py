"""The dropout masks of a recurrent cell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from caudal import ops
from caudal.random import bits


class DropoutMasks:
    """The dropout masks of a cell, the same for all steps of one run."""

    def __init__(self) -> None:
        self._masks: dict[str, Any] = {}
        self._runs = 0

    @contextmanager
    def run(self) -> Iterator[None]:
        """Keeps masks from here on, and forgets them at the end."""
        self._runs += 1
        try:
            yield
        finally:
            self._runs -= 1
            if not self._runs:
                self._masks.clear()

    def apply(self, x: Any, rate: float, generator: Any, key: str) -> Any:
        """``x`` thinned out; ``key`` names the mask. It is (batch, 1.., features) of ``x``."""
        mask = self._masks.get(key)
        if mask is None:
            shape = (x.shape[0], *(1,) * (len(x.shape) - 2), x.shape[-1])
            kept = bits.below(generator.next(), shape, 1.0 - rate)
            mask = ops.cast(kept, dtype=x.dtype) * (1.0 / (1.0 - rate) if rate < 1 else 0.0)
            if self._runs:
                self._masks[key] = mask
        return x * mask
