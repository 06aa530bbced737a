"""How Keras's objects hang together in a TensorFlow checkpoint: the names that Keras 3 gives.

What Keras 3 itself leaves out is written too: layers in lists and dicts, and, beside the graph of
objects, seeds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from caudal.framework import Variable
from caudal.train.trackable import children, is_trackable

# Attributes of models that lead to the same layers by another way, and what training keeps.
_ASIDE = {"_functional", "_graph", "_inputs_struct", "_outputs_struct", "_trainer_state", "loss"}
# Where Keras keeps a weight behind a property.
_BEHIND = {
    "BaseConv": "kernel",
    "Conv": "kernel",
    "Dense": "kernel",
    "EinsumDense": "kernel",
    "Embedding": "embeddings",
}
# Weights that Keras 2 called otherwise.
_OLD_WEIGHTS = {"depthwise_kernel": "kernel"}
_base: set[str] = set()


class Row:
    """The layers of a model, as Keras's inner functional model holds them."""

    def __init__(self, operations: list[Any]) -> None:
        self.operations = operations


@children.register(Row)
def _(row: Row) -> dict[str, Any]:
    return {"_operations": row.operations}


def layer_children(layer: Any) -> dict[str, Any]:
    """A layer's weights and layers by attribute; a model's layers by their place."""
    from caudal.keras.models.functional import Functional
    from caudal.keras.models.model import Model
    from caudal.keras.models.sequential import Sequential

    found = _attributes(layer)
    if isinstance(layer, Sequential):
        found["_functional"] = Row(_row_of(layer))
    elif isinstance(layer, Functional):
        found["_operations"] = layer.operations
    if isinstance(layer, Model) and getattr(layer, "optimizer", None) is not None:
        found["optimizer"] = layer.optimizer
    return found


def _row_of(model: Any) -> list[Any]:
    """The operations of a Sequential model: an input stands first, also while it is unknown."""
    functional = model._functional
    if functional is not None:
        return list(functional.operations)
    return [None, *model.layers]


def _attributes(layer: Any) -> dict[str, Any]:
    from caudal.keras.engine.seeds import SeedGenerator

    if not _base:
        from caudal.keras.engine.layer import Layer

        _base.update(vars(Layer(name="reference")), _ASIDE)
    kinds = [kind.__name__ for kind in type(layer).__mro__]
    plain = type(layer).__name__.endswith("Transpose")
    behind = {_BEHIND[kind] for kind in kinds if kind in _BEHIND and not plain}
    found: dict[str, Any] = {}
    held: set[int] = set()
    for name, value in vars(layer).items():
        if name in _base or isinstance(value, SeedGenerator) or not is_trackable(value):
            continue
        found[f"_{name}" if name in behind else name] = value
        held |= {id(value)} | {id(item) for item in children(value).values()}
    own = [*layer._trainable_variables, *layer._non_trainable_variables]
    loose = [variable for variable in own if id(variable) not in held]
    return {**found, "_variables": loose} if loose else found


def layer_aliases(layer: Any) -> Callable[[str], Any]:
    """Parts under the names of Keras 2: ``layer-3``, ``layer_with_weights-1``, ``kernel``."""

    def get(name: str) -> Any:
        match = re.fullmatch(r"layer(_with_weights)?-(\d+)", name)
        if match is not None:
            layers = list(getattr(layer, "layers", ()))
            if match[1]:
                layers = [one for one in layers if one.weights]
            place = int(match[2])
            return layers[place] if place < len(layers) else None
        plain = name.removeprefix("_")
        for known in (plain, f"_{plain}", _OLD_WEIGHTS.get(plain, "")):
            found = vars(layer).get(known)
            if isinstance(found, Variable):
                return found
        return None

    return get


def layer_seeds(layer: Any) -> dict[str, Variable]:
    """The states of a layer's own random numbers."""
    return {f"seed_{i}": seed.state for i, seed in enumerate(layer._seed_generators)}


def optimizer_children(optimizer: Any) -> dict[str, Any]:
    """An optimizer's variables, and the model's that it changes."""
    found = {"_variables": optimizer._variables, "_iterations": optimizer._iterations}
    rate = optimizer._learning_rate
    if isinstance(rate, Variable):
        found["_learning_rate"] = rate
    return {**found, "_trainable_variables": optimizer._trainable_variables}


class _OldOptimizer:
    """An optimizer as Keras 2 saved it: its list of variables is without the learning rate."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer


@children.register(_OldOptimizer)
def _(old: _OldOptimizer) -> dict[str, Any]:
    found = optimizer_children(old.optimizer)
    rate = found.get("_learning_rate")
    found["_variables"] = [one for one in found["_variables"] if one is not rate]
    return {**found, "iter": found["_iterations"], "learning_rate": rate}


def optimizer_as_stored(optimizer: Any, node: Any, nodes: list[Any]) -> Any:
    """The optimizer in the order of Keras 2, where a checkpoint is of Keras 2."""
    variables, rate = node.children.get("_variables"), node.children.get("_learning_rate")
    if "iter" in node.children:
        return _OldOptimizer(optimizer)
    if variables is None or rate is None or rate in nodes[variables].children.values():
        return optimizer
    return _OldOptimizer(optimizer)


# The last part of our slots' names, by those of Keras before 2.11.
_SLOTS = {
    "m": ("momentum",),
    "v": ("velocity", "norm"),
    "vhat": ("velocity_hat",),
    "momentum": ("momentum",),
    "rms": ("velocity",),
    "mg": ("average_gradient",),
    "accumulator": ("accumulator",),
    "linear": ("linear",),
    "accum_grad": ("accumulated_grad",),
    "accum_var": ("accumulated_delta_var",),
}


def optimizer_slot(optimizer: Any, variable: Any, name: str) -> Any:
    """The optimizer's variable for one of the model's."""
    path = str(getattr(variable, "path", variable.name)).replace("/", "_").replace(":", "_")
    names = {f"{path}_{ending}" for ending in _SLOTS.get(name, ())}
    return next((one for one in optimizer._variables if one.name in names), None)


def metric_children(metric: Any) -> dict[str, Any]:
    """A metric's states, in the order in which they were made."""
    return {"_variables": metric.variables}
