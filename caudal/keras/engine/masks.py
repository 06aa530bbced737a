"""Masks: which time steps count, handed from layer to layer on the tensors themselves."""

from __future__ import annotations

from typing import Any

from caudal.framework import Tensor
from caudal.framework.nest import flatten

# Layers whose output has the time steps of their one input.
_TRANSPARENT = frozenset(
    """Activation ActivityRegularization AlphaDropout BatchNormalization Dense Dropout ELU
    GaussianDropout GaussianNoise GroupNormalization Identity Lambda
    LayerNormalization LeakyReLU Normalization PReLU ReLU Rescaling Softmax SpatialDropout1D
    UnitNormalization""".split()
)


def passes_on(kind: type) -> bool:
    """Whether layers of a class hand a mask on as it is, unless they say otherwise."""
    return any(
        base.__name__ in _TRANSPARENT and base.__module__.startswith("caudal.")
        for base in kind.__mro__
    )


def mask_of(value: Any) -> Any:
    """The mask that a tensor carries, or the list of those of several; None without any."""
    if isinstance(value, Tensor):
        return getattr(value, "_keras_mask", None)
    if not isinstance(value, list | tuple):
        return None
    masks = [mask_of(item) for item in value]
    return masks if any(mask is not None for mask in masks) else None


def receive(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The mask of a call's first argument; also its ``mask`` where the layer takes one."""
    names = layer._signature.names
    given = kwargs.get("mask")
    if given is None and "mask" in names and names.index("mask") < len(args):
        given = args[names.index("mask")]
    found = mask_of(args[0]) if given is None and args else given
    if found is not None and given is None and "mask" in names:
        kwargs["mask"] = found
    return found


def send(layer: Any, args: tuple[Any, ...], outputs: Any, mask: Any) -> None:
    """Puts the mask of a layer's output on it."""
    found = layer.compute_mask(args[0] if args else None, mask)
    if found is None:
        return
    masks = found if isinstance(found, list | tuple) else [found]
    for output, one in zip(flatten(outputs), masks, strict=False):
        if one is not None and getattr(output, "_keras_mask", None) is None:
            output._keras_mask = one
