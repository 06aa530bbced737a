"""Image layers, boxes and spectrograms whose results are recorded from real Keras.

`results` runs against real Keras and against Caudal: layers that draw get what they would draw.
"""

import numpy as np

FORMATS = (
    "xyxy yxyx xywh center_xywh center_yxhw rel_xyxy rel_yxyx rel_xywh rel_center_xywh".split()
)
CORNERS = [[[0, 0], [7, 0], [0, 8], [7, 8]]] * 2


def pictures(channels=3):
    return np.random.RandomState(1).uniform(0, 255, (2, 9, 8, channels)).astype("float32")


def masks():
    return np.random.RandomState(2).randint(0, 5, (2, 9, 8, 1)).astype("int32")


def boxes():
    return {
        "boxes": np.array([[[1, 2, 5, 6], [6, 1, 8, 3]], [[0, 0, 8, 9], [3, 4, 4, 8]]], "float32"),
        "labels": np.array([[3, 4], [5, 6]], "int32"),
    }


def floats(*values):
    return np.array(values, "float32")


def drawn():
    """Layer's name, arguments, what it draws."""
    shape = (2, 9, 8, 3)
    ends = np.array(CORNERS, "float32") + np.random.RandomState(3).randn(2, 4, 2).astype("float32")
    turn = np.array([[0.8, -0.6, 2.0, 0.6, 0.8, -1.0, 0, 0], [1, 0, 0, 0, 1, 0, 0, 0]], "float32")
    size = {"image_height": 9, "image_width": 8, "batch_size": 2}
    each = np.array([True, False])
    zoom = {"height_zoom": floats(0.7, 1.4)[:, None], "width_zoom": floats(1.2, 0.5)[:, None]}
    hole = np.zeros(shape, bool)
    hole[:, 2:5, 1:4] = True
    return [
        ("RandomFlip", ("horizontal",), {"flips": each[:, None, None, None], "input_shape": shape}),
        ("RandomFlip", (), {"flips": each[:, None, None, None], "input_shape": shape}),
        ("RandomRotation", (0.2,), {"angle": floats(36.87, 0), "rotation_matrix": turn, **size}),
        (
            "RandomTranslation",
            (0.2, 0.2),
            {"translations": np.array([[2, -1], [0.5, 3]], "float32"), "input_shape": shape},
        ),
        ("RandomZoom", (0.2,), {**zoom, "input_shape": shape}),
        (
            "RandomShear",
            (0.5, 0.5),
            {"shear_factor": np.array([[0.3, -0.2], [-0.5, 0.1]], "float32"), "input_shape": shape},
        ),
        (
            "RandomPerspective",
            (),
            {
                "apply_perspective": each[::-1].copy(),
                "start_points": np.array(CORNERS, "float32"),
                "end_points": ends,
                "input_shape": shape,
            },
        ),
        ("RandomBrightness", (0.2,), {"rgb_delta": floats(30, -90).reshape(-1, 1, 1, 1)}),
        ("RandomContrast", (0.2,), {"contrast_factor": floats(0.4, 1.7).reshape(-1, 1, 1, 1)}),
        ("RandomColorDegeneration", (0.2,), {"factor": floats(0.4, -0.3).reshape(-1, 1, 1, 1)}),
        ("RandomHue", (0.2,), {"factor": floats(0.4, -0.3)}),
        ("RandomSaturation", (0.2,), {"factor": floats(0.4, 2.5)}),
        ("RandomSharpness", (0.2,), {"factor": floats(0.1, 0.9)}),
        ("RandomPosterization", (3,), {"shift_factor": np.array([2, 6], "uint8")}),
        ("RandomInvert", (), {"apply_inversion": each}),
        (
            "RandomGaussianBlur",
            (1.0, (3, 5)),
            {"should_apply_blur": each, "blur_factor": floats(0.8, 1.3)},
        ),
        (
            "Solarization",
            (),
            {
                "additions": floats(10, 70).reshape(-1, 1, 1, 1),
                "thresholds": floats(100, 30).reshape(-1, 1, 1, 1),
            },
        ),
        (
            "RandomErasing",
            (),
            {
                "apply_erasing": each,
                "batch_masks": hole,
                "fill_value": np.full(shape, 7.0, "float32"),
            },
        ),
        (
            "CutMix",
            (),
            {
                "permutation_order": np.array([1, 0]),
                "batch_masks": hole,
                "mix_weight": floats(0.8, 0.7).reshape(-1, 1, 1, 1),
            },
        ),
        ("MixUp", (), {"permutation_order": np.array([1, 0]), "mix_weight": floats(0.8, 0.3)}),
    ]


