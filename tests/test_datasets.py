"""keras.datasets and get_file: formats, checksums, damaged and hostile files, no network."""

import gzip
import hashlib
import io
import json
import os
import pickle
import struct
import tarfile
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from caudal.errors import (
    CaudalWarning,
    DataLossError,
    InvalidArgumentError,
    UnavailableError,
)
from caudal.keras.datasets import (
    boston_housing,
    cache,
    california_housing,
    cifar10,
    cifar100,
    digits,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)
from caudal.keras.datasets.unpickle import load_pickle
from caudal.keras.utils.get_file import file_digest, get_file

SHARED = Path("/work/shared/data/keras")
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the workplace's shared data is not here")
differs = pytest.mark.filterwarnings("ignore:.*is not byte for byte:caudal.errors.CaudalWarning")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache folder, and a network that has nothing."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(cache, "_warned", set())
    monkeypatch.setattr("urllib.request.urlopen", _no_network)
    (tmp_path / "datasets").mkdir()
    return tmp_path / "datasets"


def _no_network(origin, **kwargs):
    raise OSError("no network in tests")


def images(count, seed=0, shape=(28, 28)):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


# --- digits


def test_digits():
    (x, y), (x_test, y_test) = digits.load_data()
    assert (x.shape, x_test.shape) == ((1437, 8, 8), (360, 8, 8))
    assert {a.dtype for a in (x, y, x_test, y_test)} == {np.dtype("uint8")}
    assert x.min() == 0 and x.max() == 16
    assert np.bincount(y_test).tolist() == [36] * 10
    assert np.bincount(y).sum() == 1437
    every = np.concatenate([x, x_test]).reshape(1797, 64)
    assert int(every.sum()) == 561718


def test_digits_are_scikit_learns():
    sklearn = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    (x, _), (x_test, _) = digits.load_data()
    ours = sorted(image.tobytes() for image in np.concatenate([x, x_test]))
    assert ours == sorted(i.astype(np.uint8).tobytes() for i in sklearn.load_digits().images)


def test_digits_have_their_attribution():
    text = (Path(digits.__file__).parents[2] / "assets" / "digits.txt").read_text()
    assert "CC BY 4.0" in text and "Alpaydin" in text


# --- MNIST: an .npz file


def write_mnist(home, count=20):
    x, y = images(count), np.arange(count, dtype=np.uint8) % 10
    np.savez(home / "mnist.npz", x_train=x, y_train=y, x_test=x[:5], y_test=y[:5])
    return x, y


def test_mnist_warns_once_of_another_file(home):
    x, y = write_mnist(home)
    with pytest.warns(CaudalWarning, match="not byte for byte") as caught:
        (x_train, y_train), (x_test, _) = mnist.load_data()
    assert len(caught) == 1 and caught[0].filename == __file__
    np.testing.assert_array_equal(x_train, x)
    np.testing.assert_array_equal(y_train, y)
    assert x_test.shape == (5, 28, 28)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mnist.load_data()


def test_mnist_with_the_right_sum_does_not_warn(home, monkeypatch):
    write_mnist(home)
    monkeypatch.setattr(mnist, "SHA256", file_digest(home / "mnist.npz"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mnist.load_data()


def test_offline_says_where_to_put_the_file(home):
    with pytest.raises(UnavailableError) as caught:
        mnist.load_data()
    assert str(home / "mnist.npz") in str(caught.value)
    assert "https://" in str(caught.value) and "no network" in str(caught.value)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("damage", ["text", "cut", "shape", "names", "objects", "lengths"])
def test_damaged_mnist_is_not_used_and_not_lost(home, damage):
    write_mnist(home)
    file = home / "mnist.npz"
    x, y = images(4), np.zeros(4, np.uint8)
    if damage == "text":
        file.write_text("hello")
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:1000])
    elif damage == "shape":
        np.savez(file, x_train=x[:, :5], y_train=y, x_test=x, y_test=y)
    elif damage == "names":
        np.savez(file, x=x, y=y)
    elif damage == "objects":
        np.savez(file, x_train=np.array([{}], object), y_train=y, x_test=x, y_test=y)
    else:
        np.savez(file, x_train=x, y_train=y[:2], x_test=x, y_test=y)
    before = file.read_bytes()
    with pytest.raises(UnavailableError, match=r"mnist\.npz"):
        mnist.load_data()
    assert file.read_bytes() == before


