"""`plot_model` and `model_to_dot`: a model's layers as boxes, joined by arrows."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from typing import Any

from caudal.errors import FailedPreconditionError, InvalidArgumentError, did_you_mean
from caudal.keras.engine.layer import is_shape
from caudal.keras.engine.operation import Operation
from caudal.keras.engine.summary import flatten_shapes
from caudal.keras.utils.graph_picture import Box, Cell, Drawing

_PALE, _DARK, _GREEN, _RED, _FRAME = "#f3f5f7", "#22303c", "#1a7f37", "#c62828", "#eef3f8"
_DIRECTIONS = ("TB", "LR", "BT", "RL")
_SPLINES = {
    "ortho": "ortho",
    "curved": "curved",
    "spline": "curved",
    "true": "curved",
    "polyline": "line",
    "line": "line",
    "false": "line",
}


@dataclass(frozen=True)
class _Shown:
    """What the boxes say, and how they are joined."""

    shapes: bool
    dtype: bool
    names: bool
    activations: bool
    trainable: bool
    nested: bool
    rankdir: str
    splines: str
    dpi: float


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: Any = "ortho",
    **kwargs: Any,
) -> Drawing:
    """The drawing that `plot_model` writes, with the same arguments.

    It has pydot's methods that programs use: ``create(format="svg")`` gives the bytes of a file,
    ``write(path)`` writes one and ``to_string()`` gives Graphviz's DOT language. Neither pydot nor
    Graphviz is needed. ``subgraph=True`` gives the same drawing: it can be put inside another.

    >>> from caudal import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="out")])
    >>> drawing = model_to_dot(model, show_shapes=True)
    >>> print(drawing.to_string().splitlines()[3])
      n0 [label="out (Dense)\\nInput shape: (None, 4) | Output shape: (None, 2)"];

    Raises:
        FailedPreconditionError: the model has no weights yet.
        InvalidArgumentError: an argument that is wrong.
    """
    if kwargs:
        name = next(iter(kwargs))
        known = list(model_to_dot.__annotations__)
        raise InvalidArgumentError(
            "plot_model: unknown argument {name!r}.{hint}",
            name=name,
            hint=did_you_mean(name, known),
        )
    if rankdir not in _DIRECTIONS:
        raise InvalidArgumentError(
            "plot_model: expected `rankdir` to be one of {known}, received {rankdir!r}.",
            known=_DIRECTIONS,
            rankdir=rankdir,
        )
    if str(splines).lower() not in _SPLINES:
        raise InvalidArgumentError(
            "plot_model: expected `splines` to be one of {known}, received {splines!r}.",
            known=list(_SPLINES),
            splines=splines,
        )
    if isinstance(dpi, bool) or not isinstance(dpi, int | float) or not 1 <= dpi <= 10_000:
        raise InvalidArgumentError(
            "plot_model: expected `dpi` to be a number from 1 to 10000, received {dpi!r}.", dpi=dpi
        )
    if not isinstance(model, Operation):
        raise InvalidArgumentError(
            "plot_model: expected `model` to be a keras.Model, received {model!r}.", model=model
        )
    if not getattr(model, "built", True):
        raise FailedPreconditionError(
            "This model has not yet been built. Build the model first by calling `build()` or by "
            "calling the model on a batch of data."
        )
    shown = _Shown(
        show_shapes,
        show_dtype,
        show_layer_names,
        show_layer_activations,
        show_trainable,
        expand_nested,
        rankdir,
        _SPLINES[str(splines).lower()],
        dpi,
    )
    return _drawing(model, shown)


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: Any = "ortho",
    **kwargs: Any,
) -> Any:
    """Draws a model to a file. Pillow suffices: no Graphviz, no pydot.

    Args:
        model: a built model.
        to_file: its ending says the kind: png, jpg, pdf, svg, gif, webp, tiff, bmp or dot.
        show_shapes: the shapes that go into and come out of each layer.
        show_dtype: the dtype that comes out of each layer.
        show_layer_names: the layers' names beside their classes.
        rankdir: where arrows point: "TB" down, "LR" right, "BT" up, "RL" left.
        expand_nested: models inside the model are drawn in frames.
        dpi: pixels per inch.
        show_layer_activations: the activation functions of the layers that have one.
        show_trainable: whether the layers with weights are trained.
        splines: how arrows run: "ortho" (right angles), "curved" or "line".

    Returns:
        In a notebook the picture, to be shown (not for pdf, svg and dot files); else None.

    Raises:
        FailedPreconditionError: the model has no weights yet.
        InvalidArgumentError: an argument that is wrong, a kind of file that is not known.
        ResourceExhaustedError: a picture of more than 100 million pixels.
    """
    drawing = model_to_dot(
        model,
        show_shapes,
        show_dtype,
        show_layer_names,
        rankdir,
        expand_nested,
        dpi,
        False,
        show_layer_activations,
        show_trainable,
        splines,
        **kwargs,
    )
    name = os.fsdecode(to_file)
    if not os.path.splitext(name)[1]:
        name += ".png"
    drawing.write(name)
    if os.path.splitext(name)[1].lower() in (".pdf", ".svg", ".dot"):
        return None
    try:
        display = importlib.import_module("IPython.display")
    except ImportError:
        return None
    return display.Image(filename=name)


def _drawing(model: Any, shown: _Shown) -> Drawing:
    inner = getattr(model, "_functional", None)
    if inner is not None:
        # A row of layers is drawn without its input, as Keras does it.
        operations = [layer for layer in model.layers if layer in inner.operations]
        nodes = inner._graph.nodes
    elif hasattr(model, "_graph"):
        operations, nodes = list(model._graph.operations), model._graph.nodes
    else:
        layers = model.layers if hasattr(model, "add") else [model]
        edges = [(i, i + 1) for i in range(len(layers) - 1)]
        boxes = [_box(layer, [], shown) for layer in layers]
        return Drawing(boxes, edges, shown.rankdir, shown.splines, shown.dpi)
    numbers = {id(operation): i for i, operation in enumerate(operations)}
    calls: dict[int, list[Any]] = {i: [] for i in range(len(operations))}
    edges = []
    for node in nodes:
        number = numbers.get(id(node.operation))
        if number is None:
            continue
        calls[number].append(node)
        sources = [numbers.get(id(parent.operation)) for parent in node.parents]
        edges += [(source, number) for source in sources if source is not None]
    boxes = [_box(operation, calls[i], shown) for i, operation in enumerate(operations)]
    return Drawing(boxes, edges, shown.rankdir, shown.splines, shown.dpi)


def _box(operation: Any, calls: list[Any], shown: _Shown) -> Box:
    """The box of a layer, or the frame of a model inside the model."""
    kind = getattr(operation, "class_label", type(operation).__name__)
    wrapped = getattr(operation, "layer", None)
    if isinstance(wrapped, Operation):
        kind += f" of {wrapped.class_label}"
    title = f"{operation.name} ({kind})" if shown.names else kind
    if shown.nested and getattr(operation, "layers", None) and _has_graph(operation):
        return Box(Cell(title, _DARK, _FRAME), inside=_drawing(operation, shown))
    rows = []
    activation = getattr(operation, "activation", None)
    if shown.activations and activation is not None:
        name = getattr(activation, "__name__", None) or getattr(activation, "name", "")
        rows.append([Cell(f"Activation: {name or type(activation).__name__}", fill=_PALE)])
    cells = []
    if shown.shapes:
        if not (calls and calls[0].is_input):
            cells.append(Cell(f"Input shape: {_shapes(operation, calls, 'input')}"))
        cells.append(Cell(f"Output shape: {_shapes(operation, calls, 'output')}"))
    if shown.dtype:
        cells.append(Cell(f"Output dtype: {_dtype(operation, calls)}"))
    if cells:
        rows.append(cells)
    if shown.trainable and getattr(operation, "weights", None):
        word, color = ("Trainable", _GREEN) if operation.trainable else ("Non-trainable", _RED)
        rows.append([Cell(word, "#ffffff", color)])
    return Box(Cell(title, "#ffffff", _DARK), rows)


def _has_graph(model: Any) -> bool:
    return hasattr(model, "_graph") or getattr(model, "_functional", None) is not None


def _shapes(operation: Any, calls: list[Any], side: str) -> str:
    """The shapes of the first call, one below the other."""
    if calls:
        tensors = calls[0].outputs if side == "output" else calls[0].inputs
        found = [tuple(tensor.shape) for tensor in tensors]
    else:
        known = getattr(operation, f"_last_{side}_shape", None)
        known = (
            getattr(operation, "_build_shape", None) if known is None and side == "input" else known
        )
        if known is None:
            return "?"
        found = [tuple(shape) for shape in ([known] if is_shape(known) else flatten_shapes(known))]
    return (
        ",\n".join(dict.fromkeys(map(str, found)))
        if len(found) > 3
        else ",\n".join(map(str, found))
    )


def _dtype(operation: Any, calls: list[Any]) -> str:
    if calls:
        return ", ".join(dict.fromkeys(str(tensor.dtype) for tensor in calls[0].outputs))
    return str(getattr(operation, "compute_dtype", "?"))
