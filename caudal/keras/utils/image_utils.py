"""Pictures as arrays and back: `load_img`, `img_to_array`, `array_to_img`, `save_img`."""

from __future__ import annotations

import io
import os
import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from caudal.errors import (
    CaudalWarning,
    DataLossError,
    DTypeError,
    InvalidArgumentError,
    NotFoundError,
    ShapeError,
    did_you_mean,
)
from caudal.io.durable import write_whole
from caudal.keras.backend import image_data_format
from caudal.keras.engine.policy import floatx

Array = np.ndarray[Any, Any]

IMAGE_EXTENSIONS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
"""What image_dataset_from_directory reads."""
INTERPOLATIONS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "hamming": Image.Resampling.HAMMING,
    "box": Image.Resampling.BOX,
    "lanczos": Image.Resampling.LANCZOS,
}
"""Keras's names of Pillow's filters."""
PICTURE_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
"""Keras's names of Pillow's modes."""
COLOR_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
_DEEP_GRAY = ("L", "I;16", "I")


def check_choice(doing: str, name: str, value: Any, accepted: Any) -> Any:
    """``value``, if it is one of ``accepted``.

    Raises:
        InvalidArgumentError: it is not; the message lists what is accepted.
    """
    known = list(accepted)
    if value not in known:
        strings = [choice for choice in known if isinstance(choice, str)]
        raise InvalidArgumentError(
            "{doing}: {name} must be one of {accepted}, received {value!r}.{hint}",
            doing=doing,
            name=name,
            accepted=", ".join(map(repr, known)),
            value=value,
            hint=did_you_mean(value, strings) if isinstance(value, str) else "",
        )
    return value


def check_data_format(doing: str, data_format: str | None) -> str:
    """Today's default for None; else "channels_last" or "channels_first"."""
    if data_format is None:
        return str(image_data_format())
    found: str = check_choice(
        doing, "data_format", data_format, ("channels_last", "channels_first")
    )
    return found


def open_picture(path: Any, doing: str = "load_img", draft: str = "") -> Image.Image:
    """The file as a picture of Pillow, all of it read.

    With a mode as ``draft``, a JPEG file is decoded to that mode if it can be: gray comes straight
    from the file instead of from decoded colours.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: it is no picture, or a damaged one; the message names the file.
    """
    named = isinstance(path, str | bytes | os.PathLike)
    path = os.fsdecode(path) if named else path
    try:
        # Pillow would keep the file of a damaged picture open.
        with open(path, "rb") if named else nullcontext(path) as file:
            picture = Image.open(file)
            if draft:
                picture.draft(draft, picture.size)
            picture.load()
    except FileNotFoundError:
        raise NotFoundError("{doing}: there is no file {path}.", doing=doing, path=path) from None
    except IsADirectoryError:
        raise InvalidArgumentError(
            "{doing}: {path} is a folder, expected the file of an image.", doing=doing, path=path
        ) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, AttributeError) as error:
        raise DataLossError(
            "{doing}: cannot read {path} as an image ({error}). The file is damaged or of another "
            "kind: repair or delete it.",
            doing=doing,
            path=path if named else type(path).__name__,
            error=error,
        ) from error
    return picture


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
    grayscale: bool = False,
) -> Image.Image:
    """A picture of Pillow from a file.

    Args:
        path: its path, or an open binary file.
        color_mode: "grayscale", "rgb" or "rgba".
        target_size: (height, width) to resize to; None keeps the size.
        interpolation: "nearest", "bilinear", "bicubic", "lanczos", "box" or "hamming".
        keep_aspect_ratio: cut the middle out in the proportions of ``target_size`` first.
        grayscale: Keras 2's spelling of ``color_mode="grayscale"``.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: it is no picture.
        InvalidArgumentError: another ``color_mode`` or ``interpolation``.
    """
    if grayscale:
        warnings.warn(
            'load_img: grayscale is gone from Keras: use color_mode="grayscale".',
            CaudalWarning,
            stacklevel=2,
        )
        color_mode = "grayscale"
    check_choice("load_img", "color_mode", color_mode, PICTURE_MODES)
    picture = open_picture(path)
    mode = PICTURE_MODES[color_mode]
    if picture.mode != mode and not (mode == "L" and picture.mode in _DEEP_GRAY):
        picture = picture.convert(mode)
    if target_size is None:
        return picture
    height, width = check_size("load_img", "target_size", target_size)
    if picture.size == (width, height):
        return picture
    check_choice("load_img", "interpolation", interpolation, INTERPOLATIONS)
    box = crop_box(picture.height, picture.width, height, width) if keep_aspect_ratio else None
    return picture.resize((width, height), INTERPOLATIONS[interpolation], box=box)


def check_size(doing: str, name: str, size: Any) -> tuple[int, int]:
    """(height, width), both positive.

    Raises:
        InvalidArgumentError: it is something else.
    """
    try:
        height, width = (int(extent) for extent in size)
    except (TypeError, ValueError):
        height = width = 0
    if height < 1 or width < 1:
        raise InvalidArgumentError(
            "{doing}: {name} must be (height, width), two positive integers, received {size!r}.",
            doing=doing,
            name=name,
            size=size,
        )
    return height, width


