"""A drawing of boxes with text and of arrows: as pixels (Pillow), SVG, PDF and DOT text.

Lengths are in points (1/72 inch); ``dpi`` says how many pixels an inch has.
"""

from __future__ import annotations

import functools
import io
import itertools
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont

from caudal.errors import InvalidArgumentError, ResourceExhaustedError
from caudal.io.durable import write_whole
from caudal.keras.utils.graph_layout import Layout, Point, lay_out

FONT_SIZE = 10.0
_PAD_X, _PAD_Y, _LINE = 8.0, 5.0, 12.0
_FRAME_PAD, _MARGIN = 14.0, 8.0
_MOST_PIXELS = 100_000_000
_INK, _TITLE, _FRAME = "#30363d", "#22303c", "#8a949e"
_FORMATS = ("png", "jpg", "jpeg", "gif", "bmp", "tiff", "webp", "pdf", "svg", "dot")


@dataclass
class Cell:
    """A piece of text with its colours."""

    text: str
    color: str = "#1b1f24"
    fill: str = "#ffffff"


@dataclass
class Box:
    """A box: a title and rows of cells, or a frame with a drawing of its own inside."""

    title: Cell
    rows: list[list[Cell]] = field(default_factory=list)
    inside: Drawing | None = None


class Drawing:
    """Boxes and arrows between them, laid out when they are drawn.

    rankdir: where arrows point: "TB" (down), "LR" (right), "BT" (up), "RL" (left).
    splines: "ortho" (right angles), "curved", or "line" (straight).
    """

    def __init__(
        self,
        boxes: list[Box],
        edges: list[tuple[int, int]],
        rankdir: str = "TB",
        splines: str = "ortho",
        dpi: float = 200,
    ) -> None:
        self.boxes, self.edges = boxes, edges
        self.rankdir, self.splines, self.dpi = rankdir, splines, dpi

    def to_string(self) -> str:
        """The graph in Graphviz's DOT language."""
        head = [f"digraph model {{\n  rankdir={self.rankdir}; dpi={self.dpi};"]
        return "\n".join(
            [*head, '  node [shape=box, fontname="Helvetica"];', *self._dot("n"), "}\n"]
        )

    def create(self, format: str = "png", prog: Any = None) -> bytes:
        """The picture's bytes: png, svg, pdf, dot and others.

        Args:
            format: the kind of file.
            prog: "dot" or None, for programs written for pydot; Caudal lays out by itself.

        Raises:
            InvalidArgumentError: a kind that is not known, another program than "dot".
            ResourceExhaustedError: more than 100 million pixels.
        """
        if prog not in (None, "dot"):
            raise InvalidArgumentError(
                "Drawing: expected prog to be 'dot' or None, received {prog!r}.", prog=prog
            )
        if format not in _FORMATS:
            raise InvalidArgumentError(
                "Drawing: expected format to be one of {known}, received {format!r}.",
                known=", ".join(_FORMATS),
                format=format,
            )
        if format == "dot":
            return self.to_string().encode()
        return self._svg().encode() if format == "svg" else self._pixels(format)

    def write(self, path: Any, prog: Any = None, format: str | None = None) -> None:
        """Writes the picture to a file; the kind follows from the name unless it is given."""
        name = os.fsdecode(path)
        kind = format or os.path.splitext(name)[1].lstrip(".").lower() or "png"
        write_whole(name, self.create(kind, prog))

    def __repr__(self) -> str:
        return f"<Drawing of {len(self.boxes)} boxes and {len(self.edges)} arrows>"

    # --- where things are ---------------------------------------------------------------------

    @property
    def _sideways(self) -> bool:
        return self.rankdir in ("LR", "RL")

    @functools.cached_property
    def layout(self) -> Layout:
        """The places, for arrows that point down or, with "LR" and "RL", to the right."""
        sizes = [_box_size(box) for box in self.boxes]
        turned = [(h, w) for w, h in sizes] if self._sideways else sizes
        return lay_out(turned, self.edges, smooth=self.splines != "ortho")

    @property
    def size(self) -> Point:
        """(width, height)."""
        found = (self.layout.width, self.layout.height)
        return found[::-1] if self._sideways else found

    def _place(self, point: Point) -> Point:
        x, y = point
        if self.rankdir in ("BT", "RL"):
            y = self.layout.height - y
        return (y, x) if self._sideways else (x, y)

    def _shapes(self, x: float, y: float) -> Iterable[tuple[Any, ...]]:
        """Rectangles, lines, texts and arrow heads in the order in which they are drawn."""
        for path in self.layout.paths.values():
            yield from _arrow([_moved(self._place(p), x, y) for p in path], self)
        for box, middle in zip(self.boxes, self.layout.middles, strict=True):
            width, height = _box_size(box)
            mx, my = _moved(self._place(middle), x, y)
            yield from _box_shapes(box, mx - width / 2, my - height / 2, width, height)

    def _page(self) -> tuple[list[tuple[Any, ...]], float, float]:
        width, height = self.size
        shapes = list(self._shapes(_MARGIN, _MARGIN))
        return shapes, width + 2 * _MARGIN, height + 2 * _MARGIN

    # --- kinds of files -----------------------------------------------------------------------

    def _pixels(self, format: str) -> bytes:
        shapes, width, height = self._page()
        scale = self.dpi / 72
        pixels = math.ceil(width * scale), math.ceil(height * scale)
        if pixels[0] * pixels[1] > _MOST_PIXELS:
            raise ResourceExhaustedError(
                "The picture would have {width} x {height} pixels: lower dpi={dpi}, or write "
                "to an svg file.",
                width=pixels[0],
                height=pixels[1],
                dpi=self.dpi,
            )
        picture = Image.new("RGB", pixels, "white")
        pen = ImageDraw.Draw(picture)
        for shape in shapes:
            _paint(pen, shape, scale)
        buffer = io.BytesIO()
        kind = {"jpg": "JPEG", "jpeg": "JPEG"}.get(format, format.upper())
        options = {"resolution": self.dpi} if kind == "PDF" else {"dpi": (self.dpi, self.dpi)}
        picture.save(buffer, kind, **(options if kind not in ("GIF", "WEBP") else {}))
        return buffer.getvalue()

    def _svg(self) -> str:
        shapes, width, height = self._page()
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.1f}pt" height="{height:.1f}pt"'
            f' viewBox="0 0 {width:.1f} {height:.1f}" font-family="Helvetica, Arial, sans-serif">',
            *(_svg_line(shape) for shape in shapes),
            "</svg>\n",
        ]
        return "\n".join(lines)

    def _dot(self, prefix: str) -> Iterable[str]:
        for number, box in enumerate(self.boxes):
            name = f"{prefix}{number}"
            if box.inside is not None:
                yield f"  subgraph cluster_{name} {{ label={_quoted(box.title.text)};"
                yield from box.inside._dot(name + "_")
                yield "  }"
            else:
                rows = [" | ".join(cell.text for cell in row) for row in box.rows]
                yield f"  {name} [label={_quoted(chr(10).join([box.title.text, *rows]))}];"
        for start, end in self.edges:
            yield f"  {self._dot_end(start, prefix, -1)} -> {self._dot_end(end, prefix, 0)};"

    def _dot_end(self, number: int, prefix: str, side: int) -> str:
        inside = self.boxes[number].inside
        name = f"{prefix}{number}"
        if inside is None or not inside.boxes:
            return name
        return inside._dot_end(range(len(inside.boxes))[side], name + "_", side)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _moved(point: Point, x: float, y: float) -> Point:
    return point[0] + x, point[1] + y


