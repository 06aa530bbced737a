"""Sequential: layers in a row."""

from __future__ import annotations

from typing import Any

from caudal.errors import FailedPreconditionError, InvalidArgumentError, MissingNameError
from caudal.framework.composite import Composite
from caudal.keras.engine.input_layer import Input, InputLayer, input_like
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.layer import Layer, is_shape
from caudal.keras.engine.masks import mask_of
from caudal.keras.engine.names import auto_name
from caudal.keras.engine.serialization import (
    CustomObjectScope,
    deserialize_keras_object,
    serialize_keras_object,
)
from caudal.keras.models.functional import Functional
from caudal.keras.models.model import Model


class Sequential(Model):
    """A model whose layers run one after another.

    The weights are made when the input's shape is known: from an `Input` as the first element,
    from `build(input_shape)`, or from the first batch.

    >>> from caudal.keras import layers
    >>> model = Sequential([Input((4,)), layers.Dense(3), layers.Dense(2)])
    >>> model.output_shape, model.count_params()
    ((None, 2), 23)
    """

    _begins_ragged = False

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__(trainable=trainable, name=name)
        self._functional: Functional | None = None
        if layers is not None and not isinstance(layers, list | tuple):
            raise InvalidArgumentError(
                "Sequential: expected a list of layers, received {layers!r}.", layers=layers
            )
        for layer in layers or ():
            self.add(layer, rebuild=False)
        self._maybe_rebuild()

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_functional":
            # Its layers are ours already: it must not be tracked as one more.
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    # --- the row ------------------------------------------------------------------------------

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Appends a layer (or an `Input`, as the first element)."""
        if isinstance(layer, KerasTensor):
            history = layer._keras_history
            layer = history.operation if history is not None else layer
        if not isinstance(layer, Layer):
            raise InvalidArgumentError(
                "Only instances of `keras.Layer` can be added to a Sequential model. "
                "Received: {layer!r} (of type {kind}){hint}",
                layer=layer,
                kind=type(layer),
                hint=". Did you forget to call the layer's class?"
                if isinstance(layer, type)
                else "",
            )
        if any(other.name == layer.name for other in self._layers):
            raise InvalidArgumentError(
                "All layers added to a Sequential model should have unique names. Name {name!r} "
                "is already the name of a layer in this model. Update the `name` argument.",
                name=layer.name,
            )
        if isinstance(layer, InputLayer) and self._layers:
            raise InvalidArgumentError(
                "Sequential model {model!r} has been configured already: an input must come "
                "before all layers, found {count} before it.",
                model=self.name,
                count=len(self._layers),
            )
        if not self._layers:
            self._add_input_for(layer)
        self._layers.append(layer)
        self._invalidate()
        if rebuild:
            self._maybe_rebuild()

    def _add_input_for(self, layer: Any) -> None:
        """The input that the first layer brings with it: input_shape= or a functional model."""
        shape = getattr(layer, "_input_shape_arg", None)
        if shape is not None and not isinstance(layer, InputLayer):
            dtype = getattr(layer, "_expected_input_dtype", None)
            self._layers.append(InputLayer(batch_shape=shape, dtype=dtype))
        elif isinstance(layer, Functional) and len(layer.inputs) == 1:
            self._layers.append(input_like(layer.inputs[0]))
        elif isinstance(layer, Sequential) and layer._functional is not None:
            self._layers.append(input_like(layer._functional.inputs[0]))

    def pop(self, rebuild: bool = True) -> Any:
        """Removes the last layer and returns it."""
        if not self.layers:
            raise InvalidArgumentError("Sequential.pop: there are no layers in the model.")
        layer = self._layers.pop()
        self._invalidate()
        if rebuild:
            self._maybe_rebuild()
        return layer

    def _invalidate(self) -> None:
        self.built = False
        self._functional = None
        self._forget_programs()

    def _maybe_rebuild(self) -> None:
        first = self._layers[0] if self._layers else None
        if isinstance(first, InputLayer) and len(self._layers) > 1:
            self.build(first.batch_shape)
        elif self._build_shape is not None and self._layers and first is not None:
            # It had a shape before a layer was added or taken away.
            self.build(self._build_shape)

    @property
    def layers(self) -> list[Any]:
        """The layers, without the input."""
        return [layer for layer in self._layers if not isinstance(layer, InputLayer)]

    @layers.setter
    def layers(self, value: Any) -> None:
        Model.layers.fset(self, value)  # type: ignore[attr-defined]

    # --- building and calling -----------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The call; a first batch of ragged rows makes the input that it needs."""
        if not self.built and args and isinstance(args[0], Composite):
            from caudal.keras.engine.padded_rows import PaddedRows

            self._begins_ragged = isinstance(args[0], PaddedRows)
        return super().__call__(*args, **kwargs)

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for inputs of that shape (batch axis included).

        Without a shape a model that knows its inputs stays as it is.
        """
        if input_shape is None and self.built:
            return
        if isinstance(input_shape, list | tuple | dict) and not is_shape(input_shape):
            # Several inputs: the first layer takes them, and there is no graph of one tensor.
            self._check_layers()
            self.built = True
            return
        if input_shape is None or not is_shape(input_shape):
            raise InvalidArgumentError(
                "Sequential model {model!r}: expected one shape such as (None, 784) to build "
                "with, received {shape!r}. Put a keras.Input(shape) first, or call the model.",
                model=self.name,
                shape=input_shape,
            )
        self._check_layers()
        shape = tuple(input_shape)
        if self._batch_is_guessed() and not isinstance(self._layers[0], InputLayer):
            # The batch size is a guess of the model around us, or one of several.
            shape = (None, *shape[1:])
        if isinstance(self._layers[0], InputLayer):
            if tuple(self._layers[0].batch_shape) != shape:
                raise InvalidArgumentError(
                    "Sequential model {model!r} has already been configured to use input shape "
                    "{expected}. You cannot build it with input_shape {received}.",
                    model=self.name,
                    expected=tuple(self._layers[0].batch_shape),
                    received=shape,
                )
        else:
            dtype = getattr(self._layers[0], "_expected_input_dtype", None)
            dtype, ragged = dtype or self.compute_dtype, self._begins_ragged
            tensor = Input(batch_shape=shape, dtype=dtype, ragged=ragged)
            self._layers.insert(0, tensor._keras_history.operation)
        inputs = self._layers[0].output
        value = inputs
        try:
            for layer in self.layers:
                value = layer(value)
        except NotImplementedError:
            # A layer cannot tell its output's shape: the layers are called one by one.
            self.built = True
            return
        # Keras counts the graph inside among the automatic names.
        auto_name("functional")
        self._functional = Functional(inputs, value, name=self.name)
        self._build_shape = shape
        self.built = True

    def _check_layers(self) -> None:
        if not self._layers:
            raise InvalidArgumentError(
                "Sequential model {model!r} cannot be built because it has no layers. Call "
                "`model.add(layer)`.",
                model=self.name,
            )

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The layers, one after another."""
        if self._functional is not None:
            return self._functional.call(inputs, training=training, mask=mask)
        value = inputs
        for layer in self.layers:
            more = {"mask": mask} if mask is not None and "mask" in layer._signature.names else {}
            value = layer(value, **more)
            mask = mask_of(value)
        return value

    def compute_output_spec(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The output for symbolic inputs."""
        if self._functional is not None:
            return self._functional.compute_output_spec(inputs)
        value = inputs
        for layer in self.layers:
            value = layer.compute_output_spec(value)
        return value

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape for an input's."""
        shape = input_shape
        for layer in self.layers:
            shape = layer.compute_output_shape(shape)
        return shape

    # --- what it looks like -------------------------------------------------------------------

    def _built_functional(self, what: str) -> Functional:
        if self._functional is None:
            raise MissingNameError(
                "Sequential model {model!r} has no defined {what} yet: build it with a "
                "keras.Input first, build(input_shape) or a call.",
                model=self.name,
                what=what,
            )
        return self._functional

    @property
    def inputs(self) -> list[Any]:
        """The symbolic input, in a list."""
        return self._built_functional("inputs").inputs

    @property
    def outputs(self) -> list[Any]:
        """The symbolic output, in a list."""
        return self._built_functional("outputs").outputs

    @property
    def input(self) -> Any:
        """The symbolic input."""
        return self._built_functional("input").input

    @property
    def output(self) -> Any:
        """The symbolic output."""
        return self._built_functional("output").output

    @property
    def input_shape(self) -> Any:
        """The input's shape."""
        return self._built_functional("input shape").input_shape

    @property
    def output_shape(self) -> Any:
        """The output's shape."""
        return self._built_functional("output shape").output_shape

    @property
    def input_names(self) -> list[str]:
        """The name of the input layer."""
        return self._built_functional("input").input_names

    @property
    def output_names(self) -> list[str]:
        """The name of the last layer."""
        return self._built_functional("output").output_names

    # --- configuration ------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The layers' configurations."""
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialize_keras_object(self.dtype_policy),
            "layers": [serialize_keras_object(layer) for layer in self._layers],
        }
        if self._functional is not None:
            config["build_input_shape"] = tuple(self._layers[0].batch_shape)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The model of a configuration, with fresh weights."""
        if not isinstance(config, dict) or "layers" not in config:
            raise FailedPreconditionError(
                "Sequential.from_config: expected a dict with 'layers', received {config}.",
                config=config,
            )
        model = cls(name=config.get("name"))
        with CustomObjectScope(custom_objects):
            for entry in config["layers"]:
                model.add(deserialize_keras_object(entry), rebuild=False)
        model._maybe_rebuild()
        if not config.get("trainable", True):
            model.trainable = False
        shape = config.get("build_input_shape")
        if not model.built and shape and is_shape(shape):
            model.build(tuple(shape))
        return model

    def get_build_config(self) -> dict[str, Any] | None:
        """The input shape with which the model was built."""
        return None if self._build_shape is None else {"input_shape": self._build_shape}
