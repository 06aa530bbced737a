"""``HyperXception``: separable convolutions with residual connections (arXiv:1610.02357)."""

from __future__ import annotations

from typing import Any

from caudal.keras import Model, layers, optimizers
from caudal.keras.applications.parts import channels, relu
from caudal.tuner.applications.image_model import ImageHyperModel


class HyperXception(ImageHyperModel):
    """Searches widths, depth, activation, pooling, dense layers, dropout and learning rate.

    Arguments are those of `ImageHyperModel`.
    """

    def build(self, hp: Any) -> Any:
        """The model of these hyperparameters."""
        activation = hp.Choice("activation", ["relu", "selu"])
        inputs, x = self._begin()
        first = hp.Choice("conv2d_num_filters", [32, 64, 128], default=64)
        kernel = hp.Choice("kernel_size", [3, 5])
        strides = hp.Choice("initial_strides", [2])
        x = _filtered(layers.Conv2D, x, first, kernel, activation, ("kernel",), strides=strides)
        filters = hp.Int("sep_num_filters", 128, 768, step=128, default=256)
        for _ in range(hp.Int("num_residual_blocks", 2, 8, default=4)):
            x = _residual(x, filters, activation, halved=False)
        x = _residual(x, 2 * filters, activation, halved=True)
        pooling = hp.Choice("pooling", ["avg", "flatten", "max"])
        kinds = {"avg": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D}
        x = kinds.get(pooling, layers.Flatten)()(x)
        if not self.include_top:
            return Model(inputs, x, name="Xception")
        count = hp.Int("num_dense_layers", 1, 3)
        dropout = hp.Float("dropout_rate", 0.0, 0.6, step=0.1, default=0.5)
        normed = hp.Choice("dense_use_bn", [True, False])
        for _ in range(count):
            x = self._dense(x, activation, dropout, normed)
        model = Model(inputs, layers.Dense(self.classes, activation="softmax")(x), name="Xception")
        rate = hp.Choice("learning_rate", [1e-3, 1e-4, 1e-5])
        model.compile(optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
        return model

    def _dense(self, x: Any, activation: str, dropout: float, normed: bool) -> Any:
        start = {"kernel_initializer": "lecun_normal"} if activation == "selu" else {}
        x = layers.Dense(self.classes, activation=activation, **start)(x)
        if activation == "relu" and normed:
            x = layers.BatchNormalization()(x)
        return layers.Dropout(dropout)(x) if dropout else x


def _filtered(
    kind: Any, x: Any, filters: int, kernel: Any, activation: str, parts: Any, **options: Any
) -> Any:
    """A convolution that normalizes itself (SELU), or one with a normalization and ReLU."""
    if activation == "selu":
        options |= {f"{part}_initializer": "lecun_normal" for part in parts}
        return kind(filters, kernel, padding="same", activation="selu", **options)(x)
    x = kind(filters, kernel, padding="same", use_bias=False, **options)(x)
    return relu(layers.BatchNormalization()(x))


def _residual(x: Any, filters: int, activation: str, halved: bool) -> Any:
    """Two separable convolutions, added to what came in."""
    way = x
    if halved or filters != channels(x):
        way = layers.Conv2D(filters, 1, strides=2 if halved else 1, padding="same")(x)
    for _ in range(2):
        parts = ("depthwise", "pointwise")
        x = _filtered(layers.SeparableConv2D, x, filters, 3, activation, parts)
    if halved:
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    return layers.Add()([x, way])
