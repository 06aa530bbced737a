"""Wrapper: a layer around a layer."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.serialization import deserialize_keras_object, serialize_keras_object


class Wrapper(Layer):
    """The base class of layers that change what one other layer does, held as ``layer``."""

    _config_names: tuple[str, ...] = ("layer",)

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        check_layer(layer, "layer", type(self).__name__)
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        """Builds the layer inside."""
        if not self.layer.built:
            self.layer.build(input_shape)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The wrapper of a configuration, around a new layer."""
        return super().from_config(
            {**config, "layer": deserialize_keras_object(config["layer"], custom_objects)}
        )


def check_layer(value: Any, name: str, owner: str) -> None:
    """Raises InvalidArgumentError for what is no layer."""
    if not isinstance(value, Layer):
        raise InvalidArgumentError(
            "{owner}: expected `{name}` to be a `keras.Layer` instance, received {value!r}.{hint}",
            owner=owner,
            name=name,
            value=value,
            hint=" Did you forget to call the layer's class?" if isinstance(value, type) else "",
        )


def copy_of(layer: Any, prefix: str, **changes: Any) -> Any:
    """A layer of the same configuration under another name, with weights of its own."""
    config = serialize_keras_object(layer)
    name = prefix + layer.name.removeprefix(prefix)
    config["config"] = {**config["config"], "name": name, **changes}
    config.pop("build_config", None)
    copy = deserialize_keras_object(config)
    if "use_cudnn" in vars(layer):
        # An argument that is in no configuration.
        copy.use_cudnn = layer.use_cudnn
    return copy
