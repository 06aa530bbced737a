"""Index arithmetic of kernels: affine in the loop variables, with conditions on it.

An `Index` is ``constant + sum(coefficient * term)``; a term is a loop variable or a value found
at run time (a gathered row number). Kernels stay fast while indices stay affine: the coefficient
of the vectorised variable tells whether a load is contiguous, uniform or strided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from caudal.codegen.builder import Value


@dataclass(eq=False)
class LoopVar:
    """One loop over ``0 <= value < extent``, known by identity."""

    name: str
    extent: int


@dataclass(frozen=True)
class Dynamic:
    """An integer found at run time, within ``low <= value < high``."""

    value: Value
    low: int
    high: int


Term = Any  # LoopVar | Dynamic | Quotient


def _bounds_of(term: Term) -> tuple[int, int]:
    if isinstance(term, LoopVar):
        return 0, term.extent - 1
    if isinstance(term, Dynamic):
        return term.low, term.high - 1
    low, high = term.index.bounds()
    return min(0, -(-low // term.divisor)), high // term.divisor


@dataclass(frozen=True)
class Index:
    """``constant + sum(coefficient * term)``, immutable."""

    terms: frozenset[tuple[Term, int]]
    constant: int = 0

    @staticmethod
    def of(value: Any) -> Index:
        """An int, a loop variable or an Index as an Index."""
        if isinstance(value, Index):
            return value
        if isinstance(value, LoopVar | Dynamic):
            if isinstance(value, LoopVar) and value.extent == 1:
                return Index(frozenset(), 0)
            return Index(frozenset({(value, 1)}))
        return Index(frozenset(), int(value))

    @property
    def coefficients(self) -> dict[Term, int]:
        """Coefficient by term."""
        return dict(self.terms)

    def bounds(self) -> tuple[int, int]:
        """The least and the greatest value that it can take."""
        low = high = self.constant
        for term, coefficient in self.terms:
            least, most = _bounds_of(term)
            a, b = coefficient * least, coefficient * most
            low, high = low + min(a, b), high + max(a, b)
        return low, high

    def __add__(self, other: Any) -> Index:
        other = Index.of(other)
        if not other.terms:
            return Index(self.terms, self.constant + other.constant)
        total = self.coefficients
        for term, coefficient in other.terms:
            total[term] = total.get(term, 0) + coefficient
        terms = frozenset((term, c) for term, c in total.items() if c)
        return Index(terms, self.constant + other.constant)

    __radd__ = __add__

    def __mul__(self, factor: int) -> Index:
        if isinstance(factor, Index):
            factor = factor.constant
        if factor == 0:
            return Index(frozenset(), 0)
        return Index(frozenset((t, c * factor) for t, c in self.terms), self.constant * factor)

    __rmul__ = __mul__

    def __neg__(self) -> Index:
        return self * -1

    def __sub__(self, other: Any) -> Index:
        return self + (-Index.of(other))

    def __rsub__(self, other: Any) -> Index:
        return Index.of(other) + (-self)

    def split(self, divisor: int) -> tuple[Index, Index] | None:
        """(quotient, remainder) by ``divisor`` where both are affine, else None."""
        if divisor == 1:
            return self, Index(frozenset(), 0)
        whole = frozenset((t, c // divisor) for t, c in self.terms if c % divisor == 0)
        rest = frozenset((t, c) for t, c in self.terms if c % divisor)
        quotient = Index(whole, self.constant // divisor)
        remainder = Index(rest, self.constant % divisor)
        low, high = remainder.bounds()
        if low >= 0 and high < divisor:
            return quotient, remainder
        return None

    def __floordiv__(self, divisor: int) -> Index:
        parts = self.split(divisor)
        return parts[0] if parts else Index(frozenset({(Quotient(self, divisor), 1)}))

    def __mod__(self, divisor: int) -> Index:
        parts = self.split(divisor)
        return parts[1] if parts else self - (self // divisor) * divisor


@dataclass(frozen=True)
class Quotient:
    """A division that is not affine: computed at run time (towards zero)."""

    index: Index
    divisor: int


def variables(index: Index) -> set[LoopVar]:
    """The loop variables inside divisions, whose loops may not be merged with others."""
    found: set[LoopVar] = set()
    for term, _ in index.terms:
        if isinstance(term, Quotient):
            found |= variables(term.index)
            found |= {t for t, _ in term.index.terms if isinstance(t, LoopVar)}
    return found


def sort_key(index: Index) -> str:
    """The same text in every process: sets have no order, code must have one."""
    parts = sorted(f"{_term_key(term)}*{coefficient}" for term, coefficient in index.terms)
    return f"{index.constant}+{'+'.join(parts)}"


def _term_key(term: Term) -> str:
    if isinstance(term, LoopVar):
        return term.name
    if isinstance(term, Dynamic):
        return term.value.text
    return f"({sort_key(term.index)})/{term.divisor}"


@dataclass(frozen=True)
class InRange:
    """``low <= index < high``."""

    index: Index
    low: int
    high: int

    def known(self) -> bool | None:
        """Its truth where the loops' bounds decide it."""
        low, high = self.index.bounds()
        if self.low <= low and high < self.high:
            return True
        return False if high < self.low or low >= self.high else None


@dataclass(frozen=True)
class Divides:
    """``index % divisor == 0``."""

    index: Index
    divisor: int

    def known(self) -> bool | None:
        """Its truth where the coefficients decide it."""
        if any(coefficient % self.divisor for _, coefficient in self.index.terms):
            return None
        return self.index.constant % self.divisor == 0


Condition = frozenset[InRange | Divides]
"""A conjunction; empty means always."""

NEVER: Condition = frozenset({InRange(Index(frozenset(), 1), 0, 1)})


def condition(*parts: InRange | Divides | Condition) -> Condition:
    """The conjunction of the parts, without those known to hold."""
    found: set[InRange | Divides] = set()
    for part in parts:
        for atom in part if isinstance(part, frozenset) else (part,):
            known = atom.known()
            if known is False:
                return NEVER
            if known is None:
                found.add(atom)
    return frozenset(found)


def strides_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Element strides of a dense row-major array."""
    strides, step = [], 1
    for extent in reversed(shape):
        strides.append(step)
        step *= extent
    return tuple(reversed(strides))


def flatten(index: tuple[Index, ...], shape: tuple[int, ...]) -> Index:
    """The row-major offset of an index."""
    total = Index.of(0)
    for part, stride, extent in zip(index, strides_of(shape), shape, strict=True):
        if extent != 1:
            total = total + part * stride
    return total


def unflatten(flat: Index, shape: tuple[int, ...]) -> tuple[Index, ...]:
    """The index in ``shape`` of a row-major offset."""
    index: list[Index] = []
    for position in range(len(shape) - 1, -1, -1):
        extent = shape[position]
        if all(e == 1 for e in shape[:position]):
            # Nothing is left above: the whole rest belongs to this axis.
            index.append(flat if extent != 1 else Index.of(0))
            flat = Index.of(0)
        elif extent == 1:
            index.append(Index.of(0))
        else:
            index.append(flat % extent)
            flat = flat // extent
    return tuple(reversed(index))
