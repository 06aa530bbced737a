"""Reading the arguments of image functions: `[height, width, channels]`, alone or in a batch."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import as_tensor, dims
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError


def image_of(what: str, value: Any, *, ranks: tuple[int, ...] = (3, 4)) -> Any:
    """``value`` as a Tensor with as many axes as an image, or a batch of them, has."""
    image = as_tensor(value)
    if len(image.shape) not in ranks:
        raise ShapeError(
            "{what}: expected [height, width, channels] or [batch, height, width, channels], "
            "received shape {received}.",
            what=what,
            received=dims(image),
        )
    return image


def stacked(what: str, value: Any) -> Any:
    """``value`` with at least three axes: any number of batch axes before an image."""
    image = as_tensor(value)
    if len(image.shape) < 3:
        raise ShapeError(
            "{what}: expected at least 3 axes, [..., height, width, channels], received shape "
            "{received}.",
            what=what,
            received=dims(image),
        )
    return image


def batched(what: str, value: Any) -> tuple[Any, bool]:
    """The images with a batch axis, and whether it was added."""
    image = image_of(what, value)
    if len(image.shape) == 4:
        return image, False
    return ops.reshape(image, shape=(1, *dims(image))), True


def unbatched(image: Any, added: bool) -> Any:
    """Without the batch axis that `batched` added."""
    return ops.reshape(image, shape=dims(image)[1:]) if added else image


def require_channels(what: str, image: Any, count: int) -> None:
    """Raise unless the last axis has ``count`` channels."""
    extents = dims(image)
    if not extents or extents[-1] != count:
        raise InvalidArgumentError(
            "{what}: expected {count} channels in the last axis, received shape {received}.",
            what=what,
            count=count,
            received=extents,
        )


def float_image(what: str, value: Any) -> Any:
    """``value`` as a Tensor of a float dtype."""
    image = as_tensor(value)
    if not image.dtype.is_floating:
        raise DTypeError(
            "{what}: expected a float image, received {received}. Convert it: "
            "tf.image.convert_image_dtype(image, tf.float32).",
            what=what,
            received=image.dtype.name,
        )
    return image


def cut(image: Any, axis: int, begin: int, size: int) -> Any:
    """``size`` rows of an axis from ``begin`` on."""
    extents = dims(image)
    low = [0] * len(extents)
    high = list(extents)
    low[axis], high[axis] = begin, begin + size
    ones = (1,) * len(extents)
    return ops.slice(image, begin=tuple(low), end=tuple(high), strides=ones)


def channels(image: Any) -> list[Any]:
    """The channels one by one, each with the last axis kept."""
    last = len(image.shape) - 1
    return [cut(image, last, c, 1) for c in range(dims(image)[-1])]
