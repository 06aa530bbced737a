import io
import re
import threading
from contextlib import redirect_stdout

import numpy as np
import pytest
from golden import GOLDEN

from caudal import keras, ops
from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.framework import GradientTape
from caudal.keras import layers

RNG = np.random.default_rng(0)
X = np.round(RNG.normal(size=(10, 4)), 2).astype("float32")
Y = np.array([0, 1, 2, 1, 0, 2, 2, 1, 0, 1])
WEIGHTS = np.array([1, 2, 0, 1, 0.5, 1, 1, 3, 1, 1], "float32")


def fixed_weights(model):
    rng = np.random.default_rng(1)
    shapes = [value.shape for value in model.get_weights()]
    model.set_weights(
        [np.round(rng.normal(size=shape) * 0.5, 2).astype("float32") for shape in shapes]
    )
    return model


def network(activation="softmax", units=3, regularizer=None):
    return fixed_weights(
        keras.Sequential(
            [
                keras.Input((4,)),
                layers.Dense(5, activation="tanh", kernel_regularizer=regularizer),
                layers.Dense(units, activation=activation),
            ]
        )
    )


def agrees(name, model, history):
    golden = GOLDEN["fits"][name]
    assert list(history.history) == list(golden["history"])
    for key, values in golden["history"].items():
        np.testing.assert_allclose(history.history[key], values, rtol=1e-5, atol=2e-6, err_msg=key)
    np.testing.assert_allclose(model.get_weights()[0][0], golden["kernel"], rtol=1e-5, atol=2e-6)
    np.testing.assert_allclose(model.get_weights()[-1], golden["bias"], rtol=1e-5, atol=2e-6)


# --- the same numbers as Keras ----------------------------------------------------------------


def test_fit_with_validation_split():
    model = network()
    adam = keras.optimizers.Adam(0.01)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        X, Y, epochs=2, batch_size=4, shuffle=False, verbose=0, validation_split=0.3
    )
    agrees("plain", model, history)
    expected = GOLDEN["fits"]["plain"]["evaluate"][0]
    np.testing.assert_allclose(model.evaluate(X, Y, verbose=0), expected, rtol=1e-5)


@pytest.mark.parametrize("eager", [False, True])
def test_fit_with_sample_weight(eager):
    model = network()
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        "sparse_categorical_crossentropy",
        metrics=["acc"],
        weighted_metrics=["accuracy"],
        run_eagerly=eager,
    )
    options = {"epochs": 2, "batch_size": 4, "shuffle": False, "verbose": 0}
    agrees("sample_weight", model, model.fit(X, Y, sample_weight=WEIGHTS, **options))
    found = model.evaluate(X, Y, verbose=0, sample_weight=WEIGHTS)
    expected = GOLDEN["fits"]["sample_weight"]["evaluate"][0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_fit_with_class_weight():
    model = network()
    model.compile(
        "rmsprop",
        "categorical_crossentropy",
        metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=2, name="top2"), "mse"],
    )
    options = {"epochs": 2, "batch_size": 3, "shuffle": False, "verbose": 0}
    class_weight = {0: 1.0, 1: 2.0, 2: 0.5}
    history = model.fit(X, np.eye(3)[Y], class_weight=class_weight, **options)
    agrees("class_weight", model, history)


def test_fit_with_regularizer_and_sparse_validation():
    model = network("sigmoid", 1, keras.regularizers.L2(0.01))
    auc = keras.metrics.AUC(name="auc")
    model.compile("adam", "binary_crossentropy", metrics=["accuracy", auc])
    y = (Y == 1).astype(int)
    history = model.fit(
        X,
        y,
        epochs=3,
        batch_size=5,
        shuffle=False,
        verbose=0,
        validation_data=(X[:3], y[:3]),
        validation_freq=2,
    )
    agrees("binary", model, history)


def two_outputs():
    inputs = keras.Input((4,), name="inp")
    hidden = layers.Dense(3, activation="tanh")(inputs)
    a = layers.Dense(1, name="a")(hidden)
    b = layers.Dense(3, activation="softmax", name="b")(hidden)
    model = fixed_weights(keras.Model(inputs, [a, b]))
    model.compile(
        keras.optimizers.SGD(0.05),
        loss={"a": "mse", "b": "sparse_categorical_crossentropy"},
        loss_weights={"a": 0.5, "b": 2.0},
        metrics={"a": ["mae"], "b": ["accuracy"]},
    )
    return model


