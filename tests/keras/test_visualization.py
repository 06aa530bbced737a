"""keras.visualization: frames, masks and galleries; the colours are looked for in the pictures."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from caudal import keras
from caudal.errors import CaudalError, DTypeError, InvalidArgumentError, ShapeError

visual = keras.visualization
TEAL, YELLOW = (0, 188, 212), (255, 235, 59)


def gray(count: int = 2, size: int = 60) -> Any:
    return np.full((count, size, size, 3), 90, "uint8")


def boxes() -> dict[str, Any]:
    return {
        "boxes": np.array([[[10, 20, 40, 50], [1, 1, 5, 5]], [[0, 0, 30, 30], [2, 2, 9, 9]]]),
        "labels": np.array([[0, -1], [1, 7]]),
    }


def places(image: Any, color: Any) -> Any:
    return np.argwhere((np.asarray(image)[..., :3] == color).all(-1))


@pytest.mark.parametrize("first", [False, True])
def test_frames_lie_at_their_boxes(first: bool) -> None:
    given = gray().transpose(0, 3, 1, 2) if first else gray()
    form = "channels_first" if first else "channels_last"
    drawn = visual.draw_bounding_boxes(
        given, boxes(), "xyxy", color=TEAL, line_thickness=1, data_format=form
    )
    assert drawn.shape == given.shape
    assert drawn.dtype == np.uint8
    one, two = drawn.transpose(0, 2, 3, 1) if first else drawn
    found = places(one, TEAL)
    assert found.min(0).tolist() == [20, 10]
    assert found.max(0).tolist() == [50, 40]
    assert len(found) == 4 * 30
    assert len(places(two, TEAL)) == 4 * 30 + 4 * 7
    assert np.array_equal(given, gray().transpose(0, 3, 1, 2) if first else gray())


def test_names_and_relative_boxes_and_float_images() -> None:
    relative = {**boxes(), "boxes": boxes()["boxes"] / 60, "confidences": np.full((2, 2), 0.9)}
    plain = visual.draw_bounding_boxes(gray() / 255, relative, "rel_xyxy", color=TEAL)
    named = visual.draw_bounding_boxes(
        gray() / 255, relative, "rel_xyxy", {0: "cat"}, TEAL, font_scale=0.4
    )
    assert len(places(plain[0], TEAL)) > 4 * 30
    assert not np.array_equal(plain[0], named[0])
    assert np.array_equal(plain[1], named[1])
    single = visual.draw_bounding_boxes(gray()[..., :1], boxes(), "xyxy", color=(10, 20, 30))
    assert single.shape == (2, 60, 60, 1)
    assert (single == 20).sum() > 100


def test_masks_of_three_axes_and_inferred_classes() -> None:
    labels = np.zeros((2, 60, 60), "int64")
    labels[:, 10:20] = 3
    colors = {3: (200, 100, 0)}
    drawn = visual.draw_segmentation_masks(gray(), labels, color_mapping=colors, alpha=1.0)
    assert len(places(drawn[0], (200, 100, 0))) == 600
    assert len(places(drawn[0], (90, 90, 90))) == 3000


def test_galleries_are_saved(tmp_path: Any) -> None:
    pytest.importorskip("matplotlib")
    names = {0: "cat", 1: "dog"}
    path = tmp_path / "gallery.png"
    visual.plot_image_gallery(gray(5), y_true=[0, 1, 1, 0, 2], label_map=names, path=path)
    found = np.asarray(Image.open(path))
    assert len(places(found, (90, 90, 90))) > 0.3 * found.shape[0] * found.shape[1]

    path = tmp_path / "boxes.png"
    moved = {**boxes(), "boxes": boxes()["boxes"] + 5}
    visual.plot_bounding_box_gallery(
        gray() / 255, "xyxy", boxes(), moved, (0, 1), legend=True, class_mapping=names, path=path
    )
    found = np.asarray(Image.open(path)).astype(int)
    assert len(places(found, TEAL)) > 50
    assert len(places(found, YELLOW)) > 50

    path = tmp_path / "masks.png"
    labels = np.ones((2, 60, 60, 1), "int32")
    visual.plot_segmentation_mask_gallery(
        gray(), 2, y_true=labels, color_mapping={1: (0, 255, 0)}, alpha=1.0, path=path
    )
    found = np.asarray(Image.open(path))
    assert len(places(found, (0, 255, 0))) > 0.25 * found.shape[0] * found.shape[1]


@pytest.mark.parametrize(
    ("wrong", "kind", "message"),
    [
        (lambda: visual.draw_bounding_boxes(gray()[0], boxes(), "xyxy"), ShapeError, "4 axes"),
        (lambda: visual.draw_bounding_boxes(gray(), [1], "xyxy"), DTypeError, "dict"),
        (
            lambda: visual.draw_bounding_boxes(gray(), {"boxes": []}, "xyxy"),
            InvalidArgumentError,
            "labels",
        ),
        (lambda: visual.draw_bounding_boxes(gray(), boxes(), "abc"), CaudalError, "source"),
        (
            lambda: visual.draw_segmentation_masks(gray(), np.zeros((2, 60, 60))),
            DTypeError,
            "integers",
        ),
        (
            lambda: visual.draw_segmentation_masks(gray(), np.zeros((2, 5, 60), int)),
            ShapeError,
            "do not fit",
        ),
        (
            lambda: visual.plot_image_gallery(gray(), path="x.png", show=True),
            InvalidArgumentError,
            "not both",
        ),
        (
            lambda: visual.plot_image_gallery(gray(), y_true=[1, 2]),
            InvalidArgumentError,
            "label_map",
        ),
        (
            lambda: visual.plot_bounding_box_gallery(
                gray(), "xyxy", legend=True, legend_handles=[1]
            ),
            InvalidArgumentError,
            "legend",
        ),
    ],
)
def test_bad_input(wrong: Any, kind: Any, message: str) -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(kind, match=message):
        wrong()
