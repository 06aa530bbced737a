"""``HyperImageAugment``: which augmentations of pictures, and how strong."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras import Model, layers, ops, random
from caudal.keras.engine.layer import Layer
from caudal.keras.saving import register_keras_serializable
from caudal.tuner.applications.image_model import ImageHyperModel

_TRANSFORMS: dict[str, Any] = {
    "rotate": lambda factor: layers.RandomRotation(factor),
    "translate_x": lambda factor: layers.RandomTranslation(0, factor),
    "translate_y": lambda factor: layers.RandomTranslation(factor, 0),
    "contrast": lambda factor: layers.RandomContrast(factor),
}


@register_keras_serializable(package="keras_tuner")
class RandAugment(Layer):
    """One of several transformations for each picture (after Cubuk et al., arXiv:1909.13719).

    layers: names among "rotate", "translate_x", "translate_y", "contrast"; factors: how strong
    each is, 0 for none.
    """

    def __init__(self, layers: list[str], factors: list[float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layers, self.factors = list(layers), list(factors)
        self.transforms = [
            _TRANSFORMS[name](factor) if factor else None
            for name, factor in zip(layers, factors, strict=True)
        ]
        self.seed_generator = random.SeedGenerator()

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Each picture transformed, in training; the pictures otherwise."""
        if not training:
            return inputs
        shape = (ops.shape(inputs)[0], 1, 1, 1)
        drawn = random.uniform(shape, maxval=len(self.layers), seed=self.seed_generator)
        chosen = ops.cast(drawn, "int32")
        x = inputs
        for i, transform in enumerate(self.transforms):
            if transform is not None:
                x = ops.where(ops.equal(chosen, i), transform(x, training=True), x)
        return x

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        return {**super().get_config(), "layers": self.layers, "factors": self.factors}

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the pictures."""
        return input_shape


class HyperImageAugment(ImageHyperModel):
    """Searches the strength of each transformation; the model gives pictures of the same shape.

    rotate, translate_x, translate_y, contrast: the largest factor, or ``[least, largest]``; None
        leaves it out. Factors are fractions: of a full turn, of the width, of the height.
    augment_layers: 0 applies every transformation to every picture. A number, or
        ``[least, most]``, searches how many times one of them is drawn for each picture.

    Raises:
        InvalidArgumentError: a factor or a number of layers that is none; no shape.

    >>> hyper = HyperImageAugment((32, 32, 3), rotate=[0.1, 0.3], contrast=None, augment_layers=0)
    >>> [name for name, _ in hyper.transforms]
    ['rotate', 'translate_x', 'translate_y']
    """

    def __init__(
        self,
        input_shape: Any = None,
        input_tensor: Any = None,
        rotate: Any = 0.5,
        translate_x: Any = 0.4,
        translate_y: Any = 0.4,
        contrast: Any = 0.3,
        augment_layers: Any = 3,
        **kwargs: Any,
    ) -> None:
        super().__init__(False, input_shape, input_tensor, **kwargs)
        given = {
            "rotate": rotate,
            "translate_x": translate_x,
            "translate_y": translate_y,
            "contrast": contrast,
        }
        self.transforms = [(k, _range(k, v, 0, float)) for k, v in given.items() if v]
        self.counts = _range("augment_layers", augment_layers, 1, int) if augment_layers else None
        self.model_name = "image_rand_augment" if self.counts else "image_augment"

    def build(self, hp: Any) -> Any:
        """The model of these hyperparameters."""
        inputs, x = self._begin()
        if self.counts is None:
            for name, (least, most) in self.transforms:
                factor = hp.Float(f"factor_{name}", least, most, step=0.05, default=least)
                x = _TRANSFORMS[name](factor)(x) if factor else x
            return Model(inputs, x, name=self.model_name)
        fewest, most = self.counts
        count = hp.Int("augment_layers", fewest, most, default=fewest)
        names = [name for name, _ in self.transforms]
        for _ in range(count):
            ranges = self.transforms
            factors = [hp.Float(f"factor_{k}", a, b, default=a) for k, (a, b) in ranges]
            x = RandAugment(names, factors)(x)
        return Model(inputs, x, name=self.model_name)


def _range(name: str, value: Any, least: Any, kind: type) -> tuple[Any, Any]:
    """(least, largest) of one number or of two."""
    pair = tuple(value) if isinstance(value, list | tuple) else (least, value)
    kinds = (int,) if kind is int else (int, float)
    if len(pair) != 2 or not all(isinstance(one, kinds) for one in pair):
        raise InvalidArgumentError(
            "HyperImageAugment: {name} must be a number or a list of two, received {value!r}.",
            name=name,
            value=value,
        )
    return pair
