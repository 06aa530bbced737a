"""Places boxes and arrows of a directed graph in layers, from top to bottom.

The method of Sugiyama, Tagawa and Toda (1981): a rank for every box, an order within each rank
that crosses few arrows, then places that keep arrows straight. Lengths are in points.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Point = tuple[float, float]
Edge = tuple[int, int]

_SIDE_GAP = 18.0
_ROW_GAP = 26.0
_LANE = 12.0
_SWEEPS = 24


@dataclass
class _Place:
    """A box, or a bend of an arrow that passes a rank (``box`` is -1)."""

    rank: int
    width: float
    height: float
    box: int = -1
    x: float = 0.0
    above: list[int] = field(default_factory=list)
    below: list[int] = field(default_factory=list)


@dataclass
class Layout:
    """Where things are: middles of the boxes, the arrows' points, the size of it all."""

    middles: list[Point]
    paths: dict[Edge, list[Point]]
    width: float
    height: float


def lay_out(sizes: list[Point], edges: list[Edge], smooth: bool = False) -> Layout:
    """A layout of boxes of the given (width, height) with arrows between them.

    Args:
        sizes: of the boxes, in the order in which equals are placed.
        edges: (from, to) pairs of boxes; one that closes a circle points up. Duplicates and
            arrows from a box to itself are left out.
        smooth: leave the bends to the drawing: paths have points at ranks only.

    >>> found = lay_out([(40, 20), (60, 20)], [(0, 1)])
    >>> found.middles[0][0] == found.middles[1][0]
    True
    """
    wanted = list(dict.fromkeys((a, b) for a, b in edges if a != b))
    back = _closing(len(sizes), wanted)
    down = [(b, a) if (a, b) in back else (a, b) for a, b in wanted]
    ranks = _ranks(len(sizes), down)
    places, chains = _with_bends(sizes, down, ranks)
    rows = _rows(places)
    _order(places, rows)
    _spread(places, rows)
    tops, bottoms, height = _heights(places, rows, chains)
    paths = _paths(places, chains, tops, bottoms, smooth)
    found = {
        edge: path[::-1] if edge in back else path for edge, path in zip(wanted, paths, strict=True)
    }
    return _shifted(places, rows, tops, bottoms, found, height, len(sizes))


def _closing(count: int, edges: list[Edge]) -> set[Edge]:
    """The edges that a walk from the first boxes finds to close a circle."""
    after = defaultdict(list)
    for a, b in edges:
        after[a].append(b)
    closing, done, active = set(), set(), set()
    for start in range(count):
        walk: list[tuple[int, Any]] = [] if start in done else [(start, iter(after[start]))]
        active.add(start)
        while walk:
            node, rest = walk[-1]
            following = next(rest, None)
            if following is None:
                done.add(node)
                active.discard(node)
                walk.pop()
            elif following in active:
                closing.add((node, following))
            elif following not in done:
                active.add(following)
                walk.append((following, iter(after[following])))
        active.discard(start)
    return closing


def _ranks(count: int, edges: list[Edge]) -> list[int]:
    """The length of the longest way to each box; a box that nothing enters goes down to its use."""
    ranks = [0] * count
    for _ in range(count):
        changed = False
        for a, b in edges:
            if ranks[b] <= ranks[a]:
                ranks[b], changed = ranks[a] + 1, True
        if not changed:
            break
    entered = {b for _, b in edges}
    for box in range(count):
        uses = [ranks[b] for a, b in edges if a == box]
        if box not in entered and uses:
            ranks[box] = min(uses) - 1
    return ranks


def _with_bends(
    sizes: list[Point], edges: list[Edge], ranks: list[int]
) -> tuple[list[_Place], list[list[int]]]:
    """The boxes with a bend for every rank that an arrow passes; the arrows as chains of places."""
    places = [_Place(ranks[i], w, h, i) for i, (w, h) in enumerate(sizes)]
    chains = []
    for a, b in edges:
        chain = [a]
        for rank in range(ranks[a] + 1, ranks[b]):
            places.append(_Place(rank, _LANE, 0.0))
            chain.append(len(places) - 1)
        chain.append(b)
        for one, other in itertools.pairwise(chain):
            places[one].below.append(other)
            places[other].above.append(one)
        chains.append(chain)
    return places, chains


def _rows(places: list[_Place]) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(max((p.rank for p in places), default=-1) + 1)]
    for number, place in enumerate(places):
        rows[place.rank].append(number)
    return rows


def _crossings(places: list[_Place], rows: list[list[int]]) -> int:
    """How many pairs of arrows cross."""
    total = 0
    for upper, lower in itertools.pairwise(rows):
        position = {number: i for i, number in enumerate(lower)}
        ends = [
            position[b]
            for number in upper
            for b in sorted(places[number].below, key=position.__getitem__)
        ]
        total += sum(a > b for i, a in enumerate(ends) for b in ends[i + 1 :])
    return total


