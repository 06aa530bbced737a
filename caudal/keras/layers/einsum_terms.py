"""What the terms of an einsum equation say of scales: which axes are summed, where others go."""

from __future__ import annotations

import math
from typing import Any

from caudal.keras import ops as k
from caudal.keras.initializers import VarianceScaling
from caudal.keras.quantizers.layout import Layout


def layout(extents: dict[str, Any], kernel: str, result: str) -> Layout:
    """How the kernel of an equation is quantized: one scale for each of its letters of output."""
    shape = tuple(int(extents[c]) for c in kernel)
    reduced = tuple(i for i, c in enumerate(kernel) if c not in result)
    rows = math.prod(shape[i] for i in reduced)
    return Layout(
        "kernel",
        shape,
        reduced,
        tuple(kernel.index(c) for c in result if c in kernel),
        tuple(int(extents[c]) if c in kernel else 1 for c in result),
        (rows, math.prod(shape) // max(rows, 1)),
        own_quantizer4=False,
    )


def scaled(initializer: Any, kernel: str, result: str) -> Any:
    """A VarianceScaling that counts the summed letters as inputs, the others as outputs."""
    if not isinstance(initializer, VarianceScaling):
        return initializer
    if initializer.input_axes is not None and initializer.output_axes is not None:
        return initializer
    axes = {
        "input_axes": [i for i, c in enumerate(kernel) if c not in result],
        "output_axes": [i for i, c in enumerate(kernel) if c in result],
    }
    return type(initializer).from_config(
        {**initializer.get_config(), "seed": initializer.seed, **axes}
    )


def spread(scale: Any, first: str, result: str) -> Any:
    """The input's scale, its summed axes of extent 1, in the axes of the output."""
    kept = [first.index(c) for c in result if c in first]
    rest = [i for i in range(len(first)) if i not in kept]
    extents = dict(zip(first, scale.shape, strict=True))
    return k.reshape(k.transpose(scale, kept + rest), [int(extents.get(c, 1)) for c in result])