# --- Fashion-MNIST: IDX files


def write_fashion(home, count=6):
    folder = home / "fashion-mnist"
    folder.mkdir()
    x, y = images(count, 1), np.arange(count, dtype=np.uint8)
    for part in ("train", "t10k"):
        for kind, magic, extents, data in (
            ("labels-idx1", 0x801, (count,), y),
            ("images-idx3", 0x803, (count, 28, 28), x),
        ):
            with gzip.open(folder / f"{part}-{kind}-ubyte.gz", "wb") as file:
                head = struct.pack(f">{len(extents) + 1}I", magic, *extents)
                file.write(head + data.tobytes())
    return x, y


def test_fashion_mnist(home):
    x, y = write_fashion(home)
    (x_train, y_train), (x_test, _) = fashion_mnist.load_data()
    np.testing.assert_array_equal(x_train, x)
    np.testing.assert_array_equal(y_train, y)
    assert x_test.flags.writeable


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"\0\0\x08\x03" + b"\0" * 9)],
    ids=["empty", "no gzip", "cut"],
)
def test_damaged_fashion_mnist(home, content):
    write_fashion(home)
    file = home / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    file.write_bytes(content)
    with pytest.raises(DataLossError, match="train-images"):
        fashion_mnist.load_data()


# --- CIFAR: archives of pickles


def cifar_files(count=3):
    def rows(x):
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2)).reshape(len(x), -1)

    ten, hundred, truth = {}, {}, {}
    for k, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
        truth[name] = images(count, k, (32, 32, 3))
        ten[name] = {b"labels": [k] * count, b"data": rows(truth[name])}
    for name in ("train", "test"):
        hundred[name] = {
            b"fine_labels": list(range(count)),
            b"coarse_labels": [1] * count,
            b"data": rows(truth["test_batch"]),
        }
    return ten, hundred, truth


def pack(path, folder, files, protocol=2):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else pickle.dumps(content, protocol)
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


@differs
@pytest.mark.parametrize(
    "name", ["cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz",
             "cifar-10-python.tar.gz"]
)  # fmt: skip
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_cifar10_archives(home, name, protocol):
    files, _, truth = cifar_files()
    pack(home / name, "cifar-10-batches-py", files, protocol)
    (x, y), (x_test, y_test) = cifar10.load_data()
    np.testing.assert_array_equal(x[3:6], truth["data_batch_2"])
    np.testing.assert_array_equal(x_test, truth["test_batch"])
    assert y.shape == (15, 1) and y.dtype == np.uint8 and y[4] == 1
    assert y_test.tolist() == [[5]] * 3


@pytest.mark.parametrize(
    "folder", ["cifar-10-batches-py", "cifar-10-batches-py-target/cifar-10-batches-py"]
)
def test_cifar10_unpacked(home, folder):
    files, _, truth = cifar_files()
    (home / folder).mkdir(parents=True)
    for name, content in files.items():
        (home / folder / name).write_bytes(pickle.dumps(content))
    (x, _), _ = cifar10.load_data()
    np.testing.assert_array_equal(x[:3], truth["data_batch_1"])


