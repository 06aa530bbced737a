"""Training where Keras's own tests found a difference (tools/conformance.py)."""

import contextlib

import numpy as np
import pytest

from caudal.data import Dataset
from caudal.errors import CaudalWarning
from caudal.keras import Sequential, callbacks, layers
from caudal.keras.utils import Progbar, PyDataset

X, Y = np.ones((100, 4), "float32"), np.ones((100, 1), "float32")


def model(**compiled):
    found = Sequential([layers.Input((4,)), layers.Dense(1, kernel_initializer="ones")])
    found.compile("sgd", "mse", **compiled)
    return found


class Numbers(callbacks.Callback):
    """The numbers that batch hooks are called with, one list for each epoch."""

    def __init__(self):
        super().__init__()
        self.begun, self.ended = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.begun.append([])
        self.ended.append([])

    def on_train_batch_begin(self, batch, logs=None):
        self.begun[-1].append(batch)

    def on_train_batch_end(self, batch, logs=None):
        self.ended[-1].append(batch)


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("group, begun", [(1, [*range(7)]), (3, [0, 3, 6]), (101, [0])])
def test_hooks_of_several_steps_per_execution(group, begun, eager):
    seen = Numbers()
    trained = model(steps_per_execution=group, run_eagerly=eager)
    # 100 rows are 6 batches of 16 and one of 4.
    trained.fit(X, Y, batch_size=16, epochs=2, callbacks=[seen], verbose=0)
    assert seen.begun == [begun, begun]
    assert seen.ended == [[first + group - 1 for first in begun]] * 2
    other = model()
    other.fit(X, Y, batch_size=16, epochs=2, verbose=0)
    np.testing.assert_allclose(trained.get_weights()[0], other.get_weights()[0], rtol=1e-5)


@pytest.mark.parametrize("eager", [False, True])
def test_epochs_shorter_than_a_pass_go_on_in_it(eager):
    seen = Numbers()
    trained = model(run_eagerly=eager)
    with pytest.warns(CaudalWarning, match="ran out after 1 of 6 steps"):
        trained.fit(X, Y, batch_size=16, epochs=4, steps_per_epoch=6, callbacks=[seen], verbose=0)
    assert [len(numbers) for numbers in seen.begun] == [6, 1, 6, 1]
    halves = Numbers()
    model().fit(X[:64], Y[:64], batch_size=16, epochs=4, steps_per_epoch=2, callbacks=[halves])
    assert [len(numbers) for numbers in halves.begun] == [2, 2, 2, 2]


