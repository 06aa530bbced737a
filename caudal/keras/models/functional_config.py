"""Functional models as configurations, in Keras's format, and back."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.framework.nest import flatten, map_structure
from caudal.keras.engine.history import Node
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.operation import FunctionOperation
from caudal.keras.engine.plain_values import read, written
from caudal.keras.engine.serialization import (
    CustomObjectScope,
    deserialize_keras_object,
    serialize_keras_object,
)
from caudal.keras.models.function_config import (
    call_arguments,
    function_entry,
    function_operation,
    is_function_entry,
)


def functional_config(model: Any) -> dict[str, Any]:
    """The configuration of a functional model."""
    graph = model._graph
    inside = set(graph.nodes)
    kept: dict[Any, list[Node]] = {}
    for operation in graph.operations:
        kept[operation] = [node for node in operation._inbound_nodes if node in inside]
    layers = []
    for operation in graph.operations:
        if isinstance(operation, FunctionOperation):
            entry = function_entry(operation, kept[operation])
        else:
            entry = serialize_keras_object(operation)
        entry["name"] = operation.name
        entry["inbound_nodes"] = [
            _node_config(node, kept) for node in kept[operation] if not node.is_input
        ]
        layers.append(entry)

    def place(tensor: KerasTensor) -> list[Any]:
        operation, node, index = tensor._keras_history
        return [operation.name, kept[operation].index(operation._inbound_nodes[node]), index]

    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": _places(place, model._inputs_struct),
        "output_layers": _places(place, model._outputs_struct),
    }


def _places(place: Any, structure: Any) -> Any:
    if isinstance(structure, KerasTensor):
        return place(structure)
    return map_structure(place, structure)


def _node_config(node: Node, kept: dict[Any, list[Node]]) -> dict[str, Any]:
    def leaf(value: Any) -> Any:
        if isinstance(value, slice):
            return written(value, leaf)
        if not isinstance(value, KerasTensor):
            return serialize_keras_object(value)
        operation, index, position = value._keras_history
        node_index = kept[operation].index(operation._inbound_nodes[index])
        return {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": value.shape,
                "dtype": value.dtype,
                "keras_history": [operation.name, node_index, position],
            },
        }

    args, kwargs = node.args, node.kwargs
    if isinstance(node.operation, FunctionOperation):
        args, kwargs = call_arguments(node.operation, node)
    return {"args": map_structure(leaf, args), "kwargs": map_structure(leaf, kwargs)}


def functional_from_config(cls: Any, config: dict[str, Any], custom_objects: Any = None) -> Any:
    """The functional model of a configuration, with fresh weights."""
    layers: dict[str, Any] = {}
    waiting: list[tuple[str, dict[str, Any]]] = []
    with CustomObjectScope(custom_objects):
        for entry in config["layers"]:
            inner = {key: entry[key] for key in entry if key not in ("inbound_nodes", "name")}
            revive = function_operation if is_function_entry(inner) else deserialize_keras_object
            layers[entry["name"]] = revive(inner)
            waiting += [(entry["name"], _as_call(node)) for node in entry["inbound_nodes"]]
    made: dict[tuple[str, int], list[Any]] = {
        (name, 0): layer._inbound_nodes[0].outputs
        for name, layer in layers.items()
        if layer._inbound_nodes and layer._inbound_nodes[0].is_input
    }
    counts = dict.fromkeys(layers, 0)
    while waiting:
        left = []
        for name, node in waiting:
            if all(tuple(source[:2]) in made for source in _sources(node)):
                args, kwargs = _restore(node["args"], made), _restore(node["kwargs"], made)
                made[name, counts[name]] = flatten(layers[name](*args, **kwargs))
                counts[name] += 1
            else:
                left.append((name, node))
        if len(left) == len(waiting):
            raise InvalidArgumentError(
                "The configuration of model {model!r} has a layer without its input: {name!r}.",
                model=config.get("name"),
                name=left[0][0],
            )
        waiting = left
    known = {"name", "trainable", "layers", "input_layers", "output_layers", "dtype"}
    model = cls(
        inputs=_structure(config["input_layers"], made),
        outputs=_structure(config["output_layers"], made),
        name=config.get("name"),
        **{key: value for key, value in config.items() if key not in known},
    )
    if not config.get("trainable", True):
        # Setting it to true would thaw layers that were frozen one by one.
        model.trainable = False
    return model


def _as_call(node: Any) -> Any:
    """A node as arguments; the older form is a list of [layer, node, output, keywords]."""
    if isinstance(node, dict):
        return node
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": list(entry[:3])}}
        for entry in node
    ]
    more = node[0][3] if node and len(node[0]) > 3 else {}
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": more}


def _is_tensor(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") == "__keras_tensor__"


def _sources(value: Any) -> list[list[Any]]:
    if _is_tensor(value):
        return [value["config"]["keras_history"]]
    items = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list | tuple):
        return []
    return [source for item in items for source in _sources(item)]


def _restore(value: Any, made: dict[tuple[str, int], list[Any]]) -> Any:
    if _is_tensor(value):
        name, node, position = value["config"]["keras_history"]
        return made[name, node][position]
    if isinstance(value, dict) and value.get("class_name") == "__slice__":
        return read("__slice__", value["config"], lambda part: _restore(part, made))
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _restore(item, made) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [_restore(item, made) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    return deserialize_keras_object(value)


def _structure(value: Any, made: dict[tuple[str, int], list[Any]]) -> Any:
    if isinstance(value, dict):
        return {key: _structure(item, made) for key, item in value.items()}
    if isinstance(value[0], str):
        name, node, position = value
        return made[name, node][position]
    items = [_structure(item, made) for item in value]
    return tuple(items) if isinstance(value, tuple) else items
