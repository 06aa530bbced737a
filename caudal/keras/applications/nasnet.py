"""NASNet (Zoph et al. 2017, "Learning Transferable Architectures", arXiv:1707.07012)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from caudal.errors import ShapeError
from caudal.keras import layers
from caudal.keras.applications.imagenet_utils import decode_predictions, preprocessing
from caudal.keras.applications.network import network, ordered
from caudal.keras.applications.parts import (
    channel_axis,
    channels,
    conv,
    halving,
    joined,
    norm,
    relu,
)
from caudal.keras.applications.request import Request
from caudal.keras.applications.weights import HOME, Files, WeightFile
from caudal.keras.models.functional import Functional

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]


def _conv(x: Any, filters: int, name: str) -> Any:
    return conv(x, filters, 1, padding="same", kernel_initializer="he_normal", name=name)


def _norm(x: Any, name: str) -> Any:
    return norm(x, name, momentum=0.9997)


def _separable(x: Any, filters: int, kernel: int, name: str, halves: bool = False) -> Any:
    """Twice: ReLU, separable convolution, normalization; the first may halve."""
    for i in (1, 2):
        x = relu(x)
        step = halves and i == 1
        if step:
            x = layers.ZeroPadding2D(halving(x, kernel), name=f"separable_conv_1_pad_{name}")(x)
        x = layers.SeparableConv2D(
            filters,
            kernel,
            strides=2 if step else 1,
            padding="valid" if step else "same",
            use_bias=False,
            name=f"separable_conv_{i}_{name}",
        )(x)
        x = _norm(x, f"separable_conv_{i}_bn_{name}")
    return x


def _averaged(x: Any, name: str) -> Any:
    return layers.AveragePooling2D(3, strides=1, padding="same", name=name)(x)


def _added(parts: Iterable[Any], name: str | None = None) -> Any:
    return layers.Add(name=name)(list(parts))


def _sides(x: Any) -> tuple[int, ...]:
    return tuple(x.shape[2:4] if channel_axis() == 1 else x.shape[1:3])


def _fitted(before: Any, x: Any, filters: int, cell: str) -> Any:
    """The input before the last, with the size of the last and so many channels."""
    if before is None:
        return x
    if _sides(before) != _sides(x):
        before = relu(before, f"adjust_relu_1_{cell}")
        # Every other pixel, and those between them.
        moved = layers.ZeroPadding2D(((0, 1), (0, 1)))(before)
        ways = [before, layers.Cropping2D(((1, 0), (1, 0)))(moved)]
        for i, way in enumerate(ways, 1):
            way = layers.AveragePooling2D(1, strides=2, name=f"adjust_avg_pool_{i}_{cell}")(way)
            name = f"adjust_conv_{i}_{cell}"
            ways[i - 1] = _conv(way, filters // 2, name)
        return _norm(joined(ways), f"adjust_bn_{cell}")
    if channels(before) != filters:
        name = f"adjust_conv_projection_{cell}"
        before = _conv(relu(before), filters, name)
        return _norm(before, f"adjust_bn_{cell}")
    return before


def _squeezed(x: Any, filters: int, kind: str, cell: str) -> Any:
    x = _conv(relu(x), filters, f"{kind}_conv_1_{cell}")
    return _norm(x, f"{kind}_bn_1_{cell}")


def _normal(x: Any, before: Any, filters: int, cell: str) -> tuple[Any, Any]:
    """A cell that keeps the size, and what came into it."""
    p = _fitted(before, x, filters, cell)
    h = _squeezed(x, filters, "normal", cell)

    def sep(x: Any, kernel: int, side: str) -> Any:
        return _separable(x, filters, kernel, f"normal_{side}_{cell}")

    def average(x: Any, side: str) -> Any:
        return _averaged(x, f"normal_{side}_{cell}")

    pairs = (
        (sep(h, 5, "left1"), sep(p, 3, "right1")),
        (sep(p, 5, "left2"), sep(p, 3, "right2")),
        (average(h, "left3"), p),
        (average(p, "left4"), average(p, "right4")),
        (sep(h, 3, "left5"), h),
    )
    sums = [_added(pair, f"normal_add_{i}_{cell}") for i, pair in enumerate(pairs, 1)]
    return joined([p, *sums], f"normal_concat_{cell}"), x


def _reduction(x: Any, before: Any, filters: int, cell: str) -> tuple[Any, Any]:
    """A cell that halves, and what came into it."""
    p = _fitted(before, x, filters, cell)
    h = _squeezed(x, filters, "reduction", cell)
    padded = layers.ZeroPadding2D(halving(h, 3), name=f"reduction_pad_1_{cell}")(h)

    def sep(x: Any, kernel: int, side: str) -> Any:
        return _separable(x, filters, kernel, f"reduction_{side}_{cell}", halves=True)

    def pool(kind: Any, side: str) -> Any:
        return kind(3, strides=2, name=f"reduction_{side}_{cell}")(padded)

    first = _added((sep(h, 5, "left1"), sep(p, 7, "right1")), f"reduction_add_1_{cell}")
    second = _added(
        (pool(layers.MaxPooling2D, "left2"), sep(p, 7, "right2")), f"reduction_add_2_{cell}"
    )
    third = _added(
        (pool(layers.AveragePooling2D, "left3"), sep(p, 5, "right3")), f"reduction_add3_{cell}"
    )
    fourth = _added((second, _averaged(first, f"reduction_left4_{cell}")))
    left = _separable(first, filters, 3, f"reduction_left4_{cell}")
    fifth = _added((left, pool(layers.MaxPooling2D, "right5")), f"reduction_add4_{cell}")
    return joined([second, third, fourth, fifth], f"reduction_concat_{cell}"), x


def _fixed(request: Request, size: int) -> Request:
    """The network's cells compare sizes, so it has one without a top too."""
    if request.input_shape is None:
        first = channel_axis() == 1
        shape = (3, size, size) if first else (size, size, 3)
        return dataclasses.replace(request, input_shape=shape)
    if None in request.input_shape:
        raise ShapeError(
            "{label}: expected an input_shape without None, received input_shape={received}.",
            label=request.label,
            received=request.input_shape,
        )
    return request


