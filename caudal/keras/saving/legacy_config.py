"""Configurations of Keras 2.0 to 2.15 in today's form. What is today's already stays as it is."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.names import to_snake_case

_OPERATIONS = "keras.src.ops.numpy"
_MODELS = ("Sequential", "Functional", "Model")
# Arguments of old layers that have no meaning today.
_GONE: dict[str, tuple[str, ...]] = {
    "BatchNormalization": ("fused", "virtual_batch_size", "adjustment", "mode"),
    "DepthwiseConv1D": ("groups", "filters"),
    "DepthwiseConv2D": ("groups", "filters"),
    "SeparableConv1D": ("groups",),
    "SeparableConv2D": ("groups",),
    "Conv1DTranspose": ("groups",),
    "Conv2DTranspose": ("groups",),
    "Conv3DTranspose": ("groups",),
    "Embedding": ("input_length",),
    "LSTM": ("implementation", "time_major"),
    "GRU": ("implementation", "time_major"),
    "SimpleRNN": ("time_major",),
    "Bidirectional": ("backward_layer",),
}
_KERNEL = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
_INITIALIZERS = "Zeros Ones Constant Orthogonal Identity VarianceScaling".split() + [
    kind + form
    for kind in ("Random", "Truncated", "Glorot", "He", "Lecun")
    for form in ("Normal", "Uniform")
]


def modernize(entry: Any) -> Any:
    """A configuration of any Keras 2 or 3 in today's form.

    >>> modernize({"class_name": "Policy", "config": {"name": "float32"}})["class_name"]
    'DTypePolicy'
    """
    if isinstance(entry, list | tuple):
        return [modernize(item) for item in entry]
    if not isinstance(entry, dict):
        return entry
    name, config = entry.get("class_name"), entry.get("config")
    if not isinstance(name, str):
        return {key: modernize(item) for key, item in entry.items()}
    if name in ("Policy", "PolicyV1"):
        return {"class_name": "DTypePolicy", "config": {"name": (config or {}).get("name")}}
    if name in _MODELS and (isinstance(config, list) or "layers" in (config or {})):
        return {**entry, "config": _model(name, config)}
    if name in ("__keras_tensor__", "__lambda__", "function") or not isinstance(config, dict):
        return entry
    return {**entry, "config": _arguments(name, {k: modernize(v) for k, v in config.items()})}


def _arguments(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """The arguments of one layer, initializer or the like."""
    for key in _GONE.get(name, ()):
        if config.get(key) in (None, 1, 0, False) or key in ("input_length", "implementation"):
            config.pop(key, None)
    shape = config.pop("batch_input_shape", None)
    if name == "InputLayer" and shape is not None:
        config["batch_shape"] = shape
    elif shape is not None:
        config["batch_input_shape"] = shape
    if name in _INITIALIZERS:
        config.pop("dtype", None)
    if name.startswith(("DepthwiseConv", "SeparableConv")):
        for key in _KERNEL:
            config.pop(key, None)
    if name == "BatchNormalization" and isinstance(config.get("axis"), list):
        config["axis"] = config["axis"][0]
    if name == "LeakyReLU" and "alpha" in config:
        config["negative_slope"] = config.pop("alpha")
    if name == "Lambda" and "function_type" in config:
        return _lambda(config)
    return config


def _lambda(config: dict[str, Any]) -> dict[str, Any]:
    function, kind = config.get("function"), config.pop("function_type")
    config["function"] = {
        "class_name": "__lambda__" if kind == "lambda" else "function",
        "config": function,
    }
    if config.pop("output_shape_type", "raw") == "lambda":
        config["output_shape"] = {"class_name": "__lambda__", "config": config["output_shape"]}
    for key in ("module", "output_shape_module"):
        config.pop(key, None)
    return config


def _model(name: str, config: Any) -> dict[str, Any]:
    # Until Keras 2.2 a Sequential model was the list of its layers.
    config = {"layers": config} if isinstance(config, list) else dict(config)
    layers = [modernize(layer) for layer in config["layers"]]
    for layer in layers:
        if not isinstance(layer, dict) or not isinstance(layer.get("config"), dict):
            raise InvalidArgumentError(
                "The configuration of model {model!r} has an entry that is no layer: {entry}",
                model=config.get("name"),
                entry=str(layer)[:200],
            )
    if name == "Sequential":
        return {**config, "layers": _with_input(layers)}
    for layer in layers:
        layer["config"].pop("batch_input_shape", None)
        if _is_operation(layer):
            layer["module"] = _OPERATIONS
    known = {layer.get("name"): layer for layer in layers}
    old = any(_old_entries(node) for layer in layers for node in layer.get("inbound_nodes", ()))
    shift = _shifts(layers)
    for layer in layers:
        layer["inbound_nodes"] = [
            _node(node, known, shift) for node in layer.get("inbound_nodes", ())
        ]
    places = {key: _places(config[key], shift) for key in ("input_layers", "output_layers")}
    for key, value in places.items():
        if old and isinstance(value, list) and len(value) == 1:
            # Keras 2 always wrote lists; a model of one output gives no list there.
            places[key] = value[0]
    return {**config, "layers": layers, **places}


def _is_operation(entry: dict[str, Any]) -> bool:
    """Whether an entry is a function of keras.ops: ``.h5`` files of Keras 3 leave the module out.

    Only layers have a dtype, or say whether they are trained.
    """
    nodes, config = entry.get("inbound_nodes"), entry["config"]
    if "module" in entry or not nodes or not isinstance(nodes[0], dict):
        return False
    if "dtype" in config or "trainable" in config or "layers" in config:
        return False
    from caudal.keras import ops

    return to_snake_case(str(entry.get("class_name"))) in dir(ops)


def _with_input(layers: list[Any]) -> list[Any]:
    """The first layer's batch_input_shape as a layer of its own."""
    shape = layers[0]["config"].get("batch_input_shape") if layers else None
    for layer in layers:
        layer["config"].pop("batch_input_shape", None)
    if shape is None or layers[0]["class_name"] == "InputLayer":
        return layers
    name = f"{layers[0]['config'].get('name', 'model')}_input"
    dtype = layers[0]["config"].get("dtype")
    config = {"batch_shape": shape, "name": name}
    if isinstance(dtype, str):
        config["dtype"] = dtype
    return [{"class_name": "InputLayer", "config": config}, *layers]


