"""What the layers of words do in programs that are traced, as rules that graphs can spell out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from caudal.array.movement import reshape
from caudal.ir.dtypes import float32, int64, string
from caudal.keras.layers import encodings, text_rules
from caudal.keras.layers.index_lookup import vectors, weighted
from caudal.math import minimum
from caudal.math.conversion import cast
from caudal.ops.words import Buckets, Cut, Rule
from caudal.saved_model.columns import UnwritableError


@dataclass
class _Known:
    state: Any
    rule: Rule


def _kept(layer: Any, state: Any, make: Any) -> Rule:
    """A layer's rule: the same object as long as what it was made of is."""
    known: _Known | None = layer._known_rule
    if known is None or known.state is not state:
        # A class of its own: layers copy the tuples and lists that they are given.
        known = layer._known_rule = _Known(state, make(layer))
    return known.rule


def _refuse_sparse(layer: Any) -> None:
    if layer.sparse:
        raise UnwritableError("{layer}: a graph cannot express sparse=True.", layer=layer.name)


# --- tokens -----------------------------------------------------------------------------------


def looked_up(layer: Any, inputs: Any) -> Any:
    """The call of StringLookup or IntegerLookup."""
    _refuse_sparse(layer)
    kind, words = type(layer).__name__, layer._words
    rule = _kept(layer, words.tokens, _lookup_rule)
    if layer.invert:
        dtype = string if isinstance(words.unknown, str) else int64
        return encodings.ahead(kind, inputs, rule, inputs.shape, dtype)
    ids = encodings.ahead(kind, inputs, rule, inputs.shape, int64)
    return vectors(ids, layer.output_mode, words, layer.pad_to_max_tokens, kind)


def _lookup_rule(layer: Any) -> Rule:
    words, kind = layer._words, type(layer).__name__
    if layer.invert:
        return Rule("tokens", lambda ids: layer._tokens(ids).numpy(), words.lookup())

    def ids(values: Any) -> Any:
        flat = [words.index(layer._token(one), kind) for one in values.ravel().tolist()]
        return np.asarray(flat, "int64").reshape(values.shape)

    return Rule("ids", ids, words.lookup())


# --- texts ------------------------------------------------------------------------------------


def vectorized(layer: Any, inputs: Any) -> Any:
    """The call of TextVectorization.

    Raises:
        UnwritableError: the result's shape, or a function of the program, is in no graph.
    """
    _refuse_sparse(layer)
    kind, shape = "TextVectorization", tuple(map(int, inputs.shape))
    rule = _kept(layer, layer._words.tokens, _text_rule)
    if callable(layer.standardize):
        inputs = layer.standardize(inputs)
    if len(shape) > 1:
        inputs = reshape(inputs, shape[:1])
    found = encodings.ahead(kind, inputs, rule, (*shape[:1], _width(layer)), int64)
    if layer.output_mode in ("int", "count"):
        return found
    if layer.output_mode == "multi_hot":
        return minimum(found, 1)
    return weighted(cast(found, float32), layer._words, kind)


def _width(layer: Any) -> int:
    """The extent of a result's row."""
    if layer.output_mode == "int":
        return int(layer.output_sequence_length or 0)
    most = layer.max_tokens if layer.pad_to_max_tokens else None
    return int(most or len(layer._words))


def _text_rule(layer: Any) -> Rule:
    width, words = _width(layer), layer._words

    def rows(texts: Any) -> Any:
        return text_rules.padded([layer._ids(row) for row in layer._texts(texts)], width, 0)

    def counts(texts: Any) -> Any:
        ids = [layer._ids(row) for row in layer._texts(texts)]
        return np.stack([np.bincount(row, minlength=width) for row in ids])

    if layer.output_mode == "int":
        return Rule("rows", rows, words.lookup(), _cut(layer))
    return Rule("counts", counts, words.lookup(), _cut(layer))


def _cut(layer: Any) -> Cut:
    """How texts become words."""
    problem = ""
    if layer.output_mode == "int" and (layer.ragged or not layer.output_sequence_length):
        problem = "output_sequence_length=None, whose rows are as long as the longest text"
    elif callable(layer.split):
        problem = "a function of the program as `split`"
    elif layer.split is None:
        problem = "split=None"
    elif layer.output_mode == "one_hot":
        problem = "output_mode='one_hot', whose rows are as long as the longest text"
    if problem:
        raise UnwritableError(
            "{layer}: a graph cannot express {problem}.", layer=layer.name, problem=problem
        )
    rule = "" if callable(layer.standardize) else str(layer.standardize)
    pattern = text_rules.PUNCTUATION.pattern.encode() if rule.endswith("punctuation") else None
    return Cut(rule.startswith("lower"), pattern, str(layer.split), layer._sizes)


# --- hashes -----------------------------------------------------------------------------------


def hashed(layer: Any, inputs: Any) -> Any:
    """The buckets of Hashing."""
    _refuse_sparse(layer)
    return encodings.ahead("Hashing", inputs, _kept(layer, None, _hash_rule), inputs.shape, int64)


def _hash_rule(layer: Any) -> Rule:
    mask = layer._mask()
    start = int(mask is not None and layer.num_bins > 1)
    salt = None if layer.salt is None else (layer.salt[0], layer.salt[1])
    buckets = Buckets(layer.num_bins - start, start, mask, salt)
    return Rule("buckets", layer._buckets, buckets=buckets)
