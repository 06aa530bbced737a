"""The table that ``model.summary()`` prints, in Keras 3's layout."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import numpy as np
import rich.console
import rich.markup
import rich.table

from caudal.errors import InvalidArgumentError
from caudal.framework.nest import flatten, map_structure
from caudal.keras.engine.history import node_of
from caudal.keras.engine.layer import is_shape


def readable_size(count: int) -> str:
    """Bytes with a unit.

    >>> readable_size(108), readable_size(6568)
    ('108.00 B', '6.41 KB')
    """
    size = float(count)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024 or unit == "TB":
            return f"{size:.2f} {unit}"
        size /= 1024
    return ""


def count_parameters(variables: Any) -> int:
    """The number of scalars in some variables."""
    return sum(int(np.prod(tuple(variable.shape))) for variable in variables)


def memory_size(variables: Any) -> int:
    """The bytes of some variables."""
    return sum(int(np.prod(tuple(variable.shape))) * variable.dtype.size for variable in variables)


def _bold(text: Any, color: int | None = None) -> str:
    escaped = rich.markup.escape(str(text))
    return f"[bold][color({color})]{escaped}[/][/]" if color is not None else f"[bold]{escaped}[/]"


def _colored_shape(shape: Any) -> str:
    """A shape with its numbers coloured."""
    if not is_shape(shape):
        parts = [_colored_shape(item) for item in flatten_shapes(shape)]
        return ", ".join(parts)
    items = [f"[color(45)]{item}[/]" if item is None else f"[color(34)]{item}[/]" for item in shape]
    inner = ", ".join(items) + ("," if len(items) == 1 else "")
    return f"({inner})"


def flatten_shapes(shapes: Any) -> list[Any]:
    """The shapes in a nest of shapes."""
    if isinstance(shapes, dict):
        return [shape for key in shapes for shape in flatten_shapes(shapes[key])]
    if is_shape(shapes):
        return [shapes]
    return [shape for item in shapes for shape in flatten_shapes(item)]


def _output_shape(layer: Any) -> str:
    """The output shape of a row, or ? where it is not known."""
    nodes = layer._inbound_nodes
    if nodes:
        if len(nodes) == 1 or all(_node_shape(node) == _node_shape(nodes[0]) for node in nodes):
            return _colored_shape(_node_shape(nodes[0]))
        return "multiple"
    shape = _known_output_shape(layer)
    return "?" if shape is None or flatten(shape) == [None] else _colored_shape(shape)


def _node_shape(node: Any) -> Any:
    shapes = [tensor.shape for tensor in node.outputs]
    return shapes[0] if len(shapes) == 1 else shapes


def _known_output_shape(layer: Any) -> Any:
    functional = getattr(layer, "_functional", None) or layer
    if hasattr(functional, "_outputs_struct"):
        return map_structure(lambda tensor: tensor.shape, functional._outputs_struct)
    return getattr(layer, "_last_output_shape", None)


class _Row:
    """The cells of one layer."""

    def __init__(self, layer: Any, prefix: str, connections: str | None, trainable: bool) -> None:
        name = f"{prefix}{layer.name}"
        self.cells = [f"{rich.markup.escape(name)} ({_bold_class(layer)})", _output_shape(layer)]
        self.cells.append(self._parameters(layer))
        if connections is not None:
            self.cells.append(connections)
        if trainable:
            mark = getattr(layer, "trainable", None) if getattr(layer, "weights", None) else None
            self.cells.append({True: _bold("Y", 34), False: _bold("N", 9)}.get(mark, _bold("-")))  # type: ignore[arg-type]

    @staticmethod
    def _parameters(layer: Any) -> str:
        weights = getattr(layer, "weights", None)
        if weights is None:
            return "[color(34)]0[/]"
        if not layer.built:
            return "[color(34)]0[/] (unbuilt)"
        return f"[color(34)]{count_parameters(weights):,}[/]"


def _bold_class(layer: Any) -> str:
    return f"[color(33)]{rich.markup.escape(layer.class_label)}[/]"


def _connections(operation: Any, model: Any) -> str:
    """Where a layer's inputs come from: ``name[node][tensor]``."""
    inside = {id(node) for node in model._graph.nodes}
    found = []
    for node in operation._inbound_nodes:
        if id(node) not in inside:
            continue
        for tensor in node.inputs:
            source = tensor._keras_history
            nodes = [item for item in source.operation._inbound_nodes if id(item) in inside]
            found.append(
                f"{source.operation.name}[{nodes.index(node_of(tensor))}][{source.tensor_index}]"
            )
    return ", ".join(found) or "-"


