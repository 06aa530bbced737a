"""VGG (Simonyan, Zisserman 2014, "Very Deep Convolutional Networks", arXiv:1409.1556)."""

from __future__ import annotations

from typing import Any

from caudal.keras import layers
from caudal.keras.applications.request import Request
from caudal.keras.applications.weights import Files
from caudal.keras.models.functional import Functional

_FILTERS = (64, 128, 256, 512, 512)


def draw(request: Request, convolutions: tuple[int, ...], files: Files) -> Functional:
    """Five blocks of so many convolutions of 3x3, each halved by its maximum."""
    image = x = request.image(224)
    for block, (filters, count) in enumerate(zip(_FILTERS, convolutions, strict=True), 1):
        for i in range(1, count + 1):
            name = f"block{block}_conv{i}"
            x = layers.Conv2D(filters, 3, activation="relu", padding="same", name=name)(x)
        x = layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)

    def top(x: Any) -> Any:
        x = layers.Flatten(name="flatten")(x)
        for name in ("fc1", "fc2"):
            x = layers.Dense(4096, activation="relu", name=name)(x)
        return request.classified(x)

    return request.finish(image, x, files, top)
