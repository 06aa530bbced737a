import csv
import json

import numpy as np
import pytest

from caudal import keras
from caudal.errors import CaudalWarning, InvalidArgumentError
from caudal.keras import callbacks, layers

X = np.linspace(-1, 1, 12, dtype="float32").reshape(-1, 1)
Y = 3 * X + 1


def model(rate=0.1):
    made = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
    made.compile(keras.optimizers.SGD(rate), "mse", metrics=["mae"])
    return made


class FakeModel:
    """What a callback needs of a model, with losses given beforehand."""

    def __init__(self):
        self.stop_training = False
        self.optimizer = keras.optimizers.SGD(1.0)
        self.weights = 0
        self.metrics = []

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


def play(callback, values, monitor="val_loss"):
    """The epochs until the callback stops training."""
    fake = FakeModel()
    callback.set_model(fake)
    callback.on_train_begin()
    logs = {}
    for epoch, value in enumerate(values):
        fake.weights = epoch
        logs = {monitor: value}
        callback.on_epoch_begin(epoch, {})
        callback.on_epoch_end(epoch, logs)
        if fake.stop_training:
            break
    callback.on_train_end(logs)
    return epoch, fake, logs


# Stopping epochs as real Keras 3.15.1 gives them for the same sequences.
@pytest.mark.parametrize(
    ("options", "values", "stopped", "weights"),
    [
        ({}, [3, 2, 2.5, 1], 2, 2),
        ({"patience": 2}, [3, 2, 2.5, 2.4, 1], 3, 3),
        ({"patience": 2, "restore_best_weights": True}, [3, 2, 2.5, 2.4, 1], 3, 1),
        ({"patience": 1, "min_delta": 0.5}, [3, 2.7, 2.4, 2.3], 1, 1),
        ({"patience": 1, "baseline": 2.0}, [3, 2.5, 2.4, 1], 3, 3),
        ({"patience": 1, "start_from_epoch": 2}, [1, 2, 3, 4, 5], 3, 3),
        ({"restore_best_weights": True}, [3, 2, 1], 2, 2),
        ({"monitor": "val_accuracy", "patience": 1}, [0.1, 0.5, 0.4, 0.9], 2, 2),
        ({"monitor": "val_loss", "mode": "max", "patience": 1}, [1, 2, 1.5], 2, 2),
    ],
)
def test_early_stopping(options, values, stopped, weights):
    callback = callbacks.EarlyStopping(**options)
    epoch, fake, _ = play(callback, values, options.get("monitor", "val_loss"))
    assert (epoch, fake.weights) == (stopped, weights)


def test_early_stopping_reports(capsys):
    play(callbacks.EarlyStopping(verbose=1, restore_best_weights=True), [3, 2, 2.5])
    assert capsys.readouterr().out == (
        "Epoch 3: early stopping\nRestoring model weights from the end of the best epoch: 2.\n"
    )


def test_early_stopping_without_its_metric_warns():
    with pytest.warns(CaudalWarning, match="'val_loss' is not available; available are: loss"):
        play(callbacks.EarlyStopping(), [1.0], monitor="loss")
    with pytest.raises(InvalidArgumentError, match="mode must be"):
        callbacks.EarlyStopping(mode="up")


def test_early_stopping_in_fit():
    made = model()
    history = made.fit(
        X,
        Y,
        epochs=500,
        verbose=0,
        callbacks=[callbacks.EarlyStopping(monitor="loss", patience=3, min_delta=1e-3)],
    )
    assert 5 < len(history.epoch) < 500
    assert made.stop_training


