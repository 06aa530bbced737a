import os

import numpy as np
import pytest
from PIL import Image

from caudal import keras
from caudal.compat.names import resolve
from caudal.errors import (
    CaudalWarning,
    DataLossError,
    DTypeError,
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
    ShapeError,
)
from caudal.keras.preprocessing.image import ImageDataGenerator, apply_affine_transform


@pytest.fixture
def folder(tmp_path):
    """Three classes of 5, 3 and 2 pictures; the picture tells its class and number."""
    for number, (name, count) in enumerate((("b", 5), ("a", 3), ("c", 2))):
        (tmp_path / name / "deep").mkdir(parents=True)
        for i in range(count):
            place = tmp_path / name / ("deep" if i == 1 else ".")
            Image.new("RGB", (6, 4), (40 * number, 10 * i, 7)).save(place / f"i{i}.png")
    (tmp_path / "a" / "notes.txt").write_text("no picture")
    return tmp_path


def pictures(count=7):
    return np.arange(count, dtype="float32")[:, None, None, None] * np.ones((1, 2, 2, 1), "f")


def numbers(batch):
    return batch[:, 0, 0, 0].tolist()


# --- order ------------------------------------------------------------------------------------


def test_flow_gives_keras_order_for_a_seed():
    # Recorded from Keras 3.15.1.
    flow = ImageDataGenerator().flow(pictures(), batch_size=3, seed=5)
    expected = [[6, 2, 4], [1, 0, 5], [3], [2, 0, 6], [5, 1, 4], [3], [2, 5, 4]]
    assert [numbers(next(flow)) for _ in range(7)] == expected


def test_flow_by_number_reshuffles_at_the_end_of_an_epoch():
    flow = ImageDataGenerator().flow(pictures(), batch_size=3, seed=5)
    assert len(flow) == 3
    assert [numbers(flow[i]) for i in range(3)] == [[6, 2, 4], [1, 0, 5], [3]]
    flow.on_epoch_end()
    assert [numbers(flow[i]) for i in range(3)] == [[0, 5, 2], [1, 4, 6], [3]]
    flow.reset()
    assert numbers(flow.next()) == [2, 5, 4]
    assert numbers(flow[-1]) == [1]
    with pytest.raises(OutOfRangeError, match="no batch 3"):
        flow[3]


def test_flow_without_shuffle_and_with_weights():
    y = np.arange(7)
    flow = ImageDataGenerator().flow(
        pictures(), y, batch_size=4, shuffle=False, sample_weight=y * 10
    )
    x, labels, weights = next(flow)
    assert (numbers(x), labels.tolist(), weights.tolist()) == (
        [0, 1, 2, 3],
        [0, 1, 2, 3],
        [0, 10, 20, 30],
    )
    x, labels, _ = next(flow)
    assert numbers(x) == labels.tolist() == [4, 5, 6]
    assert numbers(next(flow)[0]) == [0, 1, 2, 3]


def test_flow_takes_further_inputs():
    (x, extra), y = next(
        ImageDataGenerator().flow((pictures(), np.arange(7)), np.arange(7), batch_size=3, seed=1)
    )
    assert numbers(x) == extra.tolist() == y.tolist()


def test_flow_subsets():
    generator = ImageDataGenerator(validation_split=0.4)
    y = np.array([0, 1, 0, 1, 0])
    train = generator.flow(pictures(5), y, subset="training", shuffle=False)
    held = generator.flow(pictures(5), y, subset="validation", shuffle=False)
    assert numbers(next(train)[0]) == [2, 3, 4]
    assert numbers(next(held)[0]) == [0, 1]
    with pytest.raises(InvalidArgumentError, match="must be shuffled before"):
        generator.flow(pictures(5), np.arange(5), subset="training")
    found = generator.flow(
        pictures(5), np.arange(5), subset="training", shuffle=False, ignore_class_split=True
    )
    assert next(found)[1].tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    "root", ["tensorflow.keras", "keras", "tf_keras", "tensorflow.python.keras"]
)
def test_programs_find_it_under_their_names(root):
    assert resolve(f"{root}.preprocessing.image.ImageDataGenerator") is ImageDataGenerator
    assert resolve(f"{root}.preprocessing.image.load_img") is keras.utils.load_img
    assert resolve(f"{root}.preprocessing.text.Tokenizer") is keras.preprocessing.text.Tokenizer


