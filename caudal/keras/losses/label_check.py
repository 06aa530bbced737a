"""Integer labels out of range: an error that names the row, eagerly and in compiled training.

A native call of the training loop runs many steps, so the loop opens a ``LabelGuard`` while it
traces a step: each check then folds the first bad row into one int64 state of the program, which
the loop reads after every call. Everywhere else `check_class_ids` raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from caudal import ops
from caudal.framework import is_symbolic
from caudal.ir.dtypes import as_dtype
from caudal.keras import numeric as n
from caudal.keras.variables import Variable
from caudal.nn.class_ids import check_class_ids, out_of_range

LOSS = "sparse_categorical_crossentropy"
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
        bad = out_of_range(labels, classes)
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


def check_labels(labels: Any, classes: int) -> Any:
    """Raise for a label outside [0, classes); inside a guarded step, arrange for it.

    Returns:
        None, or what `check_class_ids` returns.
    """
    guard = _guard.get()
    if guard is None or not is_symbolic(labels):
        return check_class_ids(LOSS, labels, classes)
    guard.fold(n.cast(labels, as_dtype("int64")), classes)
    return None
