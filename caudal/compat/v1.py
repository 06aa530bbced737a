"""`tf.compat.v1`: today's names, and the switch to graph mode.

After `disable_v2_behavior` (or `disable_eager_execution`) tensors are symbolic, as in TensorFlow 1.
Sessions, placeholders and collections are not there: they raise an error that says so.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from caudal.framework import SymbolicTensor, Tensor, Trace, context, executing_eagerly
from caudal.namespaces import missing

__all__ = [
    "constant",
    "disable_eager_execution",
    "disable_v2_behavior",
    "disable_v2_tensorshape",
    "enable_eager_execution",
    "enable_resource_variables",
    "enable_v2_behavior",
    "enable_v2_tensorshape",
    "executing_eagerly",
]

_before: list[Any] = []
"""What the thread was doing before graph mode; at most one entry."""


def disable_eager_execution() -> None:
    """From here on, in this thread, ops make symbolic tensors."""
    if not _before:
        _before.append(context.state.enter(Trace("graph", may_create=True), ()))


def enable_eager_execution(*args: Any, **kwargs: Any) -> None:
    """Back to eager execution."""
    if _before:
        context.state.leave(_before.pop())


def disable_v2_behavior() -> None:
    """Graph mode, as `disable_eager_execution`; what else differed in TensorFlow 1 is gone."""
    disable_eager_execution()


def enable_v2_behavior() -> None:
    """Back to eager execution."""
    enable_eager_execution()


def enable_resource_variables() -> None:
    """Nothing to do: there are no other variables."""


def enable_v2_tensorshape() -> None:
    """Nothing to do: there are no other shapes."""


def disable_v2_tensorshape() -> None:
    """Nothing to do: programs that compare extents work with both kinds of shape."""


def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str = "Const",
    verify_shape: bool = False,
) -> Tensor:
    """As `tf.constant`; symbolic in graph mode."""
    tensor: Tensor = importlib.import_module("caudal").constant(value, dtype, shape)
    if verify_shape and shape is not None:
        tensor.shape.assert_is_compatible_with(np.shape(value))
    trace = context.state.trace
    return tensor if trace is None else SymbolicTensor(trace.node(tensor), trace, f"{name}:0")


def __getattr__(name: str) -> Any:
    try:
        return getattr(importlib.import_module("caudal"), name)
    except AttributeError as error:
        fix = "" if "Did you mean" in str(error) else "It belongs to TensorFlow 1."
        raise missing("tf.compat.v1", name, __all__, fix) from error


def __dir__() -> list[str]:
    return sorted({*__all__, *dir(importlib.import_module("caudal"))})