def test_reduce_lr_on_plateau(capsys):
    callback = callbacks.ReduceLROnPlateau(patience=2, factor=0.5, cooldown=1, verbose=1)
    _, fake, logs = play(callback, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    # Reduced after epochs 3 and, the cooldown over, 5 and 7.
    assert float(fake.optimizer.learning_rate) == 0.125
    assert logs["learning_rate"] == 0.25
    assert "Epoch 3: ReduceLROnPlateau reducing learning rate to 0.5." in capsys.readouterr().out
    callback = callbacks.ReduceLROnPlateau(patience=1, factor=0.1, min_lr=0.5)
    _, fake, _ = play(callback, [1.0, 1.0, 1.0, 1.0])
    assert float(fake.optimizer.learning_rate) == 0.5
    with pytest.raises(InvalidArgumentError, match="factor must be < 1"):
        callbacks.ReduceLROnPlateau(factor=2.0)


def test_learning_rate_scheduler(capsys):
    made = model()
    scheduler = callbacks.LearningRateScheduler(lambda epoch, lr: lr * 0.5, verbose=1)
    history = made.fit(X, Y, epochs=3, verbose=0, callbacks=[scheduler])
    np.testing.assert_allclose(history.history["learning_rate"], [0.05, 0.025, 0.0125], rtol=1e-6)
    assert "Epoch 1: LearningRateScheduler setting learning rate to 0.05" in capsys.readouterr().out
    made.fit(X, Y, verbose=0, callbacks=[callbacks.LearningRateScheduler(lambda epoch: 0.75)])
    assert float(made.optimizer.learning_rate) == 0.75


def test_terminate_on_nan(capsys):
    made = model(rate=1e20)
    made.fit(X, Y, epochs=20, batch_size=4, verbose=0, callbacks=[callbacks.TerminateOnNaN()])
    assert made.stop_training
    assert "Invalid loss, terminating training" in capsys.readouterr().out


def test_csv_logger(tmp_path):
    path = tmp_path / "log.csv"
    made = model()
    history = made.fit(X, Y, epochs=2, verbose=0, callbacks=[callbacks.CSVLogger(path)])
    made.fit(X, Y, epochs=1, verbose=0, callbacks=[callbacks.CSVLogger(path, append=True)])
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["0", "1", "0"]
    assert float(rows[1]["loss"]) == history.history["loss"][1]
    assert rows[0]["val_loss"] == "NA"


def test_lambda_callback():
    seen = []
    made = model()
    made.fit(
        X,
        Y,
        batch_size=6,
        epochs=2,
        verbose=0,
        callbacks=[
            callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs: seen.append(epoch),
                on_train_batch_end=lambda batch, logs: seen.append(f"batch {batch}"),
            )
        ],
    )
    assert seen == ["batch 0", "batch 1", 0, "batch 0", "batch 1", 1]
    with pytest.raises(InvalidArgumentError, match=r"on_epoch_ends.*on_epoch_end"):
        callbacks.LambdaCallback(on_epoch_ends=print)


def test_all_hooks_in_order():
    calls = []

    class Note(callbacks.Callback):
        pass

    def note(name):
        def hook(self, *args, logs=None):
            logs = next((part for part in args if isinstance(part, dict)), logs)
            assert all(isinstance(v, float) for v in (logs or {}).values() if np.ndim(v) == 0)
            calls.append((name, *[part for part in args if isinstance(part, int)]))

        return hook

    for name in vars(callbacks.Callback):
        if name.startswith("on_") and name not in ("on_batch_begin", "on_batch_end"):
            setattr(Note, name, note(name))
    made = model()
    made.fit(X, Y, batch_size=6, verbose=0, callbacks=[Note()], validation_data=(X[:6], Y[:6]))
    made.predict(X, batch_size=6, verbose=0, callbacks=[Note()])
    assert calls == [
        ("on_train_begin",),
        ("on_epoch_begin", 0),
        ("on_train_batch_begin", 0),
        ("on_train_batch_end", 0),
        ("on_train_batch_begin", 1),
        ("on_train_batch_end", 1),
        ("on_test_begin",),
        ("on_test_batch_begin", 0),
        ("on_test_batch_end", 0),
        ("on_test_end",),
        ("on_epoch_end", 0),
        ("on_train_end",),
        ("on_predict_begin",),
        ("on_predict_batch_begin", 0),
        ("on_predict_batch_end", 0),
        ("on_predict_batch_begin", 1),
        ("on_predict_batch_end", 1),
        ("on_predict_end",),
    ]


def test_stopping_inside_an_epoch():
    class Stop(callbacks.Callback):
        def on_batch_end(self, batch, logs=None):
            if batch == 1:
                self.model.stop_training = True

    made = model()
    made.fit(X, Y, batch_size=2, epochs=3, verbose=0, callbacks=[Stop()])
    assert int(made.optimizer.iterations) == 2


def test_callbacks_must_be_callbacks():
    with pytest.raises(InvalidArgumentError, match="Did you forget the parentheses"):
        model().fit(X, Y, verbose=0, callbacks=[callbacks.EarlyStopping])
    with pytest.raises(InvalidArgumentError, match="at position 0"):
        model().fit(X, Y, verbose=0, callbacks=[print])


def test_progress_bar(capsys):
    bar = keras.utils.Progbar(4, unit_name="file", stateful_metrics=["loss"])
    bar.update(2, [("loss", 0.5)])
    bar.update(4, [("loss", 0.00025)], finalize=True)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out.startswith("4/4 ━━━━━━━━━━━━━━━━━━━━ 0s ")
    assert out.endswith("s/file - loss: 2.5000e-04\n")


