"""Layer: weights, and a call that uses them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caudal.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    MissingNameError,
    UnimplementedError,
)
from caudal.framework import Tensor, convert_to_tensor, inside_function, nest
from caudal.framework.nest import flatten, map_structure
from caudal.keras.engine import masks, remat, signatures
from caudal.keras.engine.argument_rules import check_arguments
from caudal.keras.engine.context import call_context
from caudal.keras.engine.history import any_symbolic
from caudal.keras.engine.input_spec import assert_input_compatibility
from caudal.keras.engine.keras_tensor import KerasTensor, Shape, standardize_shape
from caudal.keras.engine.layer_config import LayerConfig
from caudal.keras.engine.layer_policy import LayerPolicy
from caudal.keras.engine.layer_weights import LayerWeights
from caudal.keras.engine.names import name_scope
from caudal.keras.engine.operation import link
from caudal.keras.engine.policy import get_policy
from caudal.keras.engine.shapes import merge_shapes, probe, probing
from caudal.keras.engine.stateless import call_with_values
from caudal.keras.engine.tracking import Tracker

LISTS = (
    "_trainable_variables",
    "_non_trainable_variables",
    "_layers",
    "_metrics",
    "_seed_generators",
    "_losses",
)
"""What a layer keeps of the attributes that are assigned to it."""


class Layer(LayerPolicy, LayerWeights, LayerConfig):
    """The base class of all layers and models.

    A subclass makes its weights in ``build(input_shape)`` with `add_weight` (or holds other layers
    as attributes) and computes in ``call(inputs, ...)``. A ``training`` argument of ``call`` is
    filled from the call around it; calling the layer builds it first.

    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> Scale()(np.ones((2, 3), "float32")).shape
    TensorShape([2, 3])
    """

    carries_ragged = False
    """Whether it takes ragged inputs by their mask, of which it knows nothing otherwise."""
    sees_ragged = False
    """Whether that is what it was given in a network."""
    _signature: signatures.CallSignature
    _tracker: Tracker

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = signatures.wrap_build(cls.__dict__["build"])  # type: ignore[method-assign]
        cls._signature = signatures.CallSignature(cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Attributes are tracked from the first on, even before ``super().__init__()``."""
        check_arguments(cls, args, kwargs)
        instance = super().__new__(cls, *args, **kwargs)
        for items in LISTS:
            object.__setattr__(instance, items, [])
        object.__setattr__(instance, "_tracker", Tracker(Layer, instance))
        return instance

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        input_shape = signatures.pop_input_shape(type(self).__name__, kwargs)
        signatures.check_no_more(type(self), kwargs)
        super().__init__(name=name)
        if not isinstance(trainable, bool):
            raise InvalidArgumentError(
                "{cls}: expected `trainable` to be a boolean, received {trainable!r}.",
                cls=type(self).__name__,
                trainable=trainable,
            )
        self._trainable = trainable
        self._policy = get_policy(dtype)
        self.autocast = autocast
        self.built = False
        self.supports_masking = masks.passes_on(type(self))
        self._input_spec: Any = None
        self._build_shape: Any = None
        self._build_shapes: dict[str, Any] | None = None
        self._last_output_shape: Any = None
        self._remat_mode = remat.get_current_remat_mode()
        self._parent_path: str | None = None
        from caudal.keras import regularizers

        self.activity_regularizer = regularizers.get(activity_regularizer)
        if input_shape is not None:
            self._input_shape_arg: Shape = input_shape

    # --- attributes ---------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in signatures.UNTRACKED:
            value = self._tracker.track(value)
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        known = getattr(type(self), name, None)
        if isinstance(known, property) and known.fget is not None:
            # The property itself raised an AttributeError: it says why.
            return known.fget(self)
        if name in ("input_shape", "output_shape") and "_inbound_nodes" in self.__dict__:
            # Keras 2's; not properties, so that a subclass may assign them.
            tensors = self._tensors(name.removesuffix("_shape"))
            return nest.map_structure(lambda tensor: tensor.shape, tensors)
        raise MissingNameError(
            "The layer {layer!r} ({cls}) has no attribute {name!r}.",
            layer=self.__dict__.get("name", "?"),
            cls=type(self).__name__,
            name=name,
        )

    def __delattr__(self, name: str) -> None:
        if name in self.__dict__ and name not in signatures.UNTRACKED:
            self._tracker.untrack(self.__dict__[name])
        object.__delattr__(self, name)

    @property
    def input_spec(self) -> Any:
        """What the first argument of a call must look like: an InputSpec or a nest of them."""
        return self._input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self._input_spec = value

    @property
    def path(self) -> str:
        """The name with the scopes in which the layer was first used."""
        return f"{self._parent_path}/{self.name}" if self._parent_path else str(self.name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    # --- for subclasses -----------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Makes the weights; called once, before the first call, with the input's shape."""
        self.built = True

    def _build_at_init(self) -> None:
        """Marks a layer without weights as built, unless a subclass gives it a `build`."""
        if type(self).build is Layer.build:
            self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation, on Tensors."""
        raise UnimplementedError(
            "{kind} {cls} does not have a `call()` method implemented.",
            kind="Layer",
            cls=type(self).__name__,
        )

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The output's shape for an input's; unknown extents are None."""
        if type(self).call is Layer.call:
            raise UnimplementedError(
                "Layer {cls} does not have a `compute_output_shape` method implemented.",
                cls=type(self).__name__,
            )

        def tensor(shape: Any) -> Any:
            return KerasTensor(shape, self.compute_dtype)

        args = tuple(map_shapes(tensor, shape) for shape in args)
        result = self.compute_output_spec(
            *args, **{key: map_shapes(tensor, shape) for key, shape in kwargs.items()}
        )
        return map_structure(lambda leaf: leaf.shape, result)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The output as KerasTensors for inputs given as KerasTensors."""
        kind = type(self)
        if kind.compute_output_shape is Layer.compute_output_shape or len(args) != 1 or kwargs:
            return probe(self.call, args, kwargs)
        shapes = map_structure(lambda leaf: leaf.shape, args[0])
        found = self.compute_output_shape(shapes)
        dtype = self.compute_output_dtype(args[0])
        return map_shapes(lambda shape: KerasTensor(shape, dtype), found)

    def compute_output_dtype(self, inputs: Any) -> str:
        """The output's dtype where `compute_output_shape` is given."""
        return self.compute_dtype

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the output: what came in."""
        return previous_mask

    # --- the call -----------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Builds the layer if need be, checks the inputs and runs `call`."""
        if "_inbound_nodes" not in self.__dict__:
            raise FailedPreconditionError(
                "Layer {cls}: `super().__init__()` was never called in its __init__().",
                cls=type(self).__name__,
            )
        args = tuple(map(self._convert, args))
        if kwargs:
            kwargs = {
                key: self._convert(value) if key != "training" else value
                for key, value in kwargs.items()
            }
        symbolic = any_symbolic(args, kwargs)
        # A graph records only what the user says; the rest is decided when the graph runs.
        told = kwargs.get("training") is not None
        context = call_context
        outer, outer_training, outer_dtype = context.entry, context.training, context.variables
        if outer is None:
            context.entry = self
            self._clear_losses()
        try:
            context.training = self._signature.resolve_training(args, kwargs, outer_training)
            if args:
                assert_input_compatibility(self._input_spec, args[0], self.name)
            if not self.built:
                self._signature.build(self, args, kwargs)
                self._open_batch()
                self.built = True
                if args:
                    assert_input_compatibility(self._input_spec, args[0], self.name)
            context.variables = self._variables_as(outer_dtype)
            with name_scope(self.name, owner=self):
                if symbolic:
                    return self._symbolic_call(args, kwargs, told)
                mask = masks.receive(self, args, kwargs)
                call = self.call
                if self._remat_mode is not None:
                    call = self.rematerialized_call(call, *args, **kwargs)
                outputs = call(*args, **kwargs)
            if mask is not None or self.supports_masking:
                masks.send(self, args[0] if args else next(iter(kwargs.values())), outputs, mask)
            self._note_shape(outputs)
            if self.activity_regularizer is not None:
                for output in flatten(outputs):
                    # Per sample, as in Keras 3.15: the same strength for every batch size.
                    rows = max(int(output.shape[0]), 1) if len(output.shape) else 1
                    self.add_loss(self.activity_regularizer(output) * (1.0 / rows))
            return outputs
        finally:
            context.entry, context.training = outer, outer_training
            context.variables = outer_dtype

    def rematerialized_call(self, layer_call: Any, *args: Any, **kwargs: Any) -> Any:
        """``layer_call``, computed once more for its gradient where the layer's scope says so.

        args, kwargs: those of the call; the mode "larger_than" goes by its output's size.
        """
        mode = self._remat_mode
        if mode is None:
            return layer_call
        if mode.mode == "larger_than":
            outputs = flatten(self.compute_output_spec(*specs(args), **specs(kwargs)))
            chosen = sum(math.prod(leaf.shape) for leaf in outputs) > mode.output_size_threshold
        elif mode.mode == "list_of_layers":
            chosen = self.name in mode.layer_names
        else:
            chosen = mode.mode == "full" or getattr(self, "activation", None) is not None
        return remat.remat(layer_call) if chosen else layer_call

    def _open_batch(self) -> None:
        """Of a compiled step's batch, or a probing's, the size says nothing about the next one.

        Not where states are kept from batch to batch: those are of one size.
        """
        if not self._batch_is_guessed():
            return
        for name in ("_build_shape", "_build_shapes"):
            known = getattr(self, name)
            if known is not None:
                opened = map_shapes(lambda shape: shape and (None, *shape[1:]), known)
                setattr(self, name, opened)

    def _batch_is_guessed(self) -> bool:
        return (probing.run is not None or inside_function()) and not self._keeps_states()

    def _keeps_states(self) -> bool:
        """Whether a batch goes on from the one before: a recurrent layer inside is stateful."""
        return any(getattr(layer, "stateful", False) for layer in self._flatten_layers())

    def _note_shape(self, outputs: Any) -> None:
        """Keeps the first output's shape for `summary`; extents that differ in a probing are open.

        So is the batch of a compiled step.
        """
        run = probing.run
        if run is None and self._last_output_shape is not None:
            return
        shape = _shape_of(outputs)
        if run is None and inside_function() and is_shape(shape) and shape:
            shape = (None, *shape[1:])
        if run is not None and self.__dict__.get("_noted_in") is run:
            before = self._last_output_shape
            if is_shape(shape) and is_shape(before) and before is not None:
                shape = merge_shapes(before, shape)
        object.__setattr__(self, "_noted_in", run)
        self._last_output_shape = shape

    def _convert(self, value: Any) -> Any:
        """Arrays become Tensors; float tensors take the layer's dtype."""
        if isinstance(value, Tensor | KerasTensor):
            return self._cast(value)
        if isinstance(value, np.ndarray | np.generic):
            return self._cast(convert_to_tensor(value))
        if isinstance(value, list | tuple) and any(_is_number(item) for item in flatten(value)):
            raise InvalidArgumentError(
                "Layer {name!r}: only tensors and arrays may be passed as positional arguments, "
                "received a list of Python numbers. Use np.array(...) or tf.constant(...).",
                name=self.name,
            )
        if isinstance(value, list | tuple | dict):
            return map_structure(self._convert, value)
        if hasattr(value, "__array__") and not isinstance(value, str | bytes):
            return self._cast(convert_to_tensor(value))
        return value

    def _symbolic_call(self, args: tuple[Any, ...], kwargs: dict[str, Any], told: bool) -> Any:
        given = {key: value for key, value in kwargs.items() if value is not None}
        # Building happened; probing must leave no losses of symbolic tensors behind.
        outputs = self.compute_output_spec(*self._seen(args), **self._seen(given))
        self._clear_losses()
        if not told:
            given.pop("training", None)
        link(self, args, given, outputs)
        self._last_output_shape = _shape_of(outputs)
        return outputs

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> Any:
        """A call with other values of the variables: (outputs, new non-trainable values).

        The layer's own values stay. With ``return_losses`` the losses come third.
        """
        trained, others = self.trainable_variables, self.non_trainable_variables
        losses: list[Any] = []

        def run() -> Any:
            outputs = self(*args, **kwargs)
            losses.extend(self.losses)
            return outputs

        outputs, values = call_with_values(
            f"{type(self).__name__}.stateless_call",
            [*trained, *others],
            [*trainable_variables, *non_trainable_variables],
            run,
        )
        found = (outputs, values[len(trained) :])
        return (*found, losses) if return_losses else found


def specs(arguments: Any) -> Any:
    """The tensors in a call's arguments as KerasTensors; all else as it is."""
    return map_structure(
        lambda leaf: KerasTensor(leaf.shape, leaf.dtype) if isinstance(leaf, Tensor) else leaf,
        arguments,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shape_of(outputs: Any) -> Any:
    if isinstance(outputs, Tensor):
        return tuple(outputs.shape)
    return map_structure(
        lambda leaf: tuple(leaf.shape) if hasattr(leaf, "shape") else None, outputs
    )


def map_shapes(fn: Any, value: Any) -> Any:
    """``fn`` on every shape in a nest of shapes."""
    if isinstance(value, dict):
        return {key: map_shapes(fn, item) for key, item in value.items()}
    if is_shape(value):
        return fn(standardize_shape(value))
    return type(value)(map_shapes(fn, item) for item in value)


def is_shape(value: Any) -> bool:
    """Whether a value is one shape rather than a nest of them."""
    if isinstance(value, list | tuple):
        return all(item is None or isinstance(item, int | np.integer) for item in value)
    return not isinstance(value, dict)