@differs
def test_cifar100_labels(home):
    _, files, _ = cifar_files()
    pack(home / "cifar-100-python.tar.gz", "cifar-100-python", files)
    (x, fine), _ = cifar100.load_data()
    (_, coarse), _ = cifar100.load_data(label_mode="coarse")
    assert x.shape == (3, 32, 32, 3)
    assert fine.tolist() == [[0], [1], [2]] and coarse.tolist() == [[1]] * 3
    with pytest.raises(InvalidArgumentError, match="'fine' or 'coarse'"):
        cifar100.load_data("medium")


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/caudal-was-here",)


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_cannot_run_code(home, protocol, tmp_path):
    data = pickle.dumps({b"labels": Evil(), b"data": 1}, protocol)
    with pytest.raises(DataLossError, match="system"):
        load_pickle(data)
    files, _, _ = cifar_files()
    pack(home / "cifar-10-python.tar.gz", "cifar-10-batches-py", {**files, "test_batch": data})
    with pytest.raises((DataLossError, UnavailableError)):
        cifar10.load_data()
    assert not Path("/tmp/caudal-was-here").exists()


@pytest.mark.parametrize(
    "data",
    [b"", b"junk", pickle.dumps([1, 2])[:-4], b"cos\nsystem\n."],
    ids=["empty", "junk", "cut", "hostile"],
)
def test_damaged_pickles(data):
    with pytest.raises(DataLossError):
        load_pickle(data)


def test_plain_pickles():
    value = {b"a": [1, 2.5, "x", None, True], "b": np.arange(6).reshape(2, 3)}
    for protocol in range(6):
        loaded = load_pickle(pickle.dumps(value, protocol))
        assert loaded[b"a"] == value[b"a"]
        np.testing.assert_array_equal(loaded["b"], value["b"])


# --- IMDB and Reuters: lists of words


def write_words(home):
    x = np.empty(3, object)
    x[:] = [[1, 2, 3], [4, 5, 6, 7], [8]]
    y = np.array([0, 1, 1])
    np.savez(home / "imdb.npz", x_train=x, y_train=y, x_test=x[:1], y_test=y[:1])
    np.savez(home / "reuters.npz", x=x, y=y)
    (home / "imdb_word_index.json").write_text(json.dumps({"the": 1}))


def pairs(part):
    return sorted(zip(map(tuple, part[0]), part[1].tolist(), strict=True))


@differs
def test_imdb_conventions(home):
    write_words(home)
    train, test = imdb.load_data()
    # Words move up by 3 behind a 1; the largest number, without num_words, is unknown (2).
    assert pairs(train) == [((1, 2), 1), ((1, 4, 5, 6), 0), ((1, 7, 8, 9, 10), 1)]
    assert pairs(test) == [((1, 4, 5, 6), 0)]
    train, _ = imdb.load_data(num_words=8)
    assert pairs(train) == [((1, 2), 1), ((1, 4, 5, 6), 0), ((1, 7, 2, 2, 2), 1)]
    train, _ = imdb.load_data(num_words=8, oov_char=None, start_char=None)
    assert pairs(train) == [((), 1), ((4, 5, 6), 0), ((7,), 1)]
    train, _ = imdb.load_data(skip_top=5, maxlen=5)
    assert pairs(train) == [((2, 2), 1), ((2, 2, 5, 6), 0)]
    with pytest.raises(InvalidArgumentError, match="maxlen=2"):
        imdb.load_data(maxlen=2)
    assert isinstance(train[0][0], list) and train[0].dtype == object
    assert imdb.get_word_index() == {"the": 1}


@differs
def test_reuters(home):
    write_words(home)
    (x, y), (x_test, _) = reuters.load_data(test_split=0.4)
    assert len(x) == len(y) == 1 and len(x_test) == 2
    with pytest.raises(InvalidArgumentError, match="test_split"):
        reuters.load_data(test_split=1.0)


@pytest.mark.parametrize("member", ["x_train.npy", "x_test.npy"])
def test_hostile_imdb(home, member):
    write_words(home)
    x = np.empty(1, object)
    x[0] = Evil()
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, x, allow_pickle=True)
    with zipfile.ZipFile(home / "imdb.npz") as old:
        entries = {name: old.read(name) for name in old.namelist()}
    entries[member] = buffer.getvalue()
    with zipfile.ZipFile(home / "imdb.npz", "w") as new:
        for name, data in entries.items():
            new.writestr(name, data)
    with pytest.raises(UnavailableError):
        imdb.load_data()
    assert not Path("/tmp/caudal-was-here").exists()