def test_begin_hooks_get_a_dict():
    seen = []

    class Note(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen.append(dict(logs))

        def on_epoch_begin(self, epoch, logs=None):
            logs["epoch"] = epoch
            seen.append(dict(logs))

    model().fit(X, Y, epochs=2, verbose=0, callbacks=Note())
    assert seen == [{}, {"epoch": 0}, {"epoch": 1}]


def test_a_name_is_no_callback():
    with pytest.raises(InvalidArgumentError, match="position 0: 'EarlyStopping'"):
        model().fit(X, Y, verbose=0, callbacks=["EarlyStopping"])


def trained_with(callback):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((4, 2), "float32")
    return model.fit(x, x[:, :1], epochs=2, verbose=0, callbacks=[callback]).history


@pytest.mark.parametrize("as_json", [False, True])
def test_remote_monitor_posts_the_logs(as_json):
    import http.server
    import threading
    import urllib.parse

    got = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            got.append((self.path, self.headers["Content-Type"], self.headers["X-Run"], body))
            self.send_response(500 if len(got) == 1 else 200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        root = f"http://127.0.0.1:{server.server_address[1]}"
        monitor = keras.callbacks.RemoteMonitor(
            root, "/epoch/", "logs", {"X-Run": "7"}, send_as_json=as_json
        )
        history = trained_with(monitor)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert [path for path, *_ in got] == ["/epoch/"] * 2
    for epoch, (_, kind, run, body) in enumerate(got):
        text = body if as_json else urllib.parse.parse_qs(body)["logs"][0]
        assert json.loads(text) == {"epoch": epoch, "loss": history["loss"][epoch]}
        assert run == "7" and ("json" in kind) is as_json


def test_remote_monitor_goes_on_without_a_server():
    with pytest.warns(CaudalWarning, match="Could not reach RemoteMonitor"):
        history = trained_with(keras.callbacks.RemoteMonitor("http://127.0.0.1:9"))
    assert len(history["loss"]) == 2


def test_averages_must_be_kept():
    with pytest.raises(InvalidArgumentError, match="use_ema=True"):
        trained_with(keras.callbacks.SwapEMAWeights())
    with pytest.raises(NotImplementedError, match="ModelCheckpoint"):
        keras.callbacks.OrbaxCheckpoint("here")


def test_messages_can_go_to_the_logger(caplog, capsys):
    keras.config.disable_interactive_logging()
    try:
        assert not keras.config.is_interactive_logging_enabled()
        with caplog.at_level("INFO", "caudal"):
            model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
            model.compile("sgd", "mse")
            model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2)
    finally:
        keras.config.enable_interactive_logging()
    assert capsys.readouterr().out == ""
    assert "Epoch 2/2" in caplog.text and "loss:" in caplog.text


def test_limits_of_training():
    keras.config.set_max_epochs(1)
    keras.config.set_max_steps_per_epoch(2)
    try:
        seen = []
        watch = keras.callbacks.LambdaCallback(on_batch_end=lambda batch, logs: seen.append(batch))
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        x = np.ones((20, 2), "float32")
        model.fit(x, x[:, :1], epochs=3, batch_size=4, verbose=0, callbacks=[watch])
    finally:
        keras.config.set_max_epochs(None)
        keras.config.set_max_steps_per_epoch(None)
    assert seen == [0, 1]
    with pytest.raises(InvalidArgumentError, match="positive integer"):
        keras.config.set_max_epochs(0)


def test_workers_of_a_py_dataset_make_batches_in_order():
    import threading
    import time

    class Slow(keras.utils.PyDataset):
        threads = set()

        def __len__(self):
            return 6

        def __getitem__(self, index):
            self.threads.add(threading.current_thread().name)
            time.sleep(0.02 * ((index * 5) % 3))
            return np.full((2, 3), index, "float32"), np.full((2, 1), index, "float32")

    slow = Slow(workers=3, max_queue_size=4)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(slow, verbose=0)
    assert len(slow.threads) > 1
    found = model.predict(slow, verbose=0)
    one_by_one = np.concatenate([model.predict(slow[i][0], verbose=0) for i in range(6)])
    np.testing.assert_allclose(found, one_by_one, rtol=1e-6)
    with pytest.raises(InvalidArgumentError, match="`workers`"):
        Slow(workers=-1)


def test_early_stopping_watches_what_a_subclass_makes():
    class Sum(keras.callbacks.EarlyStopping):
        def get_monitor_value(self, logs):
            return logs["loss"] + logs["val_loss"]

    stopping = Sum("loss", patience=1, mode="min")
    stopping.set_model(keras.Sequential([keras.layers.Dense(1)]))
    stopping.model.stop_training = False
    stopping.on_train_begin()
    for epoch, (loss, other) in enumerate([(3, 1), (2, 1), (1, 5)]):
        stopping.on_epoch_end(epoch, {"loss": loss, "val_loss": other})
    assert stopping.best == 3
    assert stopping.model.stop_training
