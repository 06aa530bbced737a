"""Sums with a weight that GPTQ or AWQ makes small integers, once they saw what comes in.

Until then a layer computes with its floats, and shows what comes in to its ``_observer``.
"""

from __future__ import annotations

import math
from typing import Any

from caudal.errors import FailedPreconditionError, UnimplementedError
from caudal.framework import convert_to_tensor
from caudal.keras import ops as k
from caudal.keras.quantizers.groups import dequantize_with_sz_map
from caudal.keras.quantizers.int4 import pack_int4, unpack_int4

MODES = ("gptq", "awq")
_NAMES = ("quantized_kernel", "kernel_scale", "kernel_zero", "awq_scales", "g_idx")
STORED = ("bias", *_NAMES)
"""The variables in the order of files."""


def matrix_shape(layer: Any) -> tuple[int, int]:
    """(inputs, outputs) of the weight seen as a matrix.

    Of three axes the longest is taken for the model's features, as in Keras: in front it is the
    inputs, elsewhere the outputs are the last axis.
    """
    shape = layer._layouts[0].shape
    if len(shape) not in (2, 3):
        raise UnimplementedError(
            "Layer {name!r}: GPTQ and AWQ take kernels of 2 or 3 axes, this one has {count}.",
            name=layer.name,
            count=len(shape),
        )
    if len(shape) == 2:
        return shape[0], shape[1]
    if shape.index(max(shape)) == 0:
        return shape[0], shape[1] * shape[2]
    return shape[0] * shape[1], shape[2]


def _numbers(layer: Any, config: Any) -> Any:
    """What has ``weight_bits`` and ``group_size``: the config, or else the policy."""
    return config if hasattr(config, "weight_bits") else layer._own_policy


def make(layer: Any, mode: str, config: Any) -> None:
    """The variables, with no values yet."""
    inputs, outputs = matrix_shape(layer)
    numbers = _numbers(layer, config)
    groups = 1 if numbers.group_size == -1 else math.ceil(inputs / numbers.group_size)
    layer._weight_bits = numbers.weight_bits
    packed = (outputs + 1) // 2 if numbers.weight_bits == 4 else outputs
    wanted: dict[str, Any] = {
        "quantized_kernel": ("kernel", (packed, inputs), "uint8", "zeros"),
        "kernel_scale": ("kernel_scale", (outputs, groups), None, "ones"),
        "kernel_zero": (layer._zero_name, (outputs, groups), "uint8", "zeros"),
        "awq_scales": ("awq_scales", (inputs,), None, "ones"),
        "g_idx": ("g_idx", (inputs,), "float32", "zeros"),
    }
    if mode == "gptq":
        del wanted["awq_scales"]
    for attribute, (name, shape, dtype, start) in wanted.items():
        made = layer.add_weight(
            name=name, shape=shape, dtype=dtype, initializer=start, trainable=False
        )
        setattr(layer, attribute, made)


def is_calibrated(layer: Any) -> bool:
    """Whether the integers hold the weight."""
    return bool(getattr(layer, f"is_{layer.quantization_mode}_calibrated", False))


def check_calibrated(layer: Any) -> None:
    """Raises where the weight is still floats, which the files of the mode have no place for."""
    if not is_calibrated(layer):
        raise _NotCalibrated(
            "Layer {name!r} cannot be saved: {mode} has seen no data yet. Use Model.quantize with "
            "a config that has a dataset.",
            name=layer.name,
            mode=layer.quantization_mode,
        )


def take(layer: Any, values: dict[str, Any]) -> None:
    """Puts the integers in the place of the floats."""
    if layer._weight_bits == 4:
        packed = pack_int4(values["quantized_kernel"], axis=0, dtype="uint8")[0]
        values = {**values, "quantized_kernel": packed}
    for name, value in values.items():
        getattr(layer, name).assign(value)
    delattr(layer, "_" + layer._great)
    setattr(layer, f"is_{layer.quantization_mode}_calibrated", True)


def integers(layer: Any) -> Any:
    """The levels (outputs, inputs), unpacked."""
    values = convert_to_tensor(layer.quantized_kernel)
    if layer._weight_bits != 4:
        return values
    return unpack_int4(values, matrix_shape(layer)[1], axis=0, dtype="uint8")


def _floats(layer: Any) -> Any:
    parts = [getattr(layer, name) for name in ("kernel_scale", "kernel_zero", "g_idx")]
    scale, zero, groups = map(convert_to_tensor, parts)
    weight = k.transpose(dequantize_with_sz_map(integers(layer), scale, zero, groups))
    if layer.quantization_mode == "awq":
        weight = k.divide(weight, k.expand_dims(convert_to_tensor(layer.awq_scales), -1))
    return k.cast(k.reshape(weight, layer._layouts[0].shape), layer.compute_dtype)


def summed(layer: Any, x: Any) -> Any:
    """The layer's sums."""
    if is_calibrated(layer):
        return layer._sum(x, _floats(layer))
    weight = layer._stored(layer._great)
    if weight is None:
        raise _NotCalibrated(
            "Layer {name!r} was made for {mode} and has no weights yet: load the weights of a "
            "layer that was calibrated.",
            name=layer.name,
            mode=layer.quantization_mode,
        )
    if layer._observer is not None:
        layer._observer(x)
    return layer._sum(x, weight)


class _NotCalibrated(FailedPreconditionError, ValueError):
    """Keras fails for want of an attribute."""
