"""Writes the pictures of a batch into a folder, for a look at them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from caudal.errors import InvalidArgumentError, NotFoundError
from caudal.io.durable import write_whole
from caudal.keras.utils.image_utils import array_to_img

Array = np.ndarray[Any, Any]


def check_folder(doing: str, folder: Any, save_format: str) -> Any:
    """``folder``, if it is None, or there and pictures of that format can be written.

    Raises:
        NotFoundError: it is not there.
        InvalidArgumentError: no such format.
    """
    ending = f".{str(save_format).lower()}"
    if folder and ending not in Image.registered_extensions():
        raise InvalidArgumentError(
            "{doing}: save_format must be 'png', 'jpeg' or another format of Pillow's, received "
            "{received!r}.",
            doing=doing,
            received=save_format,
        )
    if folder and not Path(folder).is_dir():
        raise NotFoundError(
            "{doing}: there is no folder save_to_dir={folder!r}. Make it first: "
            "os.makedirs({folder!r}).",
            doing=doing,
            folder=str(folder),
        )
    return folder


def save_batch(iterator: Any, batch: Array, numbers: Array) -> None:
    """Each picture of ``batch`` as PREFIX_NUMBER_RANDOM.FORMAT in the iterator's folder."""
    for picture, number in zip(batch, numbers, strict=True):
        name = (
            f"{iterator.save_prefix}_{number}_{np.random.randint(int(1e7))}.{iterator.save_format}"
        )
        image = array_to_img(picture, iterator.data_format, scale=True)
        if image.mode == "RGBA" and iterator.save_format.lower() in ("jpg", "jpeg"):
            image = image.convert("RGB")  # JPEG has no alpha channel
        buffer = io.BytesIO()
        buffer.name = name  # Pillow reads the format from it.
        image.save(buffer)
        write_whole(Path(iterator.save_to_dir) / name, buffer.getvalue())
