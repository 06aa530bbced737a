"""Class ids outside [0, classes): an error that names the row, eagerly and in a tf.function."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import scalar
from caudal.errors import InvalidArgumentError
from caudal.framework import is_symbolic
from caudal.framework.late_check import check_later

_ADVICE = "Correct the labels, or give the last layer more units"


def out_of_range(ids: Any, classes: int) -> Any:
    """The bool mask of the ids that are no class."""
    low = ops.less(ids, scalar(0, ids))
    return ops.bit_or(low, ops.greater_equal(ids, scalar(classes, ids)))


def check_class_ids(what: str, ids: Any, classes: int) -> Any:
    """Raise for the first id outside [0, classes): now, or after each run of the program.

    Returns:
        None; the mask of the bad ids in other traces, where nobody can raise.

    Raises:
        InvalidArgumentError: with the row, the id and the valid range.
    """

    def fail(place: tuple[int, ...], label: Any) -> None:
        raise InvalidArgumentError(
            "{what}: the label {label} in row {row} is outside the valid range [0, {classes}); "
            "the model has {classes} outputs. {advice}",
            what=what,
            label=label,
            row=place[0] if place else 0,
            classes=classes,
            advice=_ADVICE,
        )

    if not is_symbolic(ids):
        values = np.asarray(ids.numpy())
        bad = (values < 0) | (values >= classes)
        if bad.any():
            place = tuple(int(i) for i in np.argwhere(bad)[0])
            fail(place, int(values[place]))
        return None
    mask = out_of_range(ids, classes)
    # 0 is a class, so that a bad id is never 0.
    return None if check_later(ops.select(mask, ids, scalar(0, ids)), fail) else mask