def _order(places: list[_Place], rows: list[list[int]]) -> None:
    """Sorts the rows by the mean position of what the places are joined to, while that helps."""
    best, least = [list(row) for row in rows], _crossings(places, rows)
    for sweep in range(_SWEEPS):
        if not least:
            break
        down = sweep % 2 == 0
        for row in rows[1:] if down else rows[-2::-1]:
            fixed = rows[places[row[0]].rank + (-1 if down else 1)]
            position = {number: i for i, number in enumerate(fixed)}
            own = {number: i for i, number in enumerate(row)}

            def mean(
                number: int, position: Any = position, own: Any = own, down: bool = down
            ) -> Any:
                near = places[number].above if down else places[number].below
                return sum(position[i] for i in near) / len(near) if near else own[number]

            row.sort(key=mean)
        count = _crossings(places, rows)
        if count < least:
            best, least = [list(row) for row in rows], count
    for row, found in zip(rows, best, strict=True):
        row[:] = found


def _spread(places: list[_Place], rows: list[list[int]]) -> None:
    """Gives every place an x near the mean of what it is joined to."""
    for row in rows:
        _settle(places, row, [0.0] * len(row), [1.0] * len(row))
    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wishes, weights = [], []
            for number in row:
                place = places[number]
                near = [*place.above, *place.below]
                # Bends pull harder than boxes, so that long arrows run straight.
                pulls = [4.0 if places[i].box < 0 or place.box < 0 else 1.0 for i in near]
                total = sum(pulls)
                wish = place.x
                if near:
                    wish = sum(places[i].x * p for i, p in zip(near, pulls, strict=True)) / total
                wishes.append(wish)
                weights.append(max(total, 0.01))
            _settle(places, row, wishes, weights)
    _straighten(places, rows)


def _columns(places: list[_Place]) -> list[list[int]]:
    """Runs that look best as a straight line: bends of one arrow, and boxes one after another."""
    following = {}
    for number, place in enumerate(places):
        below = [i for i in place.below if (places[i].box < 0) == (place.box < 0)]
        if len(below) == 1:
            above = [i for i in places[below[0]].above if (places[i].box < 0) == (place.box < 0)]
            if len(above) == 1:
                following[number] = below[0]
    columns = []
    for number in sorted(set(range(len(places))) - set(following.values())):
        column = [number]
        while column[-1] in following:
            column.append(following[column[-1]])
        columns.append(column)
    return sorted(columns, key=len, reverse=True)


def _straighten(places: list[_Place], rows: list[list[int]]) -> None:
    """Moves columns as one towards what they are joined to, as far as their neighbours let them."""
    columns = _columns(places)
    sides = {number: (row, i) for row in rows for i, number in enumerate(row)}
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            low, high = -math.inf, math.inf
            for number in column:
                row, i = sides[number]
                if i:
                    low = max(low, places[row[i - 1]].x + _distance(places, row[i - 1], number))
                if i + 1 < len(row):
                    high = min(high, places[row[i + 1]].x - _distance(places, number, row[i + 1]))
            inside = set(column)
            near = [
                places[i].x
                for number in column
                for i in (*places[number].above, *places[number].below)
                if i not in inside
            ]
            own = [places[number].x for number in column]
            wish = sum(own) / len(own) if sweep == 0 or not near else sum(near) / len(near)
            if low <= high:
                for number in column:
                    places[number].x = max(low, min(wish, high))


def _distance(places: list[_Place], left: int, right: int) -> float:
    return (places[left].width + places[right].width) / 2 + _SIDE_GAP


