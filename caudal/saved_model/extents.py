"""Sizes that follow from open extents: polynomials fitted to programs traced at several sizes.

Caudal's programs have fixed shapes. A function with open extents is traced at the corners of a
box of sizes; a number that differs between the programs is the one polynomial, linear in each
extent, that gives it everywhere (a reshape to ``batch * time`` rows, say).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Terms = dict[tuple[int, ...], int]


class NotPolymorphicError(Exception):
    """The programs at several sizes are not one program."""


class Extent:
    """A polynomial with integer coefficients over open extents, which have numbers.

    >>> batch = Extent({(0,): 1})
    >>> (batch * 3 + 1).at([5])
    16
    """

    __slots__ = ("terms",)

    def __init__(self, terms: Terms) -> None:
        self.terms = {key: value for key, value in terms.items() if value}

    def __add__(self, other: int | Extent) -> int | Extent:
        terms = dict(self.terms)
        for key, value in _terms(other).items():
            terms[key] = terms.get(key, 0) + value
        return _plain(terms)

    __radd__ = __add__

    def __neg__(self) -> int | Extent:
        return self * -1

    def __sub__(self, other: int | Extent) -> int | Extent:
        return self + -other

    def __rsub__(self, other: int) -> int | Extent:
        return -self + other

    def __mul__(self, other: int | Extent) -> int | Extent:
        terms: Terms = {}
        for one, first in self.terms.items():
            for two, second in _terms(other).items():
                key = tuple(sorted((*one, *two)))
                terms[key] = terms.get(key, 0) + first * second
        return _plain(terms)

    __rmul__ = __mul__

    def at(self, sizes: Sequence[int]) -> int:
        """Its value for these extents."""
        total = 0
        for key, value in self.terms.items():
            for symbol in key:
                value *= sizes[symbol]
            total += value
        return total

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Extent) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.terms.items())))

    def __repr__(self) -> str:
        return " + ".join(
            "*".join([str(value), *(f"n{symbol}" for symbol in key)])
            for key, value in sorted(self.terms.items())
        )


def _terms(value: int | Extent) -> Terms:
    return value.terms if isinstance(value, Extent) else {(): value}


def _plain(terms: Terms) -> int | Extent:
    found = Extent(terms)
    if set(found.terms) <= {()}:
        return found.terms.get((), 0)
    return found


class Box:
    """The sizes at which a function with ``count`` open extents is traced.

    ``points`` are the corners, each extent low or high, and one point more that tries the result.
    """

    def __init__(self, count: int, low: int, high: int) -> None:
        self.count = count
        self._low, self._step = low, high - low
        corners = [
            [high if corner >> symbol & 1 else low for symbol in range(count)]
            for corner in range(1 << count)
        ]
        beyond = [high + 3 + symbol for symbol in range(count)]
        self.points = [*corners, beyond] if count else [[]]

    def fit(self, values: Sequence[int]) -> int | Extent:
        """The polynomial through the values at the points.

        Raises:
            NotPolymorphicError: there is none.
        """
        if all(value == values[0] for value in values):
            return values[0]
        corners = list(values[: 1 << self.count])
        found = self._fit(corners, self.count - 1)
        expected = found.at(self.points[-1]) if isinstance(found, Extent) else found
        if expected != values[-1]:
            raise NotPolymorphicError(f"the sizes {list(values)} at {self.points}")
        return found

    def _fit(self, values: list[int], symbol: int) -> int | Extent:
        if symbol < 0:
            return values[0]
        half = len(values) // 2
        low, high = self._fit(values[:half], symbol - 1), self._fit(values[half:], symbol - 1)
        slope: Terms = {}
        for key, value in _terms(high + low * -1).items():
            quotient, rest = divmod(value, self._step)
            if rest:
                raise NotPolymorphicError(f"the sizes {values} at {self.points}")
            slope[key] = quotient
        rising = _plain(slope)
        return rising * Extent({(symbol,): 1}) + (low + rising * -self._low)

    def general(self, values: Sequence[Any]) -> Any:
        """A parameter that stands for its values at the points: numbers become polynomials."""
        first = values[0]
        if all(value is first or value == first for value in values):
            return first
        if isinstance(first, int) and all(type(value) is int for value in values):
            return self.fit(values)
        if isinstance(first, tuple) and len({len(value) for value in values}) == 1:
            return tuple(self.general(parts) for parts in zip(*values, strict=True))
        raise NotPolymorphicError(f"the parameters {list(values)}")


def is_open(value: Any) -> bool:
    """Whether an extent, or one of a tuple, is a polynomial."""
    if isinstance(value, tuple | list):
        return any(map(is_open, value))
    return isinstance(value, Extent)
