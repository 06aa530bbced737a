"""Softmax as a layer."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.array.arguments import scalar
from caudal.errors import ShapeError
from caudal.framework import convert_to_tensor
from caudal.keras import activations
from caudal.keras.layers.shape_preserving import ShapePreserving


class Softmax(ShapePreserving):
    """``exp(x) / sum(exp(x))`` along one axis or several."""

    _config_names = ("axis",)

    def __init__(self, axis: Any = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """The probabilities; places whose mask is False (or at most 0.5) get none.

        Where the mask leaves nothing, all are 0.
        """
        if mask is None:
            return activations.softmax(inputs, axis=self.axis)
        mask = self._checked(mask, inputs)
        low = -3e4 if inputs.dtype.name == "float16" else -1e9
        seen = ops.select(mask, inputs, low)
        return ops.select(mask, activations.softmax(seen, axis=self.axis), 0.0)

    def _checked(self, mask: Any, inputs: Any) -> Any:
        mask = convert_to_tensor(mask)
        shape, wanted = tuple(mask.shape), tuple(inputs.shape)
        pairs = zip(reversed(shape), reversed(wanted), strict=False)
        if len(shape) > len(wanted) or any(m not in (1, n) for m, n in pairs):
            raise ShapeError(
                "Softmax: the `mask` must be broadcastable to the inputs of shape {expected}, "
                "received shape {received}.",
                expected=wanted,
                received=shape,
            )
        return mask if mask.dtype.is_bool else ops.greater(mask, scalar(0.5, mask))
