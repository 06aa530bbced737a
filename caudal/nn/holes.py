"""Operations with holes: dilated windows, made of plain operations on blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.array.arguments import as_tensor, dims, static_ints
from caudal.array.blocks import batch_to_space, required_space_to_batch_paddings, space_to_batch
from caudal.errors import InvalidArgumentError
from caudal.nn.convolution import conv2d_transpose
from caudal.nn.geometry import spatial


def atrous_conv2d_transpose(
    value: Any, filters: Any, output_shape: Any, rate: int, padding: Any, name: str | None = None
) -> Any:
    """The transpose of `atrous_conv2d`; filters [height, width, out, in]."""
    return conv2d_transpose(value, filters, output_shape, 1, padding, dilations=rate)


def with_space_to_batch(
    input: Any,
    dilation_rate: Any,
    padding: str,
    op: Callable[..., Any],
    filter_shape: Any = None,
    spatial_dims: Any = None,
    data_format: str | None = None,
) -> Any:
    """``op`` with holes: on the blocks of `space_to_batch`, put together again.

    Args:
        input: [batch, *space, ...].
        dilation_rate: one number for each axis of space.
        padding: "VALID", or "SAME", for which ``filter_shape`` must be given.
        op: ``op(input, num_spatial_dims=..., padding="VALID")``.
        filter_shape: the window's extents.
        spatial_dims: which axes are space, 1, 2, ... by default and the only ones allowed.
        data_format: must not be channels first.
    """
    x, rates = as_tensor(input), static_ints(dilation_rate, "with_space_to_batch: dilation_rate")
    axes = list(range(1, len(rates) + 1))
    first = data_format is not None and data_format.startswith("NC")
    if first or (spatial_dims is not None and list(spatial_dims) != axes):
        raise InvalidArgumentError(
            "with_space_to_batch: expected space in the axes {axes}, received {spatial_dims} and "
            "data_format {data_format!r}.",
            axes=axes,
            spatial_dims=spatial_dims,
            data_format=data_format,
        )
    if all(rate == 1 for rate in rates):
        return op(x, num_spatial_dims=len(rates), padding=padding)
    base = [[0, 0]] * len(rates)
    if padding == "SAME":
        if filter_shape is None:
            raise InvalidArgumentError("with_space_to_batch: SAME padding needs filter_shape.")
        window = spatial(filter_shape[: len(rates)], len(rates), "filter_shape")
        extra = [(k - 1) * rate for k, rate in zip(window, rates, strict=True)]
        base = [[n // 2, n - n // 2] for n in extra]
    paddings, crops = required_space_to_batch_paddings(dims(x)[1 : len(rates) + 1], rates, base)
    inside = op(space_to_batch(x, rates, paddings), num_spatial_dims=len(rates), padding="VALID")
    return batch_to_space(inside, rates, crops)