# --- folders ----------------------------------------------------------------------------------


def test_folders_are_classes(folder, capsys):
    flow = ImageDataGenerator().flow_from_directory(folder, target_size=(4, 6), shuffle=False)
    assert capsys.readouterr().out == "Found 10 images belonging to 3 classes.\n"
    assert flow.class_indices == {"a": 0, "b": 1, "c": 2}
    assert flow.filenames[:3] == ["a/i0.png", "a/i2.png", os.path.join("a", "deep", "i1.png")]
    assert flow.classes.tolist() == [0] * 3 + [1] * 5 + [2] * 2
    assert (flow.samples, flow.n, flow.num_classes, flow.batch_size) == (10, 10, 3, 32)
    assert flow.image_shape == (4, 6, 3)
    x, y = next(flow)
    assert x.shape == (10, 4, 6, 3)
    assert x.dtype == y.dtype == np.float32
    assert x[:, 0, 0].tolist()[:3] == [[40, 0, 7], [40, 20, 7], [40, 10, 7]]
    np.testing.assert_array_equal(y, np.eye(3)[flow.classes])


@pytest.mark.parametrize(
    ("mode", "labels"), [("sparse", [0, 0, 0, 1]), ("binary", [0, 0, 0, 1]), (None, None)]
)
def test_class_modes(folder, mode, labels):
    flow = ImageDataGenerator().flow_from_directory(
        folder, target_size=(2, 2), class_mode=mode, batch_size=4, shuffle=False
    )
    batch = next(flow)
    if mode is None:
        assert batch.shape == (4, 2, 2, 3)
    else:
        assert batch[1].tolist() == labels
        assert batch[1].dtype == np.float32


def test_class_mode_input_gives_the_pictures(folder):
    x, y = next(
        ImageDataGenerator(rescale=1 / 255, rotation_range=30).flow_from_directory(
            folder, class_mode="input", target_size=(3, 3)
        )
    )
    np.testing.assert_array_equal(x, y)
    assert x is not y


@pytest.mark.parametrize(("mode", "channels"), [("grayscale", 1), ("rgb", 3), ("rgba", 4)])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_color_modes_and_data_formats(folder, mode, channels, data_format):
    flow = ImageDataGenerator(data_format=data_format).flow_from_directory(
        folder, target_size=(3, 5), color_mode=mode, class_mode=None
    )
    shape = (3, 5, channels) if data_format == "channels_last" else (channels, 3, 5)
    assert flow.image_shape == shape
    assert next(flow).shape == (10, *shape)


def test_subsets_of_folders_are_cut_in_each_class(folder):
    generator = ImageDataGenerator(validation_split=0.4)
    held = generator.flow_from_directory(folder, subset="validation")
    train = generator.flow_from_directory(folder, subset="training")
    assert held.filenames == ["a/i0.png", "b/i0.png", "b/i2.png"]
    assert len(train.filenames) == 7
    assert not set(held.filenames) & set(train.filenames)


def test_chosen_classes_keep_their_order(folder):
    flow = ImageDataGenerator().flow_from_directory(folder, classes=["c", "a"])
    assert flow.class_indices == {"c": 0, "a": 1}
    assert flow.samples == 5
    with pytest.warns(CaudalWarning, match="no folders \\['zz'\\]"):
        flow = ImageDataGenerator().flow_from_directory(folder, classes=["a", "zz"])
    assert flow.num_classes == 2