@functools.lru_cache(maxsize=16)
def _font(size: float) -> Any:
    return ImageFont.load_default(size)


def _text_width(text: str) -> float:
    # Measured large: small fonts are rounded to whole pixels.
    return float(_font(100.0).getlength(text)) * FONT_SIZE / 100


def _cell_size(cell: Cell) -> Point:
    lines = cell.text.split("\n")
    return max(map(_text_width, lines)) + 2 * _PAD_X, _LINE * len(lines) + 2 * _PAD_Y


def _row_size(row: list[Cell]) -> Point:
    sizes = [_cell_size(cell) for cell in row]
    return sum(width for width, _ in sizes), max(height for _, height in sizes)


def _box_size(box: Box) -> Point:
    width, height = _cell_size(box.title)
    if box.inside is not None:
        inner = box.inside.size
        return max(width, inner[0] + 2 * _FRAME_PAD), height + inner[1] + 2 * _FRAME_PAD
    rows = [_row_size(row) for row in box.rows]
    return max([width, *(w for w, _ in rows)]), height + sum(h for _, h in rows)


def _box_shapes(
    box: Box, x: float, y: float, width: float, height: float
) -> Iterable[tuple[Any, ...]]:
    if box.inside is not None:
        yield "rectangle", x, y, width, height, box.title.fill, _FRAME
        top = _cell_size(box.title)[1]
        yield "text", x + width / 2, y + top / 2, box.title.text, box.title.color
        inner = box.inside.size
        left = x + (width - inner[0]) / 2
        yield from box.inside._shapes(left, y + top + _FRAME_PAD)
        return
    for row in [[box.title], *box.rows]:
        sizes = [_cell_size(cell) for cell in row]
        spare = (width - sum(w for w, _ in sizes)) / len(row)
        left, tall = x, max(h for _, h in sizes)
        for cell, (wide, _) in zip(row, sizes, strict=True):
            yield "rectangle", left, y, wide + spare, tall, cell.fill, _INK
            yield "text", left + (wide + spare) / 2, y + tall / 2, cell.text, cell.color
            left += wide + spare
        y += tall


