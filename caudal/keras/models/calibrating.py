"""GPTQ and AWQ for a model: block after block, on data that went through the blocks before."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.keras import ops as k
from caudal.keras.layers import calibrated_sums
from caudal.keras.layers.integer_sums import QuantizedSums
from caudal.keras.quantizers import awq, gptq
from caudal.keras.quantizers.calibration_data import windows


def structure_of(model: Any, config: Any) -> dict[str, Any]:
    """Which layers come first, and which blocks follow.

    Raises:
        InvalidArgumentError: neither the config nor the model says so; there are no blocks; no
            data to calibrate with.
    """
    found = config.quantization_layer_structure
    if found is None:
        found = model.get_quantization_layer_structure(config.mode)
    if found is None:
        raise InvalidArgumentError(
            "For mode={mode!r}, a valid quantization structure must be provided, either as "
            "`quantization_layer_structure` of the config or by the model's "
            "`get_quantization_layer_structure(mode)`: a dict with the keys 'pre_block_layers' and "
            "'sequential_blocks'.",
            mode=config.mode,
        )
    if config.dataset is None or config.tokenizer is None:
        raise InvalidArgumentError(
            "{mode} quantization requires a dataset and a tokenizer. Give them to the {cls}.",
            mode=config.mode.upper(),
            cls=type(config).__name__,
        )
    if not found.get("sequential_blocks"):
        raise InvalidArgumentError(
            "quantize: no 'sequential_blocks' found in the structure to quantize."
        )
    return dict(found)


def calibrate(structure: dict[str, Any], config: Any) -> None:
    """Quantizes the layers of all blocks that were made ready for it."""
    data = windows(config.tokenizer, config.sequence_length, config.dataset, config.num_samples)
    inputs = []
    for sample in data:
        x = convert_to_tensor(sample, dtype="int32")
        for layer in structure.get("pre_block_layers", ()):
            x = layer(x)
        inputs.append(x)
    blocks = structure["sequential_blocks"]
    for place, block in enumerate(blocks):
        inputs = [k.expand_dims(x, 0) if len(x.shape) == 2 else x for x in inputs]
        _calibrate_block(block, inputs, config)
        if place + 1 < len(blocks):
            inputs = [block(x)[0] for x in inputs]


def _calibrate_block(block: Any, inputs: Any, config: Any) -> None:
    way: Any = gptq if config.mode == "gptq" else awq
    seen = {}
    for layer in block._flatten_layers():
        ready = isinstance(layer, QuantizedSums) and layer.quantization_mode == config.mode
        if ready and not calibrated_sums.is_calibrated(layer):
            rows = calibrated_sums.matrix_shape(layer)[0]
            seen[layer] = gptq.Hessian(rows) if config.mode == "gptq" else awq.Sizes(rows)
    try:
        for layer, record in seen.items():
            layer._observer = _shows(record)
        for x in inputs:
            block(x)
    finally:
        for layer in seen:
            layer._observer = None
    for layer, record in seen.items():
        weight = convert_to_tensor(layer._stored(layer._great)).numpy()
        matrix = weight.reshape(calibrated_sums.matrix_shape(layer)).astype(np.float32)
        calibrated_sums.take(layer, way.quantized(matrix, record, config))


def _shows(record: Any) -> Any:
    return lambda x: record.see(np.asarray(x.numpy(), np.float32).reshape(-1, record.rows))