def _draw(
    request: Request, size: int, filters: int, cells: int, stem: int, skip: bool, files: Files
) -> Functional:
    request = _fixed(request, size)
    image = request.image(size)
    x = conv(image, stem, 3, strides=2, kernel_initializer="he_normal", name="stem_conv1")
    x = _norm(x, "stem_bn1")
    x, before = _reduction(x, None, filters // 4, "stem_1")
    x, before = _reduction(x, before, filters // 2, "stem_2")
    for part in range(3):
        serial = part * cells
        if part:
            x, last = _reduction(x, before, filters << part, f"reduce_{serial}")
            # The larger network goes on with what came before the last normal cell.
            before = before if skip else last
            serial += 1
        for i in range(cells):
            x, before = _normal(x, before, filters << part, f"{serial + i}")
    x = relu(x)

    def top(x: Any) -> Any:
        return request.classified(layers.GlobalAveragePooling2D()(x))

    return request.finish(image, x, files, top)


def _files(kind: str, *sums: str) -> Files:
    ends = (("", ""), ("_no_top", "-no-top"))
    return Files(
        *(
            WeightFile(f"nasnet_{kind}{own}.h5", f"{HOME}nasnet/NASNet-{kind}{theirs}.h5", one)
            for (own, theirs), one in zip(ends, sums, strict=True)
        )
    )


_PARAMETERS = ordered(
    "input_shape include_top weights input_tensor pooling classes classifier_activation name"
)
NASNetMobile = network(
    "NASNetMobile",
    _draw,
    "NASNetMobile: cells that a search has found, in the smaller arrangement; 5.3 M weights.",
    name="nasnet_mobile",
    parameters=_PARAMETERS,
    size=224,
    filters=44,
    cells=4,
    stem=32,
    skip=False,
    files=_files("mobile", "020fb642bf7360b370c678b08e0adf61", "1ed92395b5b598bdda52abe5c0dbfd63"),
)
NASNetLarge = network(
    "NASNetLarge",
    _draw,
    "NASNetLarge: cells that a search has found, in the larger arrangement; 88.9 M weights.",
    name="nasnet_large",
    parameters=_PARAMETERS,
    size=331,
    filters=168,
    cells=6,
    stem=96,
    skip=True,
    files=_files("large", "11577c9a518f0070763c2b964a382f17", "d81d89dc07e6e56530c4e77faddd61b5"),
)
preprocess_input = preprocessing(__name__, "tf")
