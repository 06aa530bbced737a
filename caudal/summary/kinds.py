"""The functions that write a summary: each makes a tensor that a plugin of TensorBoard shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, cast_to, dims, static_int
from caudal.audio.wav import encode_wav
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import Tensor, convert_to_tensor
from caudal.image.codecs import encode_png
from caudal.image.colours import convert_image_dtype
from caudal.io.decoding import serialize_tensor
from caudal.ir.dtypes import as_dtype
from caudal.summary import events
from caudal.summary.writer import record, settings, summary_scope

Array = np.ndarray[Any, Any]
_WAV = b"\x10\x0b"
"""AudioPluginData with encoding = WAV."""


def _proto(tensor: Any) -> bytes:
    found: bytes = serialize_tensor(tensor).numpy()
    return found


def _texts(texts: list[bytes], shape: tuple[int, ...]) -> bytes:
    array = np.empty(len(texts), object)
    array[:] = texts
    return _proto(Tensor(array.reshape(shape)))


def _rank(what: str, tensor: Any, rank: int, axes: str) -> Any:
    if len(tensor.shape) != rank:
        raise ShapeError(
            "tf.summary.{what}: expected {axes}, received shape {shape}.",
            what=what,
            axes=axes,
            shape=dims(tensor),
        )
    return tensor


def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> Tensor:
    """A number, as float32.

    Args:
        name: the tag; open name scopes stand before it.
        data: a scalar.
        step: an integer, or a variable; the default step if None.
        description: Markdown that TensorBoard shows beside it.

    Returns:
        whether it was written, as a bool tensor; False without a default writer.

    >>> bool(scalar("loss", 0.5, step=1))
    False
    """
    x = _rank("scalar", as_tensor(data), 0, "a scalar")
    about = events.metadata("scalars", b"", description)
    with summary_scope(name, "scalar_summary") as (tag, _):
        return record(
            step,
            lambda value: events.value(tag, _proto(Tensor(value)), about),
            cast_to(x, as_dtype("float32")),
        )


def image(
    name: str, data: Any, step: Any = None, max_outputs: Any = 3, description: str | None = None
) -> Tensor:
    """Pictures ``[count, height, width, channels]``, at most ``max_outputs`` of them.

    Floats are colours from 0 to 1, uint8 from 0 to 255; 1 to 4 channels.
    """
    x = _rank("image", as_tensor(data), 4, "[count, height, width, channels]")
    most = static_int(max_outputs, "tf.summary.image: max_outputs")
    pixels = convert_image_dtype(x, "uint8", saturate=True)
    about = events.metadata("images", b"", description)

    def make(values: Array) -> bytes:
        _, height, width, _ = values.shape
        parts = [encode_png(Tensor(picture)).numpy() for picture in values[: max(most, 0)]]
        texts = [str(width).encode(), str(height).encode(), *parts]
        return events.value(tag, _texts(texts, (len(texts),)), about)

    with summary_scope(name, "image_summary") as (tag, _):
        return record(step, make, pixels)


def _bins(values: Array, count: int) -> Array:
    """Rows (left edge, right edge, number of values) of equal widths."""
    values = values.astype(np.float64).reshape(-1)
    if not values.size or not count:
        return np.zeros((count, 3))
    low, high = float(values.min()), float(values.max())
    if low == high:
        found = np.zeros((count, 3))
        found[:, :2] = low
        found[-1, 2] = values.size
        return found
    places = np.floor((values - low) / ((high - low) / count)).astype(np.int64)
    numbers = np.bincount(np.minimum(places, count - 1), minlength=count)
    edges = np.linspace(low, high, count + 1)
    return np.stack([edges[:-1], np.append(edges[1:-1], high), numbers], axis=1)


def histogram(
    name: str, data: Any, step: Any = None, buckets: Any = None, description: str | None = None
) -> Tensor:
    """How the values of a tensor are distributed, in 30 buckets of one width by default.

    Raises:
        InvalidArgumentError: when it is written, if a value is not finite.
    """
    count = 30 if buckets is None else static_int(buckets, "tf.summary.histogram: buckets")
    about = events.metadata("histograms", b"", description)

    def make(values: Array) -> bytes:
        if not np.isfinite(values).all():
            raise InvalidArgumentError(
                "tf.summary.histogram: {name!r} holds NaN or infinite values.", name=tag
            )
        return events.value(tag, _proto(Tensor(_bins(values, count))), about)

    with summary_scope(name, "histogram_summary") as (tag, _):
        x = as_tensor(data)
        wide = as_dtype("float64")
        return record(step, make, x if x.dtype is wide else cast_to(x, wide))


def text(name: str, data: Any, step: Any = None, description: str | None = None) -> Tensor:
    """A string (Markdown), or a tensor of them, which is shown as a table."""
    x = as_tensor(data)
    if x.dtype.name != "string":
        raise InvalidArgumentError(
            "tf.summary.text: expected strings, received {dtype}.", dtype=x.dtype.name
        )
    about = events.metadata("text", b"", description)
    proto = _proto(x)
    with summary_scope(name, "text_summary") as (tag, _):
        return record(step, lambda: events.value(tag, proto, about))


def audio(
    name: str,
    data: Any,
    sample_rate: Any,
    step: Any = None,
    max_outputs: Any = 3,
    encoding: str | None = None,
    description: str | None = None,
) -> Tensor:
    """Sounds ``[count, samples, channels]`` from -1 to 1, at most ``max_outputs`` of them, as WAV.

    ``sample_rate``: samples a second.
    """
    if encoding not in (None, "wav"):
        raise InvalidArgumentError(
            "tf.summary.audio: expected encoding 'wav', received {encoding!r}.", encoding=encoding
        )
    x = _rank("audio", as_tensor(data), 3, "[count, samples, channels]")
    most = static_int(max_outputs, "tf.summary.audio: max_outputs")
    rate = static_int(sample_rate, "tf.summary.audio: sample_rate")
    about = events.metadata("audio", _WAV, description)

    def make(values: Array) -> bytes:
        parts = [encode_wav(Tensor(sound), rate).numpy() for sound in values[: max(most, 0)]]
        texts = [entry for part in parts for entry in (part, b"")]
        return events.value(tag, _texts(texts, (len(parts), 2)), about)

    with summary_scope(name, "audio_summary") as (tag, _):
        return record(step, make, cast_to(x, as_dtype("float32")))


def write(
    tag: str, tensor: Any, step: Any = None, metadata: Any = None, name: str | None = None
) -> Tensor:
    """Any tensor under a tag, for a plugin of one's own.

    Args:
        tensor: a tensor, or a function that makes it, called only if something is written.
        metadata: a SummaryMetadata message (with ``SerializeToString``), or None.
    """
    if settings.writer is None:
        return convert_to_tensor(False)
    x = as_tensor(tensor() if callable(tensor) else tensor)
    about = None if metadata is None else metadata.SerializeToString()
    if x.dtype.name == "string":
        proto = _proto(x)
        return record(step, lambda: events.value(tag, proto, about))
    return record(step, lambda value: events.value(tag, _proto(Tensor(value)), about), x)


def write_raw_pb(tensor: Any, step: Any = None, name: str | None = None) -> Tensor:
    """Ready-made summaries: the bytes of a Summary message."""
    summary: bytes = as_tensor(tensor).numpy()
    if not isinstance(summary, bytes):
        raise InvalidArgumentError(
            "write_raw_pb: expected the bytes of one Summary message, received {received!r}.",
            received=tensor,
        )
    return record(step, lambda: summary)