def test_every_row_is_seen_once_in_a_pass_of_several_epochs():
    rows = np.arange(12, dtype="float32")[:, None]
    seen = []

    class Kept(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(logs["loss"])

    trained = Sequential([layers.Input((1,)), layers.Rescaling(1.0)])
    trained.compile("sgd", loss=lambda y, p: p)
    trained.fit(rows, rows, batch_size=1, epochs=6, steps_per_epoch=2, callbacks=[Kept()])
    # The loss of an epoch is a mean over its batches.
    firsts, seconds = seen[::2], [2 * b - a for a, b in zip(seen[::2], seen[1::2], strict=True)]
    np.testing.assert_allclose(sorted([*firsts, *seconds]), np.arange(12.0), atol=1e-5)


class Endless(PyDataset):
    def __init__(self, count):
        super().__init__()
        self.count = count

    @property
    def num_batches(self):
        return self.count

    def __getitem__(self, index):
        return X[:5], Y[:5]


def test_datasets_that_name_their_number_of_batches():
    seen = Numbers()
    model().fit(Endless(4), epochs=2, callbacks=[seen], verbose=0)
    assert [len(numbers) for numbers in seen.begun] == [4, 4]
    assert len(Endless(4)) == 4
    endless = Numbers()
    model().fit(Endless(None), steps_per_epoch=3, callbacks=[endless], verbose=0)
    assert endless.begun == [[0, 1, 2]]
    with pytest.raises(TypeError, match="no end"):
        len(Endless(None))


@pytest.mark.parametrize("what", ["evaluating", "predicting"])
def test_callbacks_may_stop_what_has_no_end(what):
    class Stopper(callbacks.Callback):
        calls = 0

        def on_test_batch_end(self, batch, logs=None):
            self.calls += 1
            setattr(self.model, f"stop_{what}", self.calls == 5)

        on_predict_batch_end = on_test_batch_end

    def endless():
        while True:
            yield (X[:2], Y[:2])

    stopper = Stopper()
    run = model().evaluate if what == "evaluating" else model().predict
    run(endless(), callbacks=[stopper], verbose=0)
    assert stopper.calls == 5


def test_a_generator_that_is_used_up_ends_the_later_epochs():
    with pytest.warns(CaudalWarning, match="ran out"):
        model().fit(((X[:5], Y[:5]) for _ in range(3)), epochs=2, verbose=0)


def test_a_generator_ends_before_the_epochs_do():
    def batches(count=3):
        yield from [(X[:4], Y[:4])] * count

    # The first batch makes the weights.
    found = Sequential([layers.Dense(1)])
    found.compile("sgd", "mse")
    with pytest.warns(CaudalWarning, match="ran out after 2 of all"):
        history = found.fit(batches(), epochs=3, verbose=0)
    assert len(history.history["loss"]) == 3
    for use in (found.fit, found.evaluate, found.predict):
        with pytest.raises(ValueError, match="no batch at all"):
            use(batches(0), verbose=0)


class Counted(callbacks.Callback):
    """The losses of an identity under "mae": the means of the numbers of the batches seen."""

    def on_train_begin(self, logs=None):
        self.train, self.held_out = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.train.append(round(logs["loss"], 4))
        self.held_out.append(round(logs.get("val_loss", -1.0), 4))


def counted_batches(count):
    return ((np.full((4, 1), i, "float32"), np.zeros((4, 1), "float32")) for i in range(count))


def fit_counted(**arguments):
    ones = layers.Dense(1, kernel_initializer="ones", trainable=False)
    found = Sequential([layers.Input((1,)), ones])
    found.compile("sgd", "mae")
    seen = Counted()
    found.fit(**arguments, callbacks=[seen], verbose=0)
    return seen


# Recorded from Keras 3.15: a pass over a generator gives its first two batches again.
@pytest.mark.parametrize(
    "count, steps, losses",
    [
        (5, None, [2.0, 0.5, 0.5]),
        (3, 2, [0.5, 2.0, 0.5, 0.0, 0.5, 0.0]),
        (4, 2, [0.5, 2.5, 0.0, 0.5, 0.0]),
        (6, 4, [1.5, 4.5, 0.5, 0.5, 0.5]),
    ],
)
@pytest.mark.filterwarnings("ignore:the data ran out")
def test_later_passes_over_a_generator(count, steps, losses):
    seen = fit_counted(x=counted_batches(count), steps_per_epoch=steps, epochs=len(losses))
    assert seen.train == losses


@pytest.mark.parametrize(
    "count, steps, losses, warned",
    [
        (5, None, [2.0, 0.5, 0.5], "after 2 of all"),
        (1, 3, [0.0, 0.0, 0.0], "after 1 of 3"),
        (2, 2, [0.5, 0.5, 0.5], None),
        (30, 3, [1.0, 1.3333, 1.6667], None),
    ],
)
def test_every_epoch_validates_on_a_generator(count, steps, losses, warned):
    data = {"x": X[:4, :1], "y": Y[:4], "validation_data": counted_batches(count)}
    with contextlib.ExitStack() as context:
        if warned:
            context.enter_context(pytest.warns(CaudalWarning, match=warned))
        seen = fit_counted(**data, validation_steps=steps, epochs=3)
    assert seen.held_out == losses


def test_every_validation_begins_a_dataset_anew():
    numbers = np.repeat(np.arange(5, dtype="float32"), 4)[:, None]
    held_out = Dataset.from_tensor_slices((numbers, 0 * numbers)).batch(4)
    data = {"x": X[:4, :1], "y": Y[:4], "validation_data": held_out}
    assert fit_counted(**data, validation_steps=3, epochs=3).held_out == [1.0, 1.0, 1.0]


def test_a_progress_bar_ends_with_the_last_values(capsys):
    bar = Progbar(3, verbose=2)
    for step, value in enumerate([0.0, 5.0, 2.0]):
        bar.update(step + 1, [("value", value)])
    assert capsys.readouterr().out.endswith("value: 2.0000\n")
    bar = Progbar(3, verbose=2)
    bar.update(1, [("value", 1.0)])
    bar.update(2, [("value", 2.0)], finalize=True)
    assert capsys.readouterr().out.endswith("value: 2.0000\n")
