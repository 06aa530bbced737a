import io
import itertools
import re

import numpy as np
import pytest
from PIL import Image

from caudal import keras
from caudal.errors import FailedPreconditionError, InvalidArgumentError, ResourceExhaustedError
from caudal.keras import layers
from caudal.keras.utils import model_to_dot, plot_model
from caudal.keras.utils.graph_layout import lay_out


def row():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(4, 3, activation="relu", name="edges"),
            layers.Flatten(name="flat"),
            layers.Dense(10, activation="softmax", name="digits"),
        ]
    )


def branching():
    """Two inputs, a residual around two layers, a shared model, two outputs."""
    a, b = keras.Input((8,), name="a"), keras.Input((8,), name="b")
    shared = keras.Sequential([keras.Input((8,)), layers.Dense(6), layers.Dense(4)], name="shared")
    joined = layers.Concatenate(name="joined")([shared(a), shared(b)])
    x = layers.Dense(8, name="one")(joined)
    x = layers.Dense(8, name="two")(x)
    x = layers.Add(name="sum")([joined, x])
    return keras.Model([a, b], [layers.Dense(1, name="left")(x), layers.Dense(2, name="right")(x)])


def shapes_of(drawing, kind):
    return [shape for shape in drawing._page()[0] if shape[0] == kind]


def texts(drawing):
    return [shape[3] for shape in shapes_of(drawing, "text")]


def test_a_row_of_layers():
    drawing = model_to_dot(row(), show_shapes=True, show_dtype=True, show_layer_activations=True)
    assert texts(drawing) == [
        "edges (Conv2D)",
        "Activation: relu",
        "Input shape: (None, 28, 28, 1)",
        "Output shape: (None, 26, 26, 4)",
        "Output dtype: float32",
        "flat (Flatten)",
        "Input shape: (None, 26, 26, 4)",
        "Output shape: (None, 2704)",
        "Output dtype: float32",
        "digits (Dense)",
        "Activation: softmax",
        "Input shape: (None, 2704)",
        "Output shape: (None, 10)",
        "Output dtype: float32",
    ]
    assert len({x for x, _ in drawing.layout.middles}) == 1
    assert len(shapes_of(drawing, "head")) == 2


