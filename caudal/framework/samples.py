"""Which tensors hold one row for each sample of a batch: for the search of a bad sample."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class Batch:
    """A batch and what was computed from it so far.

    rows: an int64 tensor, the number of each sample. whole: whether they count in the data, or
    else in the batch.
    """

    def __init__(self, parts: Sequence[Any], rows: Any, whole: bool) -> None:
        self.rows, self.whole = rows, whole
        self.extent = int(rows.shape[0])
        # Kept, so that an id stays the name of one tensor.
        self._held = {id(part): part for part in parts if self._fits(part)}

    def _fits(self, tensor: Any) -> bool:
        shape = tensor.shape
        return len(shape) > 0 and int(shape[0]) == self.extent

    def holds(self, tensor: Any) -> bool:
        """Whether each row of a tensor belongs to the sample at its place."""
        return id(tensor) in self._held

    def follow(self, op: Any, inputs: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
        """Notes the results of an op that keeps the rows apart."""
        held = [self.holds(x) for x in inputs]
        if not any(held) or not _keeps_rows(op.name, held, params):
            return
        for part in result if isinstance(result, tuple) else (result,):
            if self._fits(part):
                self._held[id(part)] = part


def _keeps_rows(name: str, held: list[bool], params: dict[str, Any]) -> bool:
    """Whether the first axis of the result is the first axis of the inputs that hold rows."""
    if name == "dot_general":
        contract, batch = params["contract"], params["batch"]
        if batch[0]:
            return all(batch[i][0] == 0 for i in (0, 1) if held[i])
        return held[0] and not held[1] and 0 not in contract[0]
    if "conv" in name:
        return held[0] and not any(held[1:])
    if name == "transpose":
        return bool(params["perm"][0] == 0)
    return 0 not in _axes(params)


def _axes(params: dict[str, Any]) -> tuple[int, ...]:
    found = params.get("axes", params.get("axis"))
    return (found,) if isinstance(found, int) else tuple(found or ())


class _Present(threading.local):
    batch: Batch | None = None


present = _Present()


@contextmanager
def following(parts: Sequence[Any], rows: Any, whole: bool) -> Iterator[None]:
    """While it is open, what is computed from the tensors of a batch is followed."""
    before, present.batch = present.batch, Batch(parts, rows, whole)
    try:
        yield
    finally:
        present.batch = before
