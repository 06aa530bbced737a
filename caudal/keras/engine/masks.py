"""Masks: which time steps count, handed from layer to layer on the tensors themselves."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from caudal.errors import CaudalWarning
from caudal.framework import Tensor
from caudal.framework.nest import flatten, map_structure

# Layers whose output has the time steps of their one input.
_TRANSPARENT = frozenset(
    """Activation ActivityRegularization AlphaDropout BatchNormalization Dense Dropout ELU
    GaussianDropout GaussianNoise GroupNormalization Identity
    LayerNormalization LeakyReLU Normalization PReLU ReLU Rescaling Softmax SpatialDropout1D
    SpatialDropout2D SpatialDropout3D UnitNormalization""".split()
)


def passes_on(kind: type) -> bool:
    """Whether layers of a class hand a mask on as it is, unless they say otherwise."""
    return any(
        base.__name__ in _TRANSPARENT and base.__module__.startswith("caudal.")
        for base in kind.__mro__
    )


def mask_of(value: Any) -> Any:
    """The mask that a tensor carries, or None; for a nest of tensors, the nest of their masks."""
    if isinstance(value, list | tuple | dict):
        return map_structure(mask_of, value)
    return getattr(value, "_keras_mask", None) if isinstance(value, Tensor) else None


def set_mask(tensor: Any, mask: Any) -> None:
    """Puts a mask on a tensor, or takes it off with None."""
    tensor._keras_mask = mask


def _holds_tensors(value: Any) -> bool:
    if isinstance(value, list | tuple | dict):
        return any(isinstance(leaf, Tensor) for leaf in flatten(value))
    return isinstance(value, Tensor)


def receive(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Fills in the masks that a call takes, and returns that of its first argument.

    A call on one tensor (or one list of them) gets its mask as ``mask``, a call on several
    arguments gets ``<argument>_mask`` for each, where ``call`` has such a parameter.
    """
    names = layer._signature.names
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    tensors = {name: value for name, value in given.items() if _holds_tensors(value)}
    for name, value in tensors.items():
        wanted = "mask" if len(tensors) == 1 else f"{name}_mask"
        if wanted in names[len(args) :] and given.get(wanted) is None:
            kwargs[wanted] = mask_of(value)
    if kwargs.get("mask") is not None:
        return kwargs["mask"]
    return mask_of(args[0] if args else next(iter(given.values()), None))


@contextmanager
def taken_off(*tensors: Any) -> Iterator[None]:
    """The tensors without their masks while it is open, for a layer that has applied them."""
    found = [(tensor, mask_of(tensor)) for tensor in tensors]
    for tensor, _ in found:
        set_mask(tensor, None)
    try:
        yield
    finally:
        for tensor, mask in found:
            set_mask(tensor, mask)


def send(layer: Any, inputs: Any, outputs: Any, mask: Any) -> None:
    """Puts the mask of a layer's output on it; warns where a layer loses the mask."""
    leaves = [leaf for leaf in flatten(outputs) if isinstance(leaf, Tensor)]
    if not layer.supports_masking:
        lost = any(one is not None for one in flatten(mask))
        if lost and all(mask_of(leaf) is None for leaf in leaves):
            warnings.warn(
                CaudalWarning(
                    f"Layer {layer.name!r} ({type(layer).__name__}) was passed an input with a "
                    "mask, but does not support masking: the layers behind it will not see the "
                    "mask. A layer of your own keeps it with `self.supports_masking = True`."
                ),
                stacklevel=3,
            )
        return
    if all(mask_of(leaf) is not None for leaf in leaves):
        return
    found = layer.compute_mask(inputs, mask)
    if found is None:
        return
    for leaf, one in zip(leaves, flatten(found), strict=False):
        if one is not None and mask_of(leaf) is None:
            set_mask(leaf, one)
