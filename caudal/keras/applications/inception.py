"""Inception's notation: branches of convolutions side by side, as one line of text each.

A step is ``filters:kernel``, with ``/2`` for stride 2, which is "valid", and ``v`` for "valid";
``max`` halves by a maximum of 3x3, ``avg`` averages over 3x3. ``64:1 96:1x7`` is a chain, ``|``
stands between branches, and ``(384:1x3 384:3x1)`` at a branch's end is two ways side by side.
"""

from __future__ import annotations

import re
from typing import Any

from caudal.keras import layers
from caudal.keras.applications.parts import conv, joined, norm, relu

_STEP = re.compile(r"(\d+):(\d+)(?:x(\d+))?(/2)?(v?)")


def unit(x: Any, filters: int, kernel: Any, name: str | None = None, **options: Any) -> Any:
    """Convolution, normalization without a scale, ReLU."""
    x = conv(x, filters, kernel, name=name, **options)
    x = norm(x, name and f"{name}_bn", last=3, scale=False)
    return relu(x, name and f"{name}_ac")


def chain(x: Any, text: str) -> Any:
    """One step after the other."""
    for step in text.split():
        if step == "max":
            x = layers.MaxPooling2D(3, strides=2)(x)
        elif step == "avg":
            x = layers.AveragePooling2D(3, strides=1, padding="same")(x)
        else:
            x = _convolved(x, step)
    return x


def _convolved(x: Any, step: str) -> Any:
    found = _STEP.fullmatch(step)
    assert found, step
    filters, high, wide, halves, valid = found.groups()
    kernel = (int(high), int(wide or high))
    padding = "valid" if halves or valid else "same"
    return unit(x, int(filters), kernel, strides=2 if halves else 1, padding=padding)


def branches(x: Any, text: str, forks: tuple[str | None, ...] = ()) -> list[Any]:
    """The branches' feature maps; ``forks`` names what joins the ways of those that fork."""
    names = iter(forks)
    found = []
    for branch in text.split("|"):
        steps, _, fork = branch.partition("(")
        end = chain(x, steps)
        if fork:
            end = joined([chain(end, way) for way in fork.strip(" )").split()], next(names), 3)
        found.append(end)
    return found
