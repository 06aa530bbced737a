"""Data sets whose batches are divided among replicas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from caudal.array.arguments import as_tensor, dims
from caudal.distribute.values import PerReplica
from caudal.errors import InvalidArgumentError, OutOfRangeError
from caudal.framework import nest


class InputContext:
    """What a function that makes a data set may ask: how many replicas its batches are for."""

    def __init__(
        self,
        num_input_pipelines: int = 1,
        input_pipeline_id: int = 0,
        num_replicas_in_sync: int = 1,
    ) -> None:
        self.num_input_pipelines = num_input_pipelines
        self.input_pipeline_id = input_pipeline_id
        self.num_replicas_in_sync = num_replicas_in_sync

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """The batch size of one replica.

        Raises:
            InvalidArgumentError: the replicas do not divide it.

        >>> InputContext(num_replicas_in_sync=4).get_per_replica_batch_size(64)
        16
        """
        if global_batch_size % self.num_replicas_in_sync:
            raise InvalidArgumentError(
                "The global batch size {size} is not divisible by num_replicas_in_sync {count}.",
                size=global_batch_size,
                count=self.num_replicas_in_sync,
            )
        return global_batch_size // self.num_replicas_in_sync


class InputOptions(NamedTuple):
    """Hints for distributed data sets; there is one host without devices to fetch to."""

    experimental_fetch_to_device: bool | None = None
    experimental_replication_mode: Any = None
    experimental_place_dataset_on_device: bool = False
    experimental_per_replica_buffer_size: int = 1


class RunOptions(NamedTuple):
    """Hints for `Strategy.run`; they change nothing here."""

    experimental_enable_dynamic_batch_size: bool = True
    experimental_bucketizing_dynamic_shape: Any = None
    experimental_xla_options: Any = None


class DistributedIterator:
    """An iterator over per-replica batches; ``get_next`` raises at the end."""

    def __init__(self, rows: Iterator[Any], element_spec: Any) -> None:
        self._rows = rows
        self.element_spec = element_spec

    def __iter__(self) -> DistributedIterator:
        return self

    def __next__(self) -> Any:
        return next(self._rows)

    def get_next(self) -> Any:
        """The next element.

        Raises:
            OutOfRangeError: there is none.
        """
        try:
            return next(self._rows)
        except StopIteration as error:
            raise OutOfRangeError("DistributedIterator: end of sequence.") from error


class DistributedDataset:
    """Batches of a data set, each divided among the replicas, or one batch for each of them."""

    def __init__(self, dataset: Any, count: int, *, whole: bool) -> None:
        self._dataset, self._count, self._whole = dataset, count, whole
        self.element_spec = getattr(dataset, "element_spec", None)

    def __len__(self) -> int:
        return len(self._dataset)

    def _rows(self) -> Iterator[Any]:
        batches = iter(self._dataset)
        if self._count == 1:
            yield from batches
        elif self._whole:
            for batch in batches:
                yield nest.map_structure(self._divided, batch)
        else:
            while group := [batch for _, batch in zip(range(self._count), batches, strict=False)]:
                group += [nest.map_structure(_none, group[0])] * (self._count - len(group))
                yield nest.map_structure(lambda *parts: PerReplica(parts), *group)

    def _divided(self, leaf: Any) -> PerReplica:
        x = as_tensor(leaf)
        rows = dims(x)[0]
        share = -(-rows // self._count)
        return PerReplica([x[i * share : (i + 1) * share] for i in range(self._count)])

    def __iter__(self) -> DistributedIterator:
        return DistributedIterator(self._rows(), self.element_spec)

    def reduce(self, initial_state: Any, reduce_func: Any) -> Any:
        """``reduce_func(state, element)`` over all elements."""
        for element in self:
            initial_state = reduce_func(initial_state, element)
        return initial_state


def _none(leaf: Any) -> Any:
    """No rows, for a replica that the last batches do not reach."""
    return as_tensor(leaf)[:0]
