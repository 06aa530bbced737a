"""Whether a teacher and a student take the same inputs and give the same outputs."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras import tree
from caudal.keras.models.model import Model


def check_models(teacher: Any, student: Any) -> None:
    """Raises where the student cannot learn from the teacher.

    What a model that was never built takes and gives is not known, and not checked.

    Raises:
        InvalidArgumentError: one is no model; shapes or dtypes differ.
    """
    for role, model in (("teacher", teacher), ("student", student)):
        if not isinstance(model, Model):
            raise InvalidArgumentError(
                "Distiller: the {role} must be a keras.Model, received {model!r} of type {cls}.",
                role=role,
                model=model,
                cls=type(model).__name__,
            )
    for what in ("input", "output"):
        pair = getattr(teacher, what + "s", None), getattr(student, what + "s", None)
        if pair[0] is None or pair[1] is None:
            continue
        tree.map_structure(lambda one, other, what=what: _check_pair(what, one, other), *pair)


def _check_pair(what: str, one: Any, other: Any) -> None:
    shapes = tuple(one.shape), tuple(other.shape)
    fit = len(shapes[0]) == len(shapes[1]) and all(
        a is None or b is None or a == b for a, b in zip(*shapes, strict=True)
    )
    if not fit:
        raise InvalidArgumentError(
            "Distiller: the {what}s of teacher and student must have one shape. Teacher: "
            "{teacher}, student: {student}.",
            what=what,
            teacher=shapes[0],
            student=shapes[1],
        )
    if one.dtype != other.dtype:
        raise InvalidArgumentError(
            "Distiller: the {what}s of teacher and student must have one dtype. Teacher: "
            "{teacher}, student: {student}.",
            what=what,
            teacher=one.dtype,
            student=other.dtype,
        )