MOVING = ("RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomShear")


def augmentations(keras):
    found = {}
    for name, arguments, transformation in drawn():
        given = dict(transformation)
        if name == "RandomPosterization":
            given["shift_factor"] = keras.ops.convert_to_tensor(given["shift_factor"])
        if name in ("MixUp", "RandomShear", "RandomPerspective"):
            given = {
                k: keras.ops.convert_to_tensor(v) if isinstance(v, np.ndarray) else v
                for k, v in given.items()
            }
        layer = getattr(keras.layers, name)(*arguments, bounding_box_format="xyxy")
        label = f"{name}{len(arguments)}"
        # TensorFlow's tensors, because some of Keras's layers ask for their dtypes.
        images = keras.ops.convert_to_tensor(pictures())
        found[label] = layer.transform_images(images, given)
        if name in MOVING:
            mask = keras.ops.convert_to_tensor(masks())
            # Keras's RandomFlip makes floats of them.
            moved = layer.transform_segmentation_masks(mask, given)
            found[f"{label}-masks"] = keras.ops.cast(moved, "int32")
            moved = layer.transform_bounding_boxes(boxes(), given)
            found[f"{label}-boxes"], found[f"{label}-names"] = moved["boxes"], moved["labels"]
        if name in ("CutMix", "MixUp"):
            labels = keras.ops.convert_to_tensor(np.eye(2, dtype="float32"))
            found[f"{label}-labels"] = layer.transform_labels(labels, given)
    return found


def fixed(keras):
    layers, found = keras.layers, {}
    images = pictures()
    flat = images.copy()
    flat[0, :, :, 1] = 40
    found["contrast"] = layers.AutoContrast()(flat)
    found["contrast-1"] = layers.AutoContrast((0, 1))(flat / 255)
    for bins in (256, 16):
        found[f"equal-{bins}"] = layers.Equalization(bins=bins)(flat, training=True)
    found["equal-1"] = layers.Equalization((0, 1))(flat / 255, training=True)
    clahe = layers.ContrastLimitedAdaptiveHistogramEqualization
    for name, options in (
        ("whole", {"tile_grid_size": (3, 4)}),
        ("padded", {"tile_grid_size": (2, 3), "clip_limit": 2.0}),
        ("free", {"tile_grid_size": (1, 1), "clip_limit": 0.0}),
    ):
        found[f"clahe-{name}"] = clahe(**options)(images)
    found["clahe-1"] = clahe((0, 1), tile_grid_size=(3, 2))(images / 255)
    sizes = {
        "plain": {},
        "crop": {"crop_to_aspect_ratio": True},
        "pad": {"pad_to_aspect_ratio": True},
    }
    for name, options in sizes.items():
        layer = layers.Resizing(5, 7, bounding_box_format="xyxy", **options)
        data = {"images": images, "bounding_boxes": boxes()}
        moved = layer(data)["bounding_boxes"]
        found[f"size-{name}"], found[f"size-{name}-names"] = moved["boxes"], moved["labels"]
    for name, size in (("cut", (5, 4)), ("grow", (12, 4))):
        layer = layers.CenterCrop(*size, bounding_box_format="rel_xyxy")
        relative = boxes()
        relative["boxes"] = relative["boxes"] / floats(8, 9, 8, 9)
        moved = layer({"images": images, "bounding_boxes": relative})["bounding_boxes"]
        found[f"center-{name}"], found[f"center-{name}-names"] = moved["boxes"], moved["labels"]
    for count in (1, 3):
        layer = layers.MaxNumBoundingBoxes(count, bounding_box_format="xyxy")
        moved = layer({"images": images, "bounding_boxes": boxes()})["bounding_boxes"]
        found[f"most-{count}"], found[f"most-{count}-names"] = moved["boxes"], moved["labels"]
    return found


