"""Values of several replicas, and how they are reduced to one."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any

from caudal import math
from caudal.array import movement
from caudal.array.arguments import as_tensor
from caudal.errors import InvalidArgumentError
from caudal.framework import nest


class ReduceOp(enum.Enum):
    """How values of several replicas become one."""

    SUM = "SUM"
    MEAN = "MEAN"

    @classmethod
    def of(cls, value: Any) -> ReduceOp:
        """From itself or its name, in any case."""
        try:
            return value if isinstance(value, cls) else cls(str(value).upper())
        except ValueError as error:
            raise InvalidArgumentError(
                "reduce: expected ReduceOp.SUM or ReduceOp.MEAN, received {received!r}.",
                received=value,
            ) from error


class DistributedValues:
    """The base of values that differ from replica to replica."""


class PerReplica(DistributedValues):
    """One value for each replica."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = tuple(values)

    def __repr__(self) -> str:
        inner = ",\n".join(f"  {i}: {value!r}" for i, value in enumerate(self.values))
        return f"PerReplica:{{\n{inner}\n}}"


def local_values(value: Any, count: int) -> tuple[Any, ...]:
    """The value of each replica: the same one for all where it is not per replica."""
    return value.values if isinstance(value, PerReplica) else (value,) * count


def select(structure: Any, number: int) -> Any:
    """A structure as one replica sees it."""
    return nest.map_structure(
        lambda leaf: leaf.values[number] if isinstance(leaf, PerReplica) else leaf, structure
    )


def regroup(results: Sequence[Any]) -> Any:
    """Structures of single values as one structure of per-replica values."""
    if len(results) == 1:
        return results[0]
    if not nest.is_nested(results[0]):
        return None if all(result is None for result in results) else PerReplica(results)
    return nest.map_structure(lambda *leaves: regroup(leaves), *results)


def folded(op: ReduceOp, values: Sequence[Any]) -> Any:
    """The sum or mean of the replicas' values."""
    total: Any = as_tensor(values[0])
    for value in values[1:]:
        total = total + as_tensor(value)
    return total / len(values) if op is ReduceOp.MEAN else total


def along(op: ReduceOp, values: Sequence[Any], axis: int) -> Any:
    """The sum or mean over an axis and over the replicas, whose extents may differ."""
    tensors = [as_tensor(value) for value in values]
    joined = tensors[0] if len(tensors) == 1 else movement.concat(tensors, axis)
    fold: Callable[..., Any] = math.reduce_mean if op is ReduceOp.MEAN else math.reduce_sum
    return fold(joined, axis=axis)
