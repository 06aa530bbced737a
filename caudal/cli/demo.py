"""`caudal demo`: a small convolutional network on the digits inside the package."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from caudal.errors import NotFoundError

_SEED = 7


def demo(output: Path, epochs: int) -> int:
    """Trains, evaluates, draws; returns the exit code.

    Args:
        output: folder for the pictures; made if it is not there.
        epochs: passes over the training images.

    Raises:
        NotFoundError: the folder cannot be made.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotFoundError(
            "caudal demo: cannot make the folder {folder}: {reason}. Choose one with --output.",
            folder=str(output),
            reason=error.strerror or str(error),
        ) from error
    from caudal import keras

    (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    print(f"Digits: {len(x_train)} images to train on, {len(x_test)} to test, 8x8 pixels each.")
    model = _build(keras)
    model.summary()
    start = time.perf_counter()
    history = model.fit(
        x_train[..., None],
        y_train,
        epochs=epochs,
        batch_size=32,
        validation_data=(x_test[..., None], y_test),
    )
    seconds = time.perf_counter() - start
    loss, accuracy = model.evaluate(x_test[..., None], y_test, verbose=0)
    print(
        f"Trained in {seconds:.1f} s. Test loss {loss:.4f}, test accuracy {accuracy:.4f}: "
        f"{round(accuracy * len(y_test))} of {len(y_test)} digits right."
    )
    probabilities = model.predict(x_test[..., None], verbose=0)
    _draw(output, history.history, x_test, y_test, probabilities)
    return 0


def _build(keras: Any) -> Any:
    keras.utils.set_random_seed(_SEED)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Rescaling(1 / 16),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )
    model.compile(
        optimizer=keras.optimizers.Adam(2e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def _draw(
    output: Path,
    history: dict[str, list[float]],
    images: np.ndarray[Any, Any],
    labels: np.ndarray[Any, Any],
    probabilities: np.ndarray[Any, Any],
) -> None:
    curves, samples = output / "learning_curves.png", output / "predictions.png"
    try:
        from caudal.cli import pictures
    except ImportError:
        print(
            f"Without matplotlib these pictures are left out: {curves.name}, {samples.name}. "
            "To have them: pip install 'caudal[plot]'"
        )
        return
    pictures.learning_curves(history, curves)
    pictures.predictions(images, labels, probabilities, samples)
    print(f"Learning curves: {curves}\n15 predictions:  {samples}")
