"""Reverse-mode differentiation over a list of recorded op calls: the one routine for all uses.

A record is ``(op, inputs, params, result)``; values are identified by ``id``, which is safe as
the records keep them alive. A variable's reading is a record too, of the op `READ`. The ``grad``
rules are applied to tensors, so whatever records outside (another tape, a trace) sees them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from caudal.framework.convert import as_tensor, convert_to_tensor, lift
from caudal.framework.indexed_slices import IndexedSlices
from caudal.framework.tensor import Tensor
from caudal.ops.binary import add
from caudal.ops.gather import gather
from caudal.ops.movement import broadcast_to, reshape
from caudal.ops.reduce import reduce_sum

Record = tuple[Any, tuple[Any, ...], dict[str, Any], Any]


class Rule:
    """Something that stands for an op in a record: it has a name and a gradient.

    takes_none: whether a result without a gradient is given as None rather than as zeros.
    """

    name = "rule"
    differentiable = True
    takes_none = False

    def grad(self, g: Any, y: Any, *inputs: Any, **params: Any) -> Sequence[Any]:
        """Gradients for the inputs."""
        raise NotImplementedError


class _Read(Rule):
    name = "read_variable"

    def grad(self, g: Any, y: Any, *inputs: Any, **params: Any) -> Sequence[Any]:
        return [g]


READ = _Read()


def results_of(record: Record) -> tuple[Any, ...]:
    """The values that a record gives."""
    result = record[3]
    return result if isinstance(result, tuple) else (result,)


def is_differentiable(value: Any) -> bool:
    """Whether a value has a dtype that carries gradients."""
    return value.dtype.kind in ("float", "complex")


def zeros_like(value: Any) -> Any:
    """Zeros of a tensor's shape and dtype."""
    zero = Tensor(np.zeros((), value.dtype.np_dtype))
    shape = tuple(value.shape)
    return broadcast_to(zero, shape=shape) if shape else zero


def ones_like(value: Any) -> Any:
    """Ones of a tensor's shape and dtype."""
    one = Tensor(np.ones((), value.dtype.np_dtype))
    shape = tuple(value.shape)
    return broadcast_to(one, shape=shape) if shape else one


def sum_to_shape(g: Any, shape: tuple[int, ...]) -> Any:
    """A gradient of a broadcast value, summed down (or spread) to the value's own shape."""
    have = tuple(g.shape)
    if have == shape:
        return g
    rank = max(len(have), len(shape))
    missing = rank - len(have)
    padded = (1,) * (rank - len(shape)) + shape
    extents = (1,) * missing + have
    axes = tuple(axis - missing for axis in range(rank) if padded[axis] == 1 and extents[axis] != 1)
    if axes:
        g = reduce_sum(g, axes=axes)
    if math.prod(tuple(g.shape)) != math.prod(shape):
        return broadcast_to(g, shape=shape)
    return g if tuple(g.shape) == shape else reshape(g, shape=shape)


def _reached(records: Sequence[Record], sources: Iterable[Any]) -> set[int]:
    """The values that depend on the sources."""
    reached = {id(source) for source in sources}
    for record in records:
        if any(id(value) in reached for value in record[1]):
            reached.update(map(id, results_of(record)))
    return reached


def gradients(
    records: Sequence[Record],
    targets: Sequence[Any],
    seeds: Sequence[Any],
    sources: Sequence[Any],
    *,
    sparse: bool = False,
) -> list[Any]:
    """The gradient of the seeded targets with respect to each source, None if unconnected.

    With ``sparse`` a source that is only read by looking rows up has `IndexedSlices`.
    """
    reached = _reached(records, sources)
    grads: dict[int, Any] = {}
    for target, seed in zip(targets, seeds, strict=True):
        if seed is not None and id(target) in reached:
            _accumulate(grads, target, seed)
    wanted = {id(source) for source in sources}
    tables = _tables(records, wanted) if sparse else set()
    for record in reversed(records):
        op, inputs, params, result = record
        got = [grads.get(id(value)) for value in results_of(record)]
        if all(g is None for g in got) or not any(id(value) in reached for value in inputs):
            continue
        for value in results_of(record):
            if id(value) not in wanted:
                grads.pop(id(value), None)
        if tables and op is not READ:
            got = [as_tensor(g) for g in got]
        if op is gather and params["axis"] == 0 and id(inputs[0]) in tables:
            x, indices = inputs
            _accumulate(grads, x, IndexedSlices.of_gathers([(got[0], indices)], tuple(x.shape)))
            continue
        if isinstance(result, tuple):
            if not getattr(op, "takes_none", False):
                pairs = zip(got, result, strict=True)
                got = [zeros_like(value) if g is None else g for g, value in pairs]
            found = op.grad(tuple(got), result, *inputs, **params)
        else:
            found = op.grad(got[0], result, *inputs, **params)
        for value, g in zip(inputs, found, strict=True):
            if g is not None and id(value) in reached and is_differentiable(value):
                _accumulate(grads, value, g)
    return [grads.get(id(source)) for source in sources]


def _tables(records: Sequence[Record], wanted: set[int]) -> set[int]:
    """The sources, and the values of those that are variables."""
    reads = {
        id(record[3]) for record in records if record[0] is READ and id(record[1][0]) in wanted
    }
    return wanted | reads


def _accumulate(grads: dict[int, Any], value: Any, g: Any) -> None:
    before = grads.get(id(value))
    if isinstance(g, IndexedSlices):
        if before is None or isinstance(before, IndexedSlices):
            grads[id(value)] = g if before is None else before.joined(g)
            return
        g = convert_to_tensor(g)
    before = as_tensor(before)
    if not isinstance(g, Tensor):
        g = convert_to_tensor(lift(g, value.dtype, "gradient"))
    g = sum_to_shape(g, tuple(value.shape))
    grads[id(value)] = g if before is None else add(before, g)
