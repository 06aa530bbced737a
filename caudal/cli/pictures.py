"""The pictures of `caudal demo`. Importing this module needs matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from caudal.io.durable import replacing

Array = np.ndarray[Any, Any]

_BLUE, _ORANGE, _RED = "#1f6fb4", "#e07b00", "#c62828"
_COLUMNS, _ROWS = 5, 3


def _figure(width: float, height: float) -> Figure:
    # A canvas of its own: pyplot's state and the user's backend stay untouched.
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def learning_curves(history: dict[str, list[float]], path: Path) -> None:
    """Loss and accuracy of both parts by epoch, side by side, as PNG."""
    figure = _figure(9, 3.6)
    for axes, (key, title) in zip(
        figure.subplots(1, 2), (("loss", "Loss"), ("accuracy", "Accuracy")), strict=True
    ):
        epochs = range(1, len(history[key]) + 1)
        axes.plot(epochs, history[key], color=_BLUE, marker=".", label="training")
        axes.plot(epochs, history[f"val_{key}"], color=_ORANGE, marker=".", label="test")
        axes.set(title=title, xlabel="Epoch")
        axes.grid(alpha=0.3)
        axes.legend()
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=120)


def predictions(images: Array, labels: Array, probabilities: Array, path: Path) -> None:
    """15 images with the predicted digit and its probability, as PNG.

    All wrong ones come first, as far as there is room: they are the interesting ones.
    """
    figure = _figure(8, 5.6)
    guesses = probabilities.argmax(axis=1)
    order = np.argsort(guesses == labels, kind="stable")[: _COLUMNS * _ROWS]
    wrong = int((guesses != labels).sum())
    figure.suptitle(f"{len(labels) - wrong} of {len(labels)} right; wrong ones in red")
    for axes, index in zip(figure.subplots(_ROWS, _COLUMNS).flat, order, strict=True):
        right = guesses[index] == labels[index]
        axes.imshow(images[index], cmap="gray_r")
        text = f"{guesses[index]} ({probabilities[index].max():.0%})"
        if not right:
            text += f", is {labels[index]}"
        axes.set_title(text, color="black" if right else _RED, fontsize=10)
        axes.set_axis_off()
    _save(figure, path)
