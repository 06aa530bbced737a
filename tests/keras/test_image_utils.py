import io
import warnings
from pathlib import Path

import image_cases
import numpy as np
import pytest
from PIL import Image

from caudal import keras
from caudal.errors import (
    CaudalWarning,
    DataLossError,
    DTypeError,
    InvalidArgumentError,
    NotFoundError,
    ShapeError,
    UnimplementedError,
)
from caudal.keras import utils
from caudal.keras.preprocessing import image

GOLDEN = np.load(Path(__file__).parent / "golden_images.npz")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures")
    image_cases.write(path)
    return path


@pytest.fixture(scope="module")
def found(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CaudalWarning)
        return image_cases.results(image, utils, folder)


@pytest.mark.parametrize("name", GOLDEN.files)
def test_values_are_those_of_keras(found, name):
    expected = GOLDEN[name]
    assert found[name].dtype == expected.dtype
    np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-3)


# --- one picture ------------------------------------------------------------------------------


def test_load_img(tmp_path):
    path = tmp_path / "x.png"
    Image.new("RGB", (6, 4), (10, 20, 30)).save(path)
    assert utils.load_img(path).size == (6, 4)
    assert utils.load_img(str(path), target_size=(2, 3)).size == (3, 2)
    assert utils.load_img(path, color_mode="grayscale").mode == "L"
    assert utils.load_img(io.BytesIO(path.read_bytes()), color_mode="rgba").mode == "RGBA"
    array = utils.img_to_array(utils.load_img(path))
    assert array.shape == (4, 6, 3)
    assert array.dtype == np.float32
    assert array[0, 0].tolist() == [10, 20, 30]
    assert utils.img_to_array(utils.load_img(path), "channels_first").shape == (3, 4, 6)
    with pytest.warns(CaudalWarning, match="color_mode"):
        assert utils.load_img(path, grayscale=True).mode == "L"


def test_load_img_errors(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"not a picture")
    whole = io.BytesIO()
    Image.effect_noise((90, 90), 50).save(whole, "png")
    (tmp_path / "cut.png").write_bytes(whole.getvalue()[:2000])
    for name in ("bad.jpg", "cut.png"):
        with pytest.raises(DataLossError, match=name):
            utils.load_img(tmp_path / name)
    with pytest.raises(NotFoundError, match=r"absent\.png"):
        utils.load_img(tmp_path / "absent.png")
    with pytest.raises(DataLossError, match="int"):
        utils.load_img(7)
    with pytest.raises(InvalidArgumentError, match="is a folder"):
        utils.load_img(tmp_path)
    Image.new("L", (2, 2)).save(tmp_path / "x.png")
    with pytest.raises(InvalidArgumentError, match=r"'rgb'.*received 'color'"):
        utils.load_img(tmp_path / "x.png", color_mode="color")
    with pytest.raises(InvalidArgumentError, match="Did you mean: bicubic"):
        utils.load_img(tmp_path / "x.png", target_size=(3, 3), interpolation="cubic")
    with pytest.raises(InvalidArgumentError, match="target_size"):
        utils.load_img(tmp_path / "x.png", target_size=5)


def test_arrays_and_files(tmp_path):
    x = np.arange(24.0).reshape(2, 3, 4)
    with pytest.warns(CaudalWarning, match="alpha"):
        utils.save_img(tmp_path / "a.jpg", x)
    utils.save_img(tmp_path / "a.png", x[..., :3], scale=False)
    again = utils.img_to_array(utils.load_img(tmp_path / "a.png"))
    np.testing.assert_array_equal(again, x[..., :3])
    with pytest.raises(ShapeError, match="rank 3"):
        utils.array_to_img(np.ones((3, 3)))
    with pytest.raises(ShapeError, match="1, 3 or 4 channels"):
        utils.array_to_img(np.ones((3, 3, 2)))
    with pytest.raises(ShapeError, match="rank 3"):
        utils.array_to_img(np.ones((0, 2, 3)))
    with pytest.raises(DTypeError, match="a picture and a dtype"):
        utils.img_to_array("picture")
    with pytest.raises(DTypeError, match="array of numbers"):
        utils.array_to_img("picture")
    with pytest.raises(ShapeError, match="rank 2 or 3"):
        utils.img_to_array(np.ones(3))
    with pytest.raises(NotFoundError, match="folder"):
        utils.save_img(tmp_path / "absent" / "a.png", x)
    with pytest.raises(InvalidArgumentError, match="'png'"):
        utils.save_img(tmp_path / "a.unknown", x)


def test_smart_resize_keeps_kinds_and_explains():
    x = np.zeros((2, 6, 4, 1), "float32")
    assert image.smart_resize(x, (3, 2)).shape == (2, 3, 2, 1)
    first = image.smart_resize(x.transpose(0, 3, 1, 2), (3, 2), data_format="channels_first")
    assert first.shape == (2, 1, 3, 2)
    tensor = image.smart_resize(keras.ops.convert_to_tensor(x), (3, 2))
    assert tuple(tensor.shape) == (2, 3, 2, 1)
    with pytest.raises(ShapeError, match="rank 3"):
        image.smart_resize(np.ones((3, 3)), (2, 2))
    with pytest.raises(InvalidArgumentError, match="size"):
        image.smart_resize(x, (2, 2, 2))
    with pytest.raises(InvalidArgumentError, match="interpolation"):
        image.smart_resize(x, (2, 2), "linear")


# --- datasets ---------------------------------------------------------------------------------


def labels_of(dataset):
    return [np.asarray(y).tolist() for _, y in dataset]


