"""What ResNet and ResNetV2 share: padded stem, stacks of bottlenecks, files."""

from __future__ import annotations

import functools
from typing import Any

from caudal.keras import layers
from caudal.keras.applications.parts import norm, relu
from caudal.keras.applications.weights import Files, kernels

scaled = functools.partial(norm, last=3, epsilon=1.001e-5)
"""The batch normalization of ResNet and DenseNet."""


def padded(x: Any, name: str | None, by: int = 1) -> Any:
    """Zeros all around."""
    return layers.ZeroPadding2D(by, name=name)(x)


def activated(x: Any, name: str, ending: str = "relu") -> Any:
    """Normalization, ReLU."""
    return relu(scaled(x, f"{name}_bn"), f"{name}_{ending}")


def files_of(stem: str, *sums: str) -> Files:
    """The files of a ResNet."""
    return kernels("resnet", stem, (sums[0], sums[1]))
