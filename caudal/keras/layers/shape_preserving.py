"""What layers share whose output has the input's shape."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.layer import Layer


class ShapePreserving(Layer):
    """A layer without weights that keeps the shape."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._build_at_init()

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape


def number(value: Any, name: str, layer: str, least: float | None = None) -> float:
    """A finite number, at least ``least``."""
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or (least is not None and value < least):
        raise InvalidArgumentError(
            "{layer}: `{name}` must be a number{bound}, received {value!r}.",
            layer=layer,
            name=name,
            bound="" if least is None else f" of at least {least}",
            value=value,
        )
    return value  # type: ignore[no-any-return]
