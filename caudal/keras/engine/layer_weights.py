"""The weights of a layer: making, listing, reading and setting them; its losses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from caudal.errors import FailedPreconditionError, InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor, inside_function, is_symbolic
from caudal.framework.nest import flatten
from caudal.keras.engine.budget import room, values_follow
from caudal.keras.engine.checkpointing import layer_aliases, layer_children, layer_seeds
from caudal.keras.engine.context import call_context
from caudal.keras.engine.names import current_path, name_scope
from caudal.keras.engine.operation import Operation
from caudal.keras.engine.signatures import say_once
from caudal.keras.engine.stateless_scope import present
from caudal.keras.variables import Variable
from caudal.train.trackable import aliases, children, hidden


class LayerWeights(Operation):
    """What a layer knows of its variables, its sublayers' variables and its losses."""

    _trainable_variables: list[Any]
    _non_trainable_variables: list[Any]
    _layers: list[Any]
    _metrics: list[Any]
    _seed_generators: list[Any]
    _losses: list[Any]
    _trainable: bool
    built: bool

    def add_weight(
        self,
        *args: Any,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Any:
        """A new variable of this layer.

        ``initializer`` defaults to glorot_uniform for float weights and zeros otherwise. Keras 2's
        order ``add_weight("name", (2, 3))`` is accepted as well as ``add_weight((2, 3))``.
        """
        from caudal.keras import constraints, initializers, regularizers

        name, shape, dtype, initializer = _positional(args, name, shape, dtype, initializer)
        dtype = dtype or self.dtype  # type: ignore[attr-defined]
        if initializer is None:
            floating = str(dtype).endswith(("16", "32", "64")) and "float" in str(dtype)
            initializer = "glorot_uniform" if floating else "zeros"
        start = initializers.get(initializer)
        if values_follow() and type(self).load_own_variables is LayerWeights.load_own_variables:
            start = room
        # Made after the first call, it belongs where the layer is.
        scope = self.name if current_path() else self.path  # type: ignore[attr-defined]
        with name_scope(scope, owner=self):
            variable = Variable(
                start,
                shape=() if shape is None else shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._tracker.track(variable)  # type: ignore[attr-defined]
        return variable

    add_variable = add_weight

    def _take_over(self, trained: Any, others: Any) -> None:
        """Makes variables that a SavedModel brought the layer's own; frozen ones if it is."""
        paths: set[str] = set()
        for variable in (*trained, *others):
            base = path = f"{self.name}/{str(variable.name).partition(':')[0]}"
            serial = 0
            while path in paths:
                serial += 1
                path = f"{base}_{serial}"
            paths.add(path)
            if not hasattr(variable, "path"):
                variable.path = path
        for variable in trained:
            variable.trainable = self.trainable
        self._trainable_variables.extend(trained)
        self._non_trainable_variables.extend(others)

    # --- lists --------------------------------------------------------------------------------

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Any]:
        """This layer and all layers inside it, each once, outer ones first."""
        found: list[Any] = []
        seen: set[int] = set()
        stack: list[Any] = [self] if include_self else list(self._layers)
        while stack:
            layer = stack.pop(0)
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            found.append(layer)
            if recursive or layer is self:
                stack[:0] = layer._layers
        return found

    @property
    def variables(self) -> list[Any]:
        """The weights and random seeds of this layer and those inside; no metrics."""
        return _unique(self._all_variables())

    def _all_variables(self) -> Iterator[Any]:
        for layer in self._flatten_layers():
            yield from layer._trainable_variables
            yield from layer._non_trainable_variables
            for seed in layer._seed_generators:
                yield seed.state

    @property
    def weights(self) -> list[Any]:
        """The variables that are the layer's own: without seeds and metrics."""
        found: list[Any] = []
        for layer in self._flatten_layers():
            found += layer._trainable_variables + layer._non_trainable_variables
        return _unique(found)

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that training changes."""
        return [item for item in self.variables if item.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The variables that the optimizer leaves alone."""
        if not self.trainable:
            return self.variables
        return [item for item in self.variables if not item.trainable]

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that training changes."""
        return [item for item in self.weights if item.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The weights that the optimizer leaves alone."""
        if not self.trainable:
            return self.weights
        return [item for item in self.weights if not item.trainable]

    @property
    def metrics(self) -> list[Any]:
        """The metrics of this layer and those inside."""
        return _unique(
            metric for layer in self._flatten_layers() for metric in list(layer._metrics)
        )

    @property
    def metrics_variables(self) -> list[Any]:
        """The variables of the metrics of this layer and those inside."""
        found: list[Any] = []
        for layer in self._flatten_layers():
            for metric in layer._metrics:
                found += metric.variables
        return _unique(found)

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; setting it sets it for the layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: Any) -> None:
        value = bool(value)
        self._trainable = value
        for variable in self._trainable_variables:
            variable.trainable = value
        for layer in self._layers:
            layer.trainable = value

    # --- values -------------------------------------------------------------------------------

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        """Copies of the weights, in the order of `weights`."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Sets all weights, in the order of `weights`.

        Raises:
            InvalidArgumentError: their number differs.
            ShapeError: a shape differs; nothing is changed then.
        """
        own = self.weights
        values = list(weights)
        if len(values) != len(own):
            raise InvalidArgumentError(
                "You called `set_weights(weights)` on layer '{layer}' with a weight list of "
                "length {received}, but the layer was expecting {expected} weights.{hint}",
                layer=self.name,
                received=len(values),
                expected=len(own),
                hint="" if own else " It is not built yet: call it or build() it first.",
            )
        arrays = [np.asarray(value) for value in values]
        for variable, array in zip(own, arrays, strict=True):
            if tuple(variable.shape) != array.shape:
                raise ShapeError(
                    "Layer {layer} weight {path} has shape {expected}, which is not compatible "
                    "with the provided weight's shape {received}.",
                    layer=self.name,
                    path=variable.path,
                    expected=tuple(variable.shape),
                    received=array.shape,
                )
        for variable, array in zip(own, arrays, strict=True):
            variable.assign(array.astype(variable.dtype.np_dtype, copy=False))

    def save_own_variables(self, store: Any) -> None:
        """Writes the layer's own variables, without those inside, into a dict-like store."""
        # A file takes the memory itself; who keeps what he is given gets a copy.
        at_once = getattr(store, "writes_at_once", False)
        for i, variable in enumerate(self._stored_variables()):
            store[str(i)] = variable.array() if at_once else variable.numpy()

    def _stored_variables(self) -> list[Any]:
        """The layer's own variables in the order of files."""
        return self._trainable_variables + self._non_trainable_variables

    def load_own_variables(self, store: Any) -> None:
        """Reads back what `save_own_variables` wrote.

        Raises:
            InvalidArgumentError: the store has another number of variables.
            ShapeError: a shape differs.
        """
        from caudal.keras.saving.weights_file import check_count

        variables = self._stored_variables()
        check_count(self, len(variables), len(store.keys()))
        fill = getattr(store, "fill", None)
        for i, variable in enumerate(variables):
            if fill is not None:
                fill(str(i), variable)
                continue
            variable.assign(np.asarray(store[str(i)]).astype(variable.dtype.np_dtype, copy=False))
        self._loaded()

    def _loaded(self) -> None:
        """Called when a file's values are in the variables."""

    def count_params(self) -> int:
        """The number of scalars in the weights.

        Raises:
            FailedPreconditionError: the layer is not built.
        """
        if not self.built:
            raise _NotBuilt(
                "You tried to call `count_params` on layer '{layer}', but the layer isn't built. "
                "You can build it manually via: `layer.build(input_shape)`.",
                layer=self.name,
            )
        return sum(int(np.prod(tuple(variable.shape))) for variable in self.weights)

    # --- losses -------------------------------------------------------------------------------

    def add_loss(self, loss: Any, inputs: Any = None) -> None:
        """Adds a scalar tensor, or a list of them, to the losses of the present call.

        A function without arguments, as in Keras 2, is called each time the losses are read.
        ``inputs`` is Keras 2's, too: what the loss depends on is known without it.
        """
        if inputs is not None:
            say_once("add_loss: `inputs` is Keras 2's, and not needed any more.")
        scope = present.scope
        for value in flatten(loss):
            if scope is not None and scope.collect_losses:
                scope.add_loss(value)
            if callable(value):
                self._losses.append(value)
                continue
            if isinstance(value, int | float):
                value = convert_to_tensor(float(value))
            if not hasattr(value, "shape"):
                raise InvalidArgumentError(
                    "`add_loss()` of layer {layer!r} expects a scalar tensor, received {value!r}.",
                    layer=self.name,
                    value=value,
                )
            self._losses.append(value)

    @property
    def losses(self) -> list[Any]:
        """What `add_loss` noted in the last call and the weights' regularization."""
        found: list[Any] = []
        for layer in self._flatten_layers():
            # What a finished trace noted has no value any more.
            found += [
                loss() if callable(loss) else loss
                for loss in layer._losses
                if inside_function() or not is_symbolic(loss)
            ]
        for variable in self.trainable_weights:
            if getattr(variable, "regularizer", None) is not None:
                found.append(variable.regularizer(variable))
        return found

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            layer._losses[:] = [loss for loss in layer._losses if callable(loss)]

    @property
    def _training_now(self) -> Any:
        return call_context.training


children.register(LayerWeights, layer_children)
aliases.register(LayerWeights, layer_aliases)
hidden.register(LayerWeights, layer_seeds)


class _NotBuilt(FailedPreconditionError, ValueError):
    """Keras raises a ValueError where the state is what is wrong."""


def _positional(
    args: tuple[Any, ...], name: Any, shape: Any, dtype: Any, initializer: Any
) -> tuple[Any, Any, Any, Any]:
    """Keras 3's (shape, initializer, dtype) and Keras 2's (name, shape, dtype, initializer)."""
    if not args:
        return name, shape, dtype, initializer
    if isinstance(args[0], str):
        old = dict(zip(("name", "shape", "dtype", "initializer"), args, strict=False))
    else:
        old = dict(zip(("shape", "initializer", "dtype"), args, strict=False))
    return (
        old.get("name", name),
        old.get("shape", shape),
        old.get("dtype", dtype),
        old.get("initializer", initializer),
    )


def _unique(items: Any) -> list[Any]:
    seen: dict[int, Any] = {}
    for item in items:
        seen.setdefault(id(item), item)
    return list(seen.values())
