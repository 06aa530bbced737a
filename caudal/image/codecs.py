"""Pictures from and to the bytes of files, through Pillow: eager only, as bytes are no program's.

A damaged file raises InvalidArgumentError, and one whose header promises more than 2**28 pixels, or
more than 2**24 and 1024 for each of its bytes, is refused before anything is decoded.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, dims, static
from caudal.errors import CaudalError, InvalidArgumentError, UnimplementedError
from caudal.framework import convert_to_tensor, is_symbolic
from caudal.image.colours import convert_image_dtype
from caudal.ir.dtypes import as_dtype, uint8, uint16

Array = np.ndarray[Any, Any]
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_MOST_PIXELS = 2**28
# Pillow takes about 12 bytes a pixel: a small file must not cost a second, nor a gigabyte.
_MOST_FREE, _MOST_A_BYTE = 2**24, 1024
_HEADS = {
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "BMP": (b"BM",),
    "WEBP": (b"RIFF",),
}


def _bytes(what: str, contents: Any) -> bytes:
    tensor = as_tensor(contents)
    if tensor.dtype.name != "string" or dims(tensor):
        raise InvalidArgumentError(
            "{what}: expected the bytes of one file, a string scalar (as tf.io.read_file gives), "
            "received {dtype} of shape {shape}.",
            what=what,
            dtype=tensor.dtype.name,
            shape=dims(tensor),
        )
    if is_symbolic(tensor):
        raise UnimplementedError(
            "{what}: files are not decoded inside compiled functions. Decode before, or in "
            "Dataset.map.",
            what=what,
        )
    return bytes(tensor.numpy())


def _kind(what: str, data: bytes, allowed: tuple[str, ...]) -> str:
    for kind, heads in _HEADS.items():
        if data.startswith(heads) and (kind != "WEBP" or data[8:12] == b"WEBP"):
            if kind in allowed:
                return kind
            break
    raise InvalidArgumentError(
        "{what}: expected the bytes of a file of format {allowed}, received {count} bytes that "
        "begin with {head!r}.",
        what=what,
        allowed=", ".join(allowed),
        count=len(data),
        head=data[:8],
    )


def _opened(what: str, data: bytes, allowed: tuple[str, ...]) -> Any:
    """Pillow's picture of the bytes, header read."""
    from PIL import Image

    kind = _kind(what, data, allowed)
    try:
        picture = Image.open(io.BytesIO(data), formats=[kind])
    except Exception as error:
        raise _damaged(what, kind, data, error) from error
    _check_size(what, data, picture, 1)
    return picture


def _check_size(what: str, data: bytes, picture: Any, frames: int) -> None:
    most = min(_MOST_PIXELS, max(_MOST_FREE, _MOST_A_BYTE * len(data)))
    if frames * picture.width * picture.height > most:
        raise InvalidArgumentError(
            "{what}: expected at most {most} pixels in a file of {count} bytes, the header says "
            "{frames} frames of {width} x {height}.",
            what=what,
            most=most,
            count=len(data),
            frames=frames,
            width=picture.width,
            height=picture.height,
        )


def _damaged(what: str, kind: str, data: bytes, error: Exception | str) -> CaudalError:
    return InvalidArgumentError(
        "{what}: the {kind} file of {count} bytes is damaged: {reason}.",
        what=what,
        kind=kind,
        count=len(data),
        reason=str(error),
    )


def _natural(picture: Any) -> int:
    """How many channels the file itself has."""
    mode = picture.mode
    if mode == "P":
        return 4 if "transparency" in picture.info else 3
    if mode in ("1", "L", "I", "I;16", "F"):
        return 2 if "transparency" in picture.info else 1
    return {"LA": 2, "RGBA": 4}.get(mode, 3)


def _channels(what: str, channels: Any, allowed: tuple[int, ...]) -> int:
    count = 0 if channels is None else int(static(channels, what + ": channels"))
    if count not in allowed:
        raise InvalidArgumentError(
            "{what}: expected channels to be one of {allowed}, received {received}.",
            what=what,
            allowed=", ".join(map(str, allowed)),
            received=channels,
        )
    return count


def _pixels(what: str, data: bytes, picture: Any, count: int) -> Array:
    """uint8 [height, width, channels]; uint16 where the file is 16 bits deep."""
    try:
        if picture.format == "JPEG" and count == 1:
            # The decoder's own luma, not a sum of rounded colours.
            picture.draft("L", picture.size)
        mode = picture.mode
        if mode.startswith("I"):
            deep = np.asarray(picture).astype(np.uint16)[:, :, None]
            return np.repeat(deep, count or 1, axis=2) if count in (0, 1, 3) else deep
        wanted = _MODES[count or _natural(picture)]
        if mode == "P" and wanted in ("L", "LA"):
            picture = picture.convert("RGBA" if wanted == "LA" else "RGB")
        array = np.asarray(picture if picture.mode == wanted else picture.convert(wanted))
    except Exception as error:
        raise _damaged(what, picture.format or "image", data, error) from error
    return array if array.ndim == 3 else array[:, :, None]