def _old_entries(node: Any) -> list[Any]:
    """A node's inputs, where it is of Keras 2: ``[[name, node, tensor, arguments], ...]``."""
    if isinstance(node, dict) or not node:
        return []
    return [node] if isinstance(node[0], str) else list(node)


def _shifts(layers: list[Any]) -> dict[str, int]:
    """How much too high the old numbers of a nested model's nodes are: it counted its own."""
    least: dict[str, int] = {}
    for layer in layers:
        for node in layer.get("inbound_nodes", ()):
            for entry in _old_entries(node):
                least[entry[0]] = min(least.get(entry[0], entry[1]), entry[1])
    models = {layer.get("name") for layer in layers if layer["class_name"] in _MODELS}
    return {name: low for name, low in least.items() if name in models and low}


def _places(value: Any, shift: dict[str, int]) -> Any:
    if isinstance(value, dict):
        return {key: _places(item, shift) for key, item in value.items()}
    if value and isinstance(value[0], str):
        return [value[0], value[1] - shift.get(value[0], 0), value[2]]
    return [_places(item, shift) for item in value]


def _node(node: Any, known: dict[Any, Any], shift: dict[str, int]) -> Any:
    entries = _old_entries(node)
    if not entries:
        return node

    def tensor(entry: Any) -> dict[str, Any]:
        history = [entry[0], entry[1] - shift.get(entry[0], 0), entry[2]]
        return {"class_name": "__keras_tensor__", "config": {"keras_history": history}}

    def argument(value: Any) -> Any:
        if isinstance(value, list) and len(value) >= 3 and value[0] in _hashable(known, value[0]):
            return tensor(value)
        return value

    inputs = [tensor(entry) for entry in entries]
    arguments = entries[0][3] if len(entries[0]) > 3 else {}
    return {
        "args": [inputs[0] if len(inputs) == 1 else inputs],
        "kwargs": {key: argument(value) for key, value in arguments.items()},
    }


def _hashable(known: dict[Any, Any], name: Any) -> dict[Any, Any]:
    return known if isinstance(name, str) else {}


def modernize_training(config: dict[str, Any]) -> dict[str, Any]:
    """The ``training_config`` of an ``.h5`` file as a compile configuration."""
    found = dict(config)
    found["optimizer"] = _optimizer(found.pop("optimizer_config", None))
    for key in ("loss", "metrics", "weighted_metrics"):
        found[key] = _judges(found.get(key))
    return found


def _optimizer(config: Any) -> Any:
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        return config
    arguments = {key: modernize(value) for key, value in config["config"].items()}
    if "lr" in arguments:
        arguments["learning_rate"] = arguments.pop("lr")
    for key in ("jit_compile", "is_legacy_optimizer"):
        arguments.pop(key, None)
    if not arguments.get("decay"):
        arguments.pop("decay", None)
    name = str(config.get("class_name", "")).rpartition(">")[2]
    return {**config, "class_name": name, "config": arguments}


def _judges(value: Any) -> Any:
    """Losses and metrics; Keras 2 wrote functions as wrappers."""
    if isinstance(value, list):
        return [_judges(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: _judges(item) for key, item in value.items()}
    config = dict(value["config"]) if isinstance(value.get("config"), dict) else {}
    if value["class_name"] in ("MeanMetricWrapper", "LossFunctionWrapper") and "fn" in config:
        name = config.get("name")
        return name if name in ("accuracy", "acc") else config["fn"]
    if not config or value["class_name"] == "function":
        return value
    config.pop("fn", None)
    if config.get("reduction") == "auto":
        config["reduction"] = "sum_over_batch_size"
    return {**value, "config": config}
