"""``HyperResNet``: residual networks of three kinds and many depths."""

from __future__ import annotations

from functools import partial
from typing import Any

from caudal.keras import Model, layers
from caudal.keras.applications import resnet, resnet_v2
from caudal.keras.applications.parts import conv, relu
from caudal.keras.applications.residual import activated, padded, scaled
from caudal.tuner.applications.image_model import ImageHyperModel, optimizer_of, pooled

_GROUPS = 32


class HyperResNet(ImageHyperModel):
    """Searches version ("v1", "v2", "next"), depth, pooling, optimizer and learning rate.

    Arguments are those of `ImageHyperModel`. ResNeXt's grouped convolutions are one layer here;
    KerasTuner's are two, so weights of that version are not exchanged.
    """

    def build(self, hp: Any) -> Any:
        """The model of these hyperparameters."""
        version = hp.Choice("version", ["v1", "v2", "next"], default="v2")
        depths = (
            3,
            hp.Choice("conv3_depth", [4, 8]),
            hp.Choice("conv4_depth", [6, 23, 36]),
            3,
        )
        inputs, x = self._begin()
        x = padded(x, "conv1_pad", 3)
        x = layers.Conv2D(64, 7, strides=2, use_bias=version != "next", name="conv1_conv")(x)
        if version != "v2":
            x = activated(x, "conv1")
        x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(padded(x, "pool1_pad"))
        for stack, depth in enumerate(depths):
            for i in range(depth):
                name = f"conv{stack + 2}_block{i + 1}"
                x = _BLOCKS[version](x, stack, i == 0, i == depth - 1, name)
        if version == "v2":
            x = activated(x, "post")
        x = pooled(hp, x)
        if not self.include_top:
            return Model(inputs, x, name="ResNet")
        name = hp.Choice("optimizer", ["adam", "rmsprop", "sgd"], default="adam")
        return self._classified(hp, inputs, x, "ResNet", partial(optimizer_of, name))


def _v1(x: Any, stack: int, first: bool, last: bool, name: str) -> Any:
    stride = 2 if stack and first else 1
    return resnet.bottleneck(x, 64 << stack, stride, first, name)


def _v2(x: Any, stack: int, first: bool, last: bool, name: str) -> Any:
    stride = 2 if stack < 3 and last else 1
    return resnet_v2.bottleneck(x, 64 << stack, stride, first, name)


def _next(x: Any, stack: int, first: bool, last: bool, name: str) -> Any:
    """ResNeXt's block (Xie et al. 2017, arXiv:1611.05431): 3x3 convolutions in 32 groups."""
    filters = (64, 256, 512, 1024)[stack]
    stride = 2 if stack < 3 and first else 1
    wide = 64 // _GROUPS * filters
    way = x
    if first:
        way = scaled(conv(x, wide, 1, strides=stride, name=f"{name}_0_conv"), f"{name}_0_bn")
    x = activated(conv(x, filters, 1, name=f"{name}_1_conv"), f"{name}_1")
    x = padded(x, f"{name}_2_pad")
    x = conv(x, filters, 3, strides=stride, groups=_GROUPS, name=f"{name}_2_conv")
    x = activated(x, f"{name}_2")
    x = scaled(conv(x, wide, 1, name=f"{name}_3_conv"), f"{name}_3_bn")
    return relu(layers.Add(name=f"{name}_add")([way, x]), f"{name}_out")


_BLOCKS = {"v1": _v1, "v2": _v2, "next": _next}
