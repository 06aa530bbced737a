"""The steps of a pipeline: each gives elements, made from those of the step before.

A step that only picks and orders rows of arrays (slices, shuffle, take, skip, shard, repeat,
cache) also gives the row numbers themselves, in pieces: batching such a pipeline is one indexing
operation a batch, with no Python per element.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import numpy as np

from caudal.data.elements import gather
from caudal.errors import InternalError

Array = np.ndarray[Any, Any]
T = TypeVar("T")

INFINITE_CARDINALITY = -1
"""What ``cardinality()`` answers for a dataset without end."""
UNKNOWN_CARDINALITY = -2
"""What ``cardinality()`` answers where only iterating would tell."""

_PIECE = 4096


def _integers(generator: np.random.Generator, limit: int) -> Iterator[int]:
    """Random integers below ``limit``, without end; drawn many at a time, which is faster."""
    while True:
        yield from generator.integers(limit, size=_PIECE).tolist()


class Node(ABC):
    """One step. ``arrays`` is None unless it only picks rows of arrays."""

    name = "Dataset"
    arrays: Any = None

    @property
    @abstractmethod
    def spec(self) -> Any:
        """The structure of TensorSpecs of an element."""

    def cardinality(self) -> int:
        """Elements in one pass, or one of the two constants."""
        return UNKNOWN_CARDINALITY

    def numbers(self) -> Iterator[Array]:
        """One pass over the row numbers, in pieces. Only where ``arrays`` is set."""
        raise InternalError("{name} does not pick rows", name=self.name)

    def rows(self) -> Iterator[Any]:
        """One pass over the elements, as structures of arrays."""
        for piece in self.numbers():
            for row in piece.tolist():
                yield gather(self.arrays, row)


class Step(Node):
    """A step with a source and, unless it says otherwise, the source's spec and size."""

    def __init__(self, source: Node) -> None:
        self.source = source

    @property
    def spec(self) -> Any:
        """The source's."""
        return self.source.spec

    def cardinality(self) -> int:
        """The source's."""
        return self.source.cardinality()


class RowStep(Step):
    """A step that keeps elements as they are: it works on items of any kind."""

    def __init__(self, source: Node) -> None:
        super().__init__(source)
        self.arrays = source.arrays

    @abstractmethod
    def pick(self, items: Iterable[T]) -> Iterator[T]:
        """The items that it lets through, in its order."""

    def numbers(self) -> Iterator[Array]:
        """Through `pick`, a number at a time."""
        stream = self.pick(n for piece in self.source.numbers() for n in piece.tolist())
        while piece := list(itertools.islice(stream, _PIECE)):
            yield np.array(piece, np.int64)

    def rows(self) -> Iterator[Any]:
        """Through `pick`, or by the row numbers."""
        return super().rows() if self.arrays is not None else self.pick(self.source.rows())


class Shuffle(RowStep):
    """A buffer of elements from which a random one is taken and replaced by the next."""

    name = "ShuffleDataset"

    def __init__(self, source: Node, buffer_size: int, seed: int, reshuffle: bool) -> None:
        super().__init__(source)
        self.buffer_size = buffer_size
        self._seed = seed
        self._reshuffle = reshuffle
        self._passes = 0

    def _generator(self) -> np.random.Generator:
        generator = np.random.default_rng([self._seed, self._passes])
        self._passes += self._reshuffle
        return generator

    @property
    def position(self) -> tuple[int, int]:
        """The seed, and how many passes were begun; set it to go on from there."""
        return self._seed, self._passes

    @position.setter
    def position(self, value: tuple[int, int]) -> None:
        self._seed, self._passes = map(int, value)

    def pick(self, items: Iterable[T]) -> Iterator[T]:
        """Each item once, none more than ``buffer_size - 1`` places too early."""
        generator = self._generator()
        places = _integers(generator, self.buffer_size)
        buffer: list[T] = []
        for item in items:
            if len(buffer) < self.buffer_size:
                buffer.append(item)
                continue
            place = next(places)
            yield buffer[place]
            buffer[place] = item
        for place in generator.permutation(len(buffer)).tolist():
            yield buffer[place]

    def numbers(self) -> Iterator[Array]:
        """One permutation where the whole pass fits into the buffer."""
        if not 0 <= self.source.cardinality() <= self.buffer_size:
            yield from super().numbers()
            return
        pieces = list(self.source.numbers())
        if pieces:
            yield self._generator().permutation(np.concatenate(pieces))


