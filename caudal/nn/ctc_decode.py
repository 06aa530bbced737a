"""The likeliest labels of a CTC network's outputs (Graves 2006; Hannun 2014 for the beams)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from caudal.array.arguments import as_tensor, cast_to, dims, floating, static_int
from caudal.errors import FailedPreconditionError, InvalidArgumentError, ShapeError
from caudal.framework.effects import obtain
from caudal.ir.dtypes import float32, int32
from caudal.ir.types import Type

Array = np.ndarray[Any, Any]


class Decoded(NamedTuple):
    """Labels [paths, batch, steps] with -1 behind their end, their counts, and scores."""

    labels: Any
    lengths: Any
    scores: Any


def _checked(what: str, logits: Any, lengths: Any) -> tuple[Any, Any]:
    x, counts = floating(what, logits, complex_too=False), cast_to(as_tensor(lengths), int32)
    if len(dims(x)) != 3 or dims(counts) != dims(x)[1:2]:
        raise ShapeError(
            "{what}: expected inputs [steps, batch, classes] and sequence_length [batch], received "
            "shapes {inputs} and {lengths}.",
            what=what,
            inputs=dims(x),
            lengths=dims(counts),
        )
    return x, counts


def _check_lengths(what: str, lengths: Array, steps: int) -> None:
    if (lengths > steps).any() or (lengths < 0).any():
        raise FailedPreconditionError(
            "{what}: expected sequence lengths from 0 to {steps}, received {lengths}.",
            what=what,
            steps=steps,
            lengths=lengths.tolist(),
        )


def greedy(what: str, logits: Any, lengths: Any, blank: int, merge_repeated: bool) -> Decoded:
    """The likeliest class of each step, without blanks and (if asked) repetitions.

    Scores [batch, 1] are the negative sums of the greatest logits.
    """
    x, counts = _checked(what, logits, lengths)
    steps, batch, classes = dims(x)
    if not -classes <= blank < classes:
        raise InvalidArgumentError(
            "{what}: expected a blank class below {classes}, received {blank}.",
            what=what,
            classes=classes,
            blank=blank,
        )
    blank %= classes

    def decode(values: Array, ends: Array) -> list[Array]:
        _check_lengths(what, ends, steps)
        best = values.argmax(-1)
        top = values.max(-1).astype(np.float64)
        labels = np.full((1, batch, steps), -1, np.int32)
        sizes, scores = np.zeros((1, batch), np.int32), np.zeros((batch, 1), np.float32)
        for row, end in enumerate(ends):
            path = best[:end, row]
            scores[row, 0] = -top[:end, row].sum()
            fresh = np.append(True, path[1:] != path[:-1]) if merge_repeated else np.ones(end, bool)
            kept = path[fresh[:end] & (path != blank)]
            labels[0, row, : len(kept)] = kept
            sizes[0, row] = len(kept)
        return [labels, sizes, scores]

    kinds = [Type(int32, (1, batch, steps)), Type(int32, (1, batch)), Type(float32, (batch, 1))]
    return Decoded(*obtain(decode, kinds, x, counts))


def beams(
    what: str, logits: Any, lengths: Any, blank: int, beam_width: Any, top_paths: Any
) -> Decoded:
    """The likeliest label sequences, over all alignments, that a beam search finds.

    Scores [batch, top_paths] are their log probabilities.
    """
    x, counts = _checked(what, logits, lengths)
    steps, batch, classes = dims(x)
    width, paths = static_int(beam_width, what + ": beam_width"), static_int(top_paths, "top_paths")
    if width < 1 or not 1 <= paths <= width:
        raise InvalidArgumentError(
            "{what}: expected top_paths from 1 to beam_width, received {paths} and {width}.",
            what=what,
            paths=paths,
            width=width,
        )

    def decode(values: Array, ends: Array) -> list[Array]:
        _check_lengths(what, ends, steps)
        labels = np.full((paths, batch, steps), -1, np.int32)
        sizes = np.zeros((paths, batch), np.int32)
        scores = np.full((batch, paths), -np.inf, np.float32)
        for row, end in enumerate(ends):
            found = _search(values[:end, row].astype(np.float64), blank % classes, width)
            if len(found) < paths:
                raise InvalidArgumentError(
                    "{what}: expected at least {paths} paths, found {found}: the beam is too "
                    "narrow, or the sequence too short.",
                    what=what,
                    paths=paths,
                    found=len(found),
                )
            for place, (path, score) in enumerate(found[:paths]):
                labels[place, row, : len(path)] = path
                sizes[place, row], scores[row, place] = len(path), score
        return [labels, sizes, scores]

    shape = (paths, batch, steps)
    kinds = [Type(int32, shape), Type(int32, shape[:2]), Type(float32, (batch, paths))]
    return Decoded(*obtain(decode, kinds, x, counts))


Path = tuple[int, ...]


def _search(values: Array, blank: int, width: int) -> list[tuple[Path, float]]:
    """Label sequences and their log probabilities, the likeliest first."""
    # For each sequence: the log probabilities that it ends in a blank, and in its last label.
    known: dict[Path, tuple[float, float]] = {(): (0.0, -math.inf)}
    for logits in values:
        top = logits.max()
        rows = logits - top - math.log(np.exp(logits - top).sum())
        following: dict[Path, tuple[float, float]] = {}
        for path, (with_blank, with_label) in known.items():
            total = np.logaddexp(with_blank, with_label)
            _add(following, path, total + rows[blank], -math.inf)
            if path:
                _add(following, path, -math.inf, with_label + rows[path[-1]])
            for label, log in enumerate(rows):
                if label != blank:
                    before = with_blank if path and path[-1] == label else total
                    _add(following, (*path, label), -math.inf, before + log)
        ranked = sorted(following.items(), key=lambda item: -np.logaddexp(*item[1]))
        known = dict(ranked[:width])
    return [(path, float(np.logaddexp(*parts))) for path, parts in known.items()]


def _add(
    table: dict[Path, tuple[float, float]], path: Path, with_blank: float, with_label: float
) -> None:
    one, two = table.get(path, (-math.inf, -math.inf))
    table[path] = (float(np.logaddexp(one, with_blank)), float(np.logaddexp(two, with_label)))
