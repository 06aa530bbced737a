"""`Model.quantize`: which layers are quantized."""

from __future__ import annotations

import re
import warnings
from typing import Any

from caudal.errors import CaudalWarning, InvalidArgumentError, UnimplementedError
from caudal.keras.models.calibrating import calibrate, structure_of
from caudal.keras.quantizers.calibrated_configs import CalibratedConfig
from caudal.keras.quantizers.configs import resolve


def _chooses(filters: Any, layer: Any) -> bool:
    if filters is None:
        return True
    if callable(filters):
        return bool(filters(layer))
    patterns = (filters,) if isinstance(filters, str) else filters
    return any(re.search(pattern, layer.name) for pattern in patterns)


def quantize_layers(
    model: Any, mode: Any, config: Any, filters: Any, options: dict[str, Any]
) -> bool:
    """Quantizes the layers without layers inside; whether there was one."""
    type_check = options.pop("type_check", True)
    if options:
        raise InvalidArgumentError(
            "{cls}.quantize: unrecognized keyword arguments: {names}",
            cls=type(model).__name__,
            names=sorted(options),
        )
    if filters is not None and not (callable(filters) or isinstance(filters, str | list | tuple)):
        raise InvalidArgumentError(
            "{cls}.quantize: `filters` must be a regular expression, a list of them or a "
            "function. Received: {filters!r}",
            cls=type(model).__name__,
            filters=filters,
        )
    config = resolve(mode, config)
    calibrated = isinstance(config, CalibratedConfig)
    structure = structure_of(model, config) if calibrated else None
    changed = False
    for layer in model._flatten_layers():
        if not _chooses(filters, layer) or len(layer._flatten_layers()) > 1:
            continue
        try:
            layer.quantize(config=config, type_check=type_check)
            changed = True
        except UnimplementedError as error:
            if isinstance(error, ValueError):
                raise
            warnings.warn(str(error), CaudalWarning, stacklevel=3)
    if structure is not None:
        calibrate(structure, config)
    return changed
