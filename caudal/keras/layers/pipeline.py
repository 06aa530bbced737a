"""Pipeline: layers one after the other, for preprocessing."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.serialization import deserialize_keras_object, serialize_keras_object


class Pipeline(Layer):
    """Applies ``layers`` in turn, to tensors or to dicts of them, in a model or in ``ds.map``.

    >>> import numpy as np
    >>> from caudal.keras.layers import Rescaling, Solarization
    >>> steps = Pipeline([Rescaling(255.0), Solarization()])
    >>> steps(np.array([[[[1.0], [0.0]]]], "float32"), training=True).numpy().ravel()
    array([  0., 255.], dtype=float32)
    """

    def __init__(self, layers: Any, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        if not isinstance(layers, list | tuple) or not all(
            isinstance(one, Layer) for one in layers
        ):
            raise InvalidArgumentError(
                "Pipeline: `layers` must be a list of layers, received {layers!r}.", layers=layers
            )
        self._pipeline_layers = list(layers)

    @property
    def layers(self) -> list[Any]:
        """The layers in their order."""
        return list(self._pipeline_layers)

    def call(self, inputs: Any, training: Any = True, mask: Any = None) -> Any:
        """The last layer's output."""
        given = {"training": training, "mask": mask}
        for layer in self._pipeline_layers:
            names = layer._signature.names
            told = {k: v for k, v in given.items() if k in names and v is not None}
            inputs = layer(inputs, **told)
            # Later layers find the mask on what they are given.
            given["mask"] = None
        return inputs

    def get_config(self) -> dict[str, Any]:
        """The layers' configurations."""
        layers = [serialize_keras_object(layer) for layer in self._pipeline_layers]
        return {"name": self.name, "layers": layers}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The pipeline of a configuration."""
        layers = config.get("layers")
        if isinstance(layers, list | tuple):
            layers = [deserialize_keras_object(layer) for layer in layers]
        return cls(**{**config, "layers": layers})
