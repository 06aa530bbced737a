"""Integer labels out of range: an error that names the row, eagerly and in compiled training.

Eager labels are looked at directly. Compiled code cannot raise, so the training loop opens a
``LabelGuard`` while it traces a step: each check then folds the first bad row into one int64
state of the program, which the loop reads after every native call.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.framework import is_symbolic
from caudal.ir.dtypes import as_dtype
from caudal.keras import numeric as n
from caudal.keras.variables import Variable

_NONE = 1 << 61
_CHECKS = 16
_guard: ContextVar[LabelGuard | None] = ContextVar("label_guard", default=None)


class LabelGuard:
    """The first bad row that a program met; rows count from the start of the epoch."""

    def __init__(self) -> None:
        self.state = Variable(
            np.asarray(_NONE, np.int64), trainable=False, dtype="int64", name="first_bad_row"
        )
        self.classes: list[int] = []
        self._offset: Any = 0

    @contextmanager
    def watch(self, offset: Any) -> Iterator[None]:
        """Collect the checks of a step that is traced inside; its batch starts at ``offset``."""
        self.classes = []
        self._offset = offset
        token = _guard.set(self)
        try:
            yield
        finally:
            _guard.reset(token)

    def fold(self, labels: Any, classes: int) -> None:
        """Add the check of one tensor of labels to the step."""
        if n.rank_of(labels) == 0 or len(self.classes) >= _CHECKS:
            return
        number = len(self.classes)
        self.classes.append(classes)
        shape = n.shape_of(labels)
        rows = np.arange(shape[0], dtype=np.int64) * _CHECKS + number
        codes = n.tensor(rows.reshape(-1, *[1] * (len(shape) - 1)))
        bad = _out_of_range(labels, classes)
        first = ops.reduce_min(
            ops.select(bad, codes, n.constant(_NONE, codes)), axes=tuple(range(len(shape)))
        )
        here = first + self._offset * _CHECKS
        self.state.assign(ops.minimum(n.tensor(self.state), here))

    def found(self) -> tuple[int, int] | None:
        """The first bad row and the number of classes it was checked against."""
        code = int(self.state.numpy())
        if code >= _NONE:
            return None
        return code // _CHECKS, self.classes[code % _CHECKS]

    def reset(self) -> None:
        """Forget what was found."""
        self.state.assign(np.asarray(_NONE, np.int64))


def _out_of_range(labels: Any, classes: int) -> Any:
    low = ops.less(labels, n.constant(0, labels))
    return ops.bit_or(low, ops.greater_equal(labels, n.constant(classes, labels)))


def check_labels(labels: Any, classes: int) -> Any:
    """Raise if an eager label is outside [0, classes); inside a guarded step, arrange for it.

    In any other traced function nobody can raise: the answer then is a bool mask of the bad
    labels, whose losses are to be NaN. Otherwise it is None.
    """
    if is_symbolic(labels):
        guard = _guard.get()
        if guard is None:
            return _out_of_range(labels, classes)
        guard.fold(n.cast(labels, as_dtype("int64")), classes)
        return None
    values = np.asarray(labels.numpy())
    bad = (values < 0) | (values >= classes)
    if bad.any():
        place = np.argwhere(bad)[0]
        row = int(place[0]) if place.size else 0
        raise_bad_label(row, values[tuple(place)], classes)
    return None


def raise_bad_label(row: int, label: Any, classes: int) -> None:
    """Raise the InvalidArgumentError that names the row, the label and the valid range."""
    raise InvalidArgumentError(
        "sparse_categorical_crossentropy: the label {label} in row {row} is outside the valid "
        "range [0, {classes}); the model has {classes} outputs. Correct the labels, or give the "
        "last layer more units",
        label=label,
        row=row,
        classes=classes,
    )
