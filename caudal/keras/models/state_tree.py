"""The values of a model as nested dicts, by the parts of the variables' paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError

FORMATS = ("backend_tensor", "numpy_array")
KINDS = (
    "trainable_variables",
    "non_trainable_variables",
    "optimizer_variables",
    "metrics_variables",
)


def variables_by_kind(model: Any) -> dict[str, list[Any]]:
    """The model's variables in the groups of a state tree."""
    optimizer = getattr(model, "optimizer", None)
    return {
        "trainable_variables": model.trainable_variables,
        "non_trainable_variables": model.non_trainable_variables,
        "optimizer_variables": list(optimizer.variables) if optimizer is not None else [],
        "metrics_variables": model.metrics_variables,
    }


def state_tree(variables: Sequence[Any], as_arrays: bool) -> dict[str, Any]:
    """Nested dicts in which ``a/b`` is ``tree["a"]["b"]``.

    Raises:
        InvalidArgumentError: two variables have one path.
    """
    tree: dict[str, Any] = {}
    for variable in variables:
        *folders, name = variable.path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        if name in place:
            raise InvalidArgumentError(
                "get_state_tree: two variables of the model have the path {path!r}; give their "
                "layers different names.",
                path=variable.path,
            )
        place[name] = variable.numpy() if as_arrays else variable.value
    return tree


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """{path: value} of nested dicts."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        path = f"{prefix}/{name}" if prefix else str(name)
        found.update(flat(value, path) if isinstance(value, dict) else {path: value})
    return found


def assign(variables: Sequence[Any], tree: dict[str, Any], kind: str) -> None:
    """Sets the variables that the tree names.

    Raises:
        InvalidArgumentError: it names a variable that is not there.
    """
    known = {variable.path: variable for variable in variables}
    values = flat(tree)
    unknown = [path for path in values if path not in known]
    if unknown:
        raise InvalidArgumentError(
            "set_state_tree: {kind} has no variable {path!r}; there are {known}.",
            kind=kind,
            path=unknown[0],
            known=sorted(known),
        )
    for path, value in values.items():
        variable = known[path]
        variable.assign(np.asarray(value).astype(variable.dtype.np_dtype))
