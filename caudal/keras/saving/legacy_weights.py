"""Weights in old ``.h5`` files: a group per layer, by order or by name."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np

from caudal.errors import CaudalWarning, InvalidArgumentError, ShapeError
from caudal.keras.saving.hdf5 import Group, write_array

# HDF5 keeps an attribute in a header of 64 KB; a list of names takes 16 bytes each.
_NAMES_IN_ONE = 3500


def legacy_variables(layer: Any) -> list[Any]:
    """A layer's variables in the order of the old files: all trained ones first."""
    return list(layer.trainable_weights) + list(layer.non_trainable_weights)


def write_layers(group: Any, model: Any) -> None:
    """One group per layer, as Keras 3 writes whole-model ``.h5`` files."""
    from caudal import keras

    write_names(group, "layer_names", [layer.name for layer in model.layers])
    group.attrs["backend"] = "tensorflow"
    group.attrs["keras_version"] = keras.version()
    for layer in sorted(model.layers, key=lambda layer: str(layer.name)):
        _write_variables(group.create_group(layer.name), legacy_variables(layer))
    own = model._trainable_variables + model._non_trainable_variables
    _write_variables(group.create_group("top_level_model_weights"), own)


def _write_variables(group: Any, variables: list[Any]) -> None:
    write_named(group, [(str(variable.path), variable.array()) for variable in variables])


def write_named(group: Any, items: list[tuple[str, np.ndarray[Any, Any]]]) -> None:
    """Arrays under their names, which are listed in an attribute."""
    names: list[str] = []
    for name, value in items:
        unique, serial = name, 0
        while unique in names:
            serial += 1
            unique = f"{name}_{serial}"
        names.append(unique)
        write_array(group, unique, value)
    write_names(group, "weight_names", names)


def write_names(group: Any, attribute: str, names: list[str]) -> None:
    """A list of names as an attribute; long lists in pieces."""
    if len(names) <= _NAMES_IN_ONE:
        group.attrs[attribute] = names
        return
    for i, start in enumerate(range(0, len(names), _NAMES_IN_ONE)):
        group.attrs[f"{attribute}{i}"] = names[start : start + _NAMES_IN_ONE]


def read_layers(
    root: Group, model: Any, by_name: bool = False, skip_mismatch: bool = False
) -> None:
    """Sets the weights of a model's layers from an old file.

    by_name: layers are found by their names, in any order; others keep their weights.
    skip_mismatch: layers that do not fit keep their weights, with a warning.

    Raises:
        InvalidArgumentError: the file has other layers than the model.
        ShapeError: a shape differs.
    """
    names = root.names("layer_names")
    stored = {name: _names_of(root, name) for name in names}
    if by_name:
        pairs = [(layer, layer.name) for layer in model.layers if layer.name in stored]
    else:
        layers = [layer for layer in model.layers if legacy_variables(layer)]
        full = [name for name in names if stored[name]]
        if len(layers) != len(full):
            raise InvalidArgumentError(
                "{file}: the file has {received} layers with weights, the model {model!r} has "
                "{expected}.{hint}",
                file=root.file,
                received=len(full),
                model=model.name,
                expected=len(layers),
                hint="" if layers else " It is not built yet: call it on data first.",
            )
        pairs = list(zip(layers, full, strict=True))
    plan: list[tuple[Any, Group, str]] = []
    for layer, name in pairs:
        try:
            plan += _match(root, layer, name, stored[name])
        except InvalidArgumentError as error:
            if not skip_mismatch:
                raise
            warnings.warn(f"Layer {layer.name!r} is skipped: {error}", CaudalWarning, stacklevel=4)
    own = model._trainable_variables + model._non_trainable_variables
    top = "top_level_model_weights"
    if own and top in root:
        plan += _match_variables(root, model.name, own, top, _names_of(root, top))
    for variable, group, name in plan:
        group.fill(name, variable)


def _names_of(root: Group, layer: str) -> list[str]:
    group = root.group(layer)
    return group.names("weight_names") if group is not None else []


def _match(root: Group, layer: Any, name: str, names: list[str]) -> list[tuple[Any, Group, str]]:
    return _match_variables(root, layer.name, legacy_variables(layer), name, names)


def _match_variables(
    root: Group, layer: str, variables: list[Any], group_name: str, names: list[str]
) -> list[tuple[Any, Group, str]]:
    group = root.group(group_name)
    if group is None or len(names) != len(variables):
        raise InvalidArgumentError(
            "{file}: layer {layer!r} expects {expected} weights, and the file has {received} for "
            "it ({names}).",
            file=root.file,
            layer=layer,
            expected=len(variables),
            received=len(names),
            names=", ".join(names),
        )
    for variable, name in zip(variables, names, strict=True):
        if group.shape(name) != tuple(variable.shape):
            raise ShapeError(
                "{file}: weight {name!r} has shape {received}, and the variable {path!r} of layer "
                "{layer!r} has shape {expected}.",
                file=root.file,
                name=name,
                received=group.shape(name),
                path=variable.path,
                layer=layer,
                expected=tuple(variable.shape),
            )
    return [(variable, group, name) for variable, name in zip(variables, names, strict=True)]


def write_optimizer(root: Any, optimizer: Any) -> None:
    """The optimizer's state, named as Keras 3 does."""
    items = []
    for variable in optimizer.variables:
        value = variable.numpy()
        if variable is optimizer._iterations:
            value = value.astype(np.int32)
        items.append((f"{optimizer.name}/{variable.name}", value))
    write_named(root.create_group("optimizer_weights"), items)


def read_optimizer_weights(root: Group, optimizer: Any) -> None:
    """An optimizer's state from an old or new file; one that does not fit is left, with a warning.

    Keras 2 kept the learning rate apart and, until 2.10, all first moments before all second ones.
    """
    group = root.group("optimizer_weights")
    if group is None or not optimizer.built:
        return
    names = group.names("weight_names")
    variables = optimizer.variables
    wanted = [tuple(variable.shape) for variable in variables]
    if [group.shape(name) for name in names] != wanted:
        names = _from_keras_2(group, names)
        rate = optimizer._learning_rate
        variables = [variable for variable in variables if variable is not rate]
        wanted = [tuple(variable.shape) for variable in variables]
    if [group.shape(name) for name in names] != wanted:
        if names:
            warnings.warn(
                f"{root.file}: the state of optimizer {optimizer.name!r} does not fit and is not "
                "loaded; it starts afresh.",
                CaudalWarning,
                stacklevel=4,
            )
        return
    for variable, name in zip(variables, names, strict=True):
        group.fill(name, variable)


def _from_keras_2(group: Group, names: list[str]) -> list[str]:
    """The names of Keras 2's optimizer variables in the order of today's."""
    head, slots = names[:1], names[1:]
    slots = [name for name in slots if not re.search(r"learning_rate(:0)?$", name)]
    # The oldest kept a dummy of one element per variable for amsgrad.
    moments = [name for name in slots if not re.search(r"/vhat(:0)?$", name)]
    if len(slots) % 3 == 0:
        dummies = slots[2 * len(slots) // 3 :]
        if all(group.shape(name) == (1,) for name in dummies):
            moments = slots[: 2 * len(slots) // 3]
    half = len(moments) // 2
    shapes = [group.shape(name) for name in moments]
    interleaved = bool(moments and re.match(r"[^/]+/(m|v)/", moments[0]))
    if len(moments) % 2 == 0 and shapes[:half] == shapes[half:] and not interleaved:
        moments = [
            name for pair in zip(moments[:half], moments[half:], strict=True) for name in pair
        ]
    return head + moments