def test_fit_with_two_outputs():
    model = two_outputs()
    y = {"a": X[:, :1], "b": Y}
    history = model.fit(X, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
    agrees("two_outputs", model, history)
    expected = [2.574504, 0.600684, 1.137081, 0.530902, 0.4]
    np.testing.assert_allclose(model.evaluate(X, y, verbose=0), expected, rtol=1e-5)
    found = model.evaluate(X, [X[:, :1], Y], verbose=0, return_dict=True)
    assert found["b_loss"] == pytest.approx(1.137081, rel=1e-5)
    predictions = model.predict(X, verbose=0)
    assert [part.shape for part in predictions] == [(10, 1), (10, 3)]


def test_single_batches():
    model = network(None, 2)
    model.compile("sgd", "mse")
    losses = [model.train_on_batch(X, X[:, :2]) for _ in range(2)]
    np.testing.assert_allclose(losses, [0.606291, 0.595669], rtol=1e-5)
    assert model.test_on_batch(X, X[:, :2]) == pytest.approx(0.585485, rel=1e-5)
    assert model.test_on_batch(X, X[:, :2], return_dict=True) == {
        "loss": pytest.approx(0.585485, rel=1e-5)
    }
    assert model.predict_on_batch(X).shape == (10, 2)


# --- the loops --------------------------------------------------------------------------------


def trained(x, y=None, **options):
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, verbose=0, **options)
    return history.history, model.get_weights()


def assert_same(found, expected):
    for key, values in expected[0].items():
        np.testing.assert_allclose(found[0][key], values, rtol=1e-6, err_msg=key)
    for a, b in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def batches():
    for begin in range(0, 10, 4):
        yield X[begin : begin + 4], Y[begin : begin + 4]


class Batches(keras.utils.PyDataset):
    ended = 0

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return list(batches())[index]

    def on_epoch_end(self):
        self.ended += 1


def forever():
    while True:
        yield from batches()


def test_every_kind_of_data_trains_alike():
    expected = trained(X, Y, epochs=2, batch_size=4, shuffle=False)
    data = Batches()
    assert_same(trained(data, epochs=2), expected)
    assert data.ended == 2
    assert_same(trained(forever(), epochs=2, steps_per_epoch=3), expected)
    assert_same(
        trained(X.astype("float64"), Y.tolist(), epochs=2, batch_size=4, shuffle=False), expected
    )
    fortran = np.asfortranarray(X)
    assert_same(trained(fortran, Y, epochs=2, batch_size=4, shuffle=False), expected)


def test_a_batch_hook_changes_nothing_but_sees_every_batch():
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append((batch, logs["loss"]))

    expected = trained(X, Y, epochs=2, batch_size=4, shuffle=False)
    found = trained(X, Y, epochs=2, batch_size=4, shuffle=False, callbacks=[Watch()])
    assert_same(found, expected)
    assert [batch for batch, _ in seen] == [0, 1, 2, 0, 1, 2]
    assert seen[2][1] == pytest.approx(expected[0]["loss"][0], rel=1e-6)


def test_datasets_train_alike():
    from caudal.data import Dataset

    expected = trained(X, Y, epochs=2, batch_size=4, shuffle=False)
    data = Dataset.from_tensor_slices((X, Y)).batch(4).prefetch(2)
    assert_same(trained(data, epochs=2), expected)
    model = network()
    np.testing.assert_allclose(
        model.predict(data, verbose=0), model.predict(X, verbose=0), rtol=1e-6
    )


def test_bytes_become_floats():
    x = (np.abs(X) * 50).astype("uint8")
    expected = trained(x.astype("float32"), Y, epochs=1, shuffle=False)
    assert_same(trained(x, Y, epochs=1, shuffle=False), expected)


def test_shuffling_is_fixed_by_the_seed():
    found = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        found.append(trained(X, Y, epochs=2, batch_size=2)[1][0])
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_shuffling_sees_every_row_once():
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False)])
    model.set_weights([np.zeros((1, 1), "float32")])
    model.compile(keras.optimizers.SGD(1.0), "mse", metrics=[])
    x = np.ones((7, 1), "float32")
    y = np.arange(7, dtype="float32")[:, None]
    history = model.fit(x, y, batch_size=7, epochs=1, verbose=0)
    # One batch of all rows: w = 2 * mean(y), the loss is the mean of the squares.
    np.testing.assert_allclose(model.get_weights()[0], [[6.0]], rtol=1e-6)
    np.testing.assert_allclose(history.history["loss"], [13.0], rtol=1e-6)