@shared
@differs
def test_imdb_as_keras_gives_it(monkeypatch):
    """Sums recorded from Keras 3.15.1 on the same file."""
    monkeypatch.setenv("KERAS_HOME", str(SHARED))
    (x, y), (x_test, _) = imdb.load_data(num_words=1000, skip_top=5, maxlen=200)
    assert (len(x), len(x_test)) == (14244, 14669)
    assert sum(map(sum, x)) == 209728250 and sum(map(sum, x_test)) == 215704664
    assert y[:9].tolist() == [1, 0, 1, 0, 0, 1, 0, 1, 0]
    assert x[0][:9] == [2, 13, 566, 895, 8, 2, 89, 480, 14]


@shared
@differs
def test_mnist_itself(monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(SHARED))
    (x, y), (x_test, _) = mnist.load_data()
    assert x.shape == (60000, 28, 28) and x_test.shape == (10000, 28, 28)
    assert y[:5].tolist() == [5, 0, 4, 1, 9]


# --- houses


@differs
def test_housing(home):
    x, y = np.arange(1300.0).reshape(100, 13), np.arange(100.0)
    np.savez(home / "boston_housing.npz", x=x, y=y)
    np.savez(home / "california_housing.npz", x=np.ones((700, 8)), y=np.ones(700))
    (a, b), (c, d) = boston_housing.load_data()
    assert (a.shape, c.shape) == ((80, 13), (20, 13))
    assert sorted(np.concatenate([b, d]).tolist()) == y.tolist()
    np.testing.assert_array_equal(a[:, 0], b * 13)
    (small, _), _ = california_housing.load_data("small", test_split=0.0)
    assert len(small) == 600
    with pytest.raises(InvalidArgumentError, match="'large' or 'small'"):
        california_housing.load_data("tiny")


# --- get_file


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A cache folder, and a folder that file: URLs lead to."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


def test_get_file(site, tmp_path, capsys):
    (site / "a.txt").write_text("hola")
    sha = hashlib.sha256(b"hola").hexdigest()
    path = get_file("b.txt", (site / "a.txt").as_uri(), file_hash=sha)
    assert Path(path) == tmp_path / "home" / "datasets" / "b.txt"
    assert Path(path).read_text() == "hola"
    assert "Downloading data from file:" in capsys.readouterr().out
    (site / "a.txt").write_text("nuevo")
    again = get_file("b.txt", (site / "a.txt").as_uri(), file_hash=sha)
    assert Path(again).read_text() == "hola"
    assert capsys.readouterr().out == ""
    fresh = get_file("b.txt", (site / "a.txt").as_uri(), force_download=True)
    assert Path(fresh).read_text() == "nuevo"
    assert Path(get_file(origin=(site / "a.txt").as_uri())).name == "a.txt"
    md5 = hashlib.md5(b"nuevo").hexdigest()
    assert get_file("c", (site / "a.txt").as_uri(), md5_hash=md5, cache_subdir="x").endswith("x/c")


