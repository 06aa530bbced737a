"""The configuration of a layer: its constructor's arguments, and back."""

from __future__ import annotations

import inspect
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.keras.engine.operation import Operation
from caudal.keras.engine.serialization import serialize_keras_object


class ConfigError(DTypeError):
    """Keras raises a TypeError for every configuration from which nothing can be made."""


class LayerConfig(Operation):
    """`get_config` and `from_config` for layers."""

    _config_names: tuple[str, ...] = ()
    """The attributes that a built-in layer adds to its configuration."""
    _config_without: tuple[str, ...] = ()
    """What Keras's layer of that name does not take."""
    built: bool
    _build_shape: Any
    _build_shapes: dict[str, Any] | None

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, serializable.

        A subclass that adds constructor arguments without overriding this method gets them from
        the constructor call, when all of them are plain values.

        Raises:
            UnimplementedError: an argument cannot be written down.
        """
        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,  # type: ignore[attr-defined]
            "dtype": serialize_keras_object(self.dtype_policy),  # type: ignore[attr-defined]
        }
        regularizer = getattr(self, "activity_regularizer", None)
        if regularizer is not None:
            config["activity_regularizer"] = serialize_keras_object(regularizer)
        for name in self._config_names:
            config[name] = _plain(getattr(self, name))
        for name in self._config_without:
            config.pop(name, None)
        kind = type(self)
        if kind.__init__.__module__.startswith("caudal.") or _overrides_config(kind):
            return config
        parameters = inspect.signature(kind.__init__).parameters
        if not any(item.kind is item.VAR_KEYWORD for item in parameters.values()):
            # The constructor does not take what every layer has.
            config = {key: value for key, value in config.items() if key in parameters}
        return {**self._constructor_arguments(), **config}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The layer that a configuration describes, with fresh weights."""
        config = dict(config)
        dtype = config.get("dtype")
        if isinstance(dtype, dict):
            from caudal.keras.engine.policy import DTypePolicyMap, get_policy

            policy = get_policy(dtype)
            # As in Keras: a constructor gets the name where the name says all.
            plain = policy.quantization_mode is None and not isinstance(policy, DTypePolicyMap)
            config["dtype"] = policy.name if plain else policy
        try:
            return cls(**config)
        except InvalidArgumentError as error:
            raise ConfigError(
                "{cls}: cannot be made from its configuration {config}: {reason}",
                cls=cls.__name__,
                config=config,
                reason=error,
            ) from error

    def get_build_config(self) -> dict[str, Any] | None:
        """The shape or shapes with which the layer was built, or None."""
        if self.built and self._build_shape is not None:
            return {"input_shape": self._build_shape}
        if self.built and self._build_shapes is not None:
            return {"shapes_dict": dict(self._build_shapes)}
        return None

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds the layer with the shape that `get_build_config` gave."""
        shape = config.get("input_shape")
        if shape is not None and not self.built:
            self.build(_tuples(shape))  # type: ignore[attr-defined]
        shapes = config.get("shapes_dict")
        if shapes is not None and not self.built:
            self.build(**_tuples(shapes))  # type: ignore[attr-defined]


def _plain(value: Any) -> Any:
    """An attribute as a configuration; activations by their names, as Keras writes them."""
    if inspect.isfunction(value):
        from caudal.keras import activations

        return activations.serialize(value)
    if type(value) is not list and isinstance(value, list | dict):
        value = list(value) if isinstance(value, list) else dict(value)
    return serialize_keras_object(value)


def _overrides_config(kind: type) -> bool:
    """Whether a user's class has its own get_config."""
    for base in kind.__mro__:
        if base.__module__.startswith("caudal."):
            return False
        if "get_config" in base.__dict__:
            return True
    return False


def _tuples(shape: Any) -> Any:
    """JSON made lists of the tuples."""
    if isinstance(shape, dict):
        return {key: _tuples(item) for key, item in shape.items()}
    if isinstance(shape, list | tuple):
        if any(isinstance(item, list | tuple) for item in shape):
            return [_tuples(item) for item in shape]
        return tuple(shape)
    return shape