def _is_sequential_like(model: Any) -> bool:
    """Whether the graph is a chain, so that the column of connections would say nothing."""
    if not hasattr(model, "_graph"):
        return True
    depths = [node for node in model._graph.nodes if not node.is_input]
    if any(len(node.inputs) > 1 for node in depths) or len(model._graph.inputs) > 1:
        return False
    users: dict[int, int] = {}
    for node in depths:
        for tensor in node.inputs:
            users[id(tensor)] = users.get(id(tensor), 0) + 1
    operations = [node.operation for node in depths]
    return max(users.values(), default=0) <= 1 and len(set(map(id, operations))) == len(operations)


def _rows(
    model: Any, nested: bool, trainable: bool, connected: bool, depth: int = 0
) -> Iterator[_Row]:
    layers = model.operations if hasattr(model, "_graph") else model.layers
    for layer in layers:
        prefix = "   " * depth + "└ " if depth else ""
        connections: str | None = None
        if connected:
            connections = _connections(layer, model) if hasattr(model, "_graph") else "-"
        yield _Row(layer, prefix, connections, trainable)
        if nested and getattr(layer, "layers", None):
            yield from _rows(layer, nested, trainable, connected, depth + 1)


def _in_range(model: Any, layer_range: Any) -> tuple[int, int]:
    names = [layer.name for layer in model.layers]
    if len(layer_range) != 2 or not all(isinstance(item, str) for item in layer_range):
        raise InvalidArgumentError(
            "layer_range must be a list or tuple of length 2 of strings. "
            "Received: layer_range={received!r}",
            received=layer_range,
        )
    found = []
    for pattern in layer_range:
        matches = [place for place, name in enumerate(names) if re.match(pattern, name)]
        if not matches:
            raise InvalidArgumentError(
                "layer_range {received!r} matches no layer; the layers are {names}.",
                received=pattern,
                names=names,
            )
        found.append((matches[0], matches[-1]))
    (a, b), (c, d) = found
    return min(a, c), max(b, d) + 1


def _widths(
    line_length: int | None, positions: Any, connected: bool, trainable: bool
) -> tuple[int, list[int]]:
    """The table's width and its columns', which rich fits into it."""
    shares: tuple[float, ...] = (0.30, 0.56, 0.74, 1.0) if connected else (0.45, 0.80, 1.0)
    length = 108 if connected else 88
    if trainable:
        length += 12
        shares = (*(share * 0.9 for share in shares), 1.0)
    if line_length is None:
        line_length = min(length, shutil.get_terminal_size().columns - 4)
    places = list(positions or shares)
    if len(places) != len(shares):
        raise InvalidArgumentError(
            "summary: expected {expected} positions, one per column, received {received}.",
            expected=len(shares),
            received=places,
        )
    if places[-1] <= 1:
        places = [int(line_length * share) for share in places]
    return line_length, [b - a for a, b in zip([0, *places], places, strict=False)]


def print_summary(
    model: Any,
    line_length: int | None = None,
    positions: Any = None,
    print_fn: Callable[..., Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Any = None,
) -> None:
    """Prints a model's table; see `Model.summary`."""
    connected = not _is_sequential_like(model)
    titles = [("Layer (type)", "left"), ("Output Shape", "left"), ("Param #", "right")]
    if connected:
        titles.append(("Connected to", "left"))
    if show_trainable:
        titles.append(("Trainable", "center"))
    length, widths = _widths(line_length, positions, connected, show_trainable)
    columns = [
        rich.table.Column(_bold(title), justify=justify, width=width)  # type: ignore[arg-type]
        for (title, justify), width in zip(titles, widths, strict=True)
    ]
    table = rich.table.Table(*columns, width=length, show_lines=True)
    rows = list(_rows(model, expand_nested, show_trainable, connected))
    if layer_range is not None:
        first, last = _in_range(model, layer_range)
        rows = rows[first:last]
    for row in rows:
        table.add_row(*row.cells)
    _emit(model, table, _totals(model), print_fn)


def _totals(model: Any) -> list[str]:
    trainable, frozen = model.trainable_weights, model.non_trainable_weights
    optimizer = getattr(model, "optimizer", None)
    slots = list(optimizer.variables) if optimizer is not None and optimizer.built else []
    rows = [
        ("Total params", [*trainable, *frozen, *slots]),
        ("Trainable params", trainable),
        ("Non-trainable params", frozen),
    ]
    if slots:
        rows.append(("Optimizer params", slots))
    return [
        f"[bold] {title}: [/][color(34)]{count_parameters(items):,}[/] "
        f"({readable_size(memory_size(items))})"
        for title, items in rows
    ]


def _emit(model: Any, table: Any, totals: list[str], print_fn: Any) -> None:
    buffer = StringIO()
    colored = print_fn is None and sys.stdout.isatty()
    console = rich.console.Console(
        file=sys.stdout if print_fn is None else buffer,
        highlight=False,
        force_terminal=None if colored else False,
        color_system="auto" if colored else None,
        width=shutil.get_terminal_size().columns,
    )
    console.print(_bold(f'Model: "{model.name}"'))
    console.print(table)
    for row in totals:
        console.print(row)
    if print_fn is not None:
        print_fn(buffer.getvalue())
