"""Model: a layer that can be trained."""

from __future__ import annotations

import inspect
import json
from typing import Any

from caudal.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    UnimplementedError,
    did_you_mean,
)
from caudal.keras.engine.budget import allocation_budget, free_memory
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.layer import Layer, is_shape, map_shapes
from caudal.keras.engine.serialization import deserialize_keras_object, serialize_keras_object
from caudal.keras.engine.shapes import probe
from caudal.keras.engine.stateless import call_with_values
from caudal.keras.models import state_tree as trees
from caudal.keras.training.trainer import Trainer, _call_compute_loss


class Model(Trainer, Layer):
    """A layer with `fit`, `evaluate`, `predict` and `summary`.

    ``Model(inputs, outputs)`` makes a functional model of the graph between symbolic tensors. A
    subclass makes its layers in ``__init__`` and uses them in ``call(inputs, training=None)``.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """``Model(inputs, outputs)`` itself is a Functional."""
        if cls is Model and _is_functional(args, kwargs):
            from caudal.keras.models.functional import Functional

            return Functional.__new__(Functional, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Trainer.__init__(self)
        if _is_functional(args, kwargs):
            from caudal.keras.models.functional import Functional

            # A subclass that gives super().__init__ inputs and outputs is functional from here.
            if not isinstance(self, Functional):
                _make_functional(type(self), Functional)
            Functional.__init__(self, *args, **kwargs)  # type: ignore[arg-type]
            return
        if args:
            raise InvalidArgumentError(
                "{cls}: expected keyword arguments, or `inputs` and `outputs` made of "
                "keras.Input(...); received {args}.",
                cls=type(self).__name__,
                args=args,
            )
        Layer.__init__(self, **kwargs)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation; a subclass gives it."""
        raise UnimplementedError(
            "Model {cls} does not have a `call()` method implemented.", cls=type(self).__name__
        )

    # --- layers -------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Any]:
        """The layers of the model itself, without those inside them."""
        return list(self._flatten_layers(include_self=False, recursive=False))

    @layers.setter
    def layers(self, value: Any) -> None:
        raise _ReadOnly("`Model.layers` attribute is reserved and should not be used.")

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """A layer by its name or by its position."""
        layers = self.layers
        if (name is None) == (index is None):
            raise InvalidArgumentError(
                "get_layer: give either `name` or `index`, received name={name!r}, "
                "index={index!r}.",
                name=name,
                index=index,
            )
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise InvalidArgumentError(
                    "Was asked to retrieve layer at index {index} but model only has {count} "
                    "layers.",
                    index=index,
                    count=len(layers),
                )
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in layers]
        raise InvalidArgumentError(
            "No such layer: {name}. Existing layers are: {names}.{hint}",
            name=name,
            names=names,
            hint=did_you_mean(str(name), names),
        )

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Prints the table of layers, output shapes and parameter counts.

        print_fn: gets the whole text instead of standard output. expand_nested: show the layers
        of models inside. layer_range: the first and the last layer name (regular expressions).
        """
        from caudal.keras.engine.summary import print_summary

        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    # --- building -----------------------------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights of the layers inside, by trying `call` on that shape."""
        if input_shape is None or not self._calls_are_known():
            self.built = True
            return
        if self._in_call():
            return

        def symbol(shape: Any) -> KerasTensor:
            return KerasTensor(shape, self.compute_dtype)

        probe(self.call, (map_shapes(symbol, input_shape),), {})
        self.built = True

    def _calls_are_known(self) -> bool:
        return type(self).call is not Model.call

    def _in_call(self) -> bool:
        from caudal.keras.engine.context import call_context

        # The call that builds us will make the layers' weights itself.
        return call_context.entry is not None

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds the model with the shape that `get_build_config` gave."""
        if config and config.get("input_shape") is not None and not self.built:
            shape = config["input_shape"]
            self.build(tuple(shape) if is_shape(shape) else shape)

    def quantize(  # type: ignore[override]
        self, mode: Any = None, config: Any = None, filters: Any = None, **options: Any
    ) -> None:
        """Quantizes the layers that can be; the others are left as they are, with a warning.

        mode, config: as `keras.layers.Dense.quantize`. filters: a regular expression, a list of
        them (searched in layers' names) or a function of a layer: which layers are meant.

        Raises:
            InvalidArgumentError: a bad mode or filter; a layer that is not built.
        """
        from caudal.keras.models.quantizing import quantize_layers

        if quantize_layers(self, mode, config, filters, options):
            self._forget_programs()

    def get_quantization_layer_structure(self, mode: str | None = None) -> dict[str, Any] | None:
        """What GPTQ and AWQ go through, for a model to say: "pre_block_layers" and
        "sequential_blocks", lists of layers. None: the config says it.
        """
        return None

    # --- files --------------------------------------------------------------------------------

    def save(
        self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
    ) -> None:
        """Saves the whole model; see `keras.models.save_model`."""
        from caudal.keras.saving.api import save_model

        save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(
        self,
        filepath: Any,
        overwrite: bool = True,
        max_shard_size: float | None = None,
        objects_to_skip: Any = None,
    ) -> None:
        """Saves weights and optimizer state; see `keras.saving.save_weights`."""
        from caudal.keras.saving.api import save_weights

        save_weights(self, filepath, overwrite, max_shard_size, objects_to_skip)

    def load_weights(
        self,
        filepath: Any,
        skip_mismatch: bool = False,
        by_name: bool = False,
        objects_to_skip: Any = None,
    ) -> Any:
        """Sets the weights from a file of any format that `save_weights` or `save` makes.

        by_name: for old ``.h5`` files, find layers by name. skip_mismatch: leave layers that do
        not fit as they are, with a warning. A checkpoint of TensorFlow gives a status back, with
        ``expect_partial()`` and ``assert_consumed()``.
        """
        from caudal.keras.saving.api import load_weights

        return load_weights(self, filepath, skip_mismatch, by_name, objects_to_skip)

    def export(
        self,
        filepath: Any,
        format: str | None = None,
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Writes the model's inference, `call` with ``training=False``, for other programs.

        A SavedModel is for ``tf.saved_model.load`` of TensorFlow, its servers and `TFSMLayer`,
        with the endpoint ``serve``; an ONNX file is for ONNX's runtimes. Neither gives the Keras
        model back.

        Args:
            format: "tf_saved_model" (a folder) or "onnx"; left out, a path that ends in ``.onnx``
                is the latter.
            verbose: whether to print where it was written; it does by default.
            input_signature: a list with the TensorSpec (or structure of them) of the input, for
                a model that does not know it.
            **kwargs: ``opset_version`` for ONNX, 18 by default.

        Raises:
            UnimplementedError: another format, or a layer that cannot be written; it is named.
            InvalidArgumentError: the program depends on an open extent beyond its shapes.
        """
        from caudal.keras.export.formats import export

        export(self, filepath, format, verbose, input_signature, **kwargs)

    def stateless_compute_loss(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """`compute_loss` with other values of the variables: the loss, and the three lists of
        values after it. The model's own values stay.

        Raises:
            InvalidArgumentError: the number of values is not that of the variables.
        """
        groups = self.trainable_variables, self.non_trainable_variables, self.metrics_variables
        given = [*trainable_variables, *non_trainable_variables, *metrics_variables]
        loss, after = call_with_values(
            f"{type(self).__name__}.stateless_compute_loss",
            [variable for group in groups for variable in group],
            given,
            lambda: _call_compute_loss(self, x, y, y_pred, sample_weight, training),
        )
        first, second = len(groups[0]), len(groups[0]) + len(groups[1])
        return loss, (after[:first], after[first:second], after[second:])

    @property
    def metrics_variables(self) -> list[Any]:
        """The variables of the model's metrics, those of `compile` included."""
        found = {id(v): v for metric in self.metrics for v in metric.variables}
        return list(found.values())

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, dict[str, Any]]:
        """All values as nested dicts by the variables' paths.

        value_format: "backend_tensor" or "numpy_array".

        Raises:
            InvalidArgumentError: another format, or two variables of one path.
        """
        if value_format not in trees.FORMATS:
            raise InvalidArgumentError(
                "get_state_tree: `value_format` must be one of {known}, received {format!r}.",
                known=trees.FORMATS,
                format=value_format,
            )
        return {
            kind: trees.state_tree(variables, value_format == "numpy_array")
            for kind, variables in trees.variables_by_kind(self).items()
        }

    def set_state_tree(self, state_tree: dict[str, dict[str, Any]]) -> None:
        """Sets the values that a tree of `get_state_tree`, or a part of one, holds.

        Raises:
            InvalidArgumentError: it names something that the model lacks.
        """
        groups = trees.variables_by_kind(self)
        for kind, part in state_tree.items():
            if kind not in groups:
                raise InvalidArgumentError(
                    "set_state_tree: unknown group {kind!r}; expected {known}.",
                    kind=kind,
                    known=trees.KINDS,
                )
            trees.assign(groups[kind], part, kind)

    # --- configuration ------------------------------------------------------------------------

    def to_json(self, **options: Any) -> str:
        """The configuration as JSON; `model_from_json` makes the model again."""
        return json.dumps(serialize_keras_object(self), **options)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The model that a configuration describes."""
        from caudal.keras.models.functional import Functional

        functional = {"name", "layers", "input_layers", "output_layers"} <= set(config)
        if functional and (cls is Model or issubclass(cls, Functional)):
            from caudal.keras.models.functional_config import functional_from_config

            return functional_from_config(cls, config, custom_objects)
        if cls is Model:
            raise UnimplementedError(
                "Model.from_config: this configuration is of a subclass; call its from_config."
            )
        return super().from_config(config)


class _ReadOnly(FailedPreconditionError, AttributeError):
    """Keras raises an AttributeError."""


def model_from_json(json_string: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """The model that `Model.to_json` described, in Keras 2 or 3, with fresh weights.

    Raises:
        DataLossError: it is not JSON, or describes no model.
        ResourceExhaustedError: the weights would need more memory than there is.
    """
    from caudal.keras.saving.blaming import blaming
    from caudal.keras.saving.hdf5 import damaged, parse_json
    from caudal.keras.saving.legacy_config import modernize

    what, member = "model_from_json", "json_string"
    config = parse_json(json_string, what, member)
    with (
        allocation_budget(free_memory(), what, reason="the memory that is free"),
        blaming(what, member),
    ):
        model = deserialize_keras_object(modernize(config), custom_objects)
    if not isinstance(model, Model):
        raise damaged(what, member, "it does not describe a model")
    return model


def _is_functional(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return (
        len(args) == 2
        or (len(args) == 1 and "outputs" in kwargs)
        or ("inputs" in kwargs and "outputs" in kwargs)
    )


def _make_functional(cls: type, functional: type) -> None:
    """Puts Functional between a user's subclass and Model."""
    if Model in cls.__bases__:
        cls.__bases__ = tuple(functional if base is Model else base for base in cls.__bases__)
    else:
        for base in cls.__bases__:
            if inspect.isclass(base) and issubclass(base, Model):
                _make_functional(base, functional)