def crop_box(height: int, width: int, new_height: int, new_width: int) -> tuple[int, int, int, int]:
    """The largest box of the new proportions in the middle: left, top, right, bottom.

    >>> crop_box(100, 300, 50, 50)
    (100, 0, 200, 100)
    """
    tall = min(height, width * new_height // new_width)
    wide = min(width, height * new_width // new_height)
    top, left = (height - tall) // 2, (width - wide) // 2
    return left, top, left + wide, top + tall


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> Array:
    """A picture as an array (height, width, channels), or channels first; floatx by default.

    >>> img_to_array(Image.new("RGB", (3, 2), (1, 2, 3))).shape
    (2, 3, 3)

    Raises:
        ShapeError: its rank is neither 2 nor 3.
    """
    data_format = check_data_format("img_to_array", data_format)
    try:
        array = np.asarray(img, dtype=dtype or floatx())
    except (TypeError, ValueError) as error:
        raise DTypeError(
            "img_to_array: expected a picture and a dtype, received {kind} and {dtype!r}: {error}.",
            kind=type(img).__name__,
            dtype=dtype,
            error=error,
        ) from error
    if array.ndim == 2:
        array = array[:, :, None]
    elif array.ndim == 3:
        return array if data_format == "channels_last" else array.transpose(2, 0, 1)
    else:
        raise ShapeError(
            "img_to_array: expected a picture of rank 2 or 3, received shape {shape}.",
            shape=array.shape,
        )
    return array if data_format == "channels_last" else array.transpose(2, 0, 1)


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None
) -> Image.Image:
    """An array of rank 3 as a picture of Pillow.

    Args:
        x: (height, width, channels) or channels first; 1, 3 or 4 channels.
        data_format: "channels_last" or "channels_first"; None for the default.
        scale: stretch the values to 0 ... 255; else they are cut to integers as they are.
        dtype: to compute in; None for floatx.

    Raises:
        ShapeError: another rank or number of channels.
    """
    data_format = check_data_format("array_to_img", data_format)
    try:
        array = np.asarray(x, dtype=dtype or floatx())
    except (TypeError, ValueError) as error:
        raise DTypeError(
            "array_to_img: expected an array of numbers, received {kind}.", kind=type(x).__name__
        ) from error
    if array.ndim != 3 or not array.size:
        raise ShapeError(
            "array_to_img: expected one image, an array of rank 3, received shape {shape}. "
            "Index a batch first: array_to_img(batch[0]).",
            shape=array.shape,
        )
    if data_format == "channels_first":
        array = array.transpose(1, 2, 0)
    if scale:
        array = array - array.min()
        top = array.max()
        array = (array / top if top != 0 else array) * 255
    channels = array.shape[2]
    if channels == 1:
        plane = array[:, :, 0]
        # Values past 8 bits need Pillow's 32-bit integers.
        return Image.fromarray(plane.astype("int32" if plane.max() > 255 else "uint8"))
    if channels not in (3, 4):
        raise ShapeError(
            "array_to_img: expected 1, 3 or 4 channels, received {channels} (shape {shape}, "
            "{data_format}).",
            channels=channels,
            shape=np.shape(x),
            data_format=data_format,
        )
    return Image.fromarray(array.astype("uint8"))


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Writes an array of rank 3 as a picture.

    Args:
        path: the file to write, or an open binary file.
        x: as in `array_to_img`, with ``data_format`` and ``scale``.
        data_format: "channels_last" or "channels_first".
        file_format: "png", "jpeg" ...; None reads it from the ending of ``path``.
        scale: stretch the values to 0 ... 255.
        kwargs: for Pillow's ``Image.save``.

    Raises:
        InvalidArgumentError: Pillow knows no such format.
        NotFoundError: the folder is not there.
    """
    picture = array_to_img(x, data_format=data_format, scale=scale)
    ending = str(file_format or Path(str(path)).suffix.lstrip(".")).lower()
    if picture.mode == "RGBA" and ending in ("jpg", "jpeg"):
        warnings.warn(
            "save_img: JPEG has no alpha channel, so it is dropped.", CaudalWarning, stacklevel=2
        )
        picture = picture.convert("RGB")
    buffer: Any = path
    if isinstance(path, str | os.PathLike):
        if not Path(path).absolute().parent.is_dir():
            raise NotFoundError(
                "save_img: cannot write {path}: its folder does not exist.", path=path
            )
        buffer = io.BytesIO()
        buffer.name = os.fspath(path)  # Pillow reads the format from it.
    try:
        picture.save(buffer, format="jpeg" if file_format == "jpg" else file_format, **kwargs)
    except (KeyError, ValueError) as error:
        raise InvalidArgumentError(
            "save_img: cannot write {path}, file_format={format!r}: {error}. Use a format such as "
            "'png' or 'jpeg'.",
            path=path,
            format=file_format,
            error=error,
        ) from error
    if buffer is not path:
        write_whole(path, buffer.getvalue())
