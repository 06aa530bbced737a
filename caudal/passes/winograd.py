"""Convolutions with 3 x 3 kernels, and their weight gradients, by Winograd's tiles.

A convolution becomes the transformed kernel, which is small and computed by a product of its
own, and `winograd_conv` of it and the data; the padding is part of that. A data gradient is a
convolution too. `codegen/winograd_plan.py` says when this pays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.codegen.winograd_plan import (
    KERNEL,
    KERNEL_SIZE,
    POINTS,
    Image,
    Tiled,
    pays,
    tiled_conv,
    tiled_weight_grad,
)
from caudal.ir import dtypes
from caudal.ir.types import Type
from caudal.ops.leaf import new_constant
from caudal.ops.record import NOT_DIFFERENTIABLE, Contraction, Op, make_node

Ints = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]

_PLAIN = {"strides": (1, 1), "lhs_dilation": (1, 1), "rhs_dilation": (1, 1), "groups": 1}
_BACK = np.array([[1, 0, 0, 0], [0, 1, -1, 0], [0, 0, 0, 1]], np.float32)
"""Four factors of a kernel to the three weights."""


def _image(x: Type, filters: int, padding: Padding) -> Image:
    batch, height, width, channels = x.shape
    (top, bottom), (left, right) = padding
    out = height + top + bottom - 2, width + left + right - 2
    return Image(batch, (height, width), channels, filters, (top, left), out)


def _type_of_conv(x: Type, u: Type, padding: Padding) -> Type:
    image = _image(x, u.shape[-1], padding)
    return x.with_shape((image.batch, *image.out, image.filters))


def _reference_conv(xp: Any, x: Any, u: Any, padding: Padding) -> Any:
    factors = u.reshape((4, 4, *u.shape[1:]))
    w = xp.einsum("ai,bj,ijco->abco", _BACK, _BACK, factors)
    return ops.conv.reference(xp, x, w, padding=padding, **_PLAIN)


def _spec_conv(types: tuple[Type, ...], padding: Padding) -> Tiled:
    x, u = types
    return tiled_conv(_image(x, u.shape[-1], padding))


def _spec_weight_grad(types: tuple[Type, ...], padding: Padding) -> Tiled:
    x, g = types
    return tiled_weight_grad(_image(x, g.shape[-1], padding))


def _type_of_weight_grad(x: Type, g: Type, padding: Padding) -> Type:
    parts = _spec_weight_grad((x, g), padding).cut.parts
    return x.with_shape((parts, 3, 3, x.shape[-1], g.shape[-1]))


def _reference_weight_grad(xp: Any, x: Any, g: Any, padding: Padding) -> Any:
    shape = (3, 3, x.shape[-1], g.shape[-1])
    whole = ops.conv_weight_grad.reference(xp, x, g, kernel_shape=shape, padding=padding, **_PLAIN)
    kind = Type(dtypes.float32, x.shape), Type(dtypes.float32, g.shape)
    parts = _type_of_weight_grad(*kind, padding).shape[0]
    return xp.concatenate([whole[None], xp.zeros((parts - 1, *shape), whole.dtype)])


winograd_conv = Op(
    "winograd_conv",
    infer=_type_of_conv,
    reference=_reference_conv,
    grad=NOT_DIFFERENTIABLE,
    emit=Contraction(_spec_conv),
    samples=lambda rng: (),
    dtypes=(dtypes.float32,),
    internal=True,
)
"""The convolution of data with a transformed kernel [16, channels, filters]."""

winograd_weight_grad = Op(
    "winograd_weight_grad",
    infer=_type_of_weight_grad,
    reference=_reference_weight_grad,
    grad=NOT_DIFFERENTIABLE,
    emit=Contraction(_spec_weight_grad),
    samples=lambda rng: (),
    dtypes=(dtypes.float32,),
    internal=True,
)
"""The weight gradient of such a convolution, in partial sums [parts, 3, 3, channels, filters]."""


def _tiled(
    x: Any, window: Ints, filters: int, padding: Padding, params: dict[str, Any]
) -> Image | None:
    """The convolution, if its geometry is that of the tiles."""
    if x.dtype is not dtypes.float32 or window != (3, 3) or params != _PLAIN:
        return None
    image = _image(x.type, filters, padding)
    fits = min(min(pair) for pair in padding) >= 0 and min(image.out) > 0
    return image if fits else None


def tiles(x: Any, w: Any, *, padding: Padding, **params: Any) -> Any:
    """``ops.conv`` by tiles, or None where that does not apply or is not faster."""
    *window, channels, filters = w.shape
    image = _tiled(x, tuple(window), filters, padding, params)
    if image is None or not pays(image):
        return None
    transform = new_constant(np.kron(KERNEL, KERNEL))
    flat = make_node(ops.reshape, (w,), {"shape": (KERNEL_SIZE, channels * filters)})
    product = {"contract": ((1,), (0,)), "batch": ((), ())}
    factors = make_node(ops.dot_general, (transform, flat), product)
    factors = make_node(ops.reshape, (factors,), {"shape": (POINTS, channels, filters)})
    return make_node(winograd_conv, (x, factors), {"padding": padding})


def tiles_of_weight_grad(
    x: Any, g: Any, *, kernel_shape: Ints, padding: Padding, **params: Any
) -> Any:
    """``ops.conv_weight_grad`` by tiles, or None where that does not apply or is not faster."""
    *window, _, filters = kernel_shape
    image = _tiled(x, tuple(window), filters, padding, params)
    if image is None or not pays(image, summed=True):
        return None
    parts = make_node(winograd_weight_grad, (x, g), {"padding": padding})
    return make_node(ops.reduce_sum, (parts,), {"axes": (0,)})
