"""The geometry of convolutions: extents, and the checks of their params."""

from __future__ import annotations

from caudal.ir.types import Type
from caudal.ops.checks import require

Ints = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]


def dilated(extent: int, dilation: int) -> int:
    """The extent of an axis with ``dilation - 1`` zeros between neighbours.

    >>> dilated(3, 2), dilated(0, 2)
    (5, 0)
    """
    return (extent - 1) * dilation + 1 if extent else 0


def conv_extent(n: int, k: int, stride: int, pad: tuple[int, int], left: int, right: int) -> int:
    """The output extent of one axis: ``left`` and ``right`` are the dilations."""
    room = dilated(n, left) + pad[0] + pad[1] - dilated(k, right)
    return room // stride + 1 if room >= 0 else 0


def check_geometry(
    op: str, rank: int, strides: Ints, padding: Padding, lhs_dilation: Ints, rhs_dilation: Ints
) -> None:
    """Raises ShapeError unless the params have an entry for each spatial axis and make sense."""
    for name, value in (
        ("strides", strides),
        ("lhs_dilation", lhs_dilation),
        ("rhs_dilation", rhs_dilation),
    ):
        require(
            len(value) == rank and all(n >= 1 for n in value),
            "{op}: expected {rank} positive {name}, received {value}.",
            op=op,
            rank=rank,
            name=name,
            value=value,
        )
    require(
        len(padding) == rank and all(len(pair) == 2 and min(pair) >= 0 for pair in padding),
        "{op}: expected {rank} non-negative pairs (low, high) of padding, received {value}.",
        op=op,
        rank=rank,
        value=padding,
    )


def check_channels(op: str, x: Type, kernel: Ints, groups: int) -> None:
    """Raises ShapeError unless the kernel fits the data's channels and the groups."""
    require(
        3 <= x.rank <= 5 and len(kernel) == x.rank,
        "{op}: expected (batch, 1 to 3 spatial axes, channels) and a kernel of the same rank, "
        "received {x} and a kernel of shape {kernel}.",
        op=op,
        x=x,
        kernel=kernel,
    )
    require(
        groups >= 1
        and kernel[-2] * groups == x.shape[-1]
        and kernel[-1] % groups == 0
        and all(n > 0 for n in kernel[:-2]),
        "{op}: expected a kernel of shape (*window, {channels} channels / {groups} groups, "
        "filters that the groups divide), received {kernel}.",
        op=op,
        channels=x.shape[-1],
        groups=groups,
        kernel=kernel,
    )


def out_shape(
    x: Ints,
    kernel: Ints,
    strides: Ints,
    padding: Padding,
    lhs_dilation: Ints,
    rhs_dilation: Ints,
) -> Ints:
    """The shape of a convolution's result."""
    space = map(conv_extent, x[1:-1], kernel[:-2], strides, padding, lhs_dilation, rhs_dilation)
    return (x[0], *space, kernel[-1])
