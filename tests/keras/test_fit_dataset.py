"""fit on datasets: the row-picking kind runs over arrays and gives the same numbers."""

import numpy as np
import pytest

from caudal import keras
from caudal.data import Dataset
from caudal.errors import InvalidArgumentError

RNG = np.random.default_rng(0)
X = RNG.standard_normal((70, 6)).astype("float32")
Y = RNG.integers(0, 3, 70)

PIPELINES = {
    "plain": lambda d: d.batch(16),
    "shuffled": lambda d: d.shuffle(100, seed=2).batch(16).prefetch(2),
    "a part": lambda d: d.skip(3).take(40).shuffle(7, seed=1).batch(16),
    "whole batches": lambda d: d.shuffle(100, seed=3).batch(16, drop_remainder=True),
    "a large batch": lambda d: d.batch(1000),
    "twice": lambda d: d.take(20).repeat(2).batch(16),
}


def history(dataset, validation):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    return model.fit(dataset, epochs=3, validation_data=validation, verbose=0).history


@pytest.mark.parametrize("name", PIPELINES)
def test_view_and_stream_give_the_same(name):
    def dataset():
        # An order follows from its own seed and the global one when the dataset is made.
        keras.utils.set_random_seed(1)
        return PIPELINES[name](Dataset.from_tensor_slices((X, Y)))

    validation = Dataset.from_tensor_slices((X[:30], Y[:30])).batch(8)
    assert dataset().array_view() is not None
    fast = history(dataset(), validation)
    slow = history(dataset().map(lambda x, y: (x, y)), validation.map(lambda x, y: (x, y)))
    assert fast == slow
    assert len(fast["val_loss"]) == 3


def test_a_bad_label_is_named_by_its_row():
    labels = Y.copy()
    labels[37] = 9
    dataset = Dataset.from_tensor_slices((X, labels)).shuffle(100, seed=0).batch(16)
    with pytest.raises(InvalidArgumentError, match="row 37"):
        history(dataset, None)