def decode_jpeg(
    contents: Any,
    channels: Any = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Any:
    """A JPEG file's pixels: uint8 `[height, width, channels]`.

    ``channels``: 0 (as in the file), 1 or 3. ``ratio``: 1, 2, 4 or 8, by which the picture is
    reduced while it is decoded.
    """
    what = "decode_jpeg"
    data = _bytes(what, contents)
    count = _channels(what, channels, (0, 1, 3))
    picture = _opened(what, data, ("JPEG", "PNG", "GIF", "BMP"))
    if not fancy_upscaling or try_recover_truncated or acceptable_fraction != 1:
        raise UnimplementedError(
            "decode_jpeg: fancy_upscaling=False, try_recover_truncated and acceptable_fraction "
            "are not in Caudal. Leave them at their defaults."
        )
    if ratio not in (1, 2, 4, 8):
        raise InvalidArgumentError(
            "decode_jpeg: expected ratio 1, 2, 4 or 8, received {received}.", received=ratio
        )
    if ratio != 1:
        size = (-(-picture.width // ratio), -(-picture.height // ratio))
        picture.draft("L" if count == 1 else "RGB", size)
    return convert_to_tensor(_pixels(what, data, picture, count))


def decode_png(
    contents: Any, channels: Any = 0, dtype: Any = uint8, name: str | None = None
) -> Any:
    """A PNG file's pixels: uint8 or uint16 `[height, width, channels]`.

    ``channels``: 0 (as in the file), 1, 2, 3 or 4.
    """
    what = "decode_png"
    kind = as_dtype(dtype)
    if kind not in (uint8, uint16):
        raise InvalidArgumentError(
            "decode_png: expected dtype uint8 or uint16, received {received}.", received=kind.name
        )
    data = _bytes(what, contents)
    count = _channels(what, channels, (0, 1, 2, 3, 4))
    array = _pixels(what, data, _opened(what, data, ("PNG", "JPEG", "GIF", "BMP")), count)
    if array.dtype == np.uint16 and kind is uint8:
        array = (array >> 8).astype(np.uint8)
    elif array.dtype == np.uint8 and kind is uint16:
        array = array.astype(np.uint16) * np.uint16(257)
    return convert_to_tensor(array)


def decode_bmp(contents: Any, channels: Any = 0, name: str | None = None) -> Any:
    """A BMP file's pixels: uint8 `[height, width, channels]`."""
    data = _bytes("decode_bmp", contents)
    count = _channels("decode_bmp", channels, (0, 1, 3, 4))
    picture = _opened("decode_bmp", data, ("BMP",))
    return convert_to_tensor(_pixels("decode_bmp", data, picture, count))


def decode_webp(contents: Any, channels: Any = 0, name: str | None = None) -> Any:
    """A WebP file's pixels: uint8 `[frames, height, width, channels]`."""
    data = _bytes("decode_webp", contents)
    count = _channels("decode_webp", channels, (0, 3, 4))
    return convert_to_tensor(_frames("decode_webp", data, "WEBP", count))


def decode_gif(contents: Any, name: str | None = None) -> Any:
    """All frames of a GIF file: uint8 `[frames, height, width, 3]`."""
    return convert_to_tensor(_frames("decode_gif", _bytes("decode_gif", contents), "GIF", 3))


def _frames(what: str, data: bytes, kind: str, count: int) -> Array:
    picture = _opened(what, data, (kind,))
    frames: list[Array] = []
    try:
        total = int(getattr(picture, "n_frames", 1))
    except Exception as error:
        raise _damaged(what, kind, data, error) from error
    _check_size(what, data, picture, total)
    size = picture.size
    for place in range(total):
        try:
            picture.seek(place)
        except Exception as error:
            raise _damaged(what, kind, data, error) from error
        if picture.size != size:
            raise _damaged(what, kind, data, "a frame leaves the picture")
        frames.append(_pixels(what, data, picture, count or (3 if kind == "GIF" else 0)))
    return np.stack(frames)


def decode_image(
    contents: Any,
    channels: Any = None,
    dtype: Any = uint8,
    name: str | None = None,
    expand_animations: bool = True,
) -> Any:
    """The pixels of a JPEG, PNG, GIF, BMP or WebP file, whichever it is.

    A GIF gives `[frames, height, width, 3]`, or its first frame without ``expand_animations``.
    """
    what = "decode_image"
    data = _bytes(what, contents)
    count = _channels(what, channels, (0, 1, 3, 4))
    kind = _kind(what, data, tuple(_HEADS))
    if kind in ("GIF", "WEBP") and expand_animations:
        array = _frames(what, data, kind, count)
    else:
        array = _pixels(what, data, _opened(what, data, (kind,)), count or (3 * (kind == "GIF")))
    wanted = as_dtype(dtype)
    if array.dtype == np.uint16 and wanted is uint8:
        array = (array >> 8).astype(np.uint8)
    return convert_image_dtype(convert_to_tensor(array), wanted)


def is_jpeg(contents: Any, name: str | None = None) -> Any:
    """Whether the bytes begin as a JPEG file does."""
    return convert_to_tensor(_bytes("is_jpeg", contents).startswith(_HEADS["JPEG"]))


def extract_jpeg_shape(contents: Any, output_type: Any = "int32", name: str | None = None) -> Any:
    """`[height, width, channels]` of a JPEG file, from its header alone."""
    what = "extract_jpeg_shape"
    picture = _opened(what, _bytes(what, contents), ("JPEG",))
    shape = [picture.height, picture.width, len(picture.getbands())]
    return convert_to_tensor(shape, dtype=output_type)


def decode_and_crop_jpeg(
    contents: Any, crop_window: Any, channels: Any = 0, name: str | None = None
) -> Any:
    """A part of a JPEG file's picture; ``crop_window``: `[y, x, height, width]`."""
    y, x, height, width = (int(n) for n in static(crop_window, "crop_window").reshape(-1))
    whole = decode_jpeg(contents, channels).numpy()
    fits = min(y, x) >= 0 and min(height, width) > 0
    if not fits or y + height > whole.shape[0] or x + width > whole.shape[1]:
        raise InvalidArgumentError(
            "decode_and_crop_jpeg: expected a window inside the picture of {shape}, received "
            "{window}.",
            shape=whole.shape[:2],
            window=[y, x, height, width],
        )
    return convert_to_tensor(whole[y : y + height, x : x + width])


# --- encoding ------------------------------------------------------------------------------------


def _to_encode(what: str, image: Any, allowed: tuple[int, ...], dtypes: tuple[Any, ...]) -> Array:
    tensor = as_tensor(image)
    shape = dims(tensor)
    if len(shape) != 3 or shape[2] not in allowed or tensor.dtype not in dtypes:
        raise InvalidArgumentError(
            "{what}: expected {dtypes} of shape [height, width, channels] with {allowed} "
            "channels, received {dtype} of shape {shape}.",
            what=what,
            dtypes=" or ".join(dtype.name for dtype in dtypes),
            allowed=", ".join(map(str, allowed)),
            dtype=tensor.dtype.name,
            shape=shape,
        )
    array: Array = static(tensor, what)
    return array[:, :, 0] if shape[2] == 1 else array


def encode_jpeg(
    image: Any,
    format: str = "",
    quality: int = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: str = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
    name: str | None = None,
) -> Any:
    """The bytes of a JPEG file with the pixels of ``image``, uint8 with 1 or 3 channels.

    The bytes decode to the same pixels as TensorFlow's up to the coder's rounding.
    """
    from PIL import Image

    pixels = _to_encode("encode_jpeg", image, (1, 3), (uint8,))
    wanted = {"": None, "grayscale": 2, "rgb": 3}
    if format not in wanted or (wanted[format] or pixels.ndim) != pixels.ndim:
        raise InvalidArgumentError(
            "encode_jpeg: expected format '', 'grayscale' (1 channel) or 'rgb' (3 channels), "
            "received {format!r} for {count} channels.",
            format=format,
            count=1 if pixels.ndim == 2 else 3,
        )
    if xmp_metadata or density_unit not in ("in", "cm"):
        raise UnimplementedError(
            "encode_jpeg: xmp_metadata is not in Caudal, and density_unit is 'in' or 'cm'."
        )
    file = io.BytesIO()
    scale = 1.0 if density_unit == "in" else 2.54
    Image.fromarray(pixels).save(
        file,
        "JPEG",
        quality=int(quality),
        progressive=progressive,
        optimize=optimize_size,
        subsampling=2 if chroma_downsampling else 0,
        dpi=(round(x_density * scale), round(y_density * scale)),
    )
    return convert_to_tensor(file.getvalue())


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Any:
    """The bytes of a PNG file with the pixels of ``image``: uint8, 1 to 4 channels.

    uint16 needs 1 channel. ``compression``: 0 to 9, or -1 for the usual one.
    """
    from PIL import Image

    pixels = _to_encode("encode_png", image, (1, 2, 3, 4), (uint8, uint16))
    if pixels.dtype == np.uint16 and pixels.ndim == 3:
        raise UnimplementedError(
            "encode_png: 16 bits are written for 1 channel alone. Convert the image: "
            "tf.image.convert_image_dtype(image, tf.uint8)."
        )
    if not -1 <= compression <= 9:
        raise InvalidArgumentError(
            "encode_png: expected compression from -1 to 9, received {received}.",
            received=compression,
        )
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(
        file, "PNG", compress_level=6 if compression < 0 else compression
    )
    return convert_to_tensor(file.getvalue())
