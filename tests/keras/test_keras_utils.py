import random

import numpy as np
import pytest

from caudal import keras
from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.keras import utils


def test_to_categorical():
    np.testing.assert_array_equal(utils.to_categorical([0, 2, 1]), np.eye(3)[[0, 2, 1]])
    assert utils.to_categorical([[1], [0]], num_classes=4).shape == (2, 4)
    assert utils.to_categorical([[1, 0], [0, 1]]).shape == (2, 2, 2)
    with pytest.raises(InvalidArgumentError, match="label 3 at position 1"):
        utils.to_categorical([0, 3], num_classes=3)
    with pytest.raises(InvalidArgumentError, match="integer labels"):
        utils.to_categorical(["a"])


def test_normalize():
    found = utils.normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
    np.testing.assert_allclose(found, [[0.6, 0.8], [0.0, 0.0]])
    np.testing.assert_allclose(utils.normalize(np.array([[1.0, 3.0]]), order=1), [[0.25, 0.75]])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[0, 0, 1], [2, 3, 4]]),
        ({"maxlen": 2}, [[0, 1], [3, 4]]),
        ({"maxlen": 2, "truncating": "post"}, [[0, 1], [2, 3]]),
        ({"padding": "post", "value": 9}, [[1, 9, 9], [2, 3, 4]]),
        ({"maxlen": 4, "padding": "post"}, [[1, 0, 0, 0], [2, 3, 4, 0]]),
    ],
)
def test_pad_sequences(options, expected):
    found = utils.pad_sequences([[1], [2, 3, 4]], **options)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.int32


def test_pad_sequences_of_vectors_and_mistakes():
    found = utils.pad_sequences([[[1, 2]], [[3, 4], [5, 6]]], dtype="float32")
    assert found.shape == (2, 2, 2)
    assert found[0].tolist() == [[0, 0], [1, 2]]
    with pytest.raises(InvalidArgumentError, match="padding must be"):
        utils.pad_sequences([[1]], padding="before")
    with pytest.raises(InvalidArgumentError, match="element 1 is no sequence"):
        utils.pad_sequences([[1], 2])


def test_one_seed_for_everything():
    found = []
    for _ in range(2):
        utils.set_random_seed(7)
        layer = keras.layers.Dense(3)
        layer.build((None, 4))
        found.append((random.random(), np.random.random(), layer.get_weights()[0].tolist()))
    assert found[0] == found[1]
    with pytest.raises(InvalidArgumentError, match="expected an integer"):
        utils.set_random_seed("seed")


def test_py_dataset_needs_its_methods():
    with pytest.raises(InvalidArgumentError, match="must define __len__"):
        len(utils.PyDataset())
    with pytest.warns(CaudalWarning, match="use_multiprocessing"):
        utils.Sequence(use_multiprocessing=True)


def test_progress_bar_averages_what_is_not_stateful(capsys):
    bar = utils.Progbar(2, stateful_metrics=["last"])
    bar.update(1, [("loss", 1.0), ("last", 1.0)])
    bar.update(2, [("loss", 2.0), ("last", 2.0)], finalize=False)
    bar.update(2, finalize=True)
    out = capsys.readouterr().out
    assert out.endswith(" - loss: 1.5000 - last: 2.0000\n")


def test_progress_bar_of_unknown_length(capsys):
    bar = utils.Progbar(None)
    bar.add(3, [("loss", 1.0)])
    assert capsys.readouterr().out == ""
    bar.update(3, [("loss", 1.0)], finalize=True)
    assert capsys.readouterr().out.startswith("      3/Unknown ")


def test_unpacking_batches():
    assert utils.unpack_x_y_sample_weight(1) == (1, None, None)
    assert utils.unpack_x_y_sample_weight([1, 2]) == (1, 2, None)
    assert utils.pack_x_y_sample_weight(1) == 1
    assert utils.pack_x_y_sample_weight(1, 2, 3) == (1, 2, 3)
    with pytest.raises(InvalidArgumentError, match="a tuple of 4 parts"):
        utils.unpack_x_y_sample_weight((1, 2, 3, 4))
