"""The examples on real data reach the accuracy that real Keras reaches. Minutes: run with -m slow.

Data: the folder ``shared/data`` beside the repository, or Keras's own cache (``KERAS_HOME``,
``~/.keras``). Nothing is downloaded. Measured results stand in docs/performance.md.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from caudal.keras import datasets
from caudal.keras.utils.get_file import keras_home

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"

pytestmark = [
    pytest.mark.slow,
    # A repacked container of the same arrays differs from Keras's file in its hash.
    pytest.mark.filterwarnings("ignore::caudal.errors.CaudalWarning"),
]


def example(name):
    """A module of examples/, which share their models with these tests."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(monkeypatch):
    """Where the loaders look: the shared folder where there is one, else Keras's own."""
    if (DATA / "keras" / "datasets").is_dir():
        monkeypatch.setenv("KERAS_HOME", str(DATA / "keras"))
    return keras_home() / "datasets"


@pytest.fixture
def mnist(folder):
    if not (folder / "mnist.npz").is_file():
        pytest.skip(f"needs {folder / 'mnist.npz'}")
    return datasets.mnist.load_data()


@pytest.fixture
def fashion(folder):
    wanted = folder / "fashion-mnist"
    if len(list(wanted.glob("*.gz"))) < 4:
        pytest.skip(f"needs the four files of Fashion-MNIST in {wanted}")
    return datasets.fashion_mnist.load_data()


@pytest.fixture
def cifar():
    file = DATA / "cifar10_subset.npz"
    if not file.is_file():
        pytest.skip(f"needs {file}")
    with np.load(file) as arrays:
        return tuple((arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test"))


def test_mnist_mlp(mnist):
    """Real Keras, three seeds: 97.5 to 97.7 %."""
    _, accuracy = example("mnist_mlp").train(mnist, epochs=5)
    assert accuracy >= 0.973


def test_fashion_mlp(fashion):
    _, _, accuracy = example("fashion_mlp").train(fashion, epochs=10)
    assert accuracy >= 0.87


def test_subclassed_cnn(mnist):
    assert example("subclassed_cnn").train(mnist, epochs=3) >= 0.98


def test_autoencoder(mnist):
    """Real Keras: 0.096."""
    encoder, losses = example("autoencoder").train(mnist, epochs=10)
    assert losses[-1] <= 0.098
    codes = encoder.predict(mnist[1][0][:7].reshape(-1, 784) / 255.0, verbose=0)
    assert codes.shape == (7, 32)
    assert codes.min() >= 0 and codes.std(0).max() > 0


def test_cifar_cnn(cifar):
    """The subset of 10000 photographs: it learns, far above the 10 % of guessing."""
    history = example("cifar_cnn").train(cifar, epochs=4)
    assert (np.diff(history["loss"]) < 0).all(), history["loss"]
    assert history["val_accuracy"][-1] >= 0.4


def test_imdb_text(folder):
    """Real Keras: 86.1 %. Prints what an epoch of 22500 reviews took."""
    if not (folder / "imdb.npz").is_file():
        pytest.skip(f"needs {folder / 'imdb.npz'}")
    text = example("imdb_text")
    accuracy, seconds = text.train(datasets.imdb.load_data(num_words=text.WORDS))
    print(f"\nimdb_text: test accuracy {accuracy:.4f}, {seconds:.2f} s an epoch")
    assert accuracy >= 0.84