def test_datasets_of_folders(folder, capsys):
    dataset = utils.image_dataset_from_directory(
        folder, image_size=(4, 5), batch_size=4, shuffle=False
    )
    assert capsys.readouterr().out == "Found 10 files belonging to 3 classes.\n"
    assert dataset.class_names == ["a", "b", "c"]
    assert Path(dataset.file_paths[0]) == folder / "a" / "i0.png"
    assert len(dataset) == 3
    pictures, labels = dataset.element_spec
    assert (pictures.shape.as_list(), pictures.dtype.name) == ([None, 4, 5, 3], "float32")
    assert (labels.shape.as_list(), labels.dtype.name) == ([None], "int32")
    assert labels_of(dataset) == [[0, 0, 0, 1], [1, 1, 1, 1], [2, 2]]


def test_label_modes(folder):
    def make(**options):
        return utils.image_dataset_from_directory(
            folder, image_size=(2, 2), shuffle=False, verbose=False, **options
        )

    one_hot = labels_of(make(label_mode="categorical", class_names=["c", "a"]))
    assert one_hot == [[[1, 0]] * 2 + [[0, 1]] * 3]
    binary = make(label_mode="binary", class_names=["a", "c"])
    assert labels_of(binary) == [[[0.0]] * 3 + [[1.0]] * 2]
    assert make(label_mode=None).element_spec.shape.as_list() == [None, 2, 2, 3]
    assert make(labels=None).class_names is None
    assert labels_of(make(labels=list(range(10)))) == [list(range(10))]
    assert make(batch_size=None).element_spec[0].shape.as_list() == [2, 2, 3]
    first = make(data_format="channels_first", color_mode="grayscale")
    assert first.element_spec[0].shape.as_list() == [None, 1, 2, 2]


def test_subsets_share_nothing(folder):
    options = {"image_size": (2, 2), "seed": 4, "validation_split": 0.35, "verbose": False}
    parts = [
        utils.image_dataset_from_directory(folder, subset=name, **options)
        for name in ("training", "validation")
    ]
    assert [len(part.file_paths) for part in parts] == [7, 3]
    assert not set(parts[0].file_paths) & set(parts[1].file_paths)
    # Recorded from Keras 3.15.1.
    names = [str(Path(path).relative_to(folder)) for path in parts[1].file_paths]
    assert names == ["a/i2.png", "b/i3.png", "b/sub/i1.png"]
    both = utils.image_dataset_from_directory(folder, subset="both", **options)
    assert [part.file_paths for part in both] == [part.file_paths for part in parts]


def test_shuffled_datasets_keep_labels_with_pictures(folder):
    options = {"image_size": (7, 9), "batch_size": 3, "verbose": False, "interpolation": "nearest"}
    plain = utils.image_dataset_from_directory(folder, shuffle=False, **options)
    known = {
        x.tobytes(): int(y)
        for xs, ys in plain.as_numpy_iterator()
        for x, y in zip(xs, ys, strict=True)
    }
    mixed = utils.image_dataset_from_directory(folder, seed=1, **options)
    passes = [
        [
            (x.tobytes(), int(y))
            for xs, ys in mixed.as_numpy_iterator()
            for x, y in zip(xs, ys, strict=True)
        ]
        for _ in range(2)
    ]
    assert passes[0] != passes[1]
    assert all(dict(one) == known for one in passes)


def test_fit_on_a_dataset_of_folders(folder):
    dataset = utils.image_dataset_from_directory(folder, image_size=(4, 4), batch_size=4, seed=0)
    model = keras.Sequential(
        [keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    assert len(model.fit(dataset, epochs=2, verbose=0).history["loss"]) == 2
    assert model.predict(dataset, verbose=0).shape == (10, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_mode": "binary"}, "needs 2 classes"),
        ({"label_mode": "onehot"}, "label_mode"),
        ({"color_mode": "gray"}, "color_mode"),
        ({"interpolation": "linear"}, "interpolation"),
        ({"image_size": 5}, "image_size"),
        ({"class_names": ["a", "z"]}, "class_names"),
        ({"labels": [1, 2]}, "labels has 2"),
        ({"labels": None, "class_names": ["a"]}, "only for labels='inferred'"),
        ({"validation_split": 0.2}, "only work together"),
        ({"validation_split": 0.2, "subset": "training"}, "needs a seed"),
        ({"validation_split": 3, "subset": "training", "seed": 1}, "between 0 and 1"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "only one of"),
        ({"subset": "train"}, "subset"),
        ({"seed": "x"}, "seed"),
        ({"labels": ["a"] * 10}, "list of numbers"),
        ({"labels": 5}, "list of numbers"),
    ],
)
def test_wrong_arguments_of_datasets(folder, options, message):
    with pytest.raises(InvalidArgumentError, match=message):
        utils.image_dataset_from_directory(folder, **options)


def test_datasets_without_pictures(folder, tmp_path):
    with pytest.raises(NotFoundError, match="no folder '/nowhere'"):
        utils.image_dataset_from_directory("/nowhere")
    with pytest.raises(InvalidArgumentError, match=r"no files found.*\.png"):
        utils.image_dataset_from_directory(tmp_path)
    with pytest.raises(UnimplementedError, match="grain"):
        utils.image_dataset_from_directory(folder, format="grain")
    with pytest.raises(NotFoundError, match="leaves none"):
        utils.image_dataset_from_directory(
            folder, validation_split=0.01, subset="validation", seed=0
        )
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "broken.png").write_bytes(b"nothing")
    with pytest.raises(DataLossError, match=r"broken\.png"):
        next(iter(utils.image_dataset_from_directory(tmp_path)))