def _settle(
    places: list[_Place], row: list[int], wishes: list[float], weights: list[float]
) -> None:
    """The places nearest to the wishes (weighted squares) that keep order and distances."""
    offsets, reach = [], 0.0
    for i, number in enumerate(row):
        if i:
            reach += _distance(places, row[i - 1], number)
        offsets.append(reach)
    # Pool adjacent violators: blocks that would overlap move together.
    blocks: list[list[float]] = []
    for wish, offset, weight in zip(wishes, offsets, weights, strict=True):
        blocks.append([(wish - offset) * weight, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    starts = [total / weight for total, weight, size in blocks for _ in range(int(size))]
    for number, start, offset in zip(row, starts, offsets, strict=True):
        places[number].x = start + offset


def _heights(
    places: list[_Place], rows: list[list[int]], chains: list[list[int]]
) -> tuple[list[float], list[float], float]:
    """The tops and bottoms of the rows; a gap has room for the arrows that bend in it."""
    bends = [0] * len(rows)
    for chain in chains:
        for one, other in itertools.pairwise(chain):
            bends[places[one].rank] += places[one].x != places[other].x
    tops, bottoms, y = [], [], 0.0
    for rank, row in enumerate(rows):
        tops.append(y)
        y += max(places[number].height for number in row)
        bottoms.append(y)
        y += _ROW_GAP + min(6.0 * max(bends[rank] - 1, 0), 60.0)
    return tops, bottoms, bottoms[-1] if bottoms else 0.0


def _ports(places: list[_Place], chains: list[list[int]], start: bool) -> list[float]:
    """Where each arrow leaves (or enters) its box: towards the other end, apart from others."""
    groups = defaultdict(list)
    for number, chain in enumerate(chains):
        groups[chain[0] if start else chain[-1]].append(number)
    found = [0.0] * len(chains)
    for box, members in groups.items():
        place = places[box]
        room = max(place.width / 2 - _LANE / 2, 0.0)
        ends = {m: places[chains[m][1] if start else chains[m][-2]].x for m in members}
        members.sort(key=lambda m: ends[m])
        low, high = place.x - room, place.x + room
        gap = min(_LANE, 2 * room / max(len(members) - 1, 1))
        for i, member in enumerate(members):
            floor = found[members[i - 1]] + gap if i else low
            top = high - gap * (len(members) - 1 - i)
            aim = place.x if len(members) == 1 else ends[member]
            found[member] = max(floor, min(aim, top))
    return found


def _paths(
    places: list[_Place],
    chains: list[list[int]],
    tops: list[float],
    bottoms: list[float],
    smooth: bool,
) -> list[list[Point]]:
    """The points of each arrow, from the bottom of one box to the top of another."""
    leaving, entering = _ports(places, chains, True), _ports(places, chains, False)
    segments: dict[int, list[tuple[float, float, int]]] = defaultdict(list)
    points: list[list[Point]] = []
    for number, chain in enumerate(chains):
        first, last = places[chain[0]], places[chain[-1]]
        # Boxes lower than their row stand in its middle.
        path = [(leaving[number], _edge(first, tops, bottoms, 1))]
        for bend in chain[1:-1]:
            place = places[bend]
            path += [(place.x, tops[place.rank]), (place.x, bottoms[place.rank])]
        path.append((entering[number], _edge(last, tops, bottoms, -1)))
        points.append(path)
        for i in range(0, len(path), 2):
            rank = first.rank + i // 2
            segments[rank].append((path[i][0], path[i + 1][0], number))
    if smooth:
        return points
    lanes = _lanes(segments, tops, bottoms)
    return [_squared(path, places[chains[i][0]].rank, lanes, i) for i, path in enumerate(points)]


def _edge(place: _Place, tops: list[float], bottoms: list[float], side: int) -> float:
    return (tops[place.rank] + bottoms[place.rank] + side * place.height) / 2


def _lanes(segments: Any, tops: list[float], bottoms: list[float]) -> dict[tuple[int, int], float]:
    """The height at which each arrow crosses sideways between two ranks."""
    found = {}
    for rank, crossing in segments.items():
        aside = [item for item in crossing if abs(item[0] - item[1]) > 0.5]
        # Those to the right go first from the right, those to the left from the left: no crossing.
        aside.sort(key=lambda s: (s[1] < s[0], -s[0] if s[1] > s[0] else s[0]))
        top, bottom = bottoms[rank], tops[rank + 1]
        for i, (_, _, number) in enumerate(aside):
            share = (i + 1) / (len(aside) + 1)
            found[rank, number] = top + (bottom - 8.0 - top) * share
    return found


def _squared(
    path: list[Point], rank: int, lanes: dict[tuple[int, int], float], number: int
) -> list[Point]:
    """A path of right angles."""
    found = [path[0]]
    for i in range(0, len(path), 2):
        (x, _), (to_x, to_y) = path[i], path[i + 1]
        lane = lanes.get((rank + i // 2, number))
        if lane is not None:
            found += [(x, lane), (to_x, lane)]
        found.append((to_x, to_y))
    return found


def _shifted(
    places: list[_Place],
    rows: list[list[int]],
    tops: list[float],
    bottoms: list[float],
    paths: dict[Edge, list[Point]],
    height: float,
    count: int,
) -> Layout:
    """The layout with its left edge at 0."""
    left = min((p.x - p.width / 2 for p in places), default=0.0)
    right = max((p.x + p.width / 2 for p in places), default=0.0)
    middles = [(p.x - left, (tops[p.rank] + bottoms[p.rank]) / 2) for p in places[:count]]
    moved = {edge: [(x - left, y) for x, y in path] for edge, path in paths.items()}
    return Layout(middles, moved, right - left, height)