def shuffles(node: Node) -> list[Shuffle]:
    """All shuffles of a pipeline, the last step's first."""
    found = [node] if isinstance(node, Shuffle) else []
    for value in vars(node).values():
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, Node):
                found += shuffles(part)
    return found


class Take(RowStep):
    """The first ``count`` elements."""

    name = "TakeDataset"

    def __init__(self, source: Node, count: int) -> None:
        super().__init__(source)
        self.count = count

    def cardinality(self) -> int:
        """At most ``count``."""
        size = self.source.cardinality()
        if size == UNKNOWN_CARDINALITY:
            return size
        return self.count if size == INFINITE_CARDINALITY else min(size, self.count)

    def pick(self, items: Iterable[T]) -> Iterator[T]:
        """The first ones."""
        return itertools.islice(items, self.count)


class Skip(RowStep):
    """All but the first ``count`` elements (none, if ``count`` is -1)."""

    name = "SkipDataset"

    def __init__(self, source: Node, count: int) -> None:
        super().__init__(source)
        self.count = count

    def cardinality(self) -> int:
        """What is left."""
        if self.count < 0:
            return 0
        size = self.source.cardinality()
        return size if size < 0 else max(size - self.count, 0)

    def pick(self, items: Iterable[T]) -> Iterator[T]:
        """The later ones."""
        return iter(()) if self.count < 0 else itertools.islice(items, self.count, None)


class Shard(RowStep):
    """Every ``num_shards``-th element, from the ``index``-th on."""

    name = "ShardDataset"

    def __init__(self, source: Node, num_shards: int, index: int) -> None:
        super().__init__(source)
        self.num_shards, self.index = num_shards, index

    def cardinality(self) -> int:
        """The shard's part."""
        size = self.source.cardinality()
        return size if size < 0 else len(range(self.index, size, self.num_shards))

    def pick(self, items: Iterable[T]) -> Iterator[T]:
        """Every so many."""
        return itertools.islice(items, self.index, None, self.num_shards)


class Repeat(Step):
    """Several passes, or passes without end (``count`` -1)."""

    name = "RepeatDataset"

    def __init__(self, source: Node, count: int) -> None:
        super().__init__(source)
        self.arrays = source.arrays
        self.count = count

    def cardinality(self) -> int:
        """The source's, times ``count``."""
        size = self.source.cardinality()
        if self.count < 0:
            return INFINITE_CARDINALITY if size else 0
        if self.count == 0:
            return 0
        return size if size < 0 else size * self.count

    def numbers(self) -> Iterator[Array]:
        """Pass after pass."""
        return self._chain(self.source.numbers)

    def rows(self) -> Iterator[Any]:
        """Pass after pass."""
        return super().rows() if self.arrays is not None else self._chain(self.source.rows)

    def _chain(self, start: Callable[[], Iterator[T]]) -> Iterator[T]:
        """What ``start()`` gives, again and again; an empty pass ends it."""
        for _ in itertools.count() if self.count < 0 else range(self.count):
            empty = True
            for item in start():
                empty = False
                yield item
            if empty:
                return


class Cache(RowStep):
    """Keeps the elements of the first whole pass in memory."""

    name = "CacheDataset"

    def __init__(self, source: Node) -> None:
        super().__init__(source)
        self._kept: list[Any] | None = None

    def pick(self, items: Iterable[T]) -> Iterator[T]:
        """What is kept, or the source's while it is being kept."""
        if self._kept is not None:
            yield from self._kept
            return
        seen = []
        for item in items:
            seen.append(item)
            yield item
        self._kept = seen


class WithOptions(RowStep):
    """Carries options along."""

    name = "OptionsDataset"

    def __init__(self, source: Node, options: Any) -> None:
        super().__init__(source)
        self.options = options

    def pick(self, items: Iterable[T]) -> Iterator[T]:
        """All."""
        return iter(items)

    def numbers(self) -> Iterator[Array]:
        """The source's."""
        return self.source.numbers()
