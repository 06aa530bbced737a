"""Image layers, boxes and spectrograms: Keras's values, draws, dicts, programs and bad input."""

from pathlib import Path
from typing import Any

import augmentation_cases as cases
import numpy as np
import pytest

import caudal as tf
from caudal import keras
from caudal.errors import CaudalError, InvalidArgumentError

layers = keras.layers
GOLDEN = Path(__file__).parent / "golden_augmentation.npz"
PARTS = (
    cases.augmentations,
    cases.fixed,
    cases.box_functions,
    cases.image_functions,
    cases.sounds,
    cases.drawings,
)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_values_are_those_of_keras(part: Any) -> None:
    recorded = np.load(GOLDEN)
    found = part(keras)
    assert {f"{part.__name__}.{name}" for name in found} <= set(recorded.files)
    for name, value in found.items():
        expected = recorded[f"{part.__name__}.{name}"]
        given = np.asarray(value)
        assert given.dtype == expected.dtype, name
        np.testing.assert_allclose(given, expected, rtol=1e-4, atol=2e-3, err_msg=name)


# --- what every layer does --------------------------------------------------------------------

LAYERS = {
    "AugMix": {},
    "AutoContrast": {},
    "ContrastLimitedAdaptiveHistogramEqualization": {"tile_grid_size": (2, 2)},
    "CutMix": {},
    "Equalization": {},
    "MixUp": {},
    "RandAugment": {},
    "RandomColorDegeneration": {"factor": 0.9},
    "RandomColorJitter": {"brightness_factor": 0.3, "hue_factor": 0.5, "saturation_factor": 0.8},
    "RandomElasticTransform": {},
    "RandomErasing": {"fill_value": 3.0},
    "RandomGaussianBlur": {"kernel_size": (3, 5)},
    "RandomGrayscale": {"factor": 0.8},
    "RandomHue": {"factor": 0.7},
    "RandomInvert": {"factor": (0.6, 1.0)},
    "RandomPerspective": {},
    "RandomPosterization": {"factor": 4},
    "RandomSaturation": {"factor": (0.1, 0.9)},
    "RandomSharpness": {"factor": 1.0},
    "RandomShear": {"x_factor": 0.5, "y_factor": 0.3},
    "Solarization": {"threshold_factor": 0.5},
}
WITHOUT_CHANCE = ("AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "Equalization")


def six() -> Any:
    return np.random.RandomState(7).uniform(0, 255, (6, 9, 8, 3)).astype("float32")


def make(name: str, **options: Any) -> Any:
    seed = {} if name in WITHOUT_CHANCE else {"seed": 5}
    return getattr(layers, name)(**LAYERS[name], **seed, **options)


@pytest.mark.parametrize("name", LAYERS)
def test_layers_follow_their_seed_and_configuration(name: str) -> None:
    import random

    images = six()
    random.seed(3)
    first = make(name)(images, training=True).numpy()
    random.seed(3)
    again = type(make(name)).from_config(make(name).get_config())
    np.testing.assert_array_equal(again(images, training=True), first)
    assert first.shape == images.shape
    assert np.isfinite(first).all()
    assert np.abs(first - images).max() > 1
    at_rest = make(name)(images, training=False).numpy()
    assert np.array_equal(at_rest, images) or name in WITHOUT_CHANCE[:2]


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "AugMix"])
def test_layers_compile_to_the_same(name: str) -> None:
    images = cases.pictures()
    eager = make(name)(images, training=True)
    layer = make(name)
    compiled = tf.function(lambda x: layer(x, training=True))(images)
    np.testing.assert_allclose(compiled, eager, rtol=1e-3, atol=0.05)


@pytest.mark.parametrize("name", LAYERS)
def test_layers_take_single_images_channels_first_and_bytes(name: str) -> None:
    image = cases.pictures()[0]
    assert make(name)(image, training=True).shape == image.shape
    first = make(name, data_format="channels_first")
    turned = cases.pictures().transpose(0, 3, 1, 2)
    assert first(turned, training=True).shape == turned.shape
    symbolic = make(name)(keras.Input((9, 8, 3)))
    assert symbolic.shape == (None, 9, 8, 3)
    small = make(name)(cases.pictures().astype("uint8"), training=True)
    assert small.dtype.name in ("float32", "uint8")


@pytest.mark.parametrize("name", ["RandomShear", "RandAugment", "CutMix", "RandomErasing"])
def test_layers_in_a_dataset(name: str) -> None:
    pictures = six()
    layer = make(name)
    dataset = tf.data.Dataset.from_tensor_slices(pictures).batch(6).map(layer)
    found = np.concatenate([np.asarray(batch) for batch in dataset])
    assert found.shape == pictures.shape
    assert not np.array_equal(found, pictures)