def test_a_later_epoch_knows_how_many_steps_a_call_may_do(monkeypatch):
    from caudal.keras.training import loops, programs

    sizes = []
    run = programs.Program.run
    monkeypatch.setattr(
        programs.Program, "run", lambda self, x, n=1: (sizes.append(n), run(self, x, n))[1]
    )
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy")
    monkeypatch.setattr(loops, "SECONDS_PER_CALL", 1e6)
    for _ in range(2):
        model.fit(X, Y, batch_size=1, verbose=0)
    assert sizes == [1, 8, 1, 10], "one step to begin with, eight times more, then all at once"
    monkeypatch.setattr(loops, "SECONDS_PER_CALL", 0.0)
    model.fit(X, Y, batch_size=1, verbose=0, epochs=2)
    assert sizes[4:] == [10, *[1] * 10]


def test_steps_per_epoch_on_arrays():
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X, Y, batch_size=4, steps_per_epoch=2, verbose=0)
    assert int(model.optimizer.iterations) == 2
    # Ten rows are three batches: as in Keras, an epoch ends with them.
    with pytest.warns(CaudalWarning, match="ran out after 3 of 7 steps"):
        model.fit(X, Y, batch_size=4, steps_per_epoch=7, verbose=0)
    assert int(model.optimizer.iterations) == 5


def test_initial_epoch_and_history():
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy")
    history = model.fit(X, Y, epochs=5, initial_epoch=3, verbose=0)
    assert history.epoch == [3, 4]
    assert model.history is history
    assert history.params["epochs"] == 5


def test_data_that_runs_out_warns():
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.warns(CaudalWarning, match="ran out after 3 of 5 steps"):
        model.fit(batches(), steps_per_epoch=5, verbose=0)


def test_an_error_in_a_generator_comes_through():
    def broken():
        yield X[:4], Y[:4]
        raise KeyError("lost")

    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(KeyError, match="lost"):
        model.fit(broken(), verbose=0)
    assert not [t for t in threading.enumerate() if t.name == "caudal-prefetch" and t.is_alive()]


def test_interrupt_keeps_history_and_model():
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=5, verbose=0, callbacks=[Interrupt()])
    assert len(model.history.history["loss"]) == 2
    assert model.predict(X, verbose=0).shape == (10, 3)
    model.fit(X, Y, verbose=0)


# --- own steps --------------------------------------------------------------------------------


class Custom(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)
        self.total = keras.metrics.Mean(name="total")

    def call(self, inputs):
        return self.dense(inputs)

    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y, self(x))
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        self.total.update_state(loss)
        return {"total": self.total.result()}


def test_own_train_step():
    model = Custom()
    model.compile(keras.optimizers.SGD(0.1))
    history = model.fit(X, Y, epochs=20, batch_size=5, verbose=0)
    totals = history.history["total"]
    assert list(history.history) == ["total"]
    assert totals[-1] < totals[0]
    assert int(model.optimizer.iterations) == 40


def test_own_train_step_in_the_manner_of_keras_2():
    class Old(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3, activation="softmax")

        def call(self, inputs):
            return self.dense(inputs)

        def train_step(self, data):
            x, y = data
            with GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
            self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
            self.compiled_metrics.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    model = Old()
    with pytest.warns(CaudalWarning, match="third argument is loss_weights"):
        model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", ["accuracy"])
    history = model.fit(X, Y, epochs=5, batch_size=5, verbose=0).history
    assert list(history) == ["accuracy", "loss"]
    assert history["loss"][-1] < history["loss"][0]


def test_a_model_that_changes_is_traced_again():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    for _ in range(2):
        assert model.predict(X[:1], verbose=0).shape == (1, 3)
    model.add(layers.Activation("softmax"))
    for _ in range(2):
        assert model.predict(X[:1], verbose=0).sum() == pytest.approx(1.0)
    model.pop()
    model.add(layers.Dense(2))
    assert model.predict(X[:1], verbose=0).shape == (1, 2)


def test_own_compute_loss_and_metrics():
    class Doubled(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, inputs, training=False):
            return self.dense(inputs)

        def compute_loss(self, x, y, y_pred, sample_weight):
            return 2.0 * keras.losses.SparseCategoricalCrossentropy(from_logits=True)(y, y_pred)

    keras.utils.set_random_seed(0)
    model = Doubled()
    model.compile("sgd", metrics=["accuracy"])
    loss, accuracy = model.evaluate(X, Y, verbose=0)
    logits = model.predict(X, verbose=0)
    expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(Y, logits)
    assert loss == pytest.approx(2 * float(expected), rel=1e-5)
    assert accuracy == pytest.approx((logits.argmax(1) == Y).mean())


