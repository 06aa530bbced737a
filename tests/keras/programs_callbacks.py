import contextlib
import io

import numpy as np
from programs import raised, values

X, Y = values(24, 3), values(24, 1, start=1.0)


def model(keras, optimizer=None):
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="d")])
    made.set_weights([values(3, 1, start=2.0), values(1)])
    made.compile(optimizer or keras.optimizers.SGD(0.05), "mse", metrics=["mae"])
    return made


def fitted(keras, callbacks, made=None, **options):
    made = made or model(keras)
    options = {"epochs": 3, "batch_size": 8, "verbose": 0, "shuffle": False, **options}
    return made, made.fit(X, Y, callbacks=callbacks, **options).history


def averaging(keras):
    return keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.7)


def case_swapped_averages(keras):
    found = {}
    for swap in (False, True):
        made = model(keras, averaging(keras))
        swapping = keras.callbacks.SwapEMAWeights(swap_on_epoch=swap)
        seen = []
        watch = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs, m=made, s=seen: s.append(m.get_weights()[0].copy())
        )
        # Without the last step, which fit takes after the callbacks.
        _, history = fitted(keras, [swapping, watch], made, validation_data=(X * 0.5, Y))
        found[f"{swap}.val"] = history["val_loss"]
        found[f"{swap}.loss"] = history["loss"]
        found[f"{swap}.seen"] = np.stack(seen)
        found[f"{swap}.end"] = made.get_weights()[0]
        found[f"{swap}.evaluated"] = made.evaluate(X, Y, verbose=0, callbacks=[swapping])
    return found


def printed(function):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        function()
    return text.getvalue()


def case_scheduler_lines(keras):
    rates = []

    def schedule(epoch, lr):
        rates.append(lr)
        return lr * 0.5

    callbacks = [keras.callbacks.LearningRateScheduler(schedule, verbose=1)]
    kept = {}
    text = printed(lambda: kept.update(history=fitted(keras, callbacks)[1]))
    found = {"text": text, "rates": rates, "logged": kept["history"]["learning_rate"]}
    one = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
    found["one"] = fitted(keras, [one])[1]["learning_rate"]
    bad = keras.callbacks.LearningRateScheduler(lambda epoch: "fast")
    found["wrong"] = raised(fitted, keras, [bad])
    return found


def case_order_of_hooks(keras):
    calls = []

    class Watch(keras.callbacks.Callback):
        pass

    for name in [name for name in dir(keras.callbacks.Callback) if name.startswith("on_")]:
        if name in ("on_batch_begin", "on_batch_end"):
            continue

        def hook(self, *args, _name=name, **kwargs):
            logs = kwargs.get("logs", args[-1] if args else None)
            place = [a for a in args if isinstance(a, int)]
            keys = sorted(logs) if isinstance(logs, dict) else None
            calls.append(f"{_name} {place} {keys}")

        setattr(Watch, name, hook)
    made = model(keras)
    fitted(keras, [Watch()], made, epochs=2, validation_data=(X[:8], Y[:8]), batch_size=12)
    found = {"fit": "\n".join(calls)}
    calls.clear()
    made.evaluate(X, Y, verbose=0, callbacks=[Watch()], batch_size=12)
    found["evaluate"] = "\n".join(calls)
    calls.clear()
    made.predict(X, verbose=0, callbacks=[Watch()], batch_size=12)
    found["predict"] = "\n".join(calls)
    return found


def case_callback_list(keras):
    made = model(keras)
    own = keras.callbacks.LambdaCallback()
    callbacks = keras.callbacks.CallbackList(
        [own], add_history=True, add_progbar=True, model=made, epochs=2, steps=3, verbose=0
    )
    kinds = [type(one).__name__ for one in callbacks.callbacks]
    found = {"kinds": str(sorted(kinds)), "params": str(sorted(callbacks.params.items()))}
    found["own params"] = str(sorted(own.params.items()))
    found["model"] = str(own.model is made)
    callbacks.on_train_begin()
    callbacks.on_epoch_begin(0)
    callbacks.on_epoch_end(0, {"loss": 1.0})
    found["history"] = str(made.history.history)
    return found


def case_lines(keras):
    """What fit prints on a plain output, without the times."""
    import re

    made = model(keras)

    def run():
        made.fit(X, Y, epochs=2, batch_size=8, verbose=2, shuffle=False, validation_split=0.25)

    text = printed(run)
    text = re.sub(r"\d+m?u?s/step", "T/step", re.sub(r" \d+m?s -", " T -", text))
    return {"text": text}
