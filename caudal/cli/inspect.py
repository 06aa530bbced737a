"""`caudal inspect`: what a model file holds, printed without building the model."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import rich.box
import rich.console
import rich.table
import rich.text

from caudal.cli.contents import Contents, Weight, read_contents
from caudal.errors import InvalidArgumentError
from caudal.keras.engine.names import to_snake_case
from caudal.keras.engine.summary import readable_size

_MOST_TEXT = 200
# Arguments worth a glance, of those that configurations hold.
_ARGUMENTS = (
    "units filters kernel_size strides padding pool_size rate activation input_dim output_dim "
    "num_heads key_dim target_shape axis"
).split()


@dataclass
class Row:
    """A layer in the table; ``count`` is None where the file does not say whose the weights are."""

    name: str
    kind: str
    shape: str
    arguments: str
    count: int | None


def inspect(path: str) -> int:
    """Prints what a model file or folder holds; returns the exit code.

    Nothing is built, run or imported: configurations are read as text, weights as bytes.

    Raises:
        NotFoundError, DataLossError: as `read_contents`.
        InvalidArgumentError: the configuration in it describes no model.
    """
    contents = read_contents(path)
    rows = _architecture(path, contents)
    wide = None if sys.stdout.isatty() else 10_000
    console = rich.console.Console(highlight=False, markup=False, width=wide)
    facts = [("Format", contents.format), ("Size", readable_size(contents.size)), *contents.facts]
    if rows:
        facts.append(("Model", f"{contents.model['class_name']} {rows[0].name!r}"))
    for title, value in facts:
        console.print(_shown(f"{title + ':':<12}{value}"))
    if rows:
        table = _table("Layer", "Class", "Input shape", "Arguments", "Parameters")
        for row in rows[1:]:
            cells = (row.name, row.kind, row.shape, row.arguments)
            table.add_row(*map(_shown, cells), "" if row.count is None else f"{row.count:,}")
        console.print(table)
    if contents.weights:
        table = _table("Weight", "Shape", "Dtype", "SHA-256")
        for weight in contents.weights:
            cells = (weight.name, str(weight.shape), weight.dtype, weight.digest)
            table.add_row(*map(_shown, cells))
        console.print(table)
    total = sum(weight.count for weight in contents.weights)
    console.print(f"{len(contents.weights)} arrays, {total:,} elements")
    return 0


def _table(*titles: str) -> rich.table.Table:
    table = rich.table.Table(box=rich.box.SIMPLE_HEAD)
    for title in titles:
        table.add_column(
            title, overflow="fold", justify="right" if title in "Parameters" else "left"
        )
    return table


def _shown(text: str) -> rich.text.Text:
    """A text of a file, whose control characters must not reach the terminal."""
    cut = text if len(text) <= _MOST_TEXT else text[:_MOST_TEXT] + "..."
    plain = "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut)
    encoding = sys.stdout.encoding or "utf-8"
    return rich.text.Text(plain.encode(encoding, "backslashreplace").decode(encoding))


# --- the configuration ----------------------------------------------------------------------------


def _architecture(path: str, contents: Contents) -> list[Row]:
    """The model and its layers, in order; [] for a file of weights."""
    if contents.model is None:
        return []
    try:
        return list(_rows(contents.model, contents, contents.stem, 0))
    except (AttributeError, LookupError, TypeError, RecursionError) as error:
        raise InvalidArgumentError(
            "{path}: its configuration does not describe a model ({reason}).",
            path=path,
            reason=f"{type(error).__name__}: {error}",
        ) from error


def _rows(entry: Any, contents: Contents, stem: str | None, depth: int) -> Iterator[Row]:
    """A model's row, then those of its layers, deeper ones indented.

    stem: how the names of its layers' weights begin, None where the file does not tell.
    """
    config, kind = entry["config"], str(entry["class_name"])
    # Until Keras 2.2 a Sequential model was the list of its layers.
    layers = config if isinstance(config, list) else config.get("layers", [])
    name = "" if isinstance(config, list) else str(config.get("name", ""))
    if not depth:
        yield Row(name, kind, "", "", None)
    counts: Counter[str] = Counter()
    for layer in layers:
        kind, inner = str(layer["class_name"]), layer["config"]
        known = isinstance(inner, dict)
        name = str(layer.get("name") or (inner.get("name", "") if known else ""))
        # The places that Keras gives: by class and running number, or by name.
        place = to_snake_case(kind.rpartition(">")[2])
        counts[place] += 1
        if counts[place] > 1:
            place = f"{place}_{counts[place] - 1}"
        prefix = None if not stem else f"{stem}{name if contents.by_name else place}/"
        yield Row(
            "  " * depth + name,
            kind,
            _input_shape(layer),
            _arguments(inner) if known else "",
            None if prefix is None else _count(contents.weights, prefix),
        )
        if not known or isinstance(inner.get("layers"), list):
            deeper = None if prefix is None or contents.by_name else f"{prefix}layers/"
            yield from _rows(layer, contents, deeper, depth + 1)


def _count(weights: Sequence[Weight], prefix: str) -> int:
    return sum(weight.count for weight in weights if weight.name.startswith(prefix))


def _input_shape(layer: dict[str, Any]) -> str:
    built = layer.get("build_config")
    found = built.get("input_shape") if isinstance(built, dict) else None
    config = layer["config"]
    if found is None and isinstance(config, dict):
        found = config.get("batch_shape") or config.get("batch_input_shape")
    return "" if found is None else str(tuple(found) if isinstance(found, list) else found)


def _arguments(config: dict[str, Any]) -> str:
    """The arguments that are there, of plain values only."""
    found = []
    for key in _ARGUMENTS:
        value = config.get(key)
        if isinstance(value, list):
            value = tuple(value)
        if isinstance(value, str | int | float | tuple) and value != "linear":
            found.append(f"{key}={value}")
    return " ".join(found)
