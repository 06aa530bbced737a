"""Feature and Cross: how `FeatureSpace` reads one column, or several as one."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.serialization import deserialize_keras_object, serialize_keras_object

_MODES = ("one_hot", "int", "float")


class Feature:
    """How one column is read: a dtype, a layer, and what becomes of its result.

    output_mode: "one_hot", "int" or "float".
    """

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str) -> None:
        if output_mode not in _MODES:
            raise InvalidArgumentError(
                "Invalid value for argument `output_mode`. Expected one of {known}. Received: "
                "output_mode={mode!r}",
                known=_MODES,
                mode=output_mode,
            )
        self.dtype = dtype
        if isinstance(preprocessor, dict):
            preprocessor = deserialize_keras_object(preprocessor)
        self.preprocessor = preprocessor
        self.output_mode = output_mode

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            "dtype": self.dtype,
            "preprocessor": serialize_keras_object(self.preprocessor),
            "output_mode": self.output_mode,
        }


class Cross:
    """Columns whose combinations are one more column.

    output_mode: "one_hot" or "int".
    """

    def __init__(self, feature_names: Any, crossing_dim: int, output_mode: str = "one_hot") -> None:
        if output_mode not in ("one_hot", "int"):
            raise InvalidArgumentError(
                "Invalid value for argument `output_mode`. Expected one of ('int', 'one_hot'). "
                "Received: output_mode={mode!r}",
                mode=output_mode,
            )
        self.feature_names = tuple(feature_names)
        self.crossing_dim = crossing_dim
        self.output_mode = output_mode

    @property
    def name(self) -> str:
        """The columns' names, joined by "_X_"."""
        return "_X_".join(self.feature_names)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            "feature_names": list(self.feature_names),
            "crossing_dim": self.crossing_dim,
            "output_mode": self.output_mode,
        }


def written(value: Feature | Cross) -> dict[str, Any]:
    """A column as a space's configuration holds it; where Keras keeps the class is part of it."""
    name = type(value).__name__
    return {
        "module": "keras.src.layers.preprocessing.feature_space",
        "class_name": name,
        "config": value.get_config(),
        "registered_name": name,
    }
