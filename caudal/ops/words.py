"""Looking words up: a table of Python's, which a program calls back and a graph can spell out.

Texts have no place in machine code. This op stands for such work in programs that are traced to
be written into a file; where its inputs are numbers, programs run it too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from caudal.ir.dtypes import ALL
from caudal.ir.types import Type
from caudal.ops.record import NOT_DIFFERENTIABLE, Host, Op


@dataclass(frozen=True, eq=False)
class Lookup:
    """Tokens (bytes or ints) by index.

    ``first``: the index of the first token. ``mask``: the token of index 0, or None. ``start``,
    ``count``: the indices of unknown tokens; ``hashed``: by their hash, of the key ``salt``, and
    not by their remainder. ``unknown``: what an index out of range means.
    """

    tokens: tuple[Any, ...]
    first: int
    mask: Any
    start: int
    count: int
    unknown: Any
    hashed: bool
    salt: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Cut:
    """How texts become words: small ASCII letters, a pattern that is taken out, division.

    ``split``: "whitespace" or "character". ``ngrams``: the lengths of runs of words, or None.
    """

    lower: bool
    without: bytes | None
    split: str
    ngrams: tuple[int, ...] | None


@dataclass(frozen=True, eq=False)
class Buckets:
    """Hashes: ``count`` of them from ``start``; ``mask`` has index 0. ``salt`` is SipHash's key."""

    count: int
    start: int
    mask: bytes | None
    salt: tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class Rule:
    """What is done: ``function(*arrays)`` on the host.

    For graphs: ``way`` is "ids" or "tokens" of a `Lookup`, "rows" or "counts" of texts that are
    `Cut` first, "buckets", or "op": ``graph`` is TensorFlow's op with its attributes. Equal to
    itself alone.
    """

    way: str
    function: Callable[..., Any]
    lookup: Lookup | None = None
    cut: Cut | None = None
    buckets: Buckets | None = None
    graph: tuple[str, tuple[tuple[str, Any], ...]] | None = None


words = Op(
    "words",
    infer=lambda *types, rule, shape, dtype: Type(dtype, shape),
    reference=lambda xp, *arrays, rule, shape, dtype: rule.function(*arrays),
    grad=NOT_DIFFERENTIABLE,
    emit=Host(),
    samples=lambda rng: (),
    dtypes=ALL,
    internal=True,
)
"""``words(x, rule=, shape=, dtype=)``: what the rule's function makes of the array."""
