"""`tf.compat.v1`: today's names, and the switch to graph mode.

After `disable_v2_behavior` (or `disable_eager_execution`) tensors are symbolic, as in TensorFlow 1.
Placeholders, sessions and optimizers are in ``graph``; collections, variable scopes and layers are
not there: they raise an error that says so.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from caudal.framework import SymbolicTensor, Tensor, Trace, context
from caudal.namespaces import missing

_OWN = [
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


_GRAPH = {
    "InteractiveSession": "InteractiveSession",
    "Session": "Session",
    "assign": "assign",
    "assign_add": "assign_add",
    "get_default_session": "current_session",
    "global_variables_initializer": "global_variables_initializer",
    "initialize_all_variables": "global_variables_initializer",
    "placeholder": "placeholder",
    "placeholder_with_default": "placeholder_with_default",
}
_GRAPHS = ("Graph", "get_default_graph", "reset_default_graph")
_TODAY = {
    "log": "math.log",
    "random_normal": "random.normal",
    "random_uniform": "random.uniform",
    "set_random_seed": "random.set_seed",
    "truncated_normal": "random.truncated_normal",
}
"""Names of TensorFlow 1 whose functions only moved."""


def __getattr__(name: str) -> Any:
    if name in _GRAPH:
        return getattr(importlib.import_module("caudal.compat.graph"), _GRAPH[name])
    if name in _GRAPHS:
        return getattr(importlib.import_module("caudal.compat.graphs"), name)
    if name == "train":
        return importlib.import_module("caudal.compat.v1_train")
    if name in _TODAY:
        space, _, function = _TODAY[name].partition(".")
        return getattr(getattr(importlib.import_module("caudal"), space), function)
    try:
        return getattr(importlib.import_module("caudal"), name)
    except AttributeError as error:
        fix = "" if "Did you mean" in str(error) else "It belongs to TensorFlow 1."
        raise missing("tf.compat.v1", name, _OWN, fix) from error


def __dir__() -> list[str]:
    own = {*_OWN, *_GRAPH, *_GRAPHS, *_TODAY, "train"}
    return sorted(own | {*dir(importlib.import_module("caudal"))})