def test_pictures_are_saved(folder, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    flow = ImageDataGenerator().flow_from_directory(
        folder, classes=["a"], save_to_dir=out, save_prefix="x", save_format="jpeg"
    )
    next(flow)
    names = sorted(path.name for path in out.iterdir())
    assert [name.split("_")[:2] for name in names] == [["x", "0"], ["x", "1"], ["x", "2"]]
    assert all(name.endswith(".jpeg") for name in names)


def test_fit_evaluate_predict_from_folders(folder):
    generator = ImageDataGenerator(rescale=1 / 255)
    flow = generator.flow_from_directory(folder, target_size=(4, 4), batch_size=4, seed=1)
    model = keras.Sequential(
        [keras.layers.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(flow, epochs=2, validation_data=flow, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert flow.total_batches_seen == 12
    model.fit(
        flow, steps_per_epoch=3, epochs=3, validation_data=flow, validation_steps=1, verbose=0
    )
    assert len(model.evaluate(flow, steps=2, verbose=0)) == 2
    assert model.predict(flow, verbose=0).shape == (10, 3)
    assert model.predict(flow, steps=2, verbose=0).shape == (8, 3)


# --- tables -----------------------------------------------------------------------------------


def table():
    pd = pytest.importorskip("pandas")
    return pd.DataFrame(
        {
            "filename": ["a/i0.png", "b/i0.png", "b/i2.png"],
            "class": ["a", "b", "b"],
            "v": [1.0, 2.0, 3.0],
            "w": [1, 2, 3],
            "many": [["a", "b"], ["b"], ["c"]],
        }
    )


def frame_flow(folder, **options):
    options = {"target_size": (2, 2), "shuffle": False, **options}
    return ImageDataGenerator().flow_from_dataframe(table(), folder, **options)


def test_tables_of_classes(folder, capsys):
    flow = frame_flow(folder)
    assert "Found 3 validated image filenames belonging to 2 classes." in capsys.readouterr().out
    assert flow.class_indices == {"a": 0, "b": 1}
    assert flow.classes == [0, 1, 1]
    assert next(flow)[1].tolist() == [[1, 0], [0, 1], [0, 1]]
    assert next(frame_flow(folder, y_col="many"))[1].tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert frame_flow(folder, classes=["b"]).filenames == ["b/i0.png", "b/i2.png"]


def test_tables_of_numbers(folder):
    _, y, w = next(frame_flow(folder, y_col="v", weight_col="w", class_mode="raw"))
    assert (y.tolist(), w.tolist()) == ([1, 2, 3], [1, 2, 3])
    assert next(frame_flow(folder, y_col=["v", "w"], class_mode="raw"))[1].shape == (3, 2)
    outputs = next(frame_flow(folder, y_col=["v", "w"], class_mode="multi_output"))[1]
    assert [column.tolist() for column in outputs] == [[1, 2, 3], [1, 2, 3]]
    assert next(frame_flow(folder, class_mode=None)).shape == (3, 2, 2, 3)


def test_tables_leave_out_absent_files(folder):
    rows = table()
    rows.loc[1, "filename"] = "nowhere.png"
    with pytest.warns(CaudalWarning, match=r"nowhere\.png"):
        flow = ImageDataGenerator().flow_from_dataframe(rows, folder)
    assert flow.samples == 2


def test_tables_say_what_is_wrong(folder):
    with pytest.raises(InvalidArgumentError, match=r"no column y_col='clas'.*Did you mean: class"):
        frame_flow(folder, y_col="clas")
    with pytest.raises(DTypeError, match="must hold strings"):
        frame_flow(folder, y_col="v")
    with pytest.raises(DTypeError, match="pandas DataFrame"):
        ImageDataGenerator().flow_from_dataframe([1], folder)
    with pytest.raises(InvalidArgumentError, match="class_mode"):
        frame_flow(folder, class_mode="rough")


# --- changes ----------------------------------------------------------------------------------


def test_shifts_by_whole_pixels_and_fill_modes():
    row = np.arange(1.0, 5.0).reshape(1, 4, 1)

    def shifted(mode, by):
        generator = ImageDataGenerator(fill_mode=mode, cval=9)
        return generator.apply_transform(row, {"tx": by}).ravel().tolist()

    assert shifted("nearest", 2) == [3, 4, 4, 4]
    assert shifted("constant", 2) == [3, 4, 9, 9]
    assert shifted("reflect", 2) == [3, 4, 4, 3]
    assert shifted("reflect", -3) == [3, 2, 1, 1]
    assert shifted("wrap", 2) == [3, 4, 2, 3]
    assert shifted("nearest", 0.5) == [1.5, 2.5, 3.5, 4]


def test_a_quarter_turn_and_flips():
    x = np.arange(9.0).reshape(3, 3, 1)
    turned = ImageDataGenerator().apply_transform(x, {"theta": 90})
    np.testing.assert_allclose(turned[..., 0], np.rot90(x[..., 0]), atol=1e-12)
    flipped = ImageDataGenerator().apply_transform(
        x, {"flip_horizontal": True, "flip_vertical": True}
    )
    np.testing.assert_array_equal(flipped, x[::-1, ::-1])


def test_colour_changes():
    x = np.arange(4.0).reshape(2, 2, 1) * 50
    generator = ImageDataGenerator()
    assert generator.apply_transform(x, {"brightness": 0.5}).ravel().tolist() == [0, 25, 50, 75]
    shifted = generator.apply_transform(x, {"channel_shift_intensity": 60.0})
    assert shifted.ravel().tolist() == [60, 110, 150, 150]


def test_random_parameters_are_those_of_keras():
    generator = ImageDataGenerator(
        rotation_range=20,
        width_shift_range=[-2, 1, 3],
        height_shift_range=3,
        shear_range=5,
        zoom_range=0.2,
        channel_shift_range=10,
        horizontal_flip=True,
        vertical_flip=True,
        brightness_range=(0.5, 1.5),
    )
    # Recorded from Keras 3.15.1.
    expected = {
        "theta": 2.0319161029830184,
        "tx": 1,
        "ty": 2,
        "shear": 0.10827605197663015,
        "zx": 1.157178781739062,
        "zy": 1.1585172355733753,
        "flip_horizontal": 1,
        "flip_vertical": 1,
        "channel_shift_intensity": -8.970655933983402,
        "brightness": 0.9408098436506365,
    }
    assert generator.get_random_transform((9, 7, 3), seed=3) == pytest.approx(expected, rel=1e-12)
    fractions = ImageDataGenerator(
        rotation_range=20, width_shift_range=0.2, height_shift_range=0.3
    ).get_random_transform((9, 7, 3), seed=3)
    assert fractions["tx"] == pytest.approx(1.1239982421377661)
    assert fractions["ty"] == pytest.approx(-0.585466731043756)


def test_statistics():
    x = np.random.default_rng(0).normal(3, 2, (20, 4, 4, 3)).astype("float32")
    with pytest.warns(CaudalWarning, match="sets featurewise_center=True"):
        generator = ImageDataGenerator(featurewise_std_normalization=True)
    generator.fit(x)
    assert generator.mean.shape == generator.std.shape == (1, 1, 3)
    found = generator.standardize(x.copy())
    np.testing.assert_allclose(found.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(found.std((0, 1, 2)), 1, atol=1e-5)
    alone = ImageDataGenerator(samplewise_center=True, samplewise_std_normalization=True)
    found = alone.standardize(x[0].copy())
    assert abs(found.mean()) < 1e-5
    assert abs(found.std() - 1) < 1e-5


def test_whitening_decorrelates():
    x = np.random.default_rng(0).normal(size=(200, 2, 2, 1))
    x[:, 1] += x[:, 0]
    with pytest.warns(CaudalWarning, match="zca_whitening=True sets"):
        generator = ImageDataGenerator(zca_whitening=True, dtype="float64")
    generator.fit(x)
    flat = generator.standardize(x.copy()).reshape(200, -1)
    np.testing.assert_allclose(flat.T @ flat / 200, np.eye(4), atol=1e-4)


def test_preprocessing_function_comes_first():
    generator = ImageDataGenerator(rescale=0.5, preprocessing_function=lambda x: x + 1)
    assert generator.standardize(np.ones((1, 1, 1), "float32")).item() == 1
    assert generator.standardize(np.ones((1, 1, 1), "uint8")).item() == 1


# --- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"zoom_range": (1, 2, 3)}, "zoom_range"),
        ({"brightness_range": 0.4}, "brightness_range"),
        ({"validation_split": 2}, "validation_split"),
        ({"data_format": "x"}, "data_format"),
        ({"fill_mode": "nearst"}, "Did you mean: nearest"),
        ({"rotation_range": "9"}, "rotation_range must be a number"),
        ({"interpolation_order": 7}, "interpolation_order"),
        ({"width_shift_range": []}, "width_shift_range"),
        ({"preprocessing_function": 3}, "preprocessing_function"),
    ],
)
def test_wrong_settings(options, message):
    with pytest.raises(InvalidArgumentError, match=message):
        ImageDataGenerator(**options)


def test_wrong_arrays():
    generator = ImageDataGenerator()
    with pytest.raises(InvalidArgumentError, match="seed"):
        generator.flow(pictures(), seed="a")
    with pytest.raises(DTypeError, match="numbers"):
        generator.fit("pictures")
    with pytest.raises(ShapeError, match=r"must return an array of the shape.*received None"):
        next(ImageDataGenerator(preprocessing_function=lambda x: None).flow(pictures()))
    with pytest.raises(ShapeError, match="1 channels or values, received 3"):
        centred = ImageDataGenerator(featurewise_center=True)
        centred.fit(pictures())
        centred.standardize(np.ones((2, 2, 3), "float32"))
    with pytest.raises(ShapeError, match="rank 4"):
        generator.flow(np.ones((5, 4, 3)))
    with pytest.raises(ShapeError, match="same length"):
        generator.flow(pictures(5), np.arange(4))
    with pytest.raises(ShapeError, match="rank 4"):
        generator.fit(np.ones((5, 4)))
    with pytest.raises(ShapeError, match="rank 3"):
        generator.random_transform(np.ones((5, 4)))
    with pytest.raises(DTypeError, match="array of numbers"):
        generator.flow([["a"]])
    with pytest.raises(InvalidArgumentError, match="batch_size"):
        generator.flow(pictures(), batch_size=0)
    with pytest.raises(InvalidArgumentError, match="row_axis"):
        apply_affine_transform(np.ones((2, 2, 1)), theta=3, row_axis=0, col_axis=1, channel_axis=1)
    with pytest.warns(CaudalWarning, match="1, 3 or 4 channels"):
        generator.flow(np.ones((2, 3, 3, 2)))
    with pytest.warns(CaudalWarning, match="before fit"):
        ImageDataGenerator(featurewise_center=True).standardize(np.ones((2, 2, 1), "float32"))


def test_wrong_folders(folder, tmp_path):
    generator = ImageDataGenerator()
    with pytest.raises(InvalidArgumentError, match="path of a folder"):
        generator.flow_from_directory(None)
    with pytest.raises(NotFoundError, match="no folder '/nowhere'"):
        generator.flow_from_directory("/nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match=r"no images found in .*\.png, \.jpg"):
        generator.flow_from_directory(tmp_path / "empty")
    with pytest.raises(NotFoundError, match="needs ImageDataGenerator\\(validation_split"):
        generator.flow_from_directory(folder, subset="validation")
    for name, value in (
        ("class_mode", "categoric"),
        ("color_mode", "gray"),
        ("subset", "test"),
        ("interpolation", "cubic"),
        ("target_size", 28),
    ):
        with pytest.raises(InvalidArgumentError, match=name):
            generator.flow_from_directory(folder, **{name: value})
    with pytest.raises(NotFoundError, match="save_to_dir"):
        generator.flow_from_directory(folder, save_to_dir=tmp_path / "absent")
    with pytest.raises(InvalidArgumentError, match="save_format"):
        generator.flow_from_directory(folder, save_to_dir=tmp_path, save_format="picture")


def test_a_damaged_file_is_named(folder):
    (folder / "a" / "broken.png").write_bytes(b"\x89PNG no more")
    flow = ImageDataGenerator().flow_from_directory(folder, shuffle=False)
    with pytest.raises(DataLossError, match=r"broken\.png"):
        next(flow)
