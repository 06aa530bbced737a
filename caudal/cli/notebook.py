"""Reads programs: .py files, and the code cells of .ipynb files."""

from __future__ import annotations

import ast
import io
import json
import tokenize
from dataclasses import dataclass
from pathlib import Path

from caudal.errors import InvalidArgumentError, NotFoundError

_TRANSPARENT = ("%%time", "%%capture", "%%prun")


@dataclass(frozen=True)
class Program:
    """A program's text and where each of its lines comes from.

    cells: for a notebook, the number (from 1) of the first line of each code cell, in order.
    """

    text: str
    path: str
    cells: tuple[int, ...] = ()

    def place(self, line: int) -> str:
        """How to show a line number: "file.py:12", or "book.ipynb: cell 3, line 2"."""
        if not self.cells:
            return f"{self.path}:{line}"
        cell = max(k for k, start in enumerate(self.cells, 1) if start <= line)
        return f"{self.path}: cell {cell}, line {line - self.cells[cell - 1] + 1}"


def read_program(path: str) -> Program:
    """The program in a .py or .ipynb file.

    Raises:
        NotFoundError: there is no such file.
        InvalidArgumentError: it is no text, or no notebook.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise NotFoundError(
            "cannot read {path}: {reason}", path=path, reason=error.strerror or str(error)
        ) from error
    if path.endswith(".ipynb"):
        return _from_notebook(data, path)
    try:
        # As Python itself: the encoding may be named in the first lines.
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return Program(io.TextIOWrapper(io.BytesIO(data), encoding).read(), path)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise InvalidArgumentError(
            "{path} is no Python program: {reason}", path=path, reason=str(error)
        ) from error


def _from_notebook(data: bytes, path: str) -> Program:
    try:
        cells = json.loads(data)["cells"]
        sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidArgumentError("{path} is no notebook of format 4.", path=path) from error
    lines: list[str] = []
    starts = []
    for source in sources:
        starts.append(len(lines) + 1)
        lines += _without_magics(source)
    return Program("\n".join(lines) + "\n", path, tuple(starts))


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def _without_magics(source: str) -> list[str]:
    """The cell's lines; commands of the notebook (%, !, ?) become comments.

    What is only timed or kept quiet (``%%time``, ``%time f()``) runs.
    """
    lines = source.split("\n")
    if _is_python(source):
        # A line may begin with % for the operator.
        return lines
    first = source.lstrip()
    if first.startswith("%%") and not first.startswith(_TRANSPARENT):
        return [f"# {line}" for line in lines]
    result = []
    for line in lines:
        bare = line.lstrip()
        if bare.startswith("%time "):
            line = line.replace("%time ", "", 1)
        elif bare.startswith(("%", "!", "?")):
            # ``pass`` keeps a block that holds nothing else valid.
            indent = line[: len(line) - len(bare)]
            line = f"{indent}pass  # {bare}"
        result.append(line)
    return result