def box_functions(keras):
    module, found = keras.utils.bounding_boxes, {}
    random = np.random.RandomState(0)
    given = (random.rand(2, 3, 4) * 8).astype("float32")
    for a in FORMATS:
        for b in FORMATS:
            found[f"{a}-{b}"] = module.convert_format(given, a, b, height=10, width=8)
    cut = module.clip_to_image_size({"boxes": given - 2, "labels": np.ones((2, 3), "int32")}, 4, 3)
    found["clip"], found["clip-names"] = cut["boxes"], cut["labels"]
    pairs = ((20, -50), (0.1, 0.2), (0.3, -0.2), (1.2, 0.7), (5, 10), (3, -8))
    found["affine"] = module.affine_transform(given, *(floats(*pair) for pair in pairs), 10, 8)
    found["crop"], found["pad"] = module.crop(given, 1, 2, 4, 3), module.pad(given, 1, 2)
    one = np.sort(given.reshape(2, 3, 2, 2), -2).reshape(2, 3, 4)
    two = np.sort((random.rand(2, 5, 4) * 8).reshape(2, 5, 2, 2), -2).reshape(2, 5, 4)
    two = two.astype("float32")
    found["iou"] = module.compute_iou(one, two, "xyxy")
    found["iou-mixed"] = module.compute_iou(one[0], two, "yxyx")
    gone = one.copy()
    gone[:, 1] = -1
    found["iou-masked"] = module.compute_iou(gone, two, "xyxy", use_masking=True)
    found["ciou"] = module.compute_ciou(one, two[:, :3], "xyxy")
    spread = [0.1, 0.1, 0.2, 0.2]
    delta = module.encode_box_to_deltas(one, two[:, :3], "xyxy", "yxyx", variance=spread)
    found["delta"] = delta
    found["decoded"] = module.decode_deltas_to_boxes(
        one, delta, "xyxy", "rel_xyxy", variance=spread, image_shape=(10, 8, 3)
    )
    return found


def image_functions(keras):
    image, found = keras.ops.image, {}
    x = pictures()
    start = np.array(CORNERS, "float32")
    end = start + np.random.RandomState(3).randn(2, 4, 2).astype("float32")
    for way in ("bilinear", "nearest"):
        found[f"askew-{way}"] = image.perspective_transform(x, start, end, way, fill_value=7)
    first = x.transpose(0, 3, 1, 2)
    found["askew-first"] = image.perspective_transform(
        first, start, end, data_format="channels_first"
    )
    found["askew-one"] = image.perspective_transform(x[0], start[0], end[0])
    for method in ("linear", "bicubic", "lanczos3", "lanczos5"):
        for scale in ((2.0, 1.5), (0.4, 0.6)):
            for smooth in (True, False):
                found[f"scale-{method}-{scale[0]}-{smooth}"] = image.scale_and_translate(
                    x, (2, 12, 10, 3), floats(*scale), floats(-1.3, 2.2), (1, 2), method, smooth
                )
    found["blur"] = image.gaussian_blur(x, (5, 3), (1.2, 0.6))
    return found


def sounds(keras):
    layers, found = keras.layers, {}
    sound = np.random.RandomState(4).randn(2, 300).astype("float32")
    for name, options in (
        ("plain", {}),
        ("amplitude", {"power_to_db": False, "mag_exp": 1.0, "max_freq": 4000}),
        ("window", {"window": "hamming", "sequence_length": 48, "top_db": 10.0, "ref_power": 3.0}),
    ):
        layer = layers.MelSpectrogram(fft_length=64, sequence_stride=20, num_mel_bins=6, **options)
        found[f"mel-{name}"] = layer(sound)
    wide = sound.reshape(2, 150, 2)
    for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft"):
        layer = layers.STFTSpectrogram(mode, frame_length=20, frame_step=7)
        # An angle of half a turn has either sign.
        found[f"stft-{mode}"] = keras.ops.cos(layer(wide)) if mode == "angle" else layer(wide)
    layer = layers.STFTSpectrogram(
        "magnitude",
        16,
        fft_length=64,
        window="hamming",
        periodic=True,
        scaling="spectrum",
        padding="same",
        expand_dims=True,
    )
    found["stft-wide"] = layer(wide)
    for window in ("hann", "hamming", "blackman", "boxcar", None):
        for side in ("real", "imag"):
            for scaling in ("density", "spectrum", None):
                values = keras.initializers.STFT(side, window, scaling, window != "hann")
                found[f"kernel-{window}-{side}-{scaling}"] = values((9, 1, 9))
    return found


def drawings(keras):
    draw, found = keras.visualization.draw_segmentation_masks, {}
    labels = masks()
    labels[0, 0, 0] = -1
    found["palette"] = draw(pictures(), labels, 5)
    mapping = {i: (10 * i, 200 - i, 30) for i in range(5)}
    found["mapping"] = draw(pictures(), labels, 5, mapping, alpha=0.3, ignore_index=0)
    found["plain"] = draw(pictures().astype("uint8"), labels, 5, blend=False)
    return found


def results(keras):
    parts = (augmentations, fixed, box_functions, image_functions, sounds, drawings)
    return {
        f"{part.__name__}.{name}": np.asarray(value)
        for part in parts
        for name, value in part(keras).items()
    }
