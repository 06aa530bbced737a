"""tf.image's boxes, against golden_boxes.json."""

import numpy as np

rng = np.random.default_rng(8)
CORNERS = rng.uniform(size=(12, 2, 2)).astype("float32").round(2)
BOXES = np.concatenate([CORNERS.min(1), CORNERS.max(1)], 1) * 0.6
BOXES[:, 2:] += 0.35
FLIPPED = BOXES[:, [2, 1, 0, 3]]
SCORES = rng.uniform(size=12).astype("float32").round(3)
TIED = (SCORES * 4).round() / 4
OVERLAPS = rng.uniform(size=(12, 12)).astype("float32").round(2)
OVERLAPS = (OVERLAPS + OVERLAPS.T) / 2
BATCH = np.stack([BOXES, BOXES[::-1]])
BATCH_SCORES = np.stack([SCORES, SCORES])
CLASS_SCORES = rng.uniform(size=(2, 12, 3)).astype("float32").round(3)
CLASS_BOXES = np.clip(rng.uniform(size=(2, 12, 3, 4)), 0.1, 1).astype("float32").round(2)
CLASS_BOXES[..., 2:] += CLASS_BOXES[..., :2]
IMAGE = rng.uniform(size=(2, 6, 7, 3)).astype("float32").round(2)
GREY = rng.uniform(size=(1, 8, 8, 1)).astype("float32").round(2)
PARTS = np.array(
    [[0, 0, 1, 1], [0.1, 0.2, 0.6, 0.9], [0.9, 0.1, 0.2, 0.5], [-0.3, 0.2, 0.5, 1.4]], "float32"
)
OFFSETS = np.array([[0.1, -0.2], [-0.9, 0.8]], "float32")
FRAMES = np.array(
    [
        [[0.1, 0.1, 0.6, 0.8], [-0.2, 0.3, 0.5, 0.9]],
        [[0.5, 0.5, 1.4, 1.2], [0.7, 0.7, 0.2, 0.9]],
    ],
    "float32",
)

CASES = [
    "tf.image.non_max_suppression(BOXES, SCORES, 12)",
    "tf.image.non_max_suppression(BOXES, SCORES, 3, 0.2)",
    "tf.image.non_max_suppression(FLIPPED, SCORES, 12, 0.3, 0.4)",
    "tf.image.non_max_suppression(BOXES, TIED, 12, 0.3)",
    "tf.image.non_max_suppression_with_scores(BOXES, SCORES, 12, 0.3)",
    "tf.image.non_max_suppression_with_scores(BOXES, SCORES, 12, 0.6, 0.1, 0.5)",
    "tf.image.non_max_suppression_with_scores(BOXES, TIED, 12, 1.0, 0.05, 0.3)",
    "tf.image.non_max_suppression_overlaps(OVERLAPS, SCORES, 12, 0.6, 0.2)",
    "tf.image.non_max_suppression_padded(tf.constant(BOXES), SCORES, 12, 0.3)",
    "tf.image.non_max_suppression_padded(BOXES, SCORES, 12, 0.3, pad_to_max_output_size=True)",
    "tf.image.non_max_suppression_padded(BATCH, BATCH_SCORES, 8, 0.3, 0.2, True)",
    "tf.image.combined_non_max_suppression(CLASS_BOXES, CLASS_SCORES, 5, 9, 0.3, 0.2)",
    "tf.image.combined_non_max_suppression(CLASS_BOXES[:, :, :1], CLASS_SCORES, 2, 20, 0.3, 0.2, "
    "pad_per_class=True, clip_boxes=False)",
    *[
        f"tf.image.crop_and_resize(IMAGE, PARTS, [0, 1, 1, 0], {size}, {method!r}, {value})"
        for size in ((4, 5), (1, 3), (9, 9))
        for method in ("bilinear", "nearest")
        for value in (0.0, -1.0)
    ],
    "tf.image.draw_bounding_boxes(IMAGE, FRAMES, None)",
    "tf.image.draw_bounding_boxes(IMAGE, FRAMES, [[0.5, 0.1, 0.2], [0.0, 1.0, 0.3]])",
    "tf.image.draw_bounding_boxes(GREY, FRAMES[:1], None)",
    "tf.image.extract_glimpse(IMAGE, (3, 4), OFFSETS, noise='zero')",
    "tf.image.extract_glimpse(IMAGE, (3, 3), OFFSETS * 2, normalized=False, noise='zero')",
    "tf.image.extract_glimpse(IMAGE, (2, 3), abs(OFFSETS), centered=False, noise='zero')",
    "tf.image.extract_glimpse(IMAGE, (2, 3), [[1., 2.], [3., 3.]], False, False, noise='zero')",
]
GRADIENTS = [
    ("tf.image.crop_and_resize(x, PARTS, [0, 1, 1, 0], (4, 5))", "IMAGE"),
    ("tf.image.crop_and_resize(x, PARTS, [0, 1, 1, 0], (4, 5), 'nearest')", "IMAGE"),
    (
        "tf.image.crop_and_resize(IMAGE, x, [0, 1, 1], (4, 5))",
        "PARTS[[1, 2, 3]] * 0.9 + 0.03",
    ),
]
