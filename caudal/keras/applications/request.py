"""What every network of `keras.applications` is asked for, checked, and its input and ending."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from caudal.errors import CaudalWarning, InvalidArgumentError, ShapeError
from caudal.keras import activations, layers
from caudal.keras.applications.weights import Files, load_imagenet
from caudal.keras.backend.settings import image_data_format
from caudal.keras.engine.input_layer import Input
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.models.functional import Functional
from caudal.keras.utils.symbols import get_source_inputs

IMAGENET_CLASSES = 1000
Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Request:
    """The arguments that all networks take; ``label`` is the network's public name."""

    label: str
    include_top: Any
    weights: Any
    input_tensor: Any
    input_shape: Any
    pooling: Any
    classes: Any
    classifier_activation: Any
    name: Any

    def __post_init__(self) -> None:
        self._check_weights()
        if self.pooling not in (None, "avg", "max"):
            raise InvalidArgumentError(
                "{label}: expected pooling=None, 'avg' or 'max', received {received!r}.",
                label=self.label,
                received=self.pooling,
            )
        if self.input_tensor is not None and not isinstance(self.input_tensor, KerasTensor):
            raise InvalidArgumentError(
                "{label}: expected input_tensor to be a symbolic tensor, as keras.Input gives, "
                "received a value of type {received}.",
                label=self.label,
                received=type(self.input_tensor).__name__,
            )

    @property
    def pretrained(self) -> bool:
        """Whether ImageNet's weights are asked for."""
        return isinstance(self.weights, str) and self.weights == "imagenet"

    def _check_weights(self) -> None:
        path = isinstance(self.weights, str | os.PathLike)
        if not (self.weights is None or self.pretrained or (path and os.path.exists(self.weights))):
            raise InvalidArgumentError(
                "{label}: expected weights=None (random), 'imagenet' or the path of a file that "
                "exists, received weights={received!r}.",
                label=self.label,
                received=self.weights,
            )
        if not self.include_top:
            return
        if self.pretrained and self.classes != IMAGENET_CLASSES:
            raise InvalidArgumentError(
                "{label}: with weights='imagenet' and include_top=True, `classes` must be 1000, "
                "received classes={received!r}. Use include_top=False and a Dense of your own.",
                label=self.label,
                received=self.classes,
            )
        ending = activations.get(self.classifier_activation)
        if self.weights is not None and ending not in (
            activations.get("softmax"),
            activations.get(None),
        ):
            raise InvalidArgumentError(
                "{label}: with weights, expected classifier_activation='softmax' or None, received "
                "{received!r}.",
                label=self.label,
                received=self.classifier_activation,
            )

    def shape(self, size: int | None, smallest: int = 32) -> Shape:
        """The shape of one picture, with the channels where Keras's setting has them.

        size: height and width where none are given and the top is included; None for a network
            whose top takes any.

        Raises:
            ShapeError: an ``input_shape`` that the network cannot take.
        """
        first = image_data_format() == "channels_first"
        if self.input_shape is None or len(self.input_shape) == 0:
            sides: Shape = (size, size) if self.include_top else (None, None)
            return (3, *sides) if first else (*sides, 3)
        shape = self._known_extents()
        sides, channels = (shape[1:], shape[0]) if first else (shape[:-1], shape[-1])
        if self.pretrained:
            self._check_pretrained_shape(shape, size, channels)
        elif channels not in (1, 3):
            warnings.warn(
                f"{self.label}: pictures usually have 1 or 3 channels, input_shape={shape} has "
                f"{channels}.",
                CaudalWarning,
                stacklevel=5,
            )
        if any(side is not None and side < smallest for side in sides):
            raise ShapeError(
                "{label}: expected pictures of at least {smallest}x{smallest}, received "
                "input_shape={received}.",
                label=self.label,
                smallest=smallest,
                received=shape,
            )
        if self.include_top and size and None in shape:
            raise ShapeError(
                "{label}: with include_top=True, input_shape must be known, received {received}.",
                label=self.label,
                received=shape,
            )
        return shape

    def _known_extents(self) -> Shape:
        shape = tuple(self.input_shape)
        whole = all(one is None or (isinstance(one, int) and one > 0) for one in shape)
        if len(shape) != 3 or not whole:
            raise ShapeError(
                "{label}: expected input_shape to be a tuple of three positive integers, such as "
                "(224, 224, 3), received {received}.",
                label=self.label,
                received=self.input_shape,
            )
        return shape

    def _check_pretrained_shape(self, shape: Shape, size: int | None, channels: Any) -> None:
        if channels != 3:
            raise ShapeError(
                "{label}: with weights='imagenet' pictures must have 3 channels, received "
                "input_shape={received}.",
                label=self.label,
                received=shape,
            )
        if self.include_top and size and sorted(shape, key=str) != sorted((3, size, size), key=str):
            raise ShapeError(
                "{label}: with weights='imagenet' and include_top=True, input_shape must be that "
                "of {size}x{size} pictures, received {received}. Use include_top=False for others.",
                label=self.label,
                size=size,
                received=shape,
            )

    def image(self, size: int | None, smallest: int = 32) -> Any:
        """The symbolic pictures that the network begins with."""
        shape = self.shape(size, smallest)
        return Input(shape=shape) if self.input_tensor is None else self.input_tensor

    def pooled(self, x: Any, average: str | None = None, maximum: str | None = None) -> Any:
        """The features without a top, pooled over the picture as asked; names of the layers."""
        if self.pooling == "avg":
            return layers.GlobalAveragePooling2D(name=average)(x)
        if self.pooling == "max":
            return layers.GlobalMaxPooling2D(name=maximum)(x)
        return x

    def classified(self, x: Any, **options: Any) -> Any:
        """The class scores from features, by a Dense named ``predictions``."""
        options = {"name": "predictions", **options}
        return layers.Dense(self.classes, activation=self.classifier_activation, **options)(x)

    def finish(
        self,
        image: Any,
        features: Any,
        files: Files,
        top: Callable[[Any], Any] | None = None,
        pools: tuple[str | None, str | None] = (None, None),
        after: Callable[[Any], Any] = lambda x: x,
        name: str | None = None,
    ) -> Functional:
        """The model, with its ending and its weights.

        top: from features to class scores; by default pooled to ``avg_pool``, then a Dense.
        pools: the names of the average and maximum pooling where there is no top.
        after: what follows that pooling.
        """
        if not self.include_top:
            x = after(self.pooled(features, *pools))
        elif top is not None:
            x = top(features)
        else:
            x = self.classified(layers.GlobalAveragePooling2D(name="avg_pool")(features))
        begin = image if self.input_tensor is None else get_source_inputs(image)
        model = Functional(begin, x, name=name or self.name)
        if self.pretrained:
            load_imagenet(model, self.label, files.top if self.include_top else files.bare)
        elif self.weights is not None:
            model.load_weights(self.weights)
        return model
