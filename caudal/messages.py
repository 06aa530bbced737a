"""``tf.print`` and ``tf.get_logger``."""

from __future__ import annotations

import builtins
import logging
import sys
from typing import Any, TextIO

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import Tensor, Variable, convert_to_tensor, is_symbolic, nest, perform

_STREAMS = {"stdout": "stdout", "stderr": "stderr"}


def get_logger() -> logging.Logger:
    """Caudal's logger, which TensorFlow's programs set the level of."""
    return logging.getLogger("tensorflow")


def _text(value: Any, summarize: int) -> str:
    if isinstance(value, Variable):
        value = convert_to_tensor(value)
    if isinstance(value, Tensor):
        return _array_text(np.asarray(value.numpy()), summarize)
    if isinstance(value, list | tuple):
        inner = ", ".join(_text(entry, summarize) for entry in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, dict):
        inner = ", ".join(f"{key!r}: {_text(v, summarize)}" for key, v in value.items())
        return "{" + inner + "}"
    return str(value)


def _number(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float | np.floating):
        text = f"{float(value):.9g}" if isinstance(value, np.float32) else repr(float(value))
        short = np.format_float_positional(value, unique=True, trim="-")
        return short if len(short) <= 16 and "e" not in text else text
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    return str(value)


def _array_text(array: np.ndarray[Any, Any], summarize: int) -> str:
    """The elements, the first and last ``summarize`` of each axis, as TensorFlow prints them."""
    if array.ndim == 0:
        value = array[()]
        return _number(value)
    count = len(array)
    if summarize < 0 or count <= 2 * summarize:
        parts = [_array_text(row, summarize) for row in array]
    else:
        head = [_array_text(row, summarize) for row in array[:summarize]]
        tail = [_array_text(row, summarize) for row in array[-summarize:]]
        parts = [*head, "...", *tail]
    if array.ndim == 1:
        return "[" + " ".join(parts) + "]"
    return "[" + ("\n" * (array.ndim - 1) + " ").join(parts) + "]"


def print(
    *inputs: Any,
    output_stream: Any = sys.stderr,
    end: str = "\n",
    summarize: int = 3,
    sep: str = " ",
    name: str | None = None,
) -> None:
    """The values, to standard error by default, as TensorFlow prints them.

    Inside a compiled function they are printed at each run, in the order of the calls.

    ``summarize``: how many elements of each axis to show at both ends, -1 for all.
    """
    _stream(output_stream)
    parts = [convert_to_tensor(part) if isinstance(part, Variable) else part for part in inputs]
    leaves = nest.flatten(parts)

    def show(*values: Any) -> None:
        found = iter(values)
        known = [Tensor(next(found)) if is_symbolic(leaf) else leaf for leaf in leaves]
        _write(nest.pack_sequence_as(parts, known), output_stream, summarize, sep, end)

    perform(show, *filter(is_symbolic, leaves))


def _write(inputs: Any, output_stream: Any, summarize: int, sep: str, end: str) -> None:
    line = sep.join(_text(value, summarize) for value in inputs)
    stream = _stream(output_stream)
    if isinstance(stream, str):
        with open(stream, "a", encoding="utf-8") as file:
            builtins.print(line, end=end, file=file)
        return
    builtins.print(line, end=end, file=stream)


def _stream(output_stream: Any) -> str | TextIO:
    if output_stream is sys.__stderr__ or output_stream is _default_stderr:
        return sys.stderr
    if isinstance(output_stream, str) and output_stream.startswith("file://"):
        return output_stream.removeprefix("file://")
    if hasattr(output_stream, "write"):
        found: TextIO = output_stream
        return found
    raise InvalidArgumentError(
        "tf.print: expected sys.stderr, sys.stdout, a file or 'file://…', received {received!r}.",
        received=output_stream,
    )


_default_stderr = sys.stderr