def _arrow(path: list[Point], drawing: Drawing) -> Iterable[tuple[Any, ...]]:
    path = [p for i, p in enumerate(path) if i == 0 or p != path[i - 1]]
    if drawing.splines == "curved":
        path = _curve(path, drawing._sideways)
    (x0, y0), (x, y) = path[-2], path[-1]
    far = math.hypot(x - x0, y - y0) or 1.0
    ux, uy = (x - x0) / far, (y - y0) / far
    base = x - 7 * ux, y - 7 * uy
    # The line ends inside the head, so that the point stays sharp.
    yield "line", [*path[:-1], (x - 4 * ux, y - 4 * uy)]
    yield (
        "head",
        [(x, y), (base[0] - 3 * uy, base[1] + 3 * ux), (base[0] + 3 * uy, base[1] - 3 * ux)],
    )


def _curve(path: list[Point], sideways: bool) -> list[Point]:
    """Cubic curves through the points, tangent to the direction of the ranks."""
    found = [path[0]]
    for (x0, y0), (x1, y1) in itertools.pairwise(path):
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        one, two = (
            ((middle[0], y0), (middle[0], y1)) if sideways else ((x0, middle[1]), (x1, middle[1]))
        )
        for step in range(1, 17):
            t = step / 16
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            found.append(
                (
                    a * x0 + b * one[0] + c * two[0] + d * x1,
                    a * y0 + b * one[1] + c * two[1] + d * y1,
                )
            )
    return found


def _paint(pen: Any, shape: tuple[Any, ...], scale: float) -> None:
    kind = shape[0]
    if kind == "rectangle":
        _, x, y, width, height, fill, line = shape
        corners = [x * scale, y * scale, (x + width) * scale, (y + height) * scale]
        pen.rectangle([round(c) for c in corners], fill, line, max(1, round(scale * 0.7)))
    elif kind == "text":
        _, x, y, text, color = shape
        font = _font(FONT_SIZE * scale)
        lines = text.split("\n")
        for i, line in enumerate(lines):
            middle = y + (i - (len(lines) - 1) / 2) * _LINE
            pen.text((x * scale, middle * scale), line, color, font, anchor="mm")
    elif kind == "line":
        points = [(round(x * scale), round(y * scale)) for x, y in shape[1]]
        pen.line(points, _INK, max(1, round(scale * 0.9)), joint="curve")
    else:
        pen.polygon([(x * scale, y * scale) for x, y in shape[1]], fill=_INK)


def _svg_line(shape: tuple[Any, ...]) -> str:
    kind = shape[0]
    if kind == "rectangle":
        _, x, y, width, height, fill, line = shape
        place = f'x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"'
        return f'<rect {place} fill="{fill}" stroke="{line}" stroke-width="0.7"/>'
    if kind == "text":
        _, x, y, text, color = shape
        lines = text.split("\n")
        parts = []
        for i, line in enumerate(lines):
            middle = y + (i - (len(lines) - 1) / 2) * _LINE + FONT_SIZE * 0.35
            parts.append(
                f'<text x="{x:.2f}" y="{middle:.2f}" fill="{color}" text-anchor="middle" '
                f'font-size="{FONT_SIZE}">{escape(line)}</text>'
            )
        return "".join(parts)
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in shape[1])
    if kind == "line":
        return f'<polyline points="{points}" fill="none" stroke="{_INK}" stroke-width="0.9"/>'
    return f'<polygon points="{points}" fill="{_INK}"/>'
