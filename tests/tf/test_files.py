"""tf.io and tf.train: files, records with TensorFlow's bytes, examples, damage."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

import caudal as tf
from caudal.io.crc import crc32c, masked_crc
from caudal.io.records import records

Feature = tf.train.Feature


def example(**features):
    return tf.train.Example(features=tf.train.Features(feature=features))


def whole_example():
    return example(
        c=Feature(float_list=tf.train.FloatList(value=[1.5, 0.1])),
        a=Feature(int64_list=tf.train.Int64List(value=[1, -2, 300])),
        b=Feature(bytes_list=tf.train.BytesList(value=[b"x", b""])),
        d=Feature(),
        e=Feature(int64_list=tf.train.Int64List(value=[])),
    )


# What TensorFlow 2.21's SerializeToString(deterministic=True) gives for it.
BYTES = (
    b"\nI\n\x16\n\x01a\x12\x11\x1a\x0f\n\r\x01\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\xac\x02\n"
    b"\x0c\n\x01b\x12\x07\n\x05\n\x01x\n\x00\n\x11\n\x01c\x12\x0c\x12\n\n\x08\x00\x00\xc0?\xcd\xcc"
    b"\xcc=\n\x05\n\x01d\x12\x00\n\x07\n\x01e\x12\x02\x1a\x00"
)


def test_an_example_has_tensorflows_bytes():
    assert whole_example().SerializeToString() == BYTES
    again = tf.train.Example.FromString(BYTES)
    assert again == whole_example()
    feature = again.features.feature
    assert feature["a"].int64_list.value == [1, -2, 300]
    assert feature["b"].bytes_list.value == [b"x", b""]
    assert feature["c"].float_list.value == [1.5, float(np.float32(0.1))]
    assert feature["a"].WhichOneof("kind") == "int64_list"
    assert feature["d"].WhichOneof("kind") is None
    assert repr(feature["b"]) == 'bytes_list {\n  value: "x"\n  value: ""\n}\n'
    assert str(feature["c"]) == "float_list {\n  value: 1.5\n  value: 0.1\n}\n"


def test_features_are_made_when_asked_for():
    made = tf.train.Example()
    made.features.feature["n"].int64_list.value.append(3)
    one = example(n=Feature(int64_list=tf.train.Int64List(value=[3])))
    assert made.SerializeToString() == one.SerializeToString()


@pytest.mark.parametrize(
    "make",
    [
        lambda: tf.train.Int64List(value=[1.0]),
        lambda: tf.train.FloatList(value=["a"]),
        lambda: tf.train.BytesList(value=["a"]),
        lambda: Feature(int64_list=tf.train.FloatList(value=[1])),
        lambda: tf.train.Example.FromString("text"),
    ],
)
def test_values_of_another_kind_are_refused(make):
    with pytest.raises(TypeError, match="expected"):
        make()


def test_any_cut_of_a_message_is_an_example_or_data_loss():
    for end in range(len(BYTES)):
        try:
            tf.train.Example.FromString(BYTES[:end])
        except tf.errors.DataLossError:
            continue
    for at in range(len(BYTES)):
        broken = bytearray(BYTES)
        broken[at] ^= 0xFF
        try:
            tf.train.Example.FromString(bytes(broken))
        except tf.errors.DataLossError:
            continue


# --- records -------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 511, 512, 513, 4095, 4096, 4097, 70001])
def test_checksums(count):
    data = np.random.default_rng(count).bytes(count)
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ (0x82F63B78 if state & 1 else 0)
    assert crc32c(data) == state ^ 0xFFFFFFFF


def test_records_have_tensorflows_bytes(tmp_path):
    path = tmp_path / "plain"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"hello")
    assert path.read_bytes() == base64.b64decode("BQAAAAAAAADqsgQ+aGVsbG+7HxwZ")


# Written by TensorFlow 2.21: the records b"hello" and 1000 times b"z".
PACKED = {
    "GZIP": "H4sIAAAAAAAAA2NlgIBXm1jsMlJzcvJ3y8tIvmCGCLJPFZxVNQpGwSgY9mDux40CAKg4wo0NBAAA",
    "ZLIB": "eJxjZYCAV5tY7DJSc3Lyd8vLSL5ghgiyTxWcVTUKRsEoGPZg7seNAgAwEuYn",
}


@pytest.mark.parametrize("kind", ["", "GZIP", "ZLIB"])
def test_compressed_records(tmp_path, kind):
    path = tmp_path / "file"
    wanted = [b"hello", b"z" * 1000]
    if kind:
        path.write_bytes(base64.b64decode(PACKED[kind]))
        assert list(records(str(path), kind)) == wanted
    with tf.io.TFRecordWriter(str(path), tf.io.TFRecordOptions(kind)) as writer:
        for record in wanted:
            writer.write(record)
        writer.flush()
    assert list(records(str(path), kind)) == wanted


def test_damaged_records_name_file_and_byte(tmp_path):
    path = tmp_path / "file"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"hello")
        writer.write(b"world")
    whole = path.read_bytes()
    for end in range(1, len(whole)):
        path.write_bytes(whole[:end])
        if end == 21:
            assert list(records(str(path))) == [b"hello"]
            continue
        with pytest.raises(tf.errors.DataLossError, match=r"file: truncated .* at byte (0|21)"):
            list(records(str(path)))
    for at in range(len(whole)):
        broken = bytearray(whole)
        broken[at] ^= 1
        path.write_bytes(bytes(broken))
        with pytest.raises(tf.errors.DataLossError, match=r"damaged .* at byte (0|21)"):
            list(records(str(path)))
    length = (1 << 39).to_bytes(8, "little")
    path.write_bytes(length + masked_crc(length).to_bytes(4, "little") + b"short")
    with pytest.raises(tf.errors.DataLossError, match="truncated data"):
        list(records(str(path)))
    with pytest.raises(tf.errors.NotFoundError, match="nowhere"):
        list(records(str(tmp_path / "nowhere")))


# --- parsing -------------------------------------------------------------------------------------


def test_parse_single_example():
    found = tf.io.parse_single_example(
        BYTES,
        {
            "a": tf.io.VarLenFeature(tf.int64),
            "c": tf.io.FixedLenFeature([2], tf.float32),
            "z": tf.io.FixedLenFeature([], tf.int64, 7),
            "q": tf.io.VarLenFeature(tf.string),
            "s": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
            "e": tf.io.FixedLenFeature([0], tf.int64),
        },
    )
    assert found["a"].indices.numpy().tolist() == [[0], [1], [2]]
    assert found["a"].dense_shape.numpy().tolist() == [3]
    assert tf.sparse.to_dense(found["a"]).numpy().tolist() == [1, -2, 300]
    assert found["c"].numpy().tolist() == [1.5, float(np.float32(0.1))]
    assert int(found["z"]) == 7
    assert found["q"].dtype == tf.string and found["q"].shape == (0,)
    assert found["s"].shape == (0,) and found["e"].shape == (0,)


def test_parse_example_in_batches():
    short = example(a=Feature(int64_list=tf.train.Int64List(value=[5]))).SerializeToString()
    features = {
        "a": tf.io.VarLenFeature(tf.int64),
        "b": tf.io.FixedLenSequenceFeature([], tf.string, allow_missing=True),
    }
    found = tf.io.parse_example([BYTES, short], features)
    assert tf.sparse.to_dense(found["a"], -1).numpy().tolist() == [[1, -2, 300], [5, -1, -1]]
    assert found["b"].numpy().tolist() == [[b"x", b""], [b"", b""]]


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"n": tf.io.FixedLenFeature([], tf.int64)}, "required but could not be found"),
        ({"a": tf.io.FixedLenFeature([], tf.float32)}, "Data types don't match"),
        ({"a": tf.io.FixedLenFeature([2], tf.int64)}, "expected 2 values"),
        ({"a": tf.io.FixedLenFeature([3], tf.int32)}, "expected dtype float32, int64 or string"),
        ({}, "expected features"),
    ],
)
def test_features_that_do_not_fit(spec, text):
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        tf.io.parse_single_example(BYTES, spec)


# --- files ---------------------------------------------------------------------------------------


def test_files(tmp_path):
    path = str(tmp_path / "deep" / "a.txt")
    tf.io.write_file(path, "hola")
    assert tf.io.read_file(path).numpy() == b"hola"
    assert tf.io.matching_files(str(tmp_path / "deep" / "*")).numpy().tolist() == [path.encode()]
    with pytest.raises(tf.errors.NotFoundError, match="No such file"):
        tf.io.read_file(path + "x")


def test_gfile(tmp_path):
    gfile = tf.io.gfile
    folder = gfile.join(str(tmp_path), "one", "two")
    gfile.makedirs(folder)
    gfile.makedirs(folder)
    path = gfile.join(folder, "f")
    with gfile.GFile(path, "w") as file:
        file.write("a\nbé\n")
    with gfile.GFile(path) as file:
        assert list(file) == ["a\n", "bé\n"]
    with gfile.GFile(path, "rb") as file:
        assert file.read() == "a\nbé\n".encode()
        assert file.size() == 6
    gfile.copy(path, path + "2")
    with pytest.raises(tf.errors.AlreadyExistsError):
        gfile.copy(path, path + "2")
    gfile.rename(path + "2", path + "3")
    assert sorted(gfile.listdir(folder)) == ["f", "f3"]
    assert gfile.glob(path + "*") == [path, path + "3"]
    assert gfile.exists(path) and gfile.isdir(folder) and not gfile.isdir(path)
    assert gfile.stat(path).length == 6
    gfile.remove(path)
    assert not gfile.exists(path)
    gfile.rmtree(folder)
    with pytest.raises(tf.errors.NotFoundError):
        gfile.listdir(folder)
    with pytest.raises(tf.errors.NotFoundError):
        gfile.GFile(path).read()
    with pytest.raises(tf.errors.InvalidArgumentError, match="mode"):
        gfile.GFile(path, "q")


def test_damaged_serialized_tensors():
    data = tf.io.serialize_tensor(np.arange(6, dtype=np.float32).reshape(2, 3)).numpy()
    for end in range(len(data)):
        with pytest.raises((tf.errors.DataLossError, tf.errors.InvalidArgumentError)):
            tf.io.parse_tensor(data[:end], tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected a tensor of int64"):
        tf.io.parse_tensor(data, tf.int64)


def test_pictures(tmp_path):
    from PIL import Image

    smooth = np.add.outer(np.arange(40), 3 * np.arange(30)).astype(np.uint8)
    picture = np.stack([smooth, 255 - smooth, smooth // 2], -1)
    data = tf.io.encode_jpeg(picture, quality=95)
    found = tf.io.decode_jpeg(data).numpy()
    assert found.shape == (40, 30, 3) and found.dtype == np.uint8
    assert np.abs(found.astype(int) - picture).mean() < 4
    assert tf.io.decode_jpeg(data, channels=1).shape == (40, 30, 1)
    assert tf.io.decode_jpeg(data, ratio=2).shape == (20, 15, 3)
    assert tf.image.decode_and_crop_jpeg(data, [1, 2, 3, 4]).shape == (3, 4, 3)
    frames = [Image.fromarray(np.full((5, 6, 3), n, np.uint8)) for n in (0, 100, 200)]
    path = tmp_path / "f.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    moving = tf.io.decode_image(tf.io.read_file(str(path)))
    assert moving.shape == (3, 5, 6, 3)
    assert moving.numpy()[:, 0, 0, 0].tolist() == [0, 100, 200]
    still = tf.io.decode_image(tf.io.read_file(str(path)), expand_animations=False)
    assert still.shape == (5, 6, 3)
    png = tf.io.encode_png(picture).numpy()
    for end in range(0, len(png) - 16, 7):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"decode_png|decode_image"):
            tf.io.decode_image(png[:end])
    with pytest.raises(tf.errors.InvalidArgumentError, match="BMP"):
        tf.io.decode_bmp(png)
    with pytest.raises(tf.errors.InvalidArgumentError, match="channels"):
        tf.io.decode_png(png, channels=7)


def test_random_images_are_functions_of_their_seed():
    image = np.random.default_rng(0).uniform(size=(9, 8, 3)).astype(np.float32)
    for name, arguments in {
        "random_brightness": (0.3,),
        "random_contrast": (0.2, 0.9),
        "random_saturation": (0.2, 3.0),
        "random_hue": (0.4,),
        "random_crop": ([4, 5, 3],),
        "random_flip_left_right": (),
        "random_jpeg_quality": (20, 90),
    }.items():
        stateless = getattr(tf.image, "stateless_" + name)
        one, two = (stateless(image, *arguments, seed=(1, 2)).numpy() for _ in range(2))
        assert np.array_equal(one, two), name
        many = {stateless(image, *arguments, seed=(n, 0)).numpy().tobytes() for n in range(20)}
        assert len(many) > 1, name
        assert getattr(tf.image, name)(image, *arguments).shape == one.shape
    crop = tf.image.stateless_random_crop(image, [4, 5, 3], seed=(3, 4)).numpy()
    windows = np.lib.stride_tricks.sliding_window_view(image, (4, 5, 3))
    assert any(np.array_equal(crop, w) for w in windows.reshape(-1, 4, 5, 3))
    batch = np.stack([image] * 64)
    flipped = tf.image.stateless_random_flip_left_right(batch, seed=(1, 1)).numpy()
    sides = [np.array_equal(row, image) for row in flipped]
    assert 10 < sum(sides) < 54
    turned = [np.array_equal(row, image[:, ::-1]) for row in flipped]
    assert all(a != b for a, b in zip(sides, turned, strict=True))


def test_images_inside_functions_and_datasets():
    image = np.random.default_rng(0).uniform(size=(4, 9, 8, 3)).astype(np.float32)

    @tf.function
    def augment(x):
        x = tf.image.random_flip_left_right(tf.image.resize(x, (6, 6)))
        return tf.image.adjust_contrast(tf.image.random_brightness(x, 0.1), 1.2)

    assert augment(tf.constant(image)).shape == (4, 6, 6, 3)
    data = tf.data.Dataset.from_tensor_slices(image)
    data = data.map(lambda x: tf.image.resize(x, (3, 5))).batch(2)
    assert data.element_spec.shape.as_list() == [None, 3, 5, 3]
    wanted = tf.image.resize(image[:2], (3, 5)).numpy()
    np.testing.assert_allclose(next(iter(data)).numpy(), wanted, rtol=1e-6)


def test_what_is_recorded_has_a_case():
    from . import cases_more

    golden = json.loads(Path(__file__).with_name("golden_more.json").read_text())
    assert set(golden["cases"]) == set(cases_more.CASES)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: tf.strings.to_number("x"), "could not correctly convert"),
        (lambda: tf.strings.to_number("1.5", tf.int32), "could not correctly convert"),
        (lambda: tf.strings.substr("abc", 9, 1), "out of range"),
        (lambda: tf.strings.regex_replace("a", "(", "b"), "Invalid pattern"),
        (lambda: tf.strings.format("{} {}", tf.constant(1)), "placeholder"),
        (lambda: tf.strings.lower("a", encoding="latin"), "encoding"),
        (lambda: tf.strings.unicode_decode(b"\xff", "UTF-8", errors="strict"), "invalid UTF-8"),
        (lambda: tf.io.decode_csv("1,2", [0]), "Expect 1 fields but have 2"),
        (lambda: tf.io.decode_csv("x", [0]), "not a valid int32"),
        (lambda: tf.io.decode_csv(",2", [tf.constant([], tf.int32), 0]), "required but missing"),
        (lambda: tf.io.decode_raw("abc", tf.int16), "multiple of 2"),
        (lambda: tf.io.decode_base64("a+b"), "base64"),
        (lambda: tf.image.resize(np.zeros((2, 2)), (1, 1)), "height, width, channels"),
        (lambda: tf.image.resize(np.zeros((2, 2, 1)), (0, 1)), "positive"),
        (lambda: tf.image.resize(np.zeros((2, 2, 1)), (1, 1), "best"), "bilinear"),
        (lambda: tf.image.central_crop(np.zeros((2, 2, 1)), 0), "fraction"),
        (lambda: tf.image.crop_to_bounding_box(np.zeros((2, 2, 1)), 1, 1, 2, 2), "inside"),
        (lambda: tf.image.pad_to_bounding_box(np.zeros((2, 2, 1)), 1, 1, 2, 2), "around"),
        (lambda: tf.image.random_crop(np.zeros((2, 2, 1)), [3, 1, 1]), "within shape"),
        (lambda: tf.image.adjust_hue(np.zeros((2, 2, 3)), 3), r"\[-1, 1\]"),
        (lambda: tf.image.rgb_to_grayscale(np.zeros((2, 2, 1))), "3 channels"),
        (lambda: tf.image.ssim(np.zeros((5, 5, 1)), np.zeros((5, 5, 1)), 1), "filter_size"),
        (lambda: tf.SparseTensor([[0, 1]], [1, 2], [2, 2]), "indices"),
    ],
)
def test_bad_arguments_say_what_was_expected(call, text):
    with pytest.raises(tf.errors.CaudalError, match=text):
        call()


def test_sparse_tensors():
    dense = np.array([[0, 5, 0], [7, 0, 0]])
    sparse = tf.sparse.from_dense(dense)
    assert sparse.indices.numpy().tolist() == [[0, 1], [1, 0]]
    assert np.array_equal(tf.sparse.to_dense(sparse), dense)
    mixed = tf.SparseTensor([[1, 0], [0, 1]], [7, 5], [2, 3])
    with pytest.raises(tf.errors.InvalidArgumentError, match="out of order"):
        tf.sparse.to_dense(mixed)
    assert tf.sparse.to_dense(tf.sparse.reorder(mixed), -1).numpy().tolist() == [
        [-1, 5, -1],
        [7, -1, -1],
    ]
    with pytest.raises(tf.errors.InvalidArgumentError, match="out of bounds"):
        tf.sparse.to_dense(tf.SparseTensor([[3]], [1], [2]))


@pytest.mark.parametrize("kind", ["", "GZIP", "ZLIB"])
def test_datasets_of_records(tmp_path, kind):
    paths = [str(tmp_path / name) for name in ("a", "b")]
    for start, path in enumerate(paths):
        with tf.io.TFRecordWriter(path, kind) as writer:
            for n in range(3):
                value = tf.train.Int64List(value=[10 * start + n])
                writer.write(example(n=Feature(int64_list=value)).SerializeToString())

    def parse(record):
        spec = {"n": tf.io.FixedLenFeature([], tf.int64), "v": tf.io.VarLenFeature(tf.float32)}
        found = tf.io.parse_single_example(record, spec)
        return found["n"], tf.sparse.to_dense(found["v"])

    for files in (paths, tf.data.Dataset.from_tensor_slices(paths)):
        data = tf.data.TFRecordDataset(files, compression_type=kind)
        assert data.element_spec == tf.TensorSpec([], tf.string)
        parsed = data.map(parse, num_parallel_calls=tf.data.AUTOTUNE)
        assert [int(n) for n, v in parsed] == [0, 1, 2, 10, 11, 12]
    (batch, _) = next(iter(data.map(parse).batch(4)))
    assert batch.numpy().tolist() == [0, 1, 2, 10]


def test_datasets_of_lines_and_pieces(tmp_path):
    path = tmp_path / "f.txt"
    path.write_bytes(b"one\r\ntwo\n\nlast")
    lines = [b"one", b"two", b"", b"last"]
    assert list(tf.data.TextLineDataset(str(path)).as_numpy_iterator()) == lines
    assert list(tf.data.TextLineDataset(path).skip(1).as_numpy_iterator()) == lines[1:]
    lengths = tf.data.TextLineDataset([str(path)]).map(tf.strings.length)
    assert list(lengths.as_numpy_iterator()) == [3, 3, 0, 4]
    path.write_bytes(b"HEADabcdef!")
    pieces = tf.data.FixedLengthRecordDataset(str(path), 3, header_bytes=4, footer_bytes=1)
    assert list(pieces.as_numpy_iterator()) == [b"abc", b"def"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="multiple of 4 bytes"):
        list(tf.data.FixedLengthRecordDataset(str(path), 4, 4, 1))
    with pytest.raises(tf.errors.NotFoundError, match="nowhere"):
        list(tf.data.TextLineDataset("nowhere"))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: tf.audio.decode_wav(b"nothing"), "begin with"),
        (lambda: tf.audio.decode_wav(tf.audio.encode_wav([[0.5]], 9).numpy()[:-1]), "ends beyond"),
        (lambda: tf.audio.encode_wav([0.5], 9), r"\[samples, channels\]"),
        (lambda: tf.lookup.KeyValueTensorInitializer(["a"], [1, 2]), "as many values as keys"),
        (
            lambda: tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(["a", "a"], [1, 2]), 0
            ),
            "different value for same key",
        ),
        (
            lambda: tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(["a"], [1]), 0
            ).lookup(tf.constant([1])),
            "keys of string",
        ),
        (lambda: tf.lookup.StaticVocabularyTable(None, 0), "1 or more"),
    ],
)
def test_bad_sounds_and_tables(call, text):
    with pytest.raises(tf.errors.CaudalError, match=text):
        call()