# --- what is drawn ----------------------------------------------------------------------------


def draws(layer: Any, key: str, count: int = 400) -> Any:
    images = np.zeros((count, 4, 4, 3), "float32")
    return np.asarray(layer.get_random_transformation(images)[key]).reshape(count, -1)


@pytest.mark.parametrize(
    ("layer", "key", "low", "high"),
    [
        (layers.RandomColorDegeneration(0.5, seed=1), "factor", -0.5, 0.5),
        (layers.RandomHue((0.2, 0.6), seed=1), "factor", -0.3, 0.3),
        (layers.RandomSaturation((0.5, 0.5), seed=1), "factor", 1.0, 1.0),
        (layers.RandomSharpness(0.4, seed=1), "factor", 0.0, 0.4),
        (layers.RandomShear(0.5, 0.5, seed=1), "shear_factor", -0.5, 0.5),
        (layers.RandomPosterization(4, seed=1), "shift_factor", 5, 7),
        (layers.Solarization(0.5, 1.0, seed=1), "additions", 0, 127.5),
        (layers.RandomRotation(0.1, seed=1), "angle", -36, 36),
        (layers.RandomZoom((-0.2, 0.3), seed=1), "height_zoom", 0.8, 1.3),
        (layers.MixUp(1.0, seed=1), "mix_weight", 0, 1),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_draws_fill_their_range(layer: Any, key: str, low: float, high: float) -> None:
    found = draws(layer, key).astype("float64")
    slack = 0.03 * (high - low) + 1e-5
    assert low - 1e-5 <= found.min() <= low + slack
    assert high - slack <= found.max() <= high + 1e-5


@pytest.mark.parametrize(
    ("layer", "key", "share"),
    [
        (layers.RandomFlip(seed=1), "flips", 0.5),
        (layers.RandomInvert((0.3, 0.3), seed=1), "apply_inversion", 0.3),
        (layers.RandomInvert(0.6, seed=1), "apply_inversion", 0.3),
        (layers.RandomErasing((0.8, 0.8), seed=1), "apply_erasing", 0.8),
        (layers.RandomPerspective(1.0, seed=1), "apply_perspective", 0.5),
        (layers.RandomGaussianBlur((1.0, 1.0), seed=1), "should_apply_blur", 1.0),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_probabilities(layer: Any, key: str, share: float) -> None:
    assert abs(draws(layer, key).mean() - share) < 0.09


def test_blocks_lie_within_the_image_and_have_their_share() -> None:
    images = np.zeros((300, 40, 30, 1), "float32")
    drawn = layers.RandomErasing(scale=(0.1, 0.2), seed=2).get_random_transformation(images)
    shares = np.asarray(drawn["batch_masks"]).mean(axis=(1, 2, 3))
    assert 0.07 < shares.min() < 0.12
    assert 0.17 < shares.max() < 0.23
    drawn = layers.CutMix(seed=2).get_random_transformation(images)
    kept = 1 - np.asarray(drawn["batch_masks"]).mean(axis=(1, 2, 3))
    assert np.abs(kept - np.asarray(drawn["mix_weight"]).ravel()).max() < 0.08


def test_elastic_moves_masks_with_their_images() -> None:
    layer = layers.RandomElasticTransform((1.0, 1.0), (1.0, 1.0), "nearest", seed=3)
    field = np.random.RandomState(0).randint(0, 200, (2, 40, 40, 1)).astype("float32")
    found = layer({"images": field, "segmentation_masks": field.astype("int32")}, training=True)
    np.testing.assert_array_equal(found["images"], found["segmentation_masks"])
    assert found["segmentation_masks"].dtype.name == "int32"
    assert (np.asarray(found["images"]) != field).mean() > 0.2


# --- what goes together -----------------------------------------------------------------------


def together() -> dict[str, Any]:
    return {
        "images": cases.pictures(),
        "labels": np.eye(2, dtype="float32"),
        "segmentation_masks": cases.masks(),
        "bounding_boxes": cases.boxes(),
    }


@pytest.mark.parametrize(
    "name", ["RandomShear", "RandomPerspective", "RandAugment", "CutMix", "RandomHue", "MixUp"]
)
def test_dicts_keep_their_parts_and_the_given_dict_stays(name: str) -> None:
    data = together()
    kept = together()
    found = make(name, bounding_box_format="xyxy")(data, training=True)
    assert set(found) == set(data)
    assert found["images"].shape == data["images"].shape
    assert found["segmentation_masks"].shape == data["segmentation_masks"].shape
    assert found["bounding_boxes"]["boxes"].shape[-1] == 4
    for key in ("images", "labels", "segmentation_masks"):
        np.testing.assert_array_equal(data[key], kept[key])
    np.testing.assert_array_equal(data["bounding_boxes"]["boxes"], kept["bounding_boxes"]["boxes"])
    alone = {
        key: value[0] for key, value in data.items() if key not in ("bounding_boxes", "labels")
    }
    assert make(name)(alone, training=True)["images"].shape == (9, 8, 3)


@pytest.mark.parametrize("form", cases.FORMATS)
def test_boxes_move_alike_in_every_format(form: str) -> None:
    convert = keras.utils.bounding_boxes.convert_format
    drawn = {"translations": np.array([[2, -1], [0.5, 3]], "float32"), "input_shape": (2, 9, 8, 3)}
    plain = layers.RandomTranslation(0.5, 0.5, bounding_box_format="xyxy")
    expected = plain.transform_bounding_boxes(cases.boxes(), drawn)
    layer = layers.RandomTranslation(0.5, 0.5, bounding_box_format=form)
    given = convert(cases.boxes(), "xyxy", form, 9, 8)
    found = convert(layer.transform_bounding_boxes(given, drawn), form, "xyxy", 9, 8)
    np.testing.assert_allclose(found["boxes"], expected["boxes"], atol=1e-5)
    np.testing.assert_array_equal(found["labels"], expected["labels"])


def test_boxes_of_different_number() -> None:
    lists = {"boxes": [[[1, 1, 2, 2], [0, 0, 4, 4]], [[3, 3, 6, 6]]], "labels": [[1, 2], [3]]}
    layer = layers.RandomFlip(seed=1, bounding_box_format="xyxy")
    found = layer({"images": cases.pictures(), "bounding_boxes": lists}, training=False)
    assert found["bounding_boxes"]["labels"].numpy().tolist() == [[1, 2], [3, -1]]
    ragged = {
        "boxes": tf.ragged.constant(lists["boxes"], ragged_rank=1, dtype="float32"),
        "labels": tf.ragged.constant(lists["labels"]),
    }
    again = layer({"images": cases.pictures(), "bounding_boxes": ragged}, training=False)
    np.testing.assert_array_equal(
        again["bounding_boxes"]["boxes"], found["bounding_boxes"]["boxes"]
    )


def test_pipeline_is_its_layers_in_turn() -> None:
    steps = [layers.AutoContrast(), layers.RandomShear(0.5, seed=1), layers.Resizing(4, 4)]
    pipeline = layers.Pipeline(steps)
    again = layers.Pipeline.from_config(pipeline.get_config())
    images = cases.pictures()
    found = pipeline(images, training=True)
    assert found.shape == (2, 4, 4, 3)
    np.testing.assert_array_equal(again(images, training=True), found)
    at_rest = steps[2](steps[0](images))
    np.testing.assert_array_equal(pipeline(images, training=False), at_rest)


def test_spectrogram_kernels_can_be_trained() -> None:
    model = keras.Sequential(
        [
            layers.STFTSpectrogram(frame_length=16),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    sound = np.random.RandomState(1).randn(8, 64, 1).astype("float32")
    model.build((None, 64, 1))
    before = model.layers[0].real_kernel.numpy()
    model.fit(sound, np.ones((8, 1)), verbose=0)
    assert np.abs(model.layers[0].real_kernel.numpy() - before).max() > 0


# --- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: layers.RandomHue(1.5), "factor"),
        (lambda: layers.RandomHue(0.5, value_range=(1,)), "value_range"),
        (lambda: layers.RandomPosterization(9), "factor"),
        (lambda: layers.RandomGaussianBlur(kernel_size=4), "kernel_size"),
        (lambda: layers.RandomErasing(fill_value=(1, 2)), "fill_value"),
        (lambda: layers.RandomPerspective(scale=2.0), "scale"),
        (lambda: layers.RandomShear(-0.1), "x_factor"),
        (lambda: layers.RandomElasticTransform(fill_mode="mirrored"), "fill_mode"),
        (lambda: layers.RandomGrayscale(1.1), "factor"),
        (lambda: layers.MixUp("much"), "alpha"),
        (lambda: layers.CutMix((0.1, 0.2, 0.3)), "factor"),
        (lambda: layers.AugMix(num_chains=0), "num_chains"),
        (lambda: layers.RandAugment(interpolation="cubic"), "interpolation"),
        (lambda: layers.Equalization(bins=0), "bins"),
        (lambda: layers.MaxNumBoundingBoxes(0), "max_number"),
        (lambda: layers.Solarization(threshold_factor=-1), "threshold_factor"),
        (lambda: layers.AutoContrast(5), "value_range"),
        (lambda: layers.RandomFlip(bounding_box_format="xyz"), "bounding_box_format"),
        (lambda: layers.Pipeline("AutoContrast"), "layers"),
        (lambda: layers.MelSpectrogram(fft_length=64, sequence_length=100), "fft_length"),
        (lambda: layers.STFTSpectrogram("loud"), "mode"),
        (lambda: layers.STFTSpectrogram(frame_length=8, frame_step=9), "frame_step"),
        (lambda: layers.STFTSpectrogram(window="unheard of"), "window"),
        (lambda: keras.initializers.STFT("left"), "side"),
        (lambda: keras.initializers.STFT("real")((4, 2, 3)), "shape"),
    ],
)
def test_bad_arguments_are_named(wrong: Any, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        wrong()


def _flip(**parts: Any) -> Any:
    layer = layers.RandomFlip(bounding_box_format="xyxy")
    return layer({"images": cases.pictures(), **parts}, training=True)


BOXES = keras.utils.bounding_boxes


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: layers.RandomFlip()(together()), "bounding_box_format"),
        (lambda: layers.RandomFlip()({"labels": np.zeros(2)}), "images"),
        (lambda: _flip(bounding_boxes={"boxes": np.zeros((2, 1, 4))}), "labels"),
        (lambda: _flip(bounding_boxes={"boxes": [[[1, 2, 3, 4]]], "labels": [[1], [2]]}), "many"),
        (
            lambda: _flip(bounding_boxes={"boxes": np.zeros(4), "labels": np.zeros(1)}),
            "boxes, 4",
        ),
        (lambda: layers.STFTSpectrogram()(np.zeros((1, 300, 1), "int32")), "float32"),
        (lambda: BOXES.convert_format(np.zeros((2, 3)), "xyxy", "yxyx"), "last axis of 4"),
        (lambda: BOXES.convert_format(np.zeros((2, 4)), "xyxy", "wxyz"), "target"),
        (lambda: BOXES.convert_format(np.zeros((2, 4)), "xyxy", "rel_xyxy"), "height"),
        (lambda: BOXES.crop(np.zeros((2, 4)), 0, 0, 1, 1, "xywh"), "xyxy"),
        (lambda: BOXES.compute_iou(np.zeros(4), np.zeros((1, 4)), "xyxy"), "boxes1"),
        (lambda: BOXES.compute_iou(np.zeros((1, 4)), np.zeros((1, 4)), "rel_xyxy"), "image_shape"),
        (lambda: BOXES.clip_to_image_size({"boxes": np.zeros((1, 4))}), "height"),
        (
            lambda: keras.ops.image.perspective_transform(
                cases.pictures(), np.zeros((3, 2)), np.zeros((4, 2))
            ),
            "start_points",
        ),
        (
            lambda: keras.ops.image.scale_and_translate(
                cases.pictures(), (2, 4, 4, 3), [1.0], [1.0], (1,), "nearest"
            ),
            "method",
        ),
        (
            lambda: keras.ops.image.scale_and_translate(
                cases.pictures(), (4, 4), [1.0], [1.0], (1,), "linear"
            ),
            "output_shape",
        ),
        (lambda: keras.ops.image.elastic_transform(np.zeros((4, 4)), 2.0), "axes"),
    ],
)
def test_bad_data_says_what_was_expected(wrong: Any, message: str) -> None:
    with pytest.raises(CaudalError, match=message):
        wrong()


@pytest.mark.parametrize(
    ("name", "drawn", "expected"),
    [
        (
            "RandomShear",
            {"shear_factor": [[0.3, -0.2]]},
            [[1.28, 1.32, 3.76, 3.94], [4.56, 5.14, 7.04, 7.76]],
        ),
        (
            "RandomZoom",
            {"height_zoom": [[1.2]], "width_zoom": [[0.8]]},
            [[1.625, 1.5833333, 4.125, 3.25], [6.625, 4.0833333, 8.0, 5.75]],
        ),
    ],
)
def test_boxes_of_one_image_with_what_was_drawn_for_a_batch(name, drawn, expected):
    """Real Keras's boxes: they take over the batch axis of what was drawn."""
    layer = getattr(keras.layers, name)(0.5, 0.5, bounding_box_format="xyxy")
    boxes = np.array([[2, 1, 4, 3], [6, 4, 8, 6]], "float32")
    given = {"boxes": boxes, "labels": np.array([1, 2])}
    drawn = {key: np.array(value) for key, value in drawn.items()}
    found = layer.transform_bounding_boxes(given, {**drawn, "input_shape": (1, 10, 8, 3)})
    np.testing.assert_allclose(found["boxes"], [expected], rtol=1e-5)
    assert found["labels"].numpy().tolist() == [[1, 2]]
    whole = layer({"images": np.ones((10, 8, 3)), "bounding_boxes": given})
    assert whole["bounding_boxes"]["boxes"].shape == (2, 4)
