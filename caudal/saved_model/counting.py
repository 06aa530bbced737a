"""Ops that count how often numbers are there."""

from __future__ import annotations

import math as numbers
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import cast_to, dims, static_int
from caudal.framework import convert_to_tensor
from caudal.math import bincount
from caudal.saved_model.registry import reads


@reads("Bincount", "DenseBincount")
def _bincount(call: Any, ids: Any, size: Any, weights: Any) -> Any:
    count = static_int(size, call.op)
    given = None if not numbers.prod(dims(weights)) else weights
    kind = call.get("T") or weights.dtype
    found = bincount(
        ids,
        weights=given,
        minlength=count,
        maxlength=count,
        dtype=kind,
        axis=-1 if len(dims(ids)) == 2 else None,
        binary_output=bool(call.get("binary_output", False)),
    )
    return cast_to(found, kind)


@reads("RaggedBincount", eager=True)
def _ragged_bincount(call: Any, splits: Any, values: Any, size: Any, weights: Any) -> Any:
    """Row by row: each row's numbers are moved to a range of their own."""
    count, kind = static_int(size, call.op), call.get("T") or weights.dtype
    lengths = np.diff(splits.numpy())
    ids = np.asarray(values.numpy(), np.int64)
    kept = ids < count
    moved = (np.repeat(np.arange(len(lengths)), lengths) * count + ids)[kept]
    given = weights.numpy()[kept] if numbers.prod(dims(weights)) else None
    most = len(lengths) * count
    found = bincount(
        convert_to_tensor(moved),
        weights=None if given is None else convert_to_tensor(given),
        minlength=most,
        maxlength=most,
        dtype=kind,
        binary_output=bool(call.get("binary_output", False)),
    )
    return cast_to(ops.reshape(found, shape=(len(lengths), count)), kind)
