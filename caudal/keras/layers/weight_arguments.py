"""The arguments and weights that layers name alike: kernels, biases, scales."""

from __future__ import annotations

from typing import Any

from caudal.keras import constraints, initializers, regularizers


def take_weight_arguments(layer: Any, **given: Any) -> None:
    """Sets ``<weight>_initializer``, ``_regularizer`` and ``_constraint`` on a layer."""
    kinds = {
        "initializer": initializers.get,
        "regularizer": regularizers.get,
        "constraint": constraints.get,
    }
    for name, value in given.items():
        setattr(layer, name, kinds[name.rpartition("_")[2]](value))


def add_named_weight(
    layer: Any,
    name: str,
    shape: Any,
    role: str = "",
    *,
    trainable: bool = True,
    autocast: bool = True,
) -> Any:
    """A weight with the settings that `take_weight_arguments` kept."""
    role = role or name
    return layer.add_weight(
        name=name,
        shape=shape,
        initializer=getattr(layer, role + "_initializer"),
        regularizer=getattr(layer, role + "_regularizer", None),
        constraint=getattr(layer, role + "_constraint", None),
        trainable=trainable,
        autocast=autocast,
    )
