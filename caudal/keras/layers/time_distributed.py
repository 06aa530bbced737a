"""TimeDistributed: a layer applied to every time step."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import ShapeError
from caudal.framework import convert_to_tensor
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.recurrence import stack_time, unstack_time
from caudal.keras.layers.stacked_rnn_cells import takes_training
from caudal.keras.layers.wrapper import Wrapper


class TimeDistributed(Wrapper):
    """Applies ``layer`` to each step of (batch, time, ...), with the same weights.

    >>> import numpy as np
    >>> from caudal.keras.layers import Dense
    >>> TimeDistributed(Dense(4))(np.ones((2, 3, 5), "float32")).shape
    TensorShape([2, 3, 4])
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def _inner(self, shape: Any) -> tuple[Any, ...]:
        if not isinstance(shape, list | tuple) or len(shape) < 3:
            raise ShapeError(
                "`TimeDistributed` Layer should be passed an `input_shape` with at least 3 "
                "dimensions, received: {shape}",
                shape=shape,
            )
        return (shape[0], *shape[2:])

    def build(self, input_shape: Any = None) -> None:
        """Builds the layer inside for one step."""
        super().build(self._inner(input_shape))

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The layer's output for each step; floats come in this layer's dtype."""
        y = self._each_step(inputs, training, mask)
        return to_compute_dtype(y, self.compute_dtype) if y.dtype.is_floating else y

    def _each_step(self, inputs: Any, training: Any, mask: Any) -> Any:
        x = convert_to_tensor(inputs)
        more = {"training": training} if takes_training(self.layer) else {}
        batch, time = int(x.shape[0]), int(x.shape[1])
        seen = None if mask is None else self._checked_mask(mask, (batch, time))
        if not self._depends_on_batch(training):
            flat = ops.reshape(x, shape=(batch * time, *x.shape[2:]))
            if seen is not None:
                more["mask"] = ops.reshape(seen, shape=(batch * time, *seen.shape[2:]))
            y = self.layer(flat, **more)
            return ops.reshape(y, shape=(batch, time, *y.shape[1:]))
        rows = unstack_time(x)
        if seen is None:
            return stack_time([self.layer(row, **more) for row in rows])
        masks = unstack_time(seen)
        found = [self.layer(row, mask=one, **more) for row, one in zip(rows, masks, strict=True)]
        return stack_time(found)

    def _checked_mask(self, mask: Any, steps: tuple[int, int]) -> Any:
        """The mask, or None where the layer inside takes none."""
        mask = convert_to_tensor(mask)
        if tuple(mask.shape[:2]) != steps:
            raise ShapeError(
                "Layer {layer!r}: the `mask` must begin with the input's batch and steps "
                "{expected}, received shape {received}.",
                layer=self.name,
                expected=steps,
                received=tuple(mask.shape),
            )
        return mask if "mask" in self.layer._signature.names else None

    def _depends_on_batch(self, training: Any) -> bool:
        """Whether steps one by one give something else than all steps as one batch."""
        inner = list(self.layer._flatten_layers())
        if any(layer.activity_regularizer is not None for layer in inner):
            return True
        return bool(training) and any(
            layer._non_trainable_variables or layer._seed_generators for layer in inner
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The inner layer's shape for a step, with the time axis."""
        found = self.layer.compute_output_shape(self._inner(input_shape))
        return (found[0], input_shape[1], *found[1:])
