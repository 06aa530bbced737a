"""Boxes and pictures as detectors use them, spectra, and characters of texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import image, signal, strings
from caudal.array.arguments import static, static_int, static_ints
from caudal.array.movement import pad
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import int32, int64, uint8
from caudal.saved_model.registry import reads

# --- boxes ------------------------------------------------------------------------------------


@reads("NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3", eager=True)
def _suppressed(call: Any, boxes: Any, scores: Any, most: Any, *limits: Any) -> Any:
    known = limits or (float(call.get("iou_threshold", 0.5)),)
    return image.non_max_suppression(boxes, scores, most, *known)


@reads("NonMaxSuppressionV4", outputs=("selected_indices", "valid_outputs"), eager=True)
def _suppressed_padded(call: Any, boxes: Any, scores: Any, most: Any, iou: Any, least: Any) -> Any:
    found = image.non_max_suppression(boxes, scores, most, iou, least)
    return _filled(call, most, found)


@reads(
    "NonMaxSuppressionV5",
    outputs=("selected_indices", "selected_scores", "valid_outputs"),
    eager=True,
)
def _suppressed_softly(
    call: Any, boxes: Any, scores: Any, most: Any, iou: Any, least: Any, sigma: Any
) -> Any:
    found = image.non_max_suppression_with_scores(boxes, scores, most, iou, least, sigma)
    return _filled(call, most, *found)


def _filled(call: Any, most: Any, *found: Any) -> tuple[Any, ...]:
    """Vectors, with zeros up to the most that can be, and how many are no such zeros."""
    count = int(found[0].shape[0])
    rest = static_int(most, call.op) - count if call.get("pad_to_max_output_size", False) else 0
    filled = [pad(one, [[0, rest]]) for one in found] if rest > 0 else list(found)
    return (*filled, convert_to_tensor(np.int32(count)))


@reads(
    "CombinedNonMaxSuppression",
    outputs=("nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"),
    eager=True,
)
def _combined(
    call: Any, boxes: Any, scores: Any, each: Any, most: Any, iou: Any, least: Any
) -> Any:
    per_class, clip = bool(call.get("pad_per_class", False)), bool(call.get("clip_boxes", True))
    return tuple(
        image.combined_non_max_suppression(boxes, scores, each, most, iou, least, per_class, clip)
    )


@reads("CropAndResize", eager=True)
def _crops(call: Any, x: Any, boxes: Any, numbers: Any, size: Any) -> Any:
    return image.crop_and_resize(
        x,
        boxes,
        numbers,
        static_ints(size, call.op),
        call.text("method", "bilinear"),
        float(call.get("extrapolation_value", 0.0)),
    )


# --- pictures' files --------------------------------------------------------------------------


@reads("DecodeJpeg", eager=True)
def _jpeg(call: Any, contents: Any) -> Any:
    ratio = int(call.get("ratio", 1))
    return image.decode_jpeg(contents, int(call.get("channels", 0)), ratio)


@reads("DecodePng", eager=True)
def _png(call: Any, contents: Any) -> Any:
    return image.decode_png(contents, int(call.get("channels", 0)), call.get("dtype", uint8))


@reads("DecodeBmp", eager=True)
def _bmp(call: Any, contents: Any) -> Any:
    return image.decode_bmp(contents, int(call.get("channels", 0)))


@reads("DecodeImage", eager=True)
def _picture(call: Any, contents: Any) -> Any:
    return image.decode_image(
        contents,
        int(call.get("channels", 0)) or None,
        call.get("dtype", uint8),
        expand_animations=bool(call.get("expand_animations", True)),
    )


# --- spectra ----------------------------------------------------------------------------------


@reads("RFFT")
def _spectrum(call: Any, x: Any, length: Any) -> Any:
    return signal.rfft(x, static_ints(length, call.op))


@reads("IRFFT")
def _wave(call: Any, x: Any, length: Any) -> Any:
    return signal.irfft(x, static_ints(length, call.op))


# --- characters -------------------------------------------------------------------------------


def _choices(call: Any) -> dict[str, Any]:
    return {
        "errors": call.text("errors", "replace"),
        "replacement_char": int(call.get("replacement_char", 0xFFFD)),
        "replace_control_characters": bool(call.get("replace_control_characters", False)),
    }


@reads("UnicodeTranscode", eager=True)
def _transcode(call: Any, x: Any) -> Any:
    kinds = call.text("input_encoding", ""), call.text("output_encoding", "")
    return strings.unicode_transcode(x, *kinds, **_choices(call))


@reads("UnicodeDecode", outputs=("row_splits", "char_values"), eager=True)
def _points(call: Any, x: Any) -> Any:
    found = strings.unicode_decode(x, call.text("input_encoding", ""), **_choices(call))
    return _splits(call, found), found.flat_values


@reads(
    "UnicodeDecodeWithOffsets",
    outputs=("row_splits", "char_values", "char_to_byte_starts"),
    eager=True,
)
def _points_and_places(call: Any, x: Any) -> Any:
    kind = call.text("input_encoding", "")
    points, places = strings.unicode_decode_with_offsets(x, kind, **_choices(call))
    return _splits(call, points), points.flat_values, places.flat_values


def _splits(call: Any, ragged: Any) -> Any:
    kind = call.get("Tsplits", int64)
    return convert_to_tensor(np.asarray(ragged.row_splits).astype(kind.np_dtype))


@reads("ListDiff", outputs=("out", "idx"), eager=True)
def _difference(call: Any, x: Any, y: Any) -> Any:
    values, others = static(x, call.op), static(y, call.op)
    (places,) = np.nonzero(~np.isin(values, others))
    kind = call.get("out_idx", int32)
    return convert_to_tensor(values[places]), convert_to_tensor(places.astype(kind.np_dtype))
