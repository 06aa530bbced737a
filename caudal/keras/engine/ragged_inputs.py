"""Which layers a ragged input may meet: those that leave out what fills up short rows."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.keras_tensor import KerasTensor

_MIXING = ("ActivityRegularization", "GroupNormalization", "Lambda")
"""Layers that take or keep the mask, but may also look at what is filled up."""


def follow(operation: Any, inputs: list[KerasTensor], outputs: list[KerasTensor]) -> None:
    """Marks the symbolic outputs that are ragged as an input is: those of unknown second extent.

    Raises:
        InvalidArgumentError: the layer would see what only fills up the rows.
    """
    if not any(tensor.ragged for tensor in inputs):
        return
    if not _able(operation):
        raise InvalidArgumentError(
            "{name} ({kind}): it does not take ragged tensors. Layers that know masks do: "
            "Embedding, recurrent layers, GlobalAveragePooling1D, Dense and the like. Else pass "
            "ragged.to_tensor() to the model, and make its Input without ragged=True.",
            name=operation.name,
            kind=type(operation).__name__,
        )
    if getattr(operation, "carries_ragged", False):
        operation.sees_ragged = operation.supports_masking = True
    for tensor in outputs:
        tensor.ragged = len(tensor.shape) > 1 and tensor.shape[1] is None


def _able(operation: Any) -> bool:
    graph = getattr(getattr(operation, "_functional", operation), "_graph", None)
    if graph is not None:
        return all(tensor.ragged for tensor in graph.inputs)
    kind = type(operation)
    if not hasattr(kind, "supports_masking") and not hasattr(operation, "supports_masking"):
        return False
    knows = operation.supports_masking or kind.carries_ragged
    return (knows or "mask" in operation._signature.names) and kind.__name__ not in _MIXING
