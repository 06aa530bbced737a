"""Rematerialization: values that are computed again for the gradient instead of kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from caudal.control import recompute_grad
from caudal.errors import InvalidArgumentError

_MODES = ("full", "activations", "larger_than", "list_of_layers", None)


class RematMode(NamedTuple):
    """What the innermost `RematScope` says."""

    mode: str | None
    output_size_threshold: int
    layer_names: list[str]


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.stack: list[RematScope] = []


_scopes = _Scopes()


class RematScope:
    """Says which layers' values should be computed again for the gradient, to save memory.

    Values and gradients are those without it. In a compiled step Caudal's compiler decides what is
    kept: elementwise values are computed again where they are needed in any case, products and
    convolutions are stored.

    mode: "full", "activations", "larger_than" (outputs of more than ``output_size_threshold``
    elements), "list_of_layers" (``layer_names``) or None. Chen and others, "Training Deep Nets
    with Sublinear Memory Cost", 2016.

    >>> with RematScope(mode="list_of_layers", layer_names=["dense"]):
    ...     get_current_remat_mode().layer_names
    ['dense']
    """

    def __init__(
        self,
        mode: str | None = "full",
        output_size_threshold: int = 1024,
        layer_names: Any = None,
    ) -> None:
        if mode not in _MODES:
            raise InvalidArgumentError(
                "Invalid mode {mode!r}. Supported modes are: {modes}.", mode=mode, modes=_MODES
            )
        self.mode, self.output_size_threshold = mode, output_size_threshold
        self.layer_names = list(layer_names or ())

    def __enter__(self) -> RematScope:
        _scopes.stack.append(self)
        return self

    def __exit__(self, *details: Any) -> None:
        _scopes.stack.pop()


def get_current_remat_mode() -> RematMode | None:
    """The mode of the innermost open scope, or None."""
    if not _scopes.stack:
        return None
    scope = _scopes.stack[-1]
    return RematMode(scope.mode, scope.output_size_threshold, scope.layer_names)


def remat(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function or layer, computed once more for its gradient instead of keeping its values.

    >>> from caudal.keras import ops
    >>> float(remat(lambda x: ops.sum(x * x))(ops.array([1.0, 2.0])))
    5.0
    """
    return recompute_grad(f)
