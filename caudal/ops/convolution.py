"""General convolution of channels-last data: strides, padding, both dilations, groups.

``x`` is (batch, *space, channels), the kernel (*window, channels / groups, filters), the result
(batch, *space', filters), for 1 to 3 spatial axes; as everywhere in deep learning it is a
correlation. ``lhs_dilation`` d puts d - 1 zeros between neighbours of x (a transposed
convolution), ``rhs_dilation`` does so with the kernel; ``padding`` is (low, high) an axis, around
the dilated x. All gradients are convolutions again, so every order of derivative is here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from caudal import ops
from caudal.errors import InternalError
from caudal.ir.types import Type
from caudal.ops.checks import FLOATS, require, require_dtype, require_same_dtype, rounded
from caudal.ops.contract import Axis, Loops, strides_of
from caudal.ops.conv_shape import check_channels, check_geometry, dilated, out_shape
from caudal.ops.movement import pad_or_crop
from caudal.ops.record import Contraction, Op, Sample, type_of

Ints = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]

_CHUNK = 1 << 21
"""Elements of patches that the reference gathers at once: 8 MB of float32."""


# --- types ------------------------------------------------------------------------------------


def _infer_conv(
    x: Type,
    w: Type,
    strides: Ints,
    padding: Padding,
    lhs_dilation: Ints,
    rhs_dilation: Ints,
    groups: int,
) -> Type:
    require_dtype("conv", x, FLOATS)
    require_same_dtype("conv", x, w)
    check_channels("conv", x, w.shape, groups)
    check_geometry("conv", x.rank - 2, strides, padding, lhs_dilation, rhs_dilation)
    return x.with_shape(out_shape(x.shape, w.shape, strides, padding, lhs_dilation, rhs_dilation))


def _infer_weight_grad(
    x: Type,
    g: Type,
    kernel_shape: Ints,
    strides: Ints,
    padding: Padding,
    lhs_dilation: Ints,
    rhs_dilation: Ints,
    groups: int,
) -> Type:
    name = "conv_weight_grad"
    require_dtype(name, x, FLOATS)
    require_same_dtype(name, x, g)
    check_channels(name, x, kernel_shape, groups)
    check_geometry(name, x.rank - 2, strides, padding, lhs_dilation, rhs_dilation)
    expected = out_shape(x.shape, kernel_shape, strides, padding, lhs_dilation, rhs_dilation)
    require(
        g.shape == expected,
        "{op}: expected a gradient of shape {expected}, received {g}.",
        op=name,
        expected=expected,
        g=g,
    )
    return x.with_shape(kernel_shape)


# --- references -------------------------------------------------------------------------------


def _padded(x: Any, padding: Padding, lhs_dilation: Ints) -> Any:
    if all(pair == (0, 0) for pair in padding) and all(d == 1 for d in lhs_dilation):
        return x
    spread = [dilated(n, d) for n, d in zip(x.shape[1:-1], lhs_dilation, strict=True)]
    space = (lo + n + hi for n, (lo, hi) in zip(spread, padding, strict=True))
    result = np.zeros((x.shape[0], *space, x.shape[-1]), x.dtype)
    inner = [
        slice(lo, lo + n, d) for n, (lo, _), d in zip(spread, padding, lhs_dilation, strict=True)
    ]
    result[tuple([slice(None), *inner])] = x
    return result


def _windows(x: Any, out: Ints, window: Ints, strides: Ints, dilation: Ints) -> Any:
    """A view (batch, *out, *window, channels) of the padded ``x``."""
    steps = x.strides[1:-1]
    shape = (x.shape[0], *out, *window, x.shape[-1])
    moves = (s * n for s, n in zip(steps, strides, strict=True))
    taps = (s * n for s, n in zip(steps, dilation, strict=True))
    return np.lib.stride_tricks.as_strided(
        x, shape, (x.strides[0], *moves, *taps, x.strides[-1]), writeable=False
    )


def _chunks(batch: int, each: int) -> Iterator[slice]:
    step = max(1, _CHUNK // max(each, 1))
    return (slice(at, min(at + step, batch)) for at in range(0, batch, step))


def _split(patches: Any, rank: int, groups: int) -> Any:
    """Windows (batch, *out, *window, channels) as matrices (groups, rows, window * channels)."""
    channels = patches.shape[-1] // groups
    taps = math.prod(patches.shape[1 + rank : -1])
    rows = math.prod(patches.shape[: 1 + rank])
    if groups == 1:
        return patches.reshape((1, rows, taps * channels))
    apart = patches.reshape((rows, taps, groups, channels))
    return apart.transpose((2, 0, 1, 3)).reshape((groups, rows, taps * channels))


def _kernel_matrices(w: Any, groups: int) -> Any:
    """A kernel as matrices (groups, window * channels / groups, filters / groups)."""
    rows = math.prod(w.shape[:-1])
    return w.reshape((rows, groups, w.shape[-1] // groups)).transpose((1, 0, 2))


@rounded
def _reference_conv(
    xp: Any,
    x: Any,
    w: Any,
    strides: Ints,
    padding: Padding,
    lhs_dilation: Ints,
    rhs_dilation: Ints,
    groups: int,
) -> Any:
    shape = _infer_conv(
        type_of(x), type_of(w), strides, padding, lhs_dilation, rhs_dilation, groups
    ).shape
    return _convolve(_padded(x, padding, lhs_dilation), w, shape, strides, rhs_dilation, groups)


def _convolve(x: Any, w: Any, shape: Ints, strides: Ints, dilation: Ints, groups: int) -> Any:
    rank = len(strides)
    out = np.zeros(shape, x.dtype)
    if out.size == 0:
        return out
    windows = _windows(x, shape[1:-1], w.shape[:-2], strides, dilation)
    matrices = _kernel_matrices(w, groups)
    for part in _chunks(shape[0], math.prod(windows.shape[1:])):
        product = np.matmul(_split(windows[part], rank, groups), matrices)
        out[part] = product.transpose((1, 0, 2)).reshape(out[part].shape)
    return out


@rounded
def _reference_weight_grad(
    xp: Any,
    x: Any,
    g: Any,
    kernel_shape: Ints,
    strides: Ints,
    padding: Padding,
    lhs_dilation: Ints,
    rhs_dilation: Ints,
    groups: int,
) -> Any:
    _infer_weight_grad(
        type_of(x),
        type_of(g),
        kernel_shape,
        strides,
        padding,
        lhs_dilation,
        rhs_dilation,
        groups,
    )
    rank, filters = len(strides), kernel_shape[-1]
    rows = math.prod(kernel_shape[:-1])
    total = np.zeros((groups, rows, filters // groups), x.dtype)
    if g.size and total.size:
        x = _padded(x, padding, lhs_dilation)
        windows = _windows(x, g.shape[1:-1], kernel_shape[:-2], strides, rhs_dilation)
        for part in _chunks(x.shape[0], math.prod(windows.shape[1:])):
            patches = _split(windows[part], rank, groups)
            right = g[part].reshape((-1, groups, filters // groups)).transpose((1, 0, 2))
            total += np.matmul(patches.transpose((0, 2, 1)), right)
    return total.transpose((1, 0, 2)).reshape(kernel_shape)


# --- gradients --------------------------------------------------------------------------------


def _swap_kernel(w: Any, groups: int) -> Any:
    """The kernel of the data gradient: flipped, channels and filters exchanged in each group."""
    *window, channels, filters = w.shape
    rank = len(window)
    flipped = ops.reverse(w, axes=tuple(range(rank)))
    space = tuple(range(rank))
    if groups == 1:
        return ops.transpose(flipped, perm=(*space, rank + 1, rank))
    apart = ops.reshape(flipped, shape=(*window, channels, groups, filters // groups))
    swapped = ops.transpose(apart, perm=(*space, rank + 2, rank + 1, rank))
    return ops.reshape(swapped, shape=(*window, filters // groups, groups * channels))


def conv_data_grad(
    g: Any,
    w: Any,
    x_shape: Ints,
    *,
    strides: Ints,
    padding: Padding,
    lhs_dilation: Ints,
    rhs_dilation: Ints,
    groups: int,
) -> Any:
    """The gradient of a convolution with respect to its data: a convolution of ``g``.

    Also the transposed convolution: that one is the data gradient of an ordinary one.

    Args:
        g: gradient of the result, (batch, *space', filters).
        w: kernel of the forward convolution.
        x_shape: shape of the data, and of the result.
    """
    pads, dilations, crop = [], strides, False
    for n, o, k, s, (lo, _), left, right in zip(
        x_shape[1:-1],
        g.shape[1:-1],
        w.shape[:-2],
        strides,
        padding,
        lhs_dilation,
        rhs_dilation,
        strict=True,
    ):
        low = dilated(k, right) - 1 - lo
        pads.append((low, dilated(n, left) + lo - dilated(o, s)))
        crop = crop or min(pads[-1]) < 0
    if crop:
        # Windows that lay in the padding altogether: their gradient is cut off.
        low, high = zip(*pads, strict=True)
        gaps = tuple(s - 1 for s in strides)
        g = pad_or_crop(g, (0, *low, 0), (0, *high, 0), (0, *gaps, 0))
        pads, dilations = [(0, 0)] * len(pads), (1,) * len(pads)
    return ops.conv(
        g,
        _swap_kernel(w, groups),
        strides=tuple(lhs_dilation),
        padding=tuple(pads),
        lhs_dilation=tuple(dilations),
        rhs_dilation=tuple(rhs_dilation),
        groups=groups,
    )


def _grad_conv(g: Any, y: Any, x: Any, w: Any, **params: Any) -> list[Any]:
    return [
        conv_data_grad(g, w, tuple(x.shape), **params),
        ops.conv_weight_grad(x, g, kernel_shape=tuple(w.shape), **params),
    ]


def _grad_weight_grad(
    g: Any, y: Any, x: Any, h: Any, kernel_shape: Ints, **params: Any
) -> list[Any]:
    # <conv(x, g), h> is linear in each of the three: the rules of conv with g as the kernel.
    return [conv_data_grad(h, g, tuple(x.shape), **params), ops.conv(x, g, **params)]


# --- compilation ------------------------------------------------------------------------------


def conv_without_padding(
    padding: Padding, lhs_dilation: Ints, **params: Any
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Takes padding and lhs_dilation out of the params of conv or conv_weight_grad.

    Returns:
        The params of the ``pad`` to put before operand 0, or None where none is needed; and the
        params for the convolution of the padded operand.

    >>> conv_without_padding(((1, 1),), (1,), strides=(2,), rhs_dilation=(1,), groups=1)[0]
    {'low': (0, 1, 0), 'high': (0, 1, 0), 'interior': (0, 0, 0), 'value': 0.0}
    """
    rank = len(padding)
    plain = {**params, "padding": ((0, 0),) * rank, "lhs_dilation": (1,) * rank}
    if all(pair == (0, 0) for pair in padding) and all(d == 1 for d in lhs_dilation):
        return None, plain
    before = {
        "low": (0, *(lo for lo, _ in padding), 0),
        "high": (0, *(hi for _, hi in padding), 0),
        "interior": (0, *(d - 1 for d in lhs_dilation), 0),
        "value": 0.0,
    }
    return before, plain


def _conv_axes(
    x: Ints, w: Ints, out: Ints, strides: Ints, dilation: Ints, groups: int
) -> dict[str, tuple[int, int, int, int]]:
    """Per loop: its extent and its steps in the data, in the kernel and in the result."""
    rank = len(strides)
    data, kernel, result = strides_of(x), strides_of(w), strides_of(out)
    channels, filters = w[-2], w[-1] // groups
    loops = {"n": (x[0], data[0], 0, result[0])}
    for axis in range(rank):
        step = data[1 + axis] * strides[axis]
        loops[f"o{axis}"] = (out[1 + axis], step, 0, result[1 + axis])
    if groups > 1:
        loops["group"] = (groups, channels, filters, filters)
    loops["oc"] = (filters, 0, 1, 1)
    for axis in range(rank):
        loops[f"k{axis}"] = (w[axis], data[1 + axis] * dilation[axis], kernel[axis], 0)
    loops["ic"] = (channels, 1, kernel[-2], 0)
    return loops


def _no_padding(op: str, padding: Padding, lhs_dilation: Ints) -> None:
    require(
        all(pair == (0, 0) for pair in padding) and all(d == 1 for d in lhs_dilation),
        "{op}: padding and lhs_dilation are not affine; a pad must come first "
        "(conv_without_padding), received padding={padding}, lhs_dilation={dilation}.",
        InternalError,
        op=op,
        padding=padding,
        dilation=lhs_dilation,
    )


def _spec_conv(
    types: Sequence[Type],
    strides: Ints,
    padding: Padding,
    lhs_dilation: Ints,
    rhs_dilation: Ints,
    groups: int,
) -> Loops:
    _no_padding("conv", padding, lhs_dilation)
    x, w = types
    out = _infer_conv(x, w, strides, padding, lhs_dilation, rhs_dilation, groups).shape
    loops = _conv_axes(x.shape, w.shape, out, strides, rhs_dilation, groups)
    kinds = {"n": "row", "o": "row", "group": "batch", "oc": "col", "k": "sum", "ic": "sum"}
    return Loops(
        tuple(
            Axis(name, extent, kinds[name.rstrip("012")], lhs, rhs, at)
            for name, (extent, lhs, rhs, at) in loops.items()
        )
    )


def _spec_weight_grad(
    types: Sequence[Type],
    kernel_shape: Ints,
    strides: Ints,
    padding: Padding,
    lhs_dilation: Ints,
    rhs_dilation: Ints,
    groups: int,
) -> Loops:
    _no_padding("conv_weight_grad", padding, lhs_dilation)
    x, g = types
    loops = _conv_axes(x.shape, kernel_shape, g.shape, strides, rhs_dilation, groups)
    window = [name for name in loops if name[0] == "k"]
    group = ["group"] if groups > 1 else []
    kept = [*window, "ic", *group, "oc"]
    kinds = {"k": "row", "ic": "row", "group": "batch", "oc": "col"}
    axes = []
    # The operands are now the data and the gradient; the kernel is the result.
    for name in kept + [name for name in loops if name not in kept]:
        extent, data, kernel, result = loops[name]
        axes.append(Axis(name, extent, kinds.get(name.rstrip("012"), "sum"), data, result, kernel))
    return Loops(tuple(axes))


# --- samples and records ----------------------------------------------------------------------


def _geometries() -> Iterator[tuple[Ints, Ints, dict[str, Any]]]:
    def case(
        x: Ints,
        w: Ints,
        strides: Any = 1,
        padding: Any = (0, 0),
        left: Any = 1,
        right: Any = 1,
        groups: int = 1,
    ) -> tuple[Ints, Ints, dict[str, Any]]:
        rank = len(x) - 2

        def each(value: Any) -> Any:
            return value if isinstance(value, tuple) else (value,) * rank

        pads = padding if isinstance(padding[0], tuple) else (padding,) * rank
        return (
            x,
            w,
            {
                "strides": each(strides),
                "padding": pads,
                "lhs_dilation": each(left),
                "rhs_dilation": each(right),
                "groups": groups,
            },
        )

    yield case((2, 5, 3), (3, 3, 2))
    yield case((1, 7, 1), (2, 1, 3), strides=2, padding=(1, 0), right=2)
    yield case((2, 5, 4, 3), (3, 2, 3, 2), padding=((1, 1), (0, 1)))
    yield case((1, 6, 5, 2), (3, 3, 2, 4), strides=(2, 3), padding=((0, 1), (2, 1)))
    yield case((1, 4, 3, 4), (2, 2, 2, 6), right=(2, 1), groups=2)
    yield case((2, 3, 3, 3), (2, 2, 1, 6), padding=(1, 0), groups=3)
    yield case((1, 3, 2, 2), (3, 2, 2, 1), padding=(2, 1), left=(2, 3), strides=(1, 2))
    yield case(
        (1, 3, 4, 2, 2), (2, 2, 1, 2, 3), strides=(1, 2, 1), padding=((1, 0), (0, 0), (0, 0))
    )
    yield case((1, 3, 3, 1), (1, 1, 1, 1), padding=(2, 1), strides=2)
    yield case((0, 4, 4, 2), (3, 3, 2, 3))


def _samples_conv(rng: np.random.Generator) -> Iterator[Sample]:
    for x, w, params in _geometries():
        yield Sample((rng.normal(size=x), rng.normal(size=w)), params)


def _samples_weight_grad(rng: np.random.Generator) -> Iterator[Sample]:
    for x, w, params in _geometries():
        geometry = {name: value for name, value in params.items() if name != "groups"}
        g = out_shape(x, w, **geometry)
        yield Sample((rng.normal(size=x), rng.normal(size=g)), {"kernel_shape": w, **params})


conv = Op(
    "conv",
    infer=_infer_conv,
    reference=_reference_conv,
    grad=_grad_conv,
    emit=Contraction(_spec_conv),
    samples=_samples_conv,
    dtypes=FLOATS,
)
conv_weight_grad = Op(
    "conv_weight_grad",
    infer=_infer_weight_grad,
    reference=_reference_weight_grad,
    grad=_grad_weight_grad,
    emit=Contraction(_spec_weight_grad),
    samples=_samples_weight_grad,
    dtypes=FLOATS,
)
