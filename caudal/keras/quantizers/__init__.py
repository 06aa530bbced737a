"""``keras.quantizers``: floats as small integers with a scale.

``abs_max``: symmetric scales, one for each channel; ``groups``: a scale and a zero point for each
group of rows; ``int4``: two integers in a byte; ``float8``: scales that follow the greatest value
seen; ``fake``: rounding that stays float; ``configs``: what a layer's `quantize` takes;
``layout``: how a layer's weight is kept; ``gptq``, ``awq``: weights rounded with an eye on data,
with ``calibrated_configs``, ``calibration_data`` and ``zero_points``.
"""

from __future__ import annotations

import inspect
from typing import Any

from caudal.errors import InvalidArgumentError, did_you_mean
from caudal.keras.engine.serialization import deserialize_keras_object, serialize_keras_object
from caudal.keras.quantizers.abs_max import AbsMaxQuantizer, Quantizer, abs_max_quantize
from caudal.keras.quantizers.calibrated_configs import AWQConfig, GPTQConfig
from caudal.keras.quantizers.configs import (
    Float8QuantizationConfig,
    Int4QuantizationConfig,
    Int8QuantizationConfig,
    QuantizationConfig,
)
from caudal.keras.quantizers.fake import fake_quant_with_min_max_vars
from caudal.keras.quantizers.float8 import (
    compute_float8_amax_history,
    compute_float8_scale,
    quantize_and_dequantize,
)
from caudal.keras.quantizers.groups import abs_max_quantize_grouped_with_zero_point
from caudal.keras.quantizers.int4 import pack_int4, unpack_int4
from caudal.namespaces import strict

__all__ = [
    "AWQConfig",
    "AbsMaxQuantizer",
    "Float8QuantizationConfig",
    "GPTQConfig",
    "Int4QuantizationConfig",
    "Int8QuantizationConfig",
    "QuantizationConfig",
    "Quantizer",
    "abs_max_quantize",
    "abs_max_quantize_grouped_with_zero_point",
    "compute_float8_amax_history",
    "compute_float8_scale",
    "deserialize",
    "fake_quant_with_min_max_vars",
    "get",
    "pack_int4",
    "quantize_and_dequantize",
    "serialize",
    "unpack_int4",
]

_CLASSES: dict[str, Any] = {
    "Quantizer": Quantizer,
    "quantizer": Quantizer,
    "AbsMaxQuantizer": AbsMaxQuantizer,
    "abs_max_quantizer": AbsMaxQuantizer,
}


def serialize(initializer: Any) -> Any:
    """The configuration of a quantizer, with its class."""
    return serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The quantizer, or quantization config, of a configuration."""
    return deserialize_keras_object(config, custom_objects)


def get(identifier: Any, **kwargs: Any) -> Any:
    """The quantizer that a name, a configuration, a class or a quantizer means; None: None.

    A class is called with the keyword arguments.

    >>> get("abs_max_quantizer", axis=-1).axis
    (-1,)

    Raises:
        InvalidArgumentError: it means none.
    """
    if identifier is None:
        return None
    found = identifier
    if isinstance(identifier, dict):
        found = deserialize(identifier)
    elif isinstance(identifier, str):
        found = _CLASSES.get(identifier)
    if not callable(found):
        raise InvalidArgumentError(
            "Could not interpret quantizer identifier: {identifier!r}.{hint}",
            identifier=identifier,
            hint=did_you_mean(str(identifier), list(_CLASSES)),
        )
    return found(**kwargs) if inspect.isclass(found) else found


__getattr__ = strict(__name__, label="keras.quantizers")
