"""What the MobileNets share: a width, and weights trained for pictures of several sizes."""

from __future__ import annotations

import warnings
from typing import Any

from caudal.errors import CaudalWarning, InvalidArgumentError, ShapeError
from caudal.keras.applications.parts import channel_axis
from caudal.keras.applications.request import Request


def check_positive(request: Request, **values: Any) -> None:
    """Raises for a factor or a rate that is no positive number."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise InvalidArgumentError(
                "{label}: expected {name} to be a positive number, received {name}={received!r}.",
                label=request.label,
                name=name,
                received=value,
            )


def check_one_of(request: Request, name: str, value: Any, known: tuple[float, ...]) -> None:
    """Raises for ImageNet's weights of a width for which there are none."""
    if request.pretrained and value not in known:
        raise InvalidArgumentError(
            "{label}: with weights='imagenet', expected {name} to be one of {known}, received "
            "{name}={received!r}.",
            label=request.label,
            name=name,
            known=known,
            received=value,
        )


def _square(shape: Any, sizes: tuple[int, ...]) -> int | None:
    if shape is None or len(shape) != 3:
        return None
    high, wide = shape[1:] if channel_axis() == 1 else shape[:2]
    return high if high == wide and high in sizes else None


def same_shape(request: Request) -> Any:
    """The shape of ``input_tensor``'s pictures; raises where ``input_shape`` is another."""
    if request.input_tensor is None:
        return None
    own, given = tuple(request.input_tensor.shape[1:]), request.input_shape
    if given is not None and own != tuple(given):
        raise ShapeError(
            "{label}: input_tensor's pictures have the shape {own}, input_shape says {received}.",
            label=request.label,
            own=own,
            received=given,
        )
    return own


def trained_size(request: Request, sizes: tuple[int, ...], tensor: bool = False) -> int:
    """The size for which the network is drawn: that of ``input_shape`` if known, else 224.

    tensor: whether the shape of ``input_tensor`` counts too.
    """
    given = request.input_shape
    if tensor and request.input_tensor is not None:
        given = same_shape(request)
    return _square(given, sizes) or 224


def rows_named(request: Request, size: int, sizes: tuple[int, ...]) -> int | None:
    """The height in the names of the model and of the file of its weights.

    ImageNet's weights for 224x224 stand for all other sizes, with a warning.
    """
    shape = request.shape(size)
    if request.pretrained and _square(shape, sizes) is None:
        warnings.warn(
            f"{request.label}: no weights were trained for input_shape={shape}, only for squares "
            f"of {sizes}: those of 224 are loaded.",
            CaudalWarning,
            stacklevel=5,
        )
        return 224
    return shape[1] if channel_axis() == 1 else shape[0]