def test_frozen_layers_stay():
    model = network()
    model.layers[0].trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    after = model.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])


def test_loss_that_is_a_function():
    def cubed(y_true, y_pred):
        return (y_pred - y_true) ** 3.0

    def bias(y_true, y_pred):
        return y_pred - y_true

    model = network(None, 2)
    model.compile("sgd", cubed, metrics=[bias])
    found = model.evaluate(X, X[:, :2], verbose=0, return_dict=True)
    error = model.predict(X, verbose=0) - X[:, :2]
    assert found["loss"] == pytest.approx(float((error**3).mean()), rel=1e-4, abs=1e-6)
    assert found["bias"] == pytest.approx(float(error.mean()), rel=1e-4, abs=1e-6)


# --- predict ----------------------------------------------------------------------------------


def test_predict_in_batches_and_alone():
    model = network()
    x = np.random.default_rng(2).normal(size=(700, 4)).astype("float32")
    whole = model.predict(x, verbose=0)
    assert whole.shape == (700, 3)
    np.testing.assert_allclose(whole.sum(axis=1), 1.0, rtol=1e-5)
    for _ in range(3):
        np.testing.assert_allclose(model.predict(x[5:6], verbose=0), whole[5:6], rtol=1e-5)
    np.testing.assert_allclose(
        model.predict(x[:64], batch_size=7, verbose=0), whole[:64], rtol=1e-5
    )
    first = model.predict(x[:1], verbose=0)
    second = model.predict(x[1:2], verbose=0)
    np.testing.assert_allclose(first, whole[:1], rtol=1e-5)
    np.testing.assert_allclose(second, whole[1:2], rtol=1e-5)


def test_predict_of_many_lengths_needs_few_programs():
    model = network()
    x = np.random.default_rng(2).normal(size=(300, 4)).astype("float32")
    whole = model.predict(x, verbose=0)
    for rows in range(40, 300, 7):
        found = model.predict(x[:rows], verbose=0)
        np.testing.assert_allclose(found, whole[:rows], rtol=1e-5)
    assert len(model._training.predictor._programs) <= 9


def test_predict_sees_new_weights():
    model = network()
    before = model.predict(X[:1], verbose=0)
    before = model.predict(X[:1], verbose=0)
    model.set_weights([value * 0 for value in model.get_weights()])
    np.testing.assert_allclose(model.predict(X[:1], verbose=0), [[1 / 3] * 3], rtol=1e-6)
    assert not np.allclose(before, 1 / 3)


def test_predict_of_a_tuple_of_numbers():
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
    model.set_weights([np.array([[2.0]]), np.array([1.0])])
    np.testing.assert_allclose(model.predict((-1, 0, 1), verbose=0), [[-1.0], [1.0], [3.0]])


def test_predict_batch_hooks():
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            seen.append((batch, logs["outputs"].shape))

    network().predict(X, batch_size=4, verbose=0, callbacks=[Watch()])
    assert seen == [(0, (4, 3)), (1, (4, 3)), (2, (2, 3))]


# --- what is printed --------------------------------------------------------------------------


def printed(call):
    text = io.StringIO()
    with redirect_stdout(text):
        call()
    return re.sub(r"\d+s \d+(us|ms|s)/step|- \d+s - \d+(us|ms|s)/step", "TIME", text.getvalue())


def test_lines_of_fit_in_a_plain_log():
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    options = {"batch_size": 4, "validation_data": (X, Y)}
    lines = printed(lambda: model.fit(X, Y, epochs=2, **options)).splitlines()
    assert lines[0] == "Epoch 1/2" and lines[2] == "Epoch 2/2"
    number = r"\d\.\d{4}"
    assert re.fullmatch(
        f"3/3 {'━' * 20} TIME - accuracy: {number} - loss: {number} "
        f"- val_accuracy: {number} - val_loss: {number}",
        lines[1],
    )
    assert len(lines) == 4
    lines = printed(lambda: model.fit(X, Y, verbose=2, **options)).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("3/3 TIME - accuracy: ")
    assert printed(lambda: model.fit(X, Y, verbose=0)) == ""


