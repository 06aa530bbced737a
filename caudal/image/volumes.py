"""Blocks cut out of volumes."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, dims
from caudal.framework import convert_to_tensor
from caudal.nn.geometry import padding_pairs, spatial


def extract_volume_patches(
    input: Any, ksizes: Any, strides: Any, padding: str, name: str | None = None
) -> Any:
    """Blocks of each volume in the last axis: [batch, planes, rows, columns, block * channels].

    ``ksizes`` and ``strides`` are [1, planes, rows, columns, 1]; ``padding``: "VALID" or "SAME".
    """
    x = as_tensor(input)
    window = spatial(ksizes, 3, "extract_volume_patches: ksizes")
    step = spatial(strides, 3, "extract_volume_patches: strides")
    pairs = padding_pairs(padding, dims(x)[1:4], window, step, (1, 1, 1), "extract_volume_patches")
    low, high = ((0, *(pair[side] for pair in pairs), 0) for side in (0, 1))
    x = ops.pad(x, low=low, high=high, interior=(0,) * 5, value=0.0)
    counts = [(n - k) // s + 1 for n, k, s in zip(dims(x)[1:4], window, step, strict=True)]
    for axis, (count, k, s) in enumerate(zip(counts, window, step, strict=True)):
        places = np.arange(count)[:, None] * s + np.arange(k)[None]
        x = ops.gather(x, convert_to_tensor(places), axis=1 + 2 * axis)
    x = ops.transpose(x, perm=(0, 1, 3, 5, 2, 4, 6, 7))
    return ops.reshape(x, shape=(dims(x)[0], *counts, int(np.prod(dims(x)[4:]))))
