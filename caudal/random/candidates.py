"""Samplers of classes for losses over very many of them: sampled softmax, noise contrast.

Each gives classes, and how often each class, a true or a sampled one, is expected among them.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np

from caudal.array.arguments import as_tensor, cast_to, dims, static, static_int
from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import check, convert_to_tensor
from caudal.framework.effects import obtain
from caudal.ir.dtypes import float32, int64
from caudal.ir.types import Type
from caudal.random.sampling import op_key

Array = np.ndarray[Any, Any]


class Candidates(NamedTuple):
    """Sampled classes [num_sampled], and expected counts [batch, num_true], [num_sampled]."""

    sampled_candidates: Any
    true_expected_count: Any
    sampled_expected_count: Any


def _classes(what: str, true_classes: Any, num_true: Any) -> Any:
    classes = cast_to(as_tensor(true_classes), int64)
    if len(dims(classes)) != 2 or dims(classes)[1] != static_int(num_true, what + ": num_true"):
        raise ShapeError(
            "{what}: expected true_classes [batch, {num_true}], received shape {shape}.",
            what=what,
            num_true=num_true,
            shape=dims(classes),
        )
    return classes


def _drawn(
    what: str, classes: Any, num_sampled: Any, unique: bool, weights: Array, seed: Any
) -> Candidates:
    """Classes drawn by their weights; unique ones by drawing until there are enough."""
    count = static_int(num_sampled, what + ": num_sampled")
    chances = weights / weights.sum()
    possible = int((chances > 0).sum())
    if count < 1 or (unique and count > possible):
        raise InvalidArgumentError(
            "{what}: expected num_sampled of at least 1, and of at most the {possible} classes "
            "that there are if they must be unique, received {count}.",
            what=what,
            possible=possible,
            count=count,
        )
    sums = np.cumsum(chances)

    def draw(words: Array, true: Array) -> list[Array]:
        _within(what, true, len(chances))
        generator = np.random.default_rng([int(word) for word in words])
        found, tries = _choose(generator, sums, count, unique)

        def expected(p: Array) -> Array:
            # At least once in that many tries, or how often in all draws.
            often = -np.expm1(tries * np.log1p(-np.minimum(p, 1 - 1e-12))) if unique else p * count
            return np.asarray(often, np.float32)

        return [found, expected(chances[true]), expected(chances[found])]

    kinds = [Type(int64, (count,)), Type(float32, dims(classes)), Type(float32, (count,))]
    return Candidates(*obtain(draw, kinds, op_key(seed), classes))


def _within(what: str, true: Array, count: int) -> None:
    if ((true < 0) | (true >= count)).any():
        raise InvalidArgumentError(
            "{what}: expected classes from 0 to below {n}, received {true}.",
            what=what,
            n=count,
            true=true.tolist(),
        )


def _choose(
    generator: np.random.Generator, sums: Array, count: int, unique: bool
) -> tuple[Array, int]:
    """Classes, and how many draws they took."""

    def draws(n: int) -> Array:
        places = np.searchsorted(sums, generator.uniform(size=n) * sums[-1], side="right")
        return np.asarray(np.minimum(places, len(sums) - 1))

    if not unique:
        return draws(count).astype(np.int64), count
    chosen: dict[int, None] = {}
    tries = 0
    while len(chosen) < count:
        for one in draws(max(count, 16)):
            tries += 1
            chosen.setdefault(int(one))
            if len(chosen) == count:
                break
    return np.asarray(list(chosen), np.int64), tries


def _range(what: str, range_max: Any) -> int:
    found = static_int(range_max, what + ": range_max")
    if found < 1:
        raise InvalidArgumentError(
            "{what}: expected range_max of at least 1, received {n}.", what=what, n=found
        )
    return found


def uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: Any = None,
    name: str | None = None,
) -> Candidates:
    """Classes below ``range_max``, each as likely as another.

    Args:
        true_classes: [batch, num_true] integers.
        num_true: how many true classes an example has.
        num_sampled: how many classes to draw.
        unique: whether no class may come twice.
        range_max: the number of classes.
        seed: as that of `tf.random.normal`.
        name: not used.
    """
    what = "uniform_candidate_sampler"
    classes = _classes(what, true_classes, num_true)
    weights = np.ones(_range(what, range_max))
    return _drawn(what, classes, num_sampled, bool(unique), weights, seed)


def log_uniform_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    seed: Any = None,
    name: str | None = None,
) -> Candidates:
    """Classes by Zipf's law, ``log((k + 2) / (k + 1))``: those that come first are likelier.

    Arguments as of `uniform_candidate_sampler`.
    """
    what = "log_uniform_candidate_sampler"
    classes = _classes(what, true_classes, num_true)
    order = np.arange(_range(what, range_max), dtype=np.float64)
    weights = np.log((order + 2) / (order + 1))
    return _drawn(what, classes, num_sampled, bool(unique), weights, seed)


def fixed_unigram_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    range_max: int,
    vocab_file: str = "",
    distortion: float = 1.0,
    num_reserved_ids: int = 0,
    num_shards: int = 1,
    shard: int = 0,
    unigrams: Any = (),
    seed: Any = None,
    name: str | None = None,
) -> Candidates:
    """Classes by given frequencies to the power of ``distortion``.

    The frequencies are ``unigrams``, or the last column of the lines of ``vocab_file``; the first
    ``num_reserved_ids`` classes are never drawn. Else as `uniform_candidate_sampler`.
    """
    what = "fixed_unigram_candidate_sampler"
    if num_shards != 1 or shard != 0:
        raise UnimplementedError("{what}: shards of the classes are not in Caudal.", what=what)
    known = list(unigrams) or _frequencies(what, vocab_file)
    frequencies = np.asarray([0.0] * int(num_reserved_ids) + [float(u) for u in known])
    size = _range(what, range_max)
    if len(frequencies) != size or (frequencies < 0).any() or not frequencies.sum() > 0:
        raise InvalidArgumentError(
            "{what}: expected range_max={size} frequencies of at least 0 (reserved classes "
            "counted), not all 0, received {received} of them.",
            what=what,
            size=size,
            received=len(frequencies),
        )
    weights = np.where(frequencies > 0, frequencies ** float(distortion), 0.0)
    classes = _classes(what, true_classes, num_true)
    return _drawn(what, classes, num_sampled, bool(unique), weights, seed)


def _frequencies(what: str, path: Any) -> list[float]:
    if not path:
        raise InvalidArgumentError("{what}: expected vocab_file or unigrams.", what=what)
    found = []
    with open(os.fspath(path), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            last = line.strip().rpartition(",")[2]
            try:
                found += [float(last)] if last else []
            except ValueError as error:
                raise InvalidArgumentError(
                    "{what}: {path}, line {number}: expected a number in the last column, received "
                    "{last!r}.",
                    what=what,
                    path=path,
                    number=number,
                    last=last,
                ) from error
    return found


def all_candidate_sampler(
    true_classes: Any,
    num_true: int,
    num_sampled: int,
    unique: bool,
    seed: Any = None,
    name: str | None = None,
) -> Candidates:
    """All classes below ``num_sampled``, each expected once: for tests.

    >>> all_candidate_sampler([[1]], 1, 3, True).sampled_candidates.numpy().tolist()
    [0, 1, 2]
    """
    classes = _classes("all_candidate_sampler", true_classes, num_true)
    count = static_int(num_sampled, "all_candidate_sampler: num_sampled")
    check(lambda true: _within("all_candidate_sampler", true, count), classes)
    ones = convert_to_tensor(np.ones(dims(classes), np.float32))
    everything = convert_to_tensor(np.arange(count, dtype=np.int64))
    return Candidates(everything, ones, convert_to_tensor(np.ones(count, np.float32)))


class AccidentalHits(NamedTuple):
    """Example, place among the sampled classes, and a weight, of each hit."""

    indices: Any
    ids: Any
    weights: Any


def compute_accidental_hits(
    true_classes: Any,
    sampled_candidates: Any,
    num_true: int,
    seed: Any = None,
    name: str | None = None,
) -> AccidentalHits:
    """Where a sampled class is a true one; both must be known when a function is traced.

    The weights are float32's least number, to be added to the logits of these places.
    """
    what = "compute_accidental_hits"
    true = static(_classes(what, true_classes, num_true), what)
    sampled = static(sampled_candidates, what)
    hits = (true[:, :, None] == sampled[None, None, :]).any(1)
    rows, places = np.nonzero(hits)
    least = np.full(len(rows), np.finfo(np.float32).min, np.float32)
    return AccidentalHits(
        convert_to_tensor(rows.astype(np.int32)),
        convert_to_tensor(places.astype(np.int64)),
        convert_to_tensor(least),
    )