def test_lines_of_evaluate_and_predict():
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert re.fullmatch(
        f"1/1 {'━' * 20} TIME - loss: \\d\\.\\d{{4}}\n", printed(lambda: model.evaluate(X, Y))
    )
    assert printed(lambda: model.predict(X)) == f"1/1 {'━' * 20} TIME\n"


# --- configuration ----------------------------------------------------------------------------


def test_compile_configuration():
    model = network()
    model.compile(
        keras.optimizers.Adam(0.5),
        keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy", keras.metrics.Precision(name="p")],
    )
    config = model.get_compile_config()
    other = network()
    other.compile_from_config(config)
    assert float(other.optimizer.learning_rate) == 0.5
    assert isinstance(other.loss, keras.losses.SparseCategoricalCrossentropy)
    assert other.get_compile_config() == config


def test_metrics_names():
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["acc"])
    model.fit(X, Y, verbose=0)
    assert model.metrics_names == ["loss", "acc"]
    with pytest.raises(InvalidArgumentError, match="Write metrics="):
        model.compile("sgd", "mse", metrics=len)


def test_interrupt_ends_the_line_that_is_being_drawn(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                raise KeyboardInterrupt

    text = Terminal()
    monkeypatch.setattr("sys.stdout", text)
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, batch_size=2, callbacks=[Interrupt()])
    assert text.getvalue().startswith("\r\x1b[1m1/5\x1b[0m \x1b[32m")
    assert text.getvalue().endswith("\n")


def test_data_frames():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({f"c{i}": X[:, i] for i in range(4)})
    expected = trained(X, Y, epochs=1, shuffle=False)
    assert_same(trained(frame, pandas.Series(Y), epochs=1, shuffle=False), expected)
    frame["c0"] = frame["c0"] > 0
    positive = np.concatenate([X[:, :1] > 0, X[:, 1:]], axis=1)
    expected = trained(positive, Y, epochs=1, shuffle=False)
    assert_same(trained(frame, Y, epochs=1, shuffle=False), expected)


def test_own_train_step_that_updates_the_metrics_itself():
    class Own(keras.Model):
        def train_step(self, data):
            x, y = data
            with GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=y_pred)
            self.optimizer.apply(
                tape.gradient(loss, self.trainable_variables), self.trainable_variables
            )
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    inputs = keras.Input((4,))
    model = Own(inputs, layers.Dense(3, activation="softmax")(inputs))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    assert [metric.name for metric in model.metrics] == ["loss", "compile_metrics"]
    history = model.fit(X, Y, epochs=2, verbose=0).history
    assert sorted(history) == ["accuracy", "loss"]
    assert 0 <= history["accuracy"][0] <= 1
    assert model.metrics_names == ["loss", "accuracy"]


def test_own_train_step_gets_x_itself_where_there_is_no_y():
    seen = []

    class Own(keras.Model):
        def train_step(self, data):
            seen.append(type(data))
            x = data[0] if isinstance(data, tuple) else data
            return {
                "total": ops.reduce_sum(x[0] if isinstance(x, list | tuple) else x, axes=(0, 1))
            }

    first, second = keras.Input((4,)), keras.Input((4,))
    one = Own(first, layers.Dense(1)(first))
    one.compile("sgd")
    history = one.fit(X, batch_size=len(X), verbose=0).history
    np.testing.assert_allclose(history["total"], [X.sum()], rtol=1e-5)
    assert not issubclass(seen[-1], tuple)
    two = Own([first, second], layers.Dense(1)(layers.add([first, second])))
    two.compile("sgd")
    two.fit([X, X], verbose=0)
    assert issubclass(seen[-1], tuple)


def test_names_of_several_outputs_and_of_weighted_metrics():
    inputs = keras.Input((4,))
    outputs = {name: layers.Dense(1, name=name)(inputs) for name in ("price", "area")}
    model = keras.Model(inputs, outputs)
    model.compile("sgd", "mse", metrics={"area": ["mae"]}, weighted_metrics={"area": ["mae"]})
    y = {"price": Y[:, None] * 1.0, "area": Y[:, None] * 0.0}
    result = model.evaluate(X, y, verbose=0, return_dict=True)
    assert list(result) == ["area_loss", "area_mae", "area_weighted_mae", "loss", "price_loss"]
    assert model.evaluate(X, y, verbose=0) == [
        result[name]
        for name in ("loss", "price_loss", "area_loss", "area_mae", "area_weighted_mae")
    ]
