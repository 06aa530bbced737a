"""Bidirectional: a recurrent layer in both directions of time."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.layer import Layer, map_shapes
from caudal.keras.engine.serialization import deserialize_keras_object
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.wrapper import check_layer, copy_of

_MODES = ("sum", "mul", "concat", "ave", None)


class Bidirectional(Layer):
    """Runs ``layer`` and a copy that goes backwards (or ``backward_layer``), and merges both.

    merge_mode: 'concat', 'sum', 'mul', 'ave', or None for both outputs. The layers are made anew
    from the configuration of ``layer``. Schuster and Paliwal, 1997.
    """

    _config_names = ("merge_mode", "layer", "backward_layer")

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:
        for name, inner in (("layer", layer), ("backward_layer", backward_layer or layer)):
            check_layer(inner, name, "Bidirectional")
        if merge_mode not in _MODES:
            raise InvalidArgumentError(
                "Invalid merge mode. Received: merge_mode={mode!r}. Merge mode should be one of "
                "{modes}.",
                mode=merge_mode,
                modes=_MODES,
            )
        super().__init__(**kwargs)
        self.forward_layer = copy_of(layer, "forward_")
        if backward_layer is None:
            backward_layer = copy_of(layer, "backward_", go_backwards=True)
        self.backward_layer = backward_layer
        self._check_layers()
        for inner in (self.forward_layer, self.backward_layer):
            inner.zero_output_for_mask = inner.return_sequences
        self.merge_mode = merge_mode
        for name in ("stateful", "return_sequences", "return_state", "input_spec"):
            setattr(self, name, getattr(layer, name))
        self.supports_masking = True
        self._given_weights = weights

    @property
    def layer(self) -> Any:
        """The layer that goes forwards."""
        return self.forward_layer

    def _check_layers(self) -> None:
        one, other = self.forward_layer, self.backward_layer
        for name in ("go_backwards", "stateful", "return_sequences", "return_state"):
            first, second = getattr(one, name, None), getattr(other, name, None)
            relation = "different" if name == "go_backwards" else "equal"
            if first is None or second is None or (first == second) is (relation == "different"):
                raise InvalidArgumentError(
                    "Bidirectional: the layers must be recurrent and have {relation} `{name}`, "
                    "received {values}.",
                    relation=relation,
                    name=name,
                    values=(first, second),
                )

    def build(self, input_shape: Any) -> None:
        """Builds both layers."""
        for inner in (self.forward_layer, self.backward_layer):
            if not inner.built:
                inner.build(input_shape)
        if self._given_weights is not None:
            self.set_weights(self._given_weights)

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None
    ) -> Any:
        """The merged outputs, then the forward and the backward states if asked for."""
        more = {"training": training} if training is not None else {}
        found, after = list[Any](), list[Any]()
        for inner, first in ((self.forward_layer, True), (self.backward_layer, False)):
            given = initial_state
            if given is not None:
                half = len(given) // 2
                given = list(given[:half] if first else given[half:])
            y = inner(sequences, initial_state=given, mask=mask, **more)
            y, *states = y if self.return_state else (y,)
            found.append(to_compute_dtype(y, self.compute_dtype))
            after += states
        y, back = found
        merged = self._merge(y, ops.reverse(back, axes=(1,)) if self.return_sequences else back)
        both = (*merged, *after) if self.merge_mode is None else (merged, *after)
        return both if len(both) > 1 else merged

    def _merge(self, y: Any, back: Any) -> Any:
        if self.merge_mode == "concat":
            return ops.concat(y, back, axis=len(y.shape) - 1)
        if self.merge_mode == "mul":
            return y * back
        if self.merge_mode is None:
            return (y, back)
        return y + back if self.merge_mode == "sum" else (y + back) * 0.5

    def reset_state(self) -> None:
        """Sets the states of stateful layers to zero."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    def compute_output_shape(self, input_shape: Any, initial_state_shape: Any = None) -> Any:
        """The layer's, twice as wide when concatenated."""
        shape, states = self.forward_layer.compute_output_shape(input_shape), ()
        other = self.backward_layer.compute_output_shape(input_shape)
        if self.return_state:
            shape, other, states = shape[0], other[0], (*shape[1:], *other[1:])
        if self.merge_mode == "concat":
            shape = (*shape[:-1], shape[-1] + other[-1])
        both = (shape, other, *states) if self.merge_mode is None else (shape, *states)
        return both if len(both) > 1 else shape

    def compute_output_spec(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = None
    ) -> Any:
        """The output for symbolic inputs, without running the loops."""
        shape = self.compute_output_shape(tuple(sequences.shape))
        return map_shapes(lambda item: KerasTensor(item, self.compute_dtype), shape)

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The mask goes on where all outputs do."""
        mask = mask[0] if isinstance(mask, list) else mask
        kept = mask if self.return_sequences else None
        both = (kept, kept) if self.merge_mode is None else (kept,)
        return both if self.return_state or len(both) > 1 else kept

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer of a configuration, with new layers inside."""
        names = ("layer", "backward_layer")
        inner = {name: deserialize_keras_object(config.get(name), custom_objects) for name in names}
        return super().from_config({**config, **inner})