def test_get_file_keeps_what_was_there(site):
    (site / "a.txt").write_text("right")
    path = Path(get_file("a.txt", (site / "a.txt").as_uri()))
    for kind in (DataLossError, ValueError):  # Keras raises the latter.
        with pytest.raises(kind, match=r"Incomplete or corrupted.*Nothing was kept"):
            get_file("a.txt", (site / "a.txt").as_uri(), file_hash="0" * 64)
    assert path.read_text() == "right"
    with pytest.raises(UnavailableError, match=r"a\.txt"):
        get_file("a.txt", (site / "missing").as_uri(), force_download=True)
    assert path.read_text() == "right"
    assert [file.name for file in path.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_get_file_extracts(site, kind):
    archive = site / f"flowers.{kind}"
    if kind == "tar":
        pack(archive, "flowers", {"rose.txt": b"red"})
    else:
        with zipfile.ZipFile(archive, "w") as out:
            out.writestr("flowers/rose.txt", "red")
    folder = Path(get_file("flowers", archive.as_uri(), extract=True))
    assert folder.name == "flowers"
    assert (folder / "flowers" / "rose.txt").read_text() == "red"
    assert (folder.parent / "flowers_archive").is_file()
    dotted = Path(get_file(archive.name, archive.as_uri(), extract=True))
    assert dotted.name == "flowers_extracted"
    assert Path(get_file("flowers", archive.as_uri(), extract=True)) == folder


@pytest.mark.parametrize("name", ["../../evil.txt", "/tmp/caudal-evil.txt"])
def test_get_file_extracts_nothing_outside(site, tmp_path, name):
    archive = site / "evil.tar"
    with tarfile.open(archive, "w") as tar:
        info = tarfile.TarInfo(name)
        info.size = 3
        tar.addfile(info, io.BytesIO(b"bad"))
    if name.startswith("/"):
        # Python strips the slash: the file lands inside.
        get_file("evil", archive.as_uri(), untar=True)
    else:
        with pytest.raises(DataLossError, match="cannot unpack"):
            get_file("evil", archive.as_uri(), untar=True)
        assert not (tmp_path / "home" / "datasets" / "evil").exists()
    assert not Path("/tmp/caudal-evil.txt").exists()
    assert not list(tmp_path.rglob("evil.txt"))


LINK, HARD = tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.mark.parametrize(
    "members",
    [
        [("../evil.txt", HARD, "a.txt")],
        [("in", LINK, ".."), ("in/evil.txt", None, "")],
        [("deep/in", LINK, "."), ("deep/in/evil.txt", None, "")],
        [("d" * 200 + "/x", None, ""), ("s", LINK, "d" * 200), ("s/l", LINK, "../../..")],
        [("s", LINK, "."), ("out", LINK, "s/../..")],
        [("s", LINK, "a.txt"), ("s", None, "")],
        [("s", LINK, "."), ("h", HARD, "s/a.txt")],
    ],
)
def test_get_file_goes_through_no_links(site, tmp_path, members):
    archive = site / "evil.tar"
    with tarfile.open(archive, "w") as tar:
        for name, kind, target in [("a.txt", None, ""), *members]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind or tarfile.REGTYPE, target
            tar.addfile(info)
    with pytest.raises(DataLossError, match="cannot unpack"):
        get_file("evil", archive.as_uri(), untar=True)
    assert not list(tmp_path.rglob("evil.txt")) and not list(tmp_path.rglob("out"))


def test_get_file_keeps_links_inside(site):
    archive = site / "links.tar"
    with tarfile.open(archive, "w") as tar:
        for name, kind, target in [("d/a", None, ""), ("d/b", LINK, "a"), ("c", LINK, "d/b")]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind or tarfile.REGTYPE, target
            tar.addfile(info)
    folder = Path(get_file("links", archive.as_uri(), untar=True))
    assert (folder / "c").is_symlink() and (folder / "c").read_bytes() == b""


def test_get_file_of_no_archive(site):
    (site / "a.txt").write_text("hola")
    with pytest.raises(DataLossError, match="to be an archive"):
        get_file("a", (site / "a.txt").as_uri(), extract=True)


@pytest.mark.parametrize(
    "arguments",
    [
        {"fname": "x"},
        {"fname": "a/b", "origin": "https://example.org/x"},
        {"origin": "https://example.org/"},
    ],
)
def test_get_file_wrong_arguments(site, arguments):
    with pytest.raises(InvalidArgumentError):
        get_file(**arguments)


def test_get_file_wrong_hash_algorithm(site):
    (site / "a.txt").write_text("hola")
    with pytest.raises(InvalidArgumentError, match="crc32"):
        get_file("a.txt", (site / "a.txt").as_uri(), file_hash="0", hash_algorithm="crc32")
