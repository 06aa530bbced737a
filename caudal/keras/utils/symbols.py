"""Questions about symbolic tensors."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.history import node_of
from caudal.keras.engine.keras_tensor import KerasTensor


def get_source_inputs(tensor: Any) -> list[KerasTensor]:
    """The inputs that a symbolic tensor is made from, each once.

    >>> from caudal import keras
    >>> start = keras.Input((3,))
    >>> get_source_inputs(keras.layers.Dense(2)(start))[0] is start
    True
    """
    if not isinstance(tensor, KerasTensor) or getattr(tensor, "_keras_history", None) is None:
        raise InvalidArgumentError(
            "get_source_inputs: expected a symbolic tensor made from keras.Input, received "
            "{tensor!r}.",
            tensor=tensor,
        )
    found: dict[int, KerasTensor] = {}
    waiting, seen = [tensor], {id(tensor)}
    while waiting:
        one = waiting.pop(0)
        node = node_of(one)
        if node.is_input:
            found.setdefault(id(one), one)
        for parent in node.inputs:
            if id(parent) not in seen:
                seen.add(id(parent))
                waiting.append(parent)
    return list(found.values())
