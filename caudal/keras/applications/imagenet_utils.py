"""Pictures as the networks were trained on them, and the names of ImageNet's classes."""

from __future__ import annotations

import functools
import json
from typing import Any, NamedTuple

import numpy as np

from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras.backend.settings import image_data_format
from caudal.keras.config import floatx
from caudal.keras.ops.promotion import cast_value
from caudal.keras.utils.get_file import get_file

__all__ = ["decode_predictions", "preprocess_input"]


IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
"""Of the red, green and blue of ImageNet's pictures, between 0 and 1."""


class _Mode(NamedTuple):
    """x / divisor - mean, / deviation, per channel; ``reverse``: channels blue first."""

    divisor: float | None
    mean: tuple[float, ...] | float
    deviation: tuple[float, ...] | None
    reverse: bool


# Caffe's means are of pixels between 0 and 255, blue first.
_MODES = {
    "caffe": _Mode(None, (103.939, 116.779, 123.68), None, True),
    "tf": _Mode(127.5, 1.0, None, False),
    "torch": _Mode(255.0, IMAGENET_MEAN, IMAGENET_DEVIATION, False),
}


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Pictures of pixels 0 to 255, red green blue, as a network's weights expect them.

    A NumPy array of floats is changed in place, as Keras does; give a copy to keep it.

    >>> preprocess_input(np.array([[[[0, 127.5, 255]]]]), mode="tf").tolist()
    [[[[-1.0, 0.0, 1.0]]]]

    Args:
        x: an array or tensor, symbolic too: one picture or a batch of them. Integers become
            floats (`keras.config.floatx`).
        data_format: "channels_last" or "channels_first"; by default Keras's setting.
        mode: "caffe" (blue green red, less the mean of each channel), "tf" (-1 to 1) or "torch"
            (less the mean, over the standard deviation of each channel).

    Raises:
        InvalidArgumentError: another mode or data_format.
        ShapeError: no picture, or not three channels.
    """
    if mode not in _MODES:
        raise InvalidArgumentError(
            "preprocess_input: expected mode 'caffe', 'tf' or 'torch', received mode={received!r}.",
            received=mode,
        )
    data_format = image_data_format() if data_format is None else data_format
    if data_format not in ("channels_first", "channels_last"):
        raise InvalidArgumentError(
            "preprocess_input: expected data_format 'channels_first' or 'channels_last', received "
            "data_format={received!r}.",
            received=data_format,
        )
    axis = -3 if data_format == "channels_first" else -1
    if not hasattr(x, "shape"):
        x = np.asarray(x)
    if mode != "tf":
        _check_channels(x.shape, axis)
    return _scaled(x, _MODES[mode], axis)


def _check_channels(shape: Any, axis: int) -> None:
    if len(shape) < 3 or shape[axis] not in (3, None):
        raise ShapeError(
            "preprocess_input: expected a picture or a batch of pictures with 3 channels on axis "
            "{axis}, received shape {received}.",
            axis=axis,
            received=tuple(shape),
        )


def _scaled(x: Any, mode: _Mode, axis: int) -> Any:
    if mode.reverse:
        x = x[..., ::-1] if axis == -1 else x[..., ::-1, :, :]
    if isinstance(x, np.ndarray):
        x = x if np.issubdtype(x.dtype, np.floating) else x.astype(floatx())
    elif "float" not in getattr(x.dtype, "name", x.dtype):
        x = cast_value(x, floatx())
    column = (3, 1, 1) if axis == -3 else (3,)
    dtype = x.dtype if isinstance(x, np.ndarray) else "float32"

    def spread(values: Any) -> Any:
        return values if isinstance(values, float) else np.reshape(values, column).astype(dtype)

    if mode.divisor is not None:
        x /= mode.divisor
    x -= spread(mode.mean)
    if mode.deviation is not None:
        x /= spread(mode.deviation)
    return x


def preprocessing(module: str, mode: str | None) -> Any:
    """The `preprocess_input` of one family's module; no mode: its networks scale by themselves."""

    def preprocess(x: Any, data_format: str | None = None) -> Any:
        return x if mode is None else preprocess_input(x, data_format, mode)

    preprocess.__name__ = preprocess.__qualname__ = "preprocess_input"
    preprocess.__module__ = module
    preprocess.__doc__ = (
        "Pictures as they are: the network itself scales pixels of 0 to 255."
        if mode is None
        else f"`imagenet_utils.preprocess_input` with mode={mode!r}: pixels are 0 to 255."
    )
    return preprocess


@functools.cache
def _class_index() -> dict[str, list[str]]:
    path = get_file(
        "imagenet_class_index.json",
        "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json",
        cache_subdir="models",
        file_hash="c2c37ea517e94d9795004a39431a14cb",
    )
    with open(path, encoding="utf-8") as file:
        return dict(json.load(file))


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, Any]]]:
    """The ``top`` likeliest classes of each row: (WordNet's id, name, score), the best first.

    Args:
        preds: class scores, (samples, 1000).
        top: how many classes.

    Raises:
        ShapeError: another shape.
        UnavailableError: the list of names is neither in the cache nor to be downloaded.
    """
    shape = tuple(getattr(preds, "shape", np.shape(preds)))
    if len(shape) != 2 or shape[1] != 1000:
        raise ShapeError(
            "decode_predictions: expected scores of shape (samples, 1000), received shape "
            "{received}.",
            received=shape,
        )
    if isinstance(top, bool) or not isinstance(top, int | np.integer) or top < 1:
        raise InvalidArgumentError(
            "decode_predictions: expected top to be a positive integer, received top={received!r}.",
            received=top,
        )
    names = _class_index()
    rows = np.asarray(preds)
    # From the back of an ascending sort: what Keras does with equal scores.
    order = np.argsort(rows)[:, ::-1][:, :top]
    return [[(*names[str(i)], row[i]) for i in best] for row, best in zip(rows, order, strict=True)]
