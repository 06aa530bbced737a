"""Layers that exist only inside networks: sums and features with a scale."""

from __future__ import annotations

from typing import Any

from caudal.keras.engine.layer import Layer
from caudal.keras.initializers.constant import Constant

__all__ = ["CustomScaleLayer", "LayerScale"]


class LayerScale(Layer):
    """Each channel times a learned factor (Touvron et al. 2021, arXiv:2103.17239).

    init_values: the factors at first. projection_dim: how many channels there are.

    >>> import numpy as np
    >>> LayerScale(0.5, 2)(np.ones((1, 2), "float32")).numpy().tolist()
    [[0.5, 0.5]]
    """

    _public_home = "keras.src.applications.convnext"

    def __init__(self, init_values: float, projection_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.init_values, self.projection_dim = init_values, projection_dim

    def build(self, input_shape: Any = None) -> None:
        """Makes the factors."""
        self.gamma = self.add_weight(
            shape=(self.projection_dim,), initializer=Constant(self.init_values)
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The scaled features."""
        return inputs * self.gamma

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        own = {"init_values": self.init_values, "projection_dim": self.projection_dim}
        return {**super().get_config(), **own}


class CustomScaleLayer(Layer):
    """The first of two tensors, and ``scale`` times the second.

    >>> import numpy as np
    >>> one = np.ones((1, 2), "float32")
    >>> CustomScaleLayer(0.5)([one, one]).numpy().tolist()
    [[1.5, 1.5]]
    """

    _public_home = "keras.src.applications.inception_resnet_v2"

    def __init__(self, scale: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: Any) -> Any:
        """The sum."""
        return inputs[0] + inputs[1] * self.scale

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {**super().get_config(), "scale": self.scale}
