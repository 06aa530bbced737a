"""What hypermodels of pictures share: where pictures come in, how feature maps go out."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras import Model, layers, optimizers
from caudal.keras.utils import get_source_inputs
from caudal.tuner.engine.hypermodel import HyperModel


class ImageHyperModel(HyperModel):
    """A hypermodel that takes pictures.

    input_shape: of a picture, ``(height, width, channels)``; or input_tensor: a Keras tensor.
    classes: how many there are; include_top: whether the model ends in their probabilities, and
    is compiled.

    Raises:
        InvalidArgumentError: neither shape nor tensor; a top without classes.
    """

    def __init__(
        self,
        include_top: bool = True,
        input_shape: Any = None,
        input_tensor: Any = None,
        classes: int | None = None,
        **kwargs: Any,
    ) -> None:
        kind = type(self).__name__
        if include_top and not classes:
            raise InvalidArgumentError("{kind}: the top needs classes=, a number.", kind=kind)
        if input_shape is None and input_tensor is None:
            raise InvalidArgumentError("{kind}: pass input_shape or input_tensor.", kind=kind)
        super().__init__(**kwargs)
        self.include_top, self.classes = include_top, classes
        self.input_shape, self.input_tensor = input_shape, input_tensor

    def _begin(self) -> tuple[Any, Any]:
        """The model's inputs, and the tensor to go on from."""
        if self.input_tensor is not None:
            return get_source_inputs(self.input_tensor), self.input_tensor
        inputs = layers.Input(shape=self.input_shape)
        return inputs, inputs

    def _classified(self, hp: Any, inputs: Any, x: Any, name: str, optimizer: Any) -> Any:
        """The compiled model with probabilities; ``optimizer`` makes one of a learning rate."""
        x = layers.Dense(self.classes, activation="softmax", name="probs")(x)
        model = Model(inputs, x, name=name)
        rate = hp.Choice("learning_rate", [0.1, 0.01, 0.001], default=0.01)
        model.compile(optimizer(rate), "categorical_crossentropy", metrics=["accuracy"])
        return model


def pooled(hp: Any, x: Any) -> Any:
    """One vector of feature maps: their means or their largest values."""
    if hp.Choice("pooling", ["avg", "max"], default="avg") == "avg":
        return layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return layers.GlobalMaxPooling2D(name="max_pool")(x)


def optimizer_of(name: str, rate: float) -> Any:
    """An optimizer by name, with a learning rate."""
    found = optimizers.get(name)
    found.learning_rate = rate
    return found
