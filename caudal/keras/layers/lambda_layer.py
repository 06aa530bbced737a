"""Lambda: any function as a layer."""

from __future__ import annotations

import inspect
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.layer import Layer


class Lambda(Layer):
    """Calls ``function(inputs, **arguments)``; it must be made of tensor operations.

    output_shape: a shape without the batch axis, or a function of the input's shape, in place of
    trying the function. mask: the output's mask, or a function of the inputs and their mask that
    gives it; without one the layer hands no mask on.
    """

    def __init__(
        self,
        function: Any,
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise InvalidArgumentError(
                "Lambda: expected a function, received {function!r}.", function=function
            )
        self.function = function
        self.mask = mask
        self.supports_masking = mask is not None
        self.arguments = dict(arguments or {})
        self._output_shape = output_shape
        parameters = inspect.signature(function).parameters
        self._takes = [name for name in ("mask", "training") if name in parameters]

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        """The function's value; it gets ``mask`` and ``training`` where it takes them."""
        given = {"mask": mask, "training": training}
        return self.function(inputs, **self.arguments, **{key: given[key] for key in self._takes})

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """What ``mask`` says: a tensor, or a function of the inputs and their mask."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        """As given, or found by trying the function."""
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        # The batch axis of the first of several inputs.
        batch = input_shape[0]
        batch = batch if batch is None or isinstance(batch, int) else batch[0]
        return (batch, *self._output_shape)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The output for symbolic inputs."""
        if self._output_shape is None:
            from caudal.keras.engine.shapes import probe

            return probe(self.call, args, kwargs)
        return super().compute_output_spec(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The function by its registered name; a Python lambda as marshalled code, as in Keras."""
        from caudal.keras.engine.serialization import serialize_keras_object

        mask = {} if self.mask is None else {"mask": serialize_keras_object(self.mask)}
        return {
            **super().get_config(),
            **mask,
            "function": serialize_keras_object(self.function),
            "output_shape": serialize_keras_object(self._output_shape),
            "arguments": serialize_keras_object(self.arguments),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, safe_mode: bool = True
    ) -> Any:
        """The layer of a configuration.

        Raises:
            InvalidArgumentError: it holds a Python lambda, and ``safe_mode=False`` was not given.
        """
        from caudal.keras.engine.serialization import deserialize_keras_object

        def revive(value: Any) -> Any:
            return deserialize_keras_object(value, custom_objects, safe_mode)

        config = dict(config)
        config["function"] = revive(config["function"])
        config["mask"] = revive(config.get("mask"))
        config["arguments"] = revive(config.get("arguments"))
        shape = revive(config.get("output_shape"))
        config["output_shape"] = tuple(shape) if isinstance(shape, list) else shape
        return super().from_config(config)