def test_trainable_and_wrapped_layers():
    model = keras.Sequential(
        [keras.Input((3, 2)), layers.Bidirectional(layers.LSTM(2), name="both")]
    )
    assert texts(model_to_dot(model, show_trainable=True)) == [
        "both (Bidirectional of LSTM)",
        "Trainable",
    ]
    model.layers[0].trainable = False
    assert "Non-trainable" in texts(model_to_dot(model, show_trainable=True))


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("rankdir", ["TB", "LR", "BT", "RL"])
@pytest.mark.parametrize("splines", ["ortho", "curved", "line"])
def test_nothing_overlaps_and_everything_is_on_the_page(nested, rankdir, splines):
    drawing = model_to_dot(
        branching(), True, rankdir=rankdir, expand_nested=nested, splines=splines
    )
    shapes, width, height = drawing._page()
    from caudal.keras.utils.graph_picture import _box_size

    found = []
    for box, middle in zip(drawing.boxes, drawing.layout.middles, strict=True):
        (x, y), (w, h) = drawing._place(middle), _box_size(box)
        found.append((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
    for i, one in enumerate(found):
        assert min(one) > -1e-6 and one[2] < width and one[3] < height
        for other in found[:i]:
            apart = max(one[0] - other[2], other[0] - one[2], one[1] - other[3], other[1] - one[3])
            assert apart > 5
    for kind, *rest in shapes:
        if kind in ("line", "head"):
            points = np.array(rest[0])
            assert points.min() > 0 and (points < [width, height]).all()
            if splines == "ortho" and kind == "line":
                steps = np.abs(np.diff(points, axis=0))
                assert (steps.min(axis=1) < 1e-6).all(), "right angles only"
    ahead = np.array([drawing._place(p) for p in drawing.layout.middles])
    axis, sign = {"TB": (1, 1), "BT": (1, -1), "LR": (0, 1), "RL": (0, -1)}[rankdir]
    for start, end in drawing.edges:
        assert (ahead[end] - ahead[start])[axis] * sign > 0


def test_arrows_do_not_cross_boxes():
    drawing = model_to_dot(branching(), True)
    rectangles = np.array([s[1:5] for s in shapes_of(drawing, "rectangle")])
    for _, points in shapes_of(drawing, "line"):
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            left, right, top, bottom = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
            x, y, w, h = rectangles.T
            hit = (left < x + w - 1) & (right > x + 1) & (top < y + h - 1) & (bottom > y + 1)
            assert not hit.any()


def test_a_residual_runs_straight():
    x = start = keras.Input((4,))
    for _ in range(3):
        x = layers.Add()([x, layers.Dense(4)(layers.Dense(4)(x))])
    drawing = model_to_dot(keras.Model(start, x))
    assert len({round(x, 3) for x, _ in drawing.layout.middles}) == 1


def test_circles_and_many_arrows():
    found = lay_out([(10, 10)] * 3, [(0, 1), (1, 2), (2, 0), (1, 1), (0, 1)])
    assert set(found.paths) == {(0, 1), (1, 2), (2, 0)}
    assert found.paths[2, 0][0][1] > found.paths[2, 0][-1][1]
    assert lay_out([], []).height == 0.0


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "bmp", "tiff", "webp"])
def test_files_of_pixels(tmp_path, ending):
    path = tmp_path / f"model.{ending}"
    plot_model(row(), path, dpi=144)
    picture = Image.open(io.BytesIO(path.read_bytes()))
    drawing = model_to_dot(row(), show_layer_names=False)
    width, height = drawing._page()[1:]
    assert picture.size == (np.ceil(2 * width), np.ceil(2 * height))
    if ending == "png":
        assert np.asarray(picture.convert("L")).min() < 80


def test_other_files(tmp_path):
    model = branching()
    for ending, start in {"pdf": b"%PDF", "svg": b"<svg", "dot": b"digraph"}.items():
        path = tmp_path / f"model.{ending}"
        plot_model(model, str(path), expand_nested=True)
        assert path.read_bytes().startswith(start)
    svg = (tmp_path / "model.svg").read_text()
    assert len(re.findall("<polygon", svg)) == 9 + 1
    import xml.etree.ElementTree as ET

    ET.fromstring(svg)
    plot_model(model, tmp_path / "plain")
    assert Image.open(io.BytesIO((tmp_path / "plain.png").read_bytes())).format == "PNG"
    assert Image.open(io.BytesIO(model_to_dot(model).create(prog="dot"))).format == "PNG"


def test_what_cannot_be_drawn(tmp_path):
    with pytest.raises(FailedPreconditionError, match="has not yet been built"):
        plot_model(keras.Sequential([layers.Dense(2)]))
    with pytest.raises(InvalidArgumentError, match=r"rankdir.*'UP'"):
        plot_model(row(), rankdir="UP")
    with pytest.raises(InvalidArgumentError, match="Did you mean: show_shapes"):
        plot_model(row(), show_shape=True)
    with pytest.raises(InvalidArgumentError, match=r"format.*'docx'"):
        plot_model(row(), tmp_path / "model.docx")
    with pytest.raises(ResourceExhaustedError, match="lower dpi"):
        plot_model(branching(), tmp_path / "model.png", dpi=10_000)
    with pytest.raises(InvalidArgumentError, match="expected `model`"):
        plot_model("model")
    with pytest.raises(InvalidArgumentError, match="splines"):
        plot_model(row(), splines="wavy")


def test_a_model_without_a_graph():
    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.dense = layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    model = Own()
    model(np.zeros((3, 4), "float32"))
    assert texts(model_to_dot(model))[0] == "own (Own)"
