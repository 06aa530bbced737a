"""``HyperEfficientNet``: EfficientNet's eight sizes with ImageNet's weights and a new top."""

from __future__ import annotations

from functools import partial
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras import Model, applications, layers, optimizers
from caudal.tuner.applications.image_model import ImageHyperModel, pooled
from caudal.tuner.engine.hypermodel import HyperModel

_SIZES = {
    "B0": 224,
    "B1": 240,
    "B2": 260,
    "B3": 300,
    "B4": 380,
    "B5": 456,
    "B6": 528,
    "B7": 600,
}


class HyperEfficientNet(ImageHyperModel):
    """Searches version, pooling, dropout and learning rate.

    augmentation_model: a model or a hypermodel that pictures go through first. The others are
    those of `ImageHyperModel`; weights are looked for and downloaded as `keras.applications` does.

    Raises:
        InvalidArgumentError: an augmentation that is neither; see `ImageHyperModel`.
    """

    def __init__(
        self,
        input_shape: Any = None,
        input_tensor: Any = None,
        classes: int | None = None,
        augmentation_model: Any = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(augmentation_model, HyperModel | Model | None):
            raise InvalidArgumentError(
                "HyperEfficientNet: augmentation_model must be a model or a HyperModel, "
                "received {received!r}.",
                received=augmentation_model,
            )
        super().__init__(True, input_shape, input_tensor, classes, **kwargs)
        self.augmentation_model = augmentation_model

    def build(self, hp: Any) -> Any:
        """The model of these hyperparameters."""
        inputs, x = self._begin()
        augmented = self.augmentation_model
        if isinstance(augmented, HyperModel):
            augmented = augmented.build(hp)
        if augmented is not None:
            x = augmented(x)
        version = hp.Choice("version", list(_SIZES), default="B0")
        size = _SIZES[version]
        x = layers.Resizing(size, size, interpolation="bilinear")(x)
        network = getattr(applications, f"EfficientNet{version}")
        x = pooled(hp, network(include_top=False, input_tensor=x).output)
        dropout = hp.Float("top_dropout_rate", 0.2, 0.8, step=0.2, default=0.2)
        x = layers.Dropout(dropout, name="top_dropout")(x)
        return self._classified(
            hp, inputs, x, "EfficientNet", partial(optimizers.SGD, momentum=0.1)
        )
