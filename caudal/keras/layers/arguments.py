"""Reading the arguments that layers share: sizes, paddings, data formats."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import DTypeError, InvalidArgumentError, ShapeError
from caudal.keras.engine.keras_tensor import Shape


def integers(value: Any, count: int, name: str, *, zero: bool = False) -> tuple[int, ...]:
    """A tuple of ``count`` positive integers from one integer or a sequence.

    >>> integers(3, 2, "kernel_size"), integers([1, 2], 2, "strides")
    ((3, 3), (1, 2))
    """
    items: tuple[Any, ...]
    if hasattr(value, "__index__") and not getattr(value, "shape", ()):
        items = (value,) * count
    else:
        try:
            items = tuple(value)
        except TypeError:
            items = ()
    good = len(items) == count and all(hasattr(item, "__index__") for item in items)
    if not good or any(int(item) < (0 if zero else 1) for item in items):
        raise InvalidArgumentError(
            "The `{name}` argument must be a {sign} integer or a tuple of {count}, "
            "received {value!r}.",
            name=name,
            sign="non-negative" if zero else "positive",
            count=count,
            value=value,
        )
    return tuple(int(item) for item in items)


def integer(value: Any, name: str, layer: str) -> int:
    """An integer of any sign; a DTypeError for what is none, as some layers of Keras have it."""
    if not hasattr(value, "__index__") or isinstance(value, bool):
        raise DTypeError(
            "{layer}: expected an integer for `{name}`, received {value!r} of type {kind}.",
            layer=layer,
            name=name,
            value=value,
            kind=type(value).__name__,
        )
    return int(value)


def positive(value: Any, name: str, layer: str) -> int:
    """A positive integer."""
    if not hasattr(value, "__index__") or isinstance(value, bool) or int(value) < 1:
        raise InvalidArgumentError(
            "{layer}: received an invalid value for `{name}`, expected a positive integer. "
            "Received: {name}={value!r}",
            layer=layer,
            name=name,
            value=value,
        )
    return int(value)


def check_steps(layer: str, strides: tuple[int, ...], dilation: tuple[int, ...]) -> None:
    """Raises where a convolution has both strides and dilation."""
    if max(strides) > 1 and max(dilation) > 1:
        raise InvalidArgumentError(
            "{layer}: `strides > 1` is not supported with `dilation_rate > 1`. Received: "
            "strides={strides} and dilation_rate={dilation}.",
            layer=layer,
            strides=strides,
            dilation=dilation,
        )


def padding_name(value: Any, *, causal: bool = False) -> str:
    """'valid' or 'same' (or 'causal'), in any case."""
    known = ("valid", "same", "causal") if causal else ("valid", "same")
    name = value.lower() if isinstance(value, str) else value
    if name not in known:
        raise InvalidArgumentError(
            "The `padding` argument must be one of {known}, received {value!r}.",
            known=known,
            value=value,
        )
    return str(name)


def data_format(value: Any) -> str:
    """'channels_last' or 'channels_first'; None is the global setting."""
    if value is None:
        from caudal.keras.backend import image_data_format

        return str(image_data_format())
    name = value.lower() if isinstance(value, str) else value
    if name not in ("channels_first", "channels_last"):
        raise InvalidArgumentError(
            "The `data_format` argument must be 'channels_first' or 'channels_last', "
            "received {value!r}.",
            value=value,
        )
    return str(name)


_FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}


def tensorflow_format(name: str, rank: int) -> str:
    """TensorFlow's spelling of a data format."""
    return _FORMATS[rank][name == "channels_first"]


def split_shape(shape: Shape, first: bool) -> tuple[Any, Shape, Any]:
    """(batch, spatial extents, channels) of a shape."""
    if first:
        return shape[0], tuple(shape[2:]), shape[1]
    return shape[0], tuple(shape[1:-1]), shape[-1]


def join_shape(batch: Any, space: Any, channels: Any, first: bool) -> Shape:
    """The inverse of `split_shape`."""
    return (batch, channels, *space) if first else (batch, *space, channels)


def pad_left(x: Any, amount: int, first: bool) -> Any:
    """A sequence with zeros before its first step, so that no window sees the future."""
    low = (0, 0, amount) if first else (0, amount, 0)
    return ops.pad(x, low=low, high=(0, 0, 0), interior=(0, 0, 0), value=0.0)


def windowed(
    layer: str,
    space: Shape,
    window: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...] | None = None,
) -> Shape:
    """The spatial extents after sliding a window.

    Raises:
        ShapeError: the window is larger than the input.
    """
    result: list[int | None] = []
    for axis, extent in enumerate(space):
        if extent is None:
            result.append(None)
            continue
        step = strides[axis]
        if padding in ("same", "causal"):
            result.append(-(-extent // step))
            continue
        reach = (window[axis] - 1) * (dilation[axis] if dilation else 1) + 1
        size = (extent - reach) // step + 1
        if extent < reach:
            raise ShapeError(
                "Layer {layer!r}: computed output size would be zero or negative: the window "
                "{window} does not fit into the spatial extents {space}. Use padding='same', a "
                "smaller window, or fewer poolings before it.",
                layer=layer,
                window=window,
                space=space,
            )
        result.append(size)
    return tuple(result)
