"""What writers of graphs share: sizes as values of the graph, and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.ir.dtypes import DType, from_numpy
from caudal.saved_model.extents import Extent, is_open

Array = np.ndarray[Any, Any]
Extents = Sequence[Any]


class SizedWriter:
    """A writer whose subclass says how its graphs write an op, a constant and an open extent.

    ``INDEX`` is the dtype of sizes in the graph, the others the names of its sum,
    minimum and maximum.
    """

    INDEX: Any = np.int32
    ADD, LEAST, MOST = "AddV2", "Minimum", "Maximum"

    def __init__(self) -> None:
        self._scalars: dict[Any, Any] = {}

    def const(self, value: Any) -> Any:
        """A constant array."""
        raise NotImplementedError

    def node(self, op: str, *inputs: Any, **attributes: Any) -> Any:
        """A node with one result."""
        raise NotImplementedError

    def size(self, symbol: int) -> Any:
        """An open extent as a scalar."""
        raise NotImplementedError

    def cast(self, x: Any, dtype: DType) -> Any:
        """``x`` in another dtype, or itself."""
        raise NotImplementedError

    def pad(self, x: Any, low: Extents, high: Extents, value: Array) -> Any:
        """``x`` with that many more elements of ``value`` around it."""
        raise NotImplementedError

    def sliced(self, x: Any, sizes: Extents) -> Any:
        """The first so many elements along each axis."""
        raise NotImplementedError

    def stacked(self, scalars: Sequence[Any]) -> Any:
        """Scalars as a vector."""
        raise NotImplementedError

    # --- sizes --------------------------------------------------------------------------------

    def scalar(self, extent: Any) -> Any:
        """An extent as a scalar."""
        if not isinstance(extent, Extent):
            return self.const(self.INDEX(extent))
        found = self._scalars.get(extent)
        if found is None:
            found = self._scalars[extent] = self._sum(extent)
        return found

    def _sum(self, extent: Extent) -> Any:
        total: Any = None
        for symbols, factor in sorted(extent.terms.items()):
            term: Any = None
            for symbol in symbols:
                size = self.size(symbol)
                term = size if term is None else self.node("Mul", term, size)
            if term is None:
                term = self.const(self.INDEX(factor))
            elif factor != 1:
                term = self.node("Mul", term, self.const(self.INDEX(factor)))
            total = term if total is None else self.node(self.ADD, total, term)
        assert total is not None
        return total

    def vector(self, extents: Extents) -> Any:
        """Extents as a vector."""
        if not is_open(tuple(extents)):
            return self.const(np.asarray(extents, self.INDEX))
        return self.stacked([self.scalar(extent) for extent in extents])

    # --- made of them -------------------------------------------------------------------------

    def reshape(self, x: Any, shape: Extents) -> Any:
        """``x`` in another shape."""
        return self.node("Reshape", x, self.vector(shape))

    def spread(self, x: Any, shape: Extents, gaps: Sequence[int], value: Array) -> Any:
        """``x`` of a shape with that many elements of ``value`` between neighbours."""
        extents = list(shape)
        for axis, gap in enumerate(gaps):
            if not gap:
                continue
            apart = (*extents[: axis + 1], 1, *extents[axis + 1 :])
            zeros = (0,) * len(apart)
            after = (*zeros[: axis + 1], gap, *zeros[axis + 2 :])
            wide = self.pad(self.reshape(x, apart), zeros, after, value)
            extents[axis] = extents[axis] * (gap + 1)
            joined = self.reshape(wide, extents)
            # The gap behind the last element is cut off; an empty axis stays empty.
            extents[axis] = extents[axis] - gap if extents[axis] != 0 else 0
            x = self.sliced(joined, extents)
        return x

    def clamped(self, starts: Any, shape: Extents, sizes: Any) -> Any:
        """Where a block of these sizes begins that must lie inside of the shape."""
        most = self.node("Sub", self.vector(shape), sizes)
        inside = self.node(self.LEAST, self.cast(starts, from_numpy(np.dtype(self.INDEX))), most)
        return self.node(self.MOST, inside, self.const(self.INDEX(0)))
