"""Galleries of images, with boxes or masks, shown or saved by matplotlib."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError, MissingModuleError
from caudal.keras.visualization.drawing import (
    draw_bounding_boxes,
    draw_segmentation_masks,
    image_batch,
)


def _matplotlib(part: str, function: str) -> Any:
    try:
        return importlib.import_module(f"matplotlib.{part}")
    except ImportError:
        raise MissingModuleError(
            "keras.visualization.{function} needs matplotlib: pip install matplotlib.",
            function=function,
        ) from None


def plot_image_gallery(
    images: Any,
    y_true: Any = None,
    y_pred: Any = None,
    label_map: Any = None,
    rows: int | None = None,
    cols: int | None = None,
    value_range: Any = (0, 255),
    scale: float = 2,
    path: Any = None,
    show: bool | None = None,
    transparent: bool = True,
    dpi: float = 60,
    legend_handles: Any = None,
    data_format: str | None = None,
) -> None:
    """Shows images (batch, height, width, channels) in a grid, or saves the picture as ``path``.

    y_true, y_pred: class numbers, whose names in ``label_map`` are written above the images.
    rows, cols: the grid; nearly square unless told. value_range: that of the pixels. scale: the
    inches of an image.

    Raises:
        InvalidArgumentError: both ``path`` and ``show``; labels without ``label_map``.
        MissingModuleError: matplotlib is not installed.
    """
    plt = _matplotlib("pyplot", "plot_image_gallery")
    if path is not None and show:
        raise InvalidArgumentError(
            "keras.visualization.plot_image_gallery: give either `path` or `show`, not both."
        )
    if (y_true is not None or y_pred is not None) and label_map is None:
        raise InvalidArgumentError(
            "keras.visualization.plot_image_gallery: `y_true` and `y_pred` need a `label_map`."
        )
    pixels, _ = image_batch("plot_image_gallery", images, data_format)
    low, high = value_range
    pixels = (pixels.astype("float32") - low) * (255 / (high - low))
    pixels = np.clip(pixels, 0, 255).astype("uint8")
    rows = rows or math.ceil(len(pixels) / cols if cols else math.sqrt(len(pixels)))
    cols = cols or math.ceil(len(pixels) / rows)
    figure, axes = plt.subplots(
        rows,
        cols,
        figsize=(cols * scale, rows * scale),
        frameon=False,
        layout="constrained",
        squeeze=False,
    )
    if legend_handles is not None:
        figure.legend(handles=legend_handles, loc="outside lower center")
    for place, axis in enumerate(axes.flat):
        axis.axis("off")
        if place < len(pixels):
            gray = pixels.shape[-1] == 1
            axis.imshow(pixels[place], cmap="gray" if gray else None, vmin=0, vmax=255)
            axis.set_title(_title(place, y_true, y_pred, label_map), fontsize=8)
    if path is not None:
        figure.savefig(path, pad_inches=0.05, bbox_inches="tight", transparent=transparent, dpi=dpi)
        plt.close(figure)
    elif show or show is None:
        plt.show()
        plt.close(figure)


def _title(place: int, y_true: Any, y_pred: Any, names: Any) -> str:
    parts = []
    for word, labels in (("Label", y_true), ("Pred", y_pred)):
        if labels is not None and place < len(labels):
            parts.append(f"{word}: {names.get(np.asarray(labels)[place], 'Unknown')}")
    return "  ".join(parts)


def plot_bounding_box_gallery(
    images: Any,
    bounding_box_format: str,
    y_true: Any = None,
    y_pred: Any = None,
    value_range: Any = (0, 255),
    true_color: tuple[int, ...] = (0, 188, 212),
    pred_color: tuple[int, ...] = (255, 235, 59),
    line_thickness: int = 2,
    font_scale: float = 1.0,
    text_thickness: int | None = None,
    class_mapping: Any = None,
    ground_truth_mapping: Any = None,
    prediction_mapping: Any = None,
    legend: bool = False,
    legend_handles: Any = None,
    rows: int | None = None,
    cols: int | None = None,
    data_format: str | None = None,
    **kwargs: Any,
) -> None:
    """`plot_image_gallery` of images with their true boxes and those of a prediction.

    y_true, y_pred: dicts as for `draw_bounding_boxes`. ``legend`` says which colour is which.
    Further arguments go to `plot_image_gallery`.
    """
    patches = _matplotlib("patches", "plot_bounding_box_gallery")
    if legend and legend_handles:
        raise InvalidArgumentError(
            "keras.visualization.plot_bounding_box_gallery: give either `legend` or "
            "`legend_handles`, not both."
        )
    pixels, _ = image_batch("plot_bounding_box_gallery", images, data_format)
    for boxes, color, names in (
        (y_true, true_color, ground_truth_mapping or class_mapping),
        (y_pred, pred_color, prediction_mapping or class_mapping),
    ):
        if boxes is not None:
            pens = (names, color, line_thickness, text_thickness, font_scale, "channels_last")
            pixels = draw_bounding_boxes(pixels, boxes, bounding_box_format, *pens)
            # What is drawn comes in bytes.
            value_range = (0, 255)
    if legend:
        legend_handles = [
            patches.Patch(color=np.array(color) / 255.0, label=name)
            for color, name in ((true_color, "Ground Truth"), (pred_color, "Prediction"))
        ]
    plot_image_gallery(
        pixels,
        value_range=value_range,
        legend_handles=legend_handles,
        rows=rows,
        cols=cols,
        data_format="channels_last",
        **kwargs,
    )


def plot_segmentation_mask_gallery(
    images: Any,
    num_classes: int,
    value_range: Any = (0, 255),
    y_true: Any = None,
    y_pred: Any = None,
    color_mapping: Any = None,
    blend: bool = True,
    alpha: float = 0.8,
    ignore_index: int = -1,
    data_format: str | None = None,
    **kwargs: Any,
) -> None:
    """`plot_image_gallery` with a row for each image: it, its true mask and its predicted one.

    y_true, y_pred: masks as for `draw_segmentation_masks`, which the other arguments go to.
    """
    pixels, first = image_batch("plot_segmentation_mask_gallery", images, data_format)
    low, high = value_range
    columns = [(pixels.astype("float32") - low) * (255 / (high - low))]
    for masks in (y_true, y_pred):
        if masks is not None:
            labels = np.asarray(masks).astype("int32")
            labels = labels.transpose(0, 2, 3, 1) if first and labels.ndim == 4 else labels
            rest = (num_classes, color_mapping, alpha, blend, ignore_index, "channels_last")
            columns.append(draw_segmentation_masks(columns[0], labels, *rest).astype("float32"))
    shown = np.stack(columns, axis=1).reshape(-1, *pixels.shape[1:])
    kwargs.update(rows=len(pixels), cols=len(columns), data_format="channels_last")
    plot_image_gallery(shown, **kwargs)
