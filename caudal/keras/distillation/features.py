"""A model that gives, beside its final output, those of the layers that losses ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.models.functional import Functional
from caudal.keras.models.sequential import Sequential

FINAL = "final_output"


def extractor(model: Any, wanted: Sequence[str | None]) -> Any:
    """The model with a dict of outputs, by the layers' names; None where no layer is named.

    Raises:
        InvalidArgumentError: the model is no graph of layers.
    """
    names = list(dict.fromkeys(name for name in wanted if name))
    if not names:
        return None
    if getattr(model, "inputs", None) is None:
        raise InvalidArgumentError(
            "Distiller: the layers of model {name!r} cannot be looked into, because it is no "
            "Functional or Sequential model that knows its inputs.",
            name=model.name,
        )
    final = model.layers[-1].output if isinstance(model, Sequential) else model.output
    outputs = {FINAL: final, **{name: model.get_layer(name=name).output for name in names}}
    return Functional(model.inputs, outputs, name=f"{model.name}_multi_feature_extractor")
