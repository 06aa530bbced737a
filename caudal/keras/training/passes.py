"""The passes over a generator, which can be read only once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

KEPT = 2
"""How many batches are kept: those from which Keras reads the shapes of a generator."""


class GeneratorPasses:
    """As in Keras, each pass gives the first two batches again, and then what is left.

    >>> passes = GeneratorPasses(iter([1, 2, 3]))
    >>> list(passes), list(passes)
    ([1, 2, 3], [1, 2])
    """

    def __init__(self, source: Iterator[Any]) -> None:
        self._rest = source
        self._kept: list[Any] = []
        self.given = 0
        """How many batches of the generator the passes gave, those given again counted once."""

    def peek(self) -> Any:
        """The first batch, which the first pass will give all the same; None without any."""
        return self._kept[0] if self._has(0) else None

    def _has(self, place: int) -> bool:
        """Whether there is such a batch among those that are kept."""
        if place == len(self._kept):
            self._kept.extend(islice(self._rest, 1))
        return place < len(self._kept)

    def __iter__(self) -> Iterator[Any]:
        for place in range(KEPT):
            if not self._has(place):
                return
            self.given = max(self.given, place + 1)
            yield self._kept[place]
        for batch in self._rest:
            self.given += 1
            yield batch
