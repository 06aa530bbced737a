"""Functions of keras.ops in a model's configuration, as Keras's operation classes, and back.

Keras writes ``ops.mean(x, axis=1)`` as an operation of class ``Mean`` with the configuration
``{"axis": 1}`` that is called on ``x``; operators are ``Add``, ``GetItem`` and so on.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from caudal.errors import DTypeError, UnimplementedError
from caudal.keras.engine.history import Node, symbolic_leaves
from caudal.keras.engine.names import to_snake_case
from caudal.keras.engine.operation import FunctionOperation
from caudal.keras.engine.serialization import serialize_keras_object

_HOMES = ("caudal.keras.ops.", "caudal.keras.activations", "caudal.keras.engine.symbolic_ops")
_TENSORS = frozenset(
    """a b x y x1 x2 xs condition indices inputs kernel bias operands values target output query
    key value arrays segment_ids tensor variable y_true y_pred mean variance gamma beta""".split()
)
"""Parameters that hold tensors, which belong to the call; the others make the operation."""
_IN_CORE = frozenset("cast saturate_cast scatter scatter_update slice slice_update unstack".split())
_IN_LINALG = frozenset("norm det inv solve cholesky qr svd eigh matrix_rank".split())


def function_name(operation: FunctionOperation) -> str:
    """The name in keras.ops of what an operation does.

    Raises:
        UnimplementedError: it is another function, such as one of ``tf.*``.
    """
    from caudal.keras import ops

    name = to_snake_case(operation.class_label)
    module = str(getattr(operation.function, "__module__", ""))
    ours = f"{module}.".startswith(_HOMES) or module in (*_HOMES, "_operator")
    if not ours or name not in dir(ops):
        raise UnimplementedError(
            "The operation {name!r} (a function applied to a symbolic tensor) cannot be written "
            "to a configuration: it is none of keras.ops. Put it in a layer of your own with "
            "get_config().",
            name=operation.name,
        )
    return name


def function_entry(operation: FunctionOperation, nodes: list[Node]) -> dict[str, Any]:
    """The entry of a layer for an operation."""
    name = function_name(operation)
    settings = {**operation.settings, **(_split(operation.function, nodes[0])[2] if nodes else {})}
    topic = "core" if name in _IN_CORE else "linalg" if name in _IN_LINALG else "numpy"
    module = str(getattr(operation.function, "__module__", ""))
    if module.endswith(("activations", "networks")):
        topic = "nn"
    return {
        "module": f"keras.src.ops.{topic}",
        "class_name": operation.class_label,
        "config": {"name": operation.name, **serialize_keras_object(settings)},
        "registered_name": operation.class_label,
    }


def call_arguments(operation: FunctionOperation, node: Node) -> tuple[Any, dict[str, Any]]:
    """The arguments of a call that are tensors: (positional, by name)."""
    positional, named, _ = _split(operation.function, node)
    return positional, named


def _split(
    function: Callable[..., Any], node: Node
) -> tuple[tuple[Any, ...], dict[str, Any], dict[str, Any]]:
    bound = inspect.signature(function).bind(*node.args, **node.kwargs)
    positional: list[Any] = []
    settings: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            positional += value
        elif kind is inspect.Parameter.VAR_KEYWORD:
            settings.update(value)
        elif name in _TENSORS or symbolic_leaves(value):
            positional.append(value)
        else:
            settings[name] = value
    return tuple(positional), {}, settings


def is_function_entry(entry: dict[str, Any]) -> bool:
    """Whether a layer's entry is one of Keras's operations."""
    return bool(re.match(r"keras(\.src)?\.ops\b", str(entry.get("module", ""))))


def function_operation(entry: dict[str, Any]) -> FunctionOperation:
    """The operation of an entry.

    Raises:
        DTypeError: keras.ops has no such function (a TypeError, as Keras raises).
    """
    from caudal.keras import ops

    label = str(entry["class_name"])
    name = to_snake_case(label)
    function = getattr(ops, name) if name in dir(ops) else None
    if not inspect.isfunction(function):
        raise DTypeError("keras.ops has no function for the operation {label!r}.", label=label)
    settings = dict(entry.get("config") or {})
    own_name = settings.pop("name", None)
    for key, value in settings.items():
        if isinstance(value, dict) and value.get("class_name") == "DTypePolicy":
            settings[key] = value["config"]["name"]
    known = inspect.signature(function).parameters
    settings = {key: value for key, value in settings.items() if key in known}
    return FunctionOperation(inspect.unwrap(function), label, settings, own_name)
